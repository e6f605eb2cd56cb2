#!/usr/bin/python3 -u
"""run_random.py --build DIR [--first N] [--seeds N] [--hops N]: random modules give the same however they are run.

Each seed makes a module (random_module.py). What it gives when it is compiled at -O0 without checkpoints, it
must give on every ISA, at -O0 and another level: in one go, rebuilt at every safepoint, and in hops between
all of these. A module that fails is kept in DIR/random."""
import argparse
import itertools
import os
import random
import shutil
import sys
import tempfile

import random_module
import support
import travel


class Unequal(Exception):
    """What a run gave instead."""


class Trial:
    """All runs of one seed, in a folder."""

    def __init__(self, build, seed, hops, folder):
        self.build, self.seed, self.hops, self.folder = build, seed, hops, folder
        self.chance = random.Random(seed)
        self.expected = None
        random_module.write_module(folder, seed)

    def call(self, *words):
        return support.run(list(words), cwd=self.folder)

    def compile(self, out, *options):
        done = self.call(self.build.wanco, "compile", "m.wasm", "-o", out, "-j1", *options)
        if done.status != 0:
            raise Unequal(f"compile {' '.join(options)}: {done.stderr.decode(errors='replace')[:300]}")

    def compare(self, what, done):
        if (done.status, done.stdout, done.stderr) != (0, self.expected, b""):
            raise Unequal(f"{what}: status {done.status}, {done.stdout!r} instead of {self.expected!r}, "
                          f"{done.stderr[:300]!r}")

    def run(self):
        """The number of hops."""
        self.compile("plain", "-O0", "--no-checkpoint")
        plain = self.call("./plain", "--invoke", "run")
        self.expected = plain.stdout
        self.compare("without checkpoints", plain)
        commands = []
        for isa, level in itertools.product(support.ISAS, ("-O0", self.chance.choice(("-O1", "-O2", "-O3", "-O3")))):
            if self.build.why_not(isa):
                continue
            name = isa + level
            self.compile(name, level, "--target", isa, "--poll-interval", self.chance.choice("1123"))
            command = [*self.build.emulator(isa), "./" + name]
            self.compare(name, self.call(*command, "--invoke", "run"))
            self.compare(f"{name} at every safepoint", self.call(*command, "--stress", "0", "--invoke", "run"))
            commands.append(command)
        traveller = travel.Traveller(commands, travel.random_steps(self.seed), self.hops)
        self.compare("in hops", traveller.run(["--invoke", "run"], cwd=self.folder))
        return traveller.n_done


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--hops", type=int, default=6)
    options = parser.parse_args()
    build, tally, n_hops = support.Build(options.build), support.Tally(), []

    def test(seed):
        with tempfile.TemporaryDirectory(prefix="wanco-random-") as folder:
            try:
                n_hops.append(Trial(build, seed, options.hops, folder).run())
                tally.ok(f"seed {seed}")
            except Unequal as error:
                kept = os.path.join(build.folder, "random", str(seed))
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                tally.fail(f"seed {seed}", f"{error}; kept in {kept}")
    support.in_parallel(test, [(seed,) for seed in range(options.first, options.first + options.seeds)])
    print(f"hops from process to process: {sum(n_hops)}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
