#!/usr/bin/python3 -u
"""run_errors.py --build DIR: bad input, and what a machine can lack, end in one line that helps.

Each case calls the compiler, or a compiled program, in a new directory; it must end with the status, one
line on stderr that holds the text, nothing on stdout, and no output file."""
import argparse
import os
import shutil
import sys
import tempfile

import support

HERE = os.path.dirname(os.path.abspath(__file__))
MAGIC = b"\0asm\1\0\0\0"


def section(section_id, *parts):
    """A section of up to 127 bytes."""
    body = b"".join(parts)
    return bytes([section_id, len(body)]) + body


TYPES = section(1, b"\1\x60\0\0")            # one type: [] -> []
FUNCTIONS = section(3, b"\1\0")               # one function of it
NOTHING = MAGIC + TYPES + FUNCTIONS + section(10, b"\1\2\0\x0b")
UNBALANCED = MAGIC + TYPES + FUNCTIONS + section(10, b"\1\3\0\x1a\x0b")  # drop, of nothing
IMPORTS = MAGIC + TYPES + section(2, b"\1", b"\3env", b"\7mystery", b"\0\0")
IMPORTS_OTHER_TYPE = MAGIC + TYPES + section(2, b"\1", b"\x16wasi_snapshot_preview1", b"\7fd_read",
                                             b"\0\0")
EXPORTS = MAGIC + TYPES + FUNCTIONS + section(7, b"\1\6_start\0\0") + section(10, b"\1\2\0\x0b")
# A memory of 4 GiB at least, and _start.
HUGE_MEMORY = (MAGIC + TYPES + FUNCTIONS + section(5, b"\1\0\x80\x80\4") +
               section(7, b"\1\6_start\0\0") + section(10, b"\1\2\0\x0b"))
COMPONENT = b"\0asm\x0d\0\1\0"

