#!/usr/bin/python3 -u
"""run_commands.py --build DIR: what users do with the compiler besides compiling one program.

`wanco run` and its cache, the kinds of output, equal bytes for equal input, an installed copy, snapshots
looked at and checked."""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import support

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
HELLO = os.path.join(PROGRAMS, "hello.wat")
INVOKE = os.path.join(PROGRAMS, "invoke.wat")
GREETING = b"hello, world\n"
ENDLESS = """(module (memory 2) (data (i32.const 70000) "x") (global (mut i64) (i64.const -7))
  (func $inner (param i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 0)))
  (func (export "run") (param i32) (call $inner (local.get 0))))"""


class Folder:
    """A new directory, with a cache of its own, in which the compiler is called."""

    def __init__(self, build, path):
        self.build, self.wanco, self.path = build, build.wanco, path
        self.cache = os.path.join(path, "cache", "wanco")
        self.env = {**os.environ, "XDG_CACHE_HOME": os.path.join(path, "cache"), "TMPDIR": path}

    def call(self, *words):
        return support.run([self.wanco, *words], cwd=self.path, env=self.env)

    def cached(self):
        return sorted(os.listdir(self.cache)) if os.path.isdir(self.cache) else []


def differences(done, status, stdout, stderr=b""):
    """What is not as expected; stderr must hold the given bytes, or be empty."""
    problems = []
    if done.status != status:
        problems.append(f"status {done.status} instead of {status}")
    if done.stdout != stdout:
        problems.append(f"stdout {done.stdout!r} instead of {stdout!r}")
    if (stderr not in done.stderr) if stderr else done.stderr:
        problems.append(f"stderr {done.stderr!r}")
    return problems


def check_run(folder):
    """The second run finds what the first has made; options and arguments reach the program."""
    problems = differences(folder.call("run", HELLO), 0, GREETING)
    first = folder.cached()
    problems += differences(folder.call("run", HELLO), 0, GREETING)
    problems += differences(folder.call("run", INVOKE, "--invoke", "i32", "-5"), 0, b"i32: -5\n")
    if len(first) != 1 or len(folder.cached()) != 2:
        problems.append(f"the cache holds {first}, then {folder.cached()}")
    traps = os.path.join(PROGRAMS, "start_traps.wat")
    problems += differences(folder.call("run", traps), 134, b"", b"wasm trap: unreachable")
    return problems


def check_run_options(folder):
    """Another level is another executable."""
    problems = differences(folder.call("run", "-O0", HELLO), 0, GREETING)
    problems += differences(folder.call("run", "-O3", HELLO), 0, GREETING)
    if len(folder.cached()) != 2:
        problems.append(f"the cache holds {folder.cached()}")
    return problems


def check_no_cache(folder):
    before = sorted(os.listdir(folder.path))
    problems = differences(folder.call("run", "--no-cache", HELLO), 0, GREETING)
    if sorted(os.listdir(folder.path)) != before:
        problems.append(f"left behind: {os.listdir(folder.path)}")
    return problems


def check_no_place_for_a_cache(folder):
    folder.env["XDG_CACHE_HOME"] = "/dev/null"
    return differences(folder.call("run", HELLO), 0, GREETING)


def check_full_cache(folder):
    """A cache on a full disk is passed by."""
    os.makedirs(folder.cache)
    script = 'mount -t tmpfs -o size=4k none "$0" && exec "$@"'
    words = ["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", script, folder.cache]
    if support.run([*words, "true"]).status != 0:
        return []  # no tmpfs can be mounted here; the unit tests have a file that may not grow
    done = support.run([*words, "/bin/sh", "-c", 'chmod 700 "$0" && exec "$@"', folder.cache, folder.wanco, "run",
                        HELLO], cwd=folder.path, env=folder.env)
    return differences(done, 0, GREETING)


def check_together(folder):
    """Several processes at once make one executable, and each runs it."""
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: folder.call("run", HELLO), range(6)))
    problems = [problem for done in runs for problem in differences(done, 0, GREETING)]
    if len(folder.cached()) != 1:
        problems.append(f"the cache holds {folder.cached()}")
    return problems


