#!/usr/bin/python3 -u
"""hop.py --build DIR [FILTER...]: calls functions of the suite's modules in processes that hand them on.

Each call of an exported function that a test file makes, of a module that imports nothing and with integers as
arguments, is made alone, by executables of both ISAs and two levels. Those that reach a safepoint go through
some hops, and must end as they do in one process."""
import argparse
import itertools
import os
import sys
import tempfile
from pathlib import Path

import suite

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import support  # noqa: E402
import travel  # noqa: E402

# Files whose modules can be suspended.
FILES = ["core/" + name for name in ("call", "call_indirect", "fac", "forward", "labels", "loop", "memory_grow",
                                     "stack", "table_grow")]
LEVELS = {"x86_64": "-O3", "aarch64": "-O1"}
STEPS = (1, 2, 3)
N_HOPS = 4


def integer_words(args):
    """The arguments as --invoke takes them; None if one is no integer."""
    return [arg["value"] for arg in args] if all(arg["type"] in ("i32", "i64") for arg in args) else None


def calls_of(test_file):
    """Module file -> the calls of its functions, each a tuple of words, without repetitions."""
    calls, current = {}, None
    for command in test_file.commands:
        if command["type"] == "module":
            current = suite.binary_of(command)
            if current and suite.imports(test_file.folder / current):
                current = None
        elif command["type"] in ("assert_return", "assert_trap", "action") and current:
            action = command["action"]
            words = integer_words(action.get("args", []))
            if action["type"] == "invoke" and "module" not in action and words is not None:
                calls.setdefault(current, {})[(action["field"], *words)] = True
    return calls


class Module:
    """Executables of one module."""

    def __init__(self, build, path, folder):
        self.commands = []
        for isa in support.ISAS:
            if build.why_not(isa):
                continue
            out = os.path.join(folder, f"{path.name}.{isa}")
            done = support.run([build.wanco, "compile", str(path), "-o", out, "--target", isa, LEVELS[isa],
                                "--poll-interval", "1", "-j1"])
            if done.status != 0:
                raise RuntimeError(done.stderr.decode(errors="replace"))
            self.commands.append([*build.emulator(isa), out])

    def call(self, words):
        """What is wrong, and the number of hops."""
        invoke = ["--invoke", *words]
        expected = support.run(self.commands[0] + invoke)
        traveller = travel.Traveller(self.commands, itertools.cycle(STEPS), N_HOPS)
        done = traveller.run(invoke)
        same = (done.status, done.stdout) == (expected.status, expected.stdout)
        return [] if same else [f"{done.status} {done.stdout!r} {done.stderr[:200]!r} instead of "
                                f"{expected.status} {expected.stdout!r}"], traveller.n_done


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filters", nargs="*")
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    build, tally, hops = support.Build(options.build), support.Tally(), {}
    with tempfile.TemporaryDirectory(prefix="wanco-spec-hop-") as scratch:
        try:
            files = suite.find_official(os.environ.get("SPEC_TESTS"), Path(scratch))
        except suite.NoData as error:
            tally.skip("hops of the suite's modules", str(error))
            return tally.finish()

        def test(test_file, name, calls):
            try:
                module = Module(build, test_file.folder / name, scratch)
            except RuntimeError as error:
                tally.fail(name, str(error))
                return
            for words in calls:
                problems, n = module.call(words)
                tally.check(f"{test_file.name} {' '.join(words)}", problems)
                hops[test_file.name] = hops.get(test_file.name, 0) + n
        filters = options.filters or [""]
        wanted = [f for f in files if f.name in FILES and any(text in f.name for text in filters)]
        support.in_parallel(test, [(f, name, calls) for f in wanted for name, calls in calls_of(f).items()])
        for test_file in wanted:
            print(f"{test_file.name}: {hops.get(test_file.name, 0)} hops")
            tally.check(test_file.name, [] if hops.get(test_file.name) else ["nothing was ever saved"])
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