# name, content of in.wasm (None: there is none), words after wanco, status, texts the line holds
COMPILER_CASES = [
    ("no file", None, "compile in.wasm -o out", 1, ["in.wasm", "No such file"]),
    ("directory as input", None, "compile . -o out", 1, ["directory"]),
    ("empty file", b"", "compile in.wasm -o out", 1, ["in.wasm", "unexpected end"]),
    ("no Wasm", b"#!/bin/sh\necho\n", "compile in.wasm -o out", 1, ["in.wasm", "not WebAssembly"]),
    ("only half of the magic", b"\0as", "compile in.wasm -o out", 1, ["in.wasm"]),
    ("other version", b"\0asm\2\0\0\0", "compile in.wasm -o out", 1, ["in.wasm", "version"]),
    ("component", COMPONENT, "compile in.wasm -o out", 1, ["in.wasm", "component"]),
    ("truncated", NOTHING[:-2], "compile in.wasm -o out", 1, ["in.wasm"]),
    ("malformed section", MAGIC + b"\x63\0", "compile in.wasm -o out", 1, ["in.wasm", "section"]),
    ("endless LEB128", MAGIC + b"\1\xff\xff\xff\xff\xff\xff", "compile in.wasm -o out", 1, ["in.wasm"]),
    ("invalid", UNBALANCED, "compile in.wasm -o out", 1, ["in.wasm", "type mismatch"]),
    ("unknown import", IMPORTS, "compile in.wasm -o out", 1, ["in.wasm", "unknown import", "mystery"]),
    ("import of another type", IMPORTS_OTHER_TYPE, "compile in.wasm -o out", 1,
     ["in.wasm", "incompatible import type", "fd_read"]),
    ("output in no directory", EXPORTS, "compile in.wasm -o no/such/out", 1, ["no/such/out"]),
    ("output is a directory", EXPORTS, "compile in.wasm -o .", 1, ["regular file"]),
    ("no output named", EXPORTS, "compile in.wasm", 2, ["-o"]),
    ("no input named", EXPORTS, "compile -o out", 2, ["input"]),
    ("two inputs", EXPORTS, "compile in.wasm in.wasm -o out", 2, ["in.wasm"]),
    ("no command", EXPORTS, "", 2, ["--help"]),
    ("unknown command", EXPORTS, "translate in.wasm", 2, ["translate"]),
    ("unknown option", EXPORTS, "compile --fast in.wasm -o out", 2, ["--fast"]),
    ("unknown target", EXPORTS, "compile in.wasm -o out --target riscv64", 2, ["riscv64", "aarch64"]),
    ("unknown processor", EXPORTS, "compile in.wasm -o out --cpu abacus", 1, ["abacus", "native"]),
    ("unknown level", EXPORTS, "compile in.wasm -o out -O9", 2, ["-O9"]),
    ("bad number of threads", EXPORTS, "compile in.wasm -o out -j none", 2, ["none"]),
    ("unknown kind of output", EXPORTS, "compile in.wasm -o out --emit gif", 2, ["gif"]),
    ("run: invalid", UNBALANCED, "run --no-cache in.wasm", 1, ["in.wasm", "type mismatch"]),
    ("inspect: no file", None, "inspect in.wasm", 1, ["in.wasm", "No such file"]),
    ("inspect: directory", None, "inspect .", 1, ["directory"]),
    ("inspect: empty file", b"", "inspect --json in.wasm", 1, ["in.wasm", "empty"]),
    ("inspect: a module", NOTHING, "inspect in.wasm", 1, ["in.wasm", "not a snapshot"]),
    ("inspect: half an executable", b"\x7fELF\2\1\1", "inspect in.wasm", 1, ["in.wasm", "no executable"]),
    ("inspect: nothing named", NOTHING, "inspect --frames", 2, ["input"]),
    ("inspect: option of another command", NOTHING, "inspect -O0 in.wasm", 2, ["-O0"]),
    ("verify: a module", NOTHING, "verify in.wasm", 1, ["in.wasm", "not a snapshot"]),
    ("verify: truncated", b"WANCOSNP\1\0\0\0", "verify in.wasm", 1, ["in.wasm", "truncated"]),
    ("verify: newer format", b"WANCOSNP\2\0\0\0", "verify in.wasm", 1, ["format 2", "newer"]),
    ("verify: damaged", b"WANCOSNP\1" + bytes(200), "verify in.wasm", 1, ["in.wasm", "damaged"]),
    ("verify: two files", NOTHING, "verify in.wasm in.wasm", 2, ["in.wasm"]),
    ("verify: no module named", NOTHING, "verify in.wasm --module", 2, ["--module", "IN.wasm"]),
]


class Case:
    """One call and what it must end with."""

    def __init__(self, name, status, texts, n_lines=1):
        self.name, self.status, self.texts, self.n_lines = name, status, texts, n_lines


def problems_of(case, done, folder, before):
    """What is wrong with how it ended."""
    stderr = done.stderr.decode(errors="replace")
    problems = []
    if done.status != case.status:
        problems.append(f"status {done.status} instead of {case.status}")
    if stderr.count("\n") != case.n_lines:
        problems.append(f"{stderr.count(chr(10))} lines on stderr, not {case.n_lines}")
    problems += [f"stderr lacks {text!r}" for text in case.texts if text not in stderr]
    if done.stdout:
        problems.append("something on stdout")
    left = sorted(set(os.listdir(folder)) - set(before))
    if left:
        problems.append(f"left behind: {' '.join(left)}")
    if problems:
        problems.append(f"stderr: {stderr[:300]!r}")
    return problems


def write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)


def check(tally, case, command, content, env=None):
    """Calls it in a new directory that holds in.wasm."""
    with tempfile.TemporaryDirectory(prefix="wanco-error-") as folder:
        if content is not None:
            write(folder, "in.wasm", content)
        before = os.listdir(folder)
        done = support.run(command, cwd=folder, env=env)
        tally.check(case.name, problems_of(case, done, folder, before))