def check_same_bytes(folder):
    """The output depends neither on the number of threads nor on the run, the name or the place."""
    problems = []
    for name in ("branches.wat", "hello.wat", "multi_value.wat"):
        outputs = set()
        for threads, out in (("1", "a"), ("2", "b"), ("7", "c")):
            folder.call("compile", os.path.join(PROGRAMS, name), "-o", out, "-j", threads)
            with open(os.path.join(folder.path, out), "rb") as file:
                outputs.add(file.read())
        if len(outputs) != 1:
            problems.append(f"{name}: the outputs differ")
    return problems


def check_kinds(folder):
    """Each kind of output begins as such files do."""
    problems = []
    for kind, start in (("exe", b"\x7fELF"), ("obj", b"\x7fELF"), ("shared", b"\x7fELF"), ("llvm-ir", b";")):
        problems += differences(folder.call("compile", HELLO, "-o", kind, "--emit", kind), 0, b"")
        with open(os.path.join(folder.path, kind), "rb") as file:
            if not file.read(4).startswith(start):
                problems.append(f"{kind}: begins otherwise")
    return problems


def check_short_function(folder):
    """A short function, and only such a one, lies in a line of the cache."""
    long = "(global.set 0 (i32.add (global.get 0) (i32.const 1)))" * 16
    with open(os.path.join(folder.path, "two.wat"), "w", encoding="ascii") as file:
        file.write(f'(module (global (mut i32) (i32.const 0)) (func $long (export "long") {long}) '
                   '(func $short (export "short") (result i32) (global.get 0)))')
    problems = differences(folder.call("compile", "two.wat", "-o", "two.ll", "--emit", "llvm-ir"), 0, b"")
    with open(os.path.join(folder.path, "two.ll"), encoding="ascii") as file:
        defined = [line for line in file if line.startswith("define ")]
    for name, aligned in (("short", True), ("long", False)):
        found = [" align 64" in line for line in defined if f".{name}(" in line]
        if found != [aligned]:
            problems.append(f"{name}: {found}")
    return problems


def check_help(folder):
    """Help and version are answers, not errors."""
    problems = []
    for words, text in ((["--help"], b"usage"), (["--version"], b"wanco ")):
        done = folder.call(*words)
        if done.status != 0 or text not in done.stdout or done.stderr:
            problems.append(f"{words}: status {done.status}, stdout {done.stdout[:80]!r}")
    return problems


def check_copy(folder):
    """The compiler finds its libraries beside itself, wherever it is moved to."""
    place = os.path.join(folder.path, "a place with spaces")
    built = os.path.dirname(os.path.dirname(folder.wanco))
    shutil.copytree(os.path.join(built, "bin"), os.path.join(place, "bin"))
    shutil.copytree(os.path.join(built, "lib"), os.path.join(place, "lib"))
    folder.wanco = os.path.join(place, "bin", "wanco")
    problems = differences(folder.call("compile", HELLO, "-o", "out"), 0, b"")
    out = os.path.join(folder.path, "out")
    return problems + differences(support.run([out], cwd=folder.path), 0, GREETING)


def check_input_in_pipe(folder):
    """A module need not be a regular file."""
    module = subprocess.run(["wat2wasm", HELLO, "-o", "/dev/stdout"], stdout=subprocess.PIPE, check=False)
    compiled = support.run([folder.wanco, "compile", "/dev/stdin", "-o", "out"], module.stdout, folder.path)
    problems = differences(compiled, 0, b"")
    return problems + differences(support.run(["./out"], cwd=folder.path), 0, GREETING)


def snapshot_of_endless(folder):
    """Compiles an endless loop, and stops it. What happened otherwise than it should."""
    with open(os.path.join(folder.path, "endless.wat"), "w", encoding="ascii") as file:
        file.write(ENDLESS)
    problems = differences(folder.call("compile", "endless.wat", "-o", "endless"), 0, b"")
    with subprocess.Popen(["./endless", "--invoke", "run", "5"], cwd=folder.path,
                          stderr=subprocess.DEVNULL) as guest:
        time.sleep(0.2)
        guest.send_signal(signal.SIGUSR1)
        status = guest.wait(support.TIMEOUT_SECONDS)
    return problems + ([] if status == 75 else [f"status {status} of the guest"])


