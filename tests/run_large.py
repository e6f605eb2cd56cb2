#!/usr/bin/python3 -u
"""run_large.py --build DIR [-O LEVEL] [NAME...]: the largest programs at hand, compiled and doing work.

yosys synthesises a counter; clang compiles C to Wasm, which is compiled in turn. From npm, or from the
folder that NPM_ARCHIVES names."""
import argparse
import os
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import support

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
import large  # noqa: E402
from measure import Failure  # noqa: E402

TIMEOUT_SECONDS = 3600

COUNTER = """\
module counter(input clk, input reset, output reg [7:0] value);
    always @(posedge clk)
        value <= reset ? 0 : value + 1;
endmodule
"""

C_SOURCE = """\
static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int answer(int n) { return fib(n); }
"""


def expect(done, *texts):
    """What is missing from the output of a process that must have succeeded."""
    output = (done.stdout + done.stderr).decode(errors="replace")
    problems = [f"{text!r} is not in its output" for text in texts if text not in output]
    if done.status != 0:
        problems.append(f"status {done.status}")
    return [*problems, output[-500:]] if problems else []


def use_yosys(_build, program, folder):
    """Eight flip-flops must come out."""
    (folder / "counter.v").write_text(COUNTER, encoding="utf-8")
    with tarfile.open(large.archive("@yowasp/yosys", folder.parent)) as tar:
        members = [m for m in tar.getmembers() if m.name.startswith("package/gen/share/")]
        tar.extractall(folder, members)
    script = "read_verilog counter.v; synth -top counter -run begin:fine; stat"
    return expect(support.run([program, "--dir", "package/gen/share::/share", "--dir", ".", "--", "-p",
                               script], cwd=folder, timeout=TIMEOUT_SECONDS), "counter", "$sdff", "8")


def use_clang(build, program, folder):
    """What it compiles must run."""
    (folder / "answer.c").write_text(C_SOURCE, encoding="utf-8")

    def tool(*words):
        return support.run([program, "--dir", ".", "--", *words], cwd=folder, timeout=TIMEOUT_SECONDS)
    problems = expect(tool("clang", "--version"), "clang version")
    problems += expect(tool("clang", "-cc1", "-triple", "wasm32-wasi", "-O2", "-emit-obj", "answer.c",
                            "-o", "answer.o"))
    problems += expect(tool("wasm-ld", "--no-entry", "--export=answer", "answer.o", "-o", "answer.wasm"))
    done = support.run([build.wanco, "compile", "answer.wasm", "-o", "answer"], cwd=folder)
    problems += expect(done)
    return problems + expect(support.run(["./answer", "--invoke", "answer", "30"], cwd=folder), "i32: 832040")


# The module's name in bench/large.py, the program's own name (the first of its arguments), its work.
PROGRAMS = {"yosys": ("yosys", use_yosys), "clang": ("llvm", use_clang)}


def test(build, tally, name, level):
    folder = Path(build.folder, "bench", "large")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        wasm = large.module(name, folder)
    except (Failure, OSError) as error:
        tally.skip(name, str(error))
        return
    own_name, use = PROGRAMS[name]
    with tempfile.TemporaryDirectory(dir=folder) as work:
        program = os.path.join(work, own_name)
        began = time.monotonic()
        compiled = support.run([build.wanco, "compile", wasm, "-o", program, level],
                               timeout=TIMEOUT_SECONDS)
        print(f"{name} {level}: compiled in {time.monotonic() - began:.0f} s")
        tally.check(name, expect(compiled) or use(build, program, Path(work)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("-O", dest="level", default="3")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    tally = support.Tally()
    for name in options.names or PROGRAMS:
        test(support.Build(options.build), tally, name, "-O" + options.level)
    return tally.finish()


sys.exit(main())