def check_compiler(build, tally):
    for name, content, words, status, texts in COMPILER_CASES:
        check(tally, Case(name, status, texts), [build.wanco, *words.split()], content)
    # What the machine lacks.
    compile_words = [build.wanco, "compile", "in.wasm", "-o", "out"]
    nowhere = {"PATH": "/nowhere", "HOME": "/nowhere"}
    check(tally, Case("no linker", 1, ["link"]), compile_words, EXPORTS, nowhere)
    check(tally, Case("linker of WANCO_LD is missing", 1, ["WANCO_LD names /nowhere/ld"]), compile_words, EXPORTS,
          {**os.environ, "WANCO_LD": "/nowhere/ld"})
    check(tally, Case("no runtime library", 1, ["/nowhere"]), compile_words, EXPORTS,
          {**os.environ, "WANCO_LIB": "/nowhere"})
    check(tally, Case("no wat2wasm", 1, ["wat2wasm", "wabt"]),
          [build.wanco, "compile", os.path.join(HERE, "programs", "hello.wat"), "-o", "out"], None, nowhere)


def check_output_stays(build, tally):
    """What was there before a compilation that fails is there after it; so it is with a full disk."""
    with tempfile.TemporaryDirectory(prefix="wanco-error-") as folder:
        write(folder, "in.wasm", UNBALANCED)
        write(folder, "out", b"precious")
        support.run([build.wanco, "compile", "in.wasm", "-o", "out"], cwd=folder)
        write(folder, "good.wasm", EXPORTS)
        support.run([build.wanco, "compile", "good.wasm", "--emit", "llvm-ir", "--cpu", "none", "-o", "out"], cwd=folder)
        same = support.run([build.wanco, "compile", "good.wasm", "-o", "./good.wasm"], cwd=folder)
        with open(os.path.join(folder, "good.wasm"), "rb") as file:
            kept = file.read() == EXPORTS
        is_told = same.status == 1 and b"replace the input" in same.stderr
        tally.check("output over the input", [] if kept and is_told else [f"stderr: {same.stderr!r}"])
        problems = [] if sorted(os.listdir(folder)) == ["good.wasm", "in.wasm", "out"] else ["is gone, or not alone"]
        if not problems:
            with open(os.path.join(folder, "out"), "rb") as file:
                problems = [] if file.read() == b"precious" else ["was overwritten"]
        tally.check("existing output", problems)
    for kib in range(300_000, 600_001, 50_000):
        check_little_memory(build, tally, kib)
    check(tally, Case("full disk", 1, ["/dev/full"]),
          [build.wanco, "compile", "in.wasm", "--emit", "obj", "-o", "/dev/full"], EXPORTS)
    check(tally, Case("full disk, LLVM IR", 1, ["/dev/full", "No space left on device"]),
          [build.wanco, "compile", "in.wasm", "--emit", "llvm-ir", "-o", "/dev/full"], EXPORTS)
    for kind in "obj", "llvm-ir":
        check(tally, Case(f"limit of file sizes, {kind}", 1, ["File too large"]),
              ["/bin/sh", "-c", 'ulimit -f 1; exec "$@"', "sh", build.wanco, "compile", "in.wasm", "--emit", kind,
               "-o", "out"], EXPORTS)
    check(tally, Case("limit that the executable exceeds", 1, ["File too large", "the linker failed"]),
          ["/bin/sh", "-c", 'ulimit -f 800; exec "$@"', "sh", build.wanco, "compile", "in.wasm", "-o", "out"], EXPORTS)