def check_inspect(folder):
    """A snapshot of a running program, and its executable, in words and for programs."""
    problems = snapshot_of_endless(folder)
    shown = folder.call("inspect", "--frames", "--memory", "endless.wsnap")
    for text in (b"run i32:5", b"128.0 KiB, of which 4.0 KiB", b"0x00011000", b"inner, func 0, at the loop"):
        if text not in shown.stdout:
            problems.append(f"inspect lacks {text!r}: {shown.stdout!r}{shown.stderr!r}")
    snapshot = json.loads(folder.call("inspect", "--json", "endless.wsnap").stdout)
    executable = json.loads(folder.call("inspect", "--json", "endless").stdout)
    if snapshot["instances"][0]["globals"] != [{"index": 0, "type": "i64", "value": -7}]:
        problems.append(f"globals {snapshot['instances'][0]['globals']}")
    if [frame["name"] for frame in snapshot["frames"]] != ["run", "inner"]:
        problems.append(f"frames {snapshot['frames']}")
    if snapshot["modules"][0]["sha256"] != executable["sha256"] or executable["isa"] != support.HOST_ISA:
        problems.append(f"executable {executable}")
    return problems


def check_verify(folder):
    """A snapshot fits its module and executables of it, and no others."""
    problems = snapshot_of_endless(folder)
    folder.call("compile", "endless.wat", "--no-checkpoint", "-o", "without")
    folder.call("compile", HELLO, "-o", "hello")
    ok = b"endless.wsnap: ok\n"
    verify = ["verify", "endless.wsnap"]
    problems += differences(folder.call(*verify), 0, ok)
    problems += differences(folder.call(*verify, "--module", "endless.wat", "--executable", "endless"), 0, ok)
    problems += differences(folder.call(*verify, "--module", HELLO), 1, b"", b"another module")
    problems += differences(folder.call(*verify, "--executable", "hello"), 1, b"", b"another module")
    problems += differences(folder.call(*verify, "--executable", "without"), 1, b"", b"--no-checkpoint")
    problems += differences(folder.call(*verify, "--executable", "/bin/sh"), 1, b"", b"/bin/sh")
    return problems


def linked(folder, source, *objects):
    """`wanco compile` of a program of tests/programs with these objects."""
    words = [word for path in objects for word in ("--link", path)]
    return folder.call("compile", os.path.join(PROGRAMS, source), "-o", "linked", *words)


