#!/usr/bin/python3 -u
"""run_wasi_testsuite.py --build DIR --suite DIR [--stress] [NAME...]: WebAssembly/wasi-testsuite on both ISAs.

The suite is a checkout of its branch prod/testsuite-base, which has the modules of preview 1 prebuilt. A
module's JSON file (doc/specification.md there) tells arguments, environment, directory and what comes out; a
key that is not known here is a failure. Each test has a copy of its directory to itself.

With --stress each is suspended at every safepoint in one process, and run in hops: saved after some
safepoints, restored on the other ISA."""
import argparse
import glob
import itertools
import json
import os
import shutil
import sys
import tempfile

import support

SUSPENDED = 75
STEPS = (1, 2, 5, 17, 3, 40)
EXPECTED = {"args": [], "env": {}, "root": None, "exit_code": 0, "stdout": None, "stderr": None}


class Case:
    """A module of the suite, and what its run should give."""

    def __init__(self, suite, wasm):
        self.wasm = wasm
        self.name = os.path.relpath(wasm, suite).removesuffix(".wasm").replace("/testsuite/wasm32-wasip1", "")
        self.config = dict(EXPECTED)
        path = wasm.removesuffix(".wasm") + ".json"
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.config.update(json.load(file))
        self.unknown = sorted(set(self.config) - set(EXPECTED))
        self.commands = {}  # ISA -> words that start it

    def grants(self):
        """The options that a restore is given again."""
        return ["--dir", self.config["root"] + "::/"] if self.config["root"] else []

    def words(self):
        env = [f"--env={name}={value}" for name, value in self.config["env"].items()]
        return [*self.grants(), *env, "--", *self.config["args"]]

    def prepare(self, folder):
        """Copies the directory, without what an earlier run may have left there."""
        if self.config["root"]:
            shutil.copytree(os.path.join(os.path.dirname(self.wasm), self.config["root"]),
                            os.path.join(folder, self.config["root"]), symlinks=True,
                            ignore=shutil.ignore_patterns("*.cleanup"))

    def problems(self, done):
        found = []
        if done.status != self.config["exit_code"]:
            found.append(f"status {done.status} instead of {self.config['exit_code']}: {done.stderr[-500:]!r}")
        for key, text in (("stdout", done.stdout), ("stderr", done.stderr)):
            if self.config[key] is not None and text != self.config[key].encode():
                found.append(f"{key} {text[:500]!r} instead of {self.config[key]!r}")
        return found

    def run_once(self, isa, *options):
        with tempfile.TemporaryDirectory(prefix="wanco-wasi-") as folder:
            self.prepare(folder)
            return self.problems(support.run([*self.commands[isa], *options, *self.words()], cwd=folder))

    def run_in_hops(self, isas, n_hops):
        with tempfile.TemporaryDirectory(prefix="wanco-wasi-") as folder:
            self.prepare(folder)
            words, stdout = self.words(), b""
            for n, isa in zip(range(n_hops + 1), itertools.cycle(isas)):
                stress = str(STEPS[n % len(STEPS)]) if n < n_hops else "0"
                done = support.run([*self.commands[isa], "--stress", stress, "--checkpoint-path", "s.wsnap", *words],
                                   cwd=folder)
                stdout += done.stdout
                words = ["--restore", "s.wsnap", *self.grants()]
                if done.status != SUSPENDED:
                    break
            return self.problems(support.Result(done.status, stdout, done.stderr))


def test(build, tally, case, isas, stresses, n_hops):
    """Compiles a case for each ISA, and runs it."""
    if case.unknown:
        tally.fail(case.name, f"its configuration has {', '.join(case.unknown)}")
        return
    for isa in isas:
        out = os.path.join(build.folder, "wasi-testsuite", f"{case.name.replace('/', '.')}.{isa}")
        interval = ["--poll-interval", "1"] if stresses else []
        done = support.run([build.wanco, "compile", case.wasm, "-o", out, "--target", isa, "-O0", *interval])
        if done.status != 0:
            tally.fail(f"{case.name} {isa}", f"compile: status {done.status}: {done.stderr[:300]!r}")
            return
        case.commands[isa] = [*build.emulator(isa), out]
    for isa in isas:
        tally.check(f"{case.name} {isa}", case.run_once(isa))
        if stresses:
            tally.check(f"{case.name} {isa} at every safepoint", case.run_once(isa, "--stress", "0"))
    if stresses:
        tally.check(f"{case.name} in hops", case.run_in_hops(isas, n_hops))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--suite", required=True, help="a checkout of wasi-testsuite")
    parser.add_argument("--stress", action="store_true")
    parser.add_argument("--hops", type=int, default=12)
    parser.add_argument("names", nargs="*", help="parts of names of the tests to run")
    options = parser.parse_args()
    build, tally = support.Build(options.build), support.Tally()
    os.makedirs(os.path.join(build.folder, "wasi-testsuite"), exist_ok=True)
    folder = os.path.join(options.suite, "tests")
    paths = sorted(glob.glob(os.path.join(folder, "*", "testsuite", "wasm32-wasip1", "*.wasm")))
    if not paths:
        sys.exit(f"{folder}/*/testsuite/wasm32-wasip1 has no modules: give WASI_TESTSUITE=DIR, a checkout of "
                 "WebAssembly/wasi-testsuite, branch prod/testsuite-base")
    isas = [isa for isa in support.ISAS if build.why_not(isa) is None]
    for isa in set(support.ISAS) - set(isas):
        tally.skip(f"wasi-testsuite on {isa}", build.why_not(isa), len(paths))
    cases = [Case(folder, path) for path in paths]
    support.in_parallel(test, [(build, tally, case, isas, options.stress, options.hops) for case in cases
                               if not options.names or any(name in case.name for name in options.names)])
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