def check_full_stdout(build, tally):
    """What cannot be printed is not passed over."""
    golden = os.path.join(HERE, "snapshot-format", "golden", "format-1-raw.wsnap")
    with tempfile.TemporaryDirectory(prefix="wanco-error-") as folder:
        out = os.path.join(folder, "out")
        support.run([build.wanco, "compile", os.path.join(HERE, "programs", "invoke.wat"), "-o", out])
        for words, status in ((f"{build.wanco} --help", 1), (f"{build.wanco} --version", 1),
                              (f"{build.wanco} validate in.wasm", 1), (f"{build.wanco} inspect {out}", 1),
                              (f"{build.wanco} inspect --json {golden}", 1), (f"{build.wanco} verify {golden}", 1),
                              (f"{out} --help", 2), (f"{out} --version", 2), (f"{out} --invoke i32 5", 2)):
            check(tally, Case(f"full stdout: {words}", status, ["cannot write to stdout: No space left on device"]),
                  ["/bin/sh", "-c", 'exec "$@" >/dev/full', "sh", *words.split()], EXPORTS)


def check_little_memory(build, tally, kib):
    """It compiles, or says in a line that it can't, and leaves nothing."""
    name = f"address space of {kib} KiB"
    limited = ["/bin/sh", "-c", f'ulimit -v {kib}; exec "$@"', "sh", build.wanco]
    if support.run([*limited, "--version"]).status != 0:
        tally.skip(name, "it can't be started, as under a sanitizer")
        return
    with tempfile.TemporaryDirectory(prefix="wanco-error-") as folder:
        write(folder, "in.wasm", EXPORTS)
        done = support.run([*limited, "compile", "in.wasm", "-o", "out"], cwd=folder,
                           env={**os.environ, "TMPDIR": folder})
        is_done = done.status == 0 and not done.stderr
        is_told = done.status == 1 and done.stderr.startswith(b"wanco: ") and done.stderr.count(b"\n") == 1
        left = set(os.listdir(folder)) - {"in.wasm", *(["out"] if is_done else [])}
        problems = [] if is_done or is_told else [f"status {done.status}, stderr: {done.stderr[:300]!r}"]
        problems += [f"left behind: {' '.join(left)}"] if left else []
        tally.check(name, problems)


ENDLESS_STORE = b"""
(module
  (memory 1)
  (func (export "_start") (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (i32.const 65533) (local.get $i))
      (br_if $again (i32.ne (i32.mul (local.get $i) (local.get $i)) (i32.const 7))))))
"""


def check_endless_store(build, tally):
    """As in tests/programs/endless_stores.wat, where no loop polls."""
    with tempfile.TemporaryDirectory(prefix="wanco-error-") as folder:
        write(folder, "in.wat", ENDLESS_STORE)
        out = os.path.join(folder, "out")
        support.run([build.wanco, "compile", "in.wat", "--no-checkpoint", "-o", out], cwd=folder)
        check(tally, Case("store in an endless loop, without checkpoint code", 134, ["out of bounds memory"], 2),
              [out], None)


def check_programs(build, tally):
    """Errors of compiled programs that need a machine that lacks something."""
    with tempfile.TemporaryDirectory(prefix="wanco-error-") as folder:
        write(folder, "in.wasm", HUGE_MEMORY)
        out = os.path.join(folder, "out")
        support.run([build.wanco, "compile", "in.wasm", "-o", out], cwd=folder)
        limited = ["/bin/sh", "-c", 'ulimit -v 4000000; exec "$0"', out]
        check(tally, Case("memory that can't be reserved", 2, ["memory"]), limited, None)
        old = ["qemu-x86_64", "-cpu", "core2duo", out]
        support.run([build.wanco, "compile", "in.wasm", "-o", out, "--target", "x86_64"], cwd=folder)
        if shutil.which(old[0]):
            check(tally, Case("processor below the baseline", 2, ["x86-64-v2", "--cpu"]), old, None)
        else:
            tally.skip("processor below the baseline", "there is no qemu-x86_64")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    build = support.Build(parser.parse_args().build)
    tally = support.Tally()
    check_compiler(build, tally)
    check_output_stays(build, tally)
    check_full_stdout(build, tally)
    check_programs(build, tally)
    check_endless_store(build, tally)
    return tally.finish()


sys.exit(main())