def check_link(folder):
    """Host functions come from objects and archives; what they lack is told before there is an output."""
    def native(name, text):
        path = os.path.join(folder.path, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return support.compile_native(folder.build, path, isa)

    isa = support.HOST_ISA
    functions = support.compile_native(folder.build, os.path.join(PROGRAMS, "host", "functions.c"), isa)
    include = "#include <stddef.h>\n#include <wanco/host.h>\n"
    empty = native("empty.c", "int nothing_of_use;\n")
    other = native("other.c", include + "const struct wanco_host_function wanco_host_functions[] = {\n"
                   '{"math", "add", "i(iI)", NULL}, {0}};\n')
    few = native("few.c", include + "const struct wanco_host_function wanco_host_functions[] = {{0}};\n")
    source = "host_functions.wat"
    problems = differences(linked(folder, source), 1, b"", b"unknown import math.add")
    problems += differences(linked(folder, source, "none.o"), 1, b"", b"none.o: No such file")
    problems += differences(linked(folder, source, empty), 1, b"", b"unknown import: math.add is not in")
    problems += differences(linked(folder, source, few), 1, b"", b"unknown import: math.add is not in")
    problems += differences(linked(folder, source, other), 1, b"",
                            source.encode() + b": at offset 0x42: incompatible import type: math.add is i(iI)")
    refused = folder.call("compile", HELLO, "-o", "linked", "--emit", "obj", "--link", empty)
    problems += differences(refused, 2, b"", b"--link is for executables")
    if os.path.exists(os.path.join(folder.path, "linked")):
        problems.append("there is an output")
    problems += differences(linked(folder, source, functions, few), 1, b"", b"few.c." + isa.encode() + b".o each have a table")
    support.run(["ar", "rcs", "functions.a", functions], cwd=folder.path)
    problems += differences(linked(folder, source, few, "functions.a"), 1, b"", b"functions.a each have a table")
    problems += differences(folder.call("compile", HELLO, "-o", "linked", "--target", support.ISAS[1], "--link", "functions.a"),
                            1, b"", b"functions.a is not of " + support.ISAS[1].encode())
    ran = folder.call("run", "--link", functions, os.path.join(PROGRAMS, source), "--invoke", "add", "1", "2")
    problems += differences(ran, 0, b"i32: 3\n")
    ran = folder.call("run", "--link", few, os.path.join(PROGRAMS, source), "--invoke", "add", "1", "2")
    problems += differences(ran, 1, b"", b"unknown import: math.add is not in")
    problems += differences(linked(folder, source, empty, "functions.a"), 0, b"")
    ran = support.run(["./linked", "--invoke", "add", "1", "2"], cwd=folder.path)
    return problems + differences(ran, 0, b"i32: 3\n")


def check_plugin_on(folder, isa):
    """A plugin lies where it was, then beside the program, then nowhere; then it lacks functions."""
    place, moved = os.path.join(folder.path, "plugins"), os.path.join(folder.path, "moved")
    os.makedirs(place)
    os.makedirs(moved)
    library = os.path.join(place, "functions.so")
    support.make_library(os.path.join(PROGRAMS, "host", "functions.c"), isa, library)
    source = os.path.join(PROGRAMS, "host_functions.wat")
    out = os.path.join(moved, "out")
    problems = differences(folder.call("compile", source, "-o", out, "--target", isa, "--plugin",
                                       "plugins/functions.so"), 0, b"")

    def ran(words, *expected):
        return differences(support.run([*folder.build.emulator(isa), out, *words.split()], cwd=folder.path), *expected)

    problems += ran("--invoke squares 10", 0, b"i32: 385\n")
    if isa == support.HOST_ISA:
        run = folder.call("run", "--plugin", "plugins/functions.so", source, "--invoke", "squares", "10")
        problems += differences(run, 0, b"i32: 385\n")
    shutil.move(library, os.path.join(moved, "functions.so"))
    problems += ran("--invoke sum 65535 2", 134, b"", b"wasm trap: 2 bytes at 65535 are not all in memory")
    problems += ran("--stress 2 --invoke wait 5", 75, b"")
    problems += ran("--restore out.wsnap", 0, b"i64: 506\n")
    os.remove(os.path.join(moved, "functions.so"))
    problems += ran("--invoke squares 10", 2, b"", b"cannot load the plugin functions.so: ")
    for text, message in (("int nothing_of_use;", b"functions.so defines no wanco_host_functions"),
                          ("#include <stddef.h>\n#include <wanco/host.h>\n"
                           'const struct wanco_host_function wanco_host_functions[] = {{"math", "add", "v()", NULL}, {0}};',
                           b"math.add (function): the module wants i(ii), the host has v()"),
                          ("#include <wanco/host.h>\nconst struct wanco_host_function wanco_host_functions[] = {{0}};",
                           b"unknown import math.add")):
        path = os.path.join(folder.path, "other.c")
        with open(path, "w", encoding="ascii") as file:
            file.write(text + "\n")
        support.make_library(path, isa, os.path.join(moved, "functions.so"))
        problems += ran("--invoke squares 10", 2, b"", message)
    shutil.rmtree(place)
    shutil.rmtree(moved)
    return [f"{isa}: {problem}" for problem in problems]


def check_plugin(folder):
    """Host functions in libraries, on both ISAs."""
    problems = differences(folder.call("compile", HELLO, "-o", "out", "--plugin", "none.so"), 1, b"", b"none.so: No such")
    problems += differences(folder.call("compile", HELLO, "-o", "out", "--emit", "shared", "--plugin", "none.so"), 2, b"",
                            b"--plugin is for executables")
    for isa in support.ISAS:
        if not folder.build.why_not(isa):
            problems += check_plugin_on(folder, isa)
    return problems


class Embedders:
    """Native programs that load modules, for an ISA, from what `make install` has copied."""

    def __init__(self, folder, isa):
        self.folder, self.isa = folder, isa
        self.prefix = os.path.join(folder.path, "installed", "usr")
        self.library = os.path.join(self.prefix, "lib", "wanco", isa, "dynamic")
        self.env = {**os.environ, "LD_LIBRARY_PATH": self.library}

    def make(self, source, module):
        """Compiles both; what went wrong."""
        name = os.path.basename(source).removesuffix(".c")
        built = support.run([support.native_compiler(self.isa), "-std=c17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra",
                             "-Werror", "-I", os.path.join(self.prefix, "include"), source, "-o",
                             f"{name}.{self.isa}", "-L", self.library, "-lwanco"], cwd=self.folder.path)
        return differences(built, 0, b"") + self.shared(module)

    def shared(self, module):
        out = f"{os.path.basename(module).removesuffix('.wat')}.{self.isa}.so"
        return differences(self.folder.call("compile", module, "--emit", "shared", "--target", self.isa, "-o", out,
                                            "--poll-interval", "1"), 0, b"")

    def command(self, name, *words):
        words = [f"./{word[:-3]}.{self.isa}.so" if word.endswith(".so") else word for word in words]
        return [*self.folder.build.emulator(self.isa), f"./{name}.{self.isa}", *words]

    def run(self, name, *words):
        return support.run(self.command(name, *words), cwd=self.folder.path, env=self.env)


def check_embedding(folder):
    """The example of the documentation, which moves between ISAs, and tests/embedding, with an installed copy."""
    root = os.path.dirname(HERE)
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    installed = support.run(["make", "-s", f"BUILD={folder.build.folder}", "PREFIX=/usr", "install",
                             f"DESTDIR={folder.path}/installed"], cwd=root, env=env)
    problems = [] if installed.status == 0 else [f"make install: {installed.stderr!r}"]
    examples = os.path.join(folder.path, "installed", "usr", "share", "doc", "wanco", "docs", "examples")
    embedders = [Embedders(folder, isa) for isa in support.ISAS if not folder.build.why_not(isa)]
    for e in embedders:
        problems += e.make(os.path.join(examples, "embed.c"), os.path.join(examples, "primes.wat"))
        problems += e.make(os.path.join(HERE, "embedding", "check.c"), os.path.join(HERE, "embedding", "guest.wat"))
        problems += differences(e.run("check", "guest.so", "primes.so", f"{e.isa}.wsnap"), 0, b"")
    whole = embedders[0].run("embed", "primes.so", "1000000", "none")
    if not whole.stdout.endswith(b"78498 primes, the largest is 999983\n1 / 0: integer divide by zero\n"):
        problems.append(f"the example prints {whole.stdout!r}{whole.stderr!r}")
    printed, statuses = b"", []
    for e in embedders * 2:  # each stops soon after a line
        if 0 not in statuses:
            with subprocess.Popen(e.command("embed", "primes.so", "1000000", "state"), cwd=folder.path, env=e.env,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as guest:
                printed += guest.stdout.readline()
                guest.send_signal(signal.SIGUSR1)
                printed += guest.stdout.read()
            statuses.append(guest.returncode)
    if 0 not in statuses:
        printed += embedders[0].run("embed", "primes.so", "1000000", "state").stdout
    if printed != whole.stdout or 75 not in statuses:
        problems.append(f"in parts, with statuses {statuses}, the example prints {printed!r}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    build = support.Build(parser.parse_args().build)
    tally = support.Tally()
    for check in (check_run, check_run_options, check_no_cache, check_no_place_for_a_cache, check_full_cache,
                  check_together, check_same_bytes, check_kinds, check_short_function, check_help, check_copy,
                  check_input_in_pipe, check_inspect, check_verify, check_link, check_plugin, check_embedding):
        name = check.__name__.removeprefix("check_").replace("_", " ")
        if not shutil.which("wat2wasm"):
            tally.skip(name, "wat2wasm is not installed (wabt)")
            continue
        with tempfile.TemporaryDirectory(prefix="wanco-command-") as path:
            tally.check(name, check(Folder(build, path)))
    return tally.finish()


sys.exit(main())
