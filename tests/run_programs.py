#!/usr/bin/python3 -u
"""run_programs.py --build DIR [PROGRAM...]: compiles and runs tests/programs, on both ISAs.

A program's comments say what to expect (docs/testing.md). Before the first `run:` they concern the
program, after it that run:

    compile: OPTIONS     more options for `wanco compile`
    cflags: OPTIONS      more options for clang (programs in C and C++)
    link: FILE.c         functions that the module imports, in tests/programs/host
    run: WORDS           a run with these runtime options and arguments; without one, a single plain run
    before: COMMAND      shell command, in the run's own new directory, before it
    stdin: TEXT          a line of input
    env: NAME=VALUE      for the process
    stdout: TEXT         a line of output; all lines together are the whole output
    stderr: TEXT         text that a line on stderr holds, in this order; without any, stderr is empty
    status: N            the exit status, 0 if absent
    after: COMMAND       shell command that must succeed after it

Text (.wat, and .folded, see folded.py) is compiled at -O0 and -O3, C and C++ at -O3."""
import argparse
import glob
import os
import re
import shlex
import sys
import tempfile

import folded
import support

HERE = os.path.dirname(os.path.abspath(__file__))
DIRECTIVE = re.compile(
    r"^(?:;;|//) (compile|cflags|link|run|before|stdin|env|stdout|stderr|status|after):(?: (.*))?$")


class Run:
    """One run of a program and what it should do."""

    def __init__(self, words=""):
        self.name = words or "(plain)"
        self.words = shlex.split(words)
        self.env = {}
        self.lines = {"before": [], "stdin": [], "stdout": [], "stderr": [], "after": []}
        self.status = 0

    def text(self, key):
        return "".join(line + "\n" for line in self.lines[key])


def is_c(path):
    return path.endswith((".c", ".cpp"))


class Program:
    """A file of tests/programs: how to compile it, its runs."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)
        self.compile, self.cflags, self.link, self.runs = [], [], [], []
        with open(path, encoding="utf-8") as file:
            for line in file:
                found = DIRECTIVE.match(line.rstrip("\n"))
                if found:
                    self.add(found[1], found[2] or "")
        if not self.runs:
            self.runs.append(Run())
        self.levels = ["-O3"] if is_c(path) else ["-O0", "-O3"]

    def add(self, key, value):
        if key in ("compile", "cflags", "link"):
            setattr(self, key, getattr(self, key) + shlex.split(value))
            return
        if key == "run":
            self.runs.append(Run(value))
            return
        if not self.runs:
            self.runs.append(Run())
        run = self.runs[-1]
        if key == "status":
            run.status = int(value)
        elif key == "env":
            name, _, content = value.partition("=")
            run.env[name] = content
        else:
            run.lines[key].append(value)

    def compile_options(self, build, isa):
        """The further words of `wanco compile`. Objects to link are made at the first call."""
        words = list(self.compile)
        for name in self.link:
            words += ["--link", support.compile_native(build, os.path.join(HERE, "programs", "host", name), isa)]
        return words


def missing_lines(expected, text):
    """Those of the expected texts that no further line holds, in order."""
    lines = iter(text.splitlines())
    return [want for want in expected if not any(want in line for line in lines)]


def run_once(command, run):
    """Runs it in a new directory; returns what is wrong."""
    with tempfile.TemporaryDirectory(prefix="wanco-run-") as cwd:
        env = {"PATH": os.environ["PATH"], **run.env}
        for shell in run.lines["before"]:
            support.run(["/bin/sh", "-ec", shell], cwd=cwd)
        done = support.run(command + run.words, run.text("stdin").encode(), cwd, env)
        problems = []
        stdout = done.stdout.decode(errors="replace")
        stderr = done.stderr.decode(errors="replace")
        if done.status != run.status:
            problems.append(f"status {done.status} instead of {run.status}: {stderr.strip()[:300]}")
        if stdout != run.text("stdout"):
            problems.append(f"stdout {stdout[:500]!r} instead of {run.text('stdout')!r}")
        for want in missing_lines(run.lines["stderr"], stderr):
            problems.append(f"stderr lacks {want!r}: {stderr[:500]!r}")
        if stderr and not run.lines["stderr"]:
            problems.append(f"unexpected stderr {stderr[:500]!r}")
        for shell in run.lines["after"]:
            if support.run(["/bin/sh", "-ec", shell], cwd=cwd).status != 0:
                problems.append(f"fails afterwards: {shell}")
        return problems


def test_program(build, tally, program, wasm, isa, level):
    """Compiles it once and does all its runs."""
    label = f"{program.name} {isa} {level}"
    out = os.path.join(build.folder, "programs", f"{program.name}.{isa}{level}")
    compiled = support.run([build.wanco, "compile", wasm, "-o", out, "--target", isa, level,
                            *program.compile_options(build, isa)])
    complaint = compiled.stderr.decode(errors="replace").strip()
    for run in program.runs:
        if compiled.status != 0 or complaint:
            tally.fail(f"{label} {run.name}", f"compile: status {compiled.status}: {complaint[:300]}")
        else:
            tally.check(f"{label} {run.name}", run_once(build.emulator(isa) + [out], run))


def wasm_from_c(build, program):
    """Compiles C to Wasm; -O only with -c, or clang would run a wasm-opt that is too old."""
    base = os.path.join(build.folder, "programs", program.name)
    for command in (["-O2", *program.cflags, "-c", program.path, "-o", base + ".o"],
                    [base + ".o", "-o", base + ".wasm"]):
        done = support.run([support.CLANG, "--target=wasm32-wasi", *command])
        if done.status != 0:
            raise SystemExit(f"{program.path}: {done.stderr.decode()}")
    return base + ".wasm"


def to_wasm(build, program):
    """What `wanco compile` is given."""
    if is_c(program.path):
        return wasm_from_c(build, program)
    if program.path.endswith(".wat"):
        return program.path
    path = os.path.join(build.folder, "programs", program.name + ".wasm")
    with open(path, "wb") as file:
        file.write(folded.assemble(program.path))
    return path


def all_programs():
    return sorted(path for kind in ("wat", "c", "cpp", "folded")
                  for path in glob.glob(os.path.join(HERE, "programs", "*." + kind)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    build = support.Build(options.build)
    os.makedirs(os.path.join(build.folder, "programs"), exist_ok=True)
    tally = support.Tally()
    programs = [Program(path) for path in options.programs or all_programs()]
    lacking = {".wat": None if support.shutil.which("wat2wasm") else "wat2wasm is not installed (wabt)", ".folded": None}
    lacking[".c"] = lacking[".cpp"] = support.why_no_wasm_from_c()
    usable, jobs = [], []
    for program in programs:
        why = lacking[os.path.splitext(program.path)[1]]
        if why:
            tally.skip(program.name, why, len(program.runs) * len(program.levels) * len(support.ISAS))
        else:
            usable.append((program, to_wasm(build, program)))
    for isa in support.ISAS:
        why = build.why_not(isa)
        if why:
            n = sum(len(program.runs) * len(program.levels) for program, _ in usable)
            tally.skip(f"programs on {isa}", why, n)
            continue
        for program, wasm in usable:
            jobs += [(build, tally, program, wasm, isa, level) for level in program.levels]
    support.in_parallel(test_program, jobs)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
