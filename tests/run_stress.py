#!/usr/bin/python3 -u
"""run_stress.py --build DIR [--hops N] [PROGRAM...]: tests/programs, suspended wherever they can be.

Each run of each program is done again, compiled with polls in every iteration:
  - in one process that rebuilds the guest's frames at every safepoint (--stress 0);
  - in hops: after some safepoints the program is saved, and goes on in a new process, each time on the
    other ISA or at the other optimisation level. Up to N hops a run, the rest without.
Output and status must be those of an undisturbed run. The last lines count the hops, and the resume
points that were taken on both ISAs; those that were not are listed in DIR/stress/untaken. One that was
taken on just one of them is a failure."""
import argparse
import itertools
import os
import sys
import tempfile

import run_programs
import support
import travel

# Options that a restore is given again; those that it refuses are in the snapshot.
REPEATED = ("--dir", "--stack-size", "--max-memory")
IN_SNAPSHOT = ("--env", "--invoke")
# Programs that are suspended at so many safepoints that time decides about the later ones.
CHANCE = ("few_bytes.c", "library.c")
STEPS = (1, 2, 5, 17, 3, 40)


class Points:
    """Which resume points were seen taken, by program, point and ISA."""

    def __init__(self):
        self.taken = {}

    def read(self, program, isa, path):
        if not os.path.exists(path):
            return
        with open(path, encoding="utf-8") as file:
            for line in itertools.islice(file, 1, None):
                *point, is_taken = line.split()
                isas = self.taken.setdefault((program, *point), set())
                if is_taken == "1":
                    isas.add(isa)

    def report(self, isas, path, tally):
        """Lists the points that were not taken on all of the ISAs; prints the count. Those that were taken on
        some are failures, unless chance decides about them."""
        untaken = sorted(key for key, seen in self.taken.items() if not isas <= seen)
        with open(path, "w", encoding="utf-8") as file:
            file.write("program, function, code offset, kind (0 loop, 1 call, 2 before the instruction): taken on\n")
            for key in untaken:
                file.write(f"{' '.join(key)}: {' '.join(sorted(self.taken[key])) or 'none'}\n")
                if self.taken[key] and key[0] not in CHANCE:
                    tally.fail(f"resume point {' '.join(key)}", f"taken only on {' '.join(self.taken[key])}")
        n = len(self.taken)
        print(f"resume points taken on {' and '.join(sorted(isas))}: {n - len(untaken)} of {n}")


class Stress:
    """All runs of one program."""

    def __init__(self, build, tally, points, hops, program, wasm):
        self.build, self.tally, self.points = build, tally, points
        self.hops, self.program, self.wasm = hops, program, wasm
        self.n_hops = 0
        self.isas = [isa for isa in support.ISAS if not build.why_not(isa)]
        self.commands = []  # (ISA, level, words that start it)

    def compile(self):
        folder = os.path.join(self.build.folder, "stress")
        os.makedirs(folder, exist_ok=True)
        for level, isa in itertools.product(("-O3", "-O0"), self.isas):
            out = os.path.join(folder, f"{self.program.name}.{isa}{level}")
            interval = "1" if level == "-O0" else "3"
            done = support.run([self.build.wanco, "compile", self.wasm, "-o", out, "--target", isa, level,
                                "--poll-interval", interval, *self.program.compile_options(self.build, isa)])
            if done.status != 0:
                self.tally.fail(f"{self.program.name} {isa} {level}", done.stderr.decode(errors="replace"))
                return False
            self.commands.append((isa, level, self.build.emulator(isa) + [out]))
        return True

    def in_one_process(self, isa, level, command, run):
        """Every safepoint in turn, in one process."""
        with tempfile.NamedTemporaryFile(prefix="wanco-points-") as file:
            extra = ["--stress", "0", "--points-taken", file.name]
            problems = run_programs.run_once(command + extra, run)
            self.points.read(self.program.name, isa, file.name)
        self.tally.check(f"{self.program.name} {isa} {level} {run.name} at every safepoint", problems)

    def hop(self, run, is_pipe):
        """From process to process; what is wrong."""
        with tempfile.TemporaryDirectory(prefix="wanco-hops-") as cwd:
            for shell in run.lines["before"]:
                support.run(["/bin/sh", "-ec", shell], cwd=cwd)
            env = {"PATH": os.environ["PATH"], **run.env}
            traveller = travel.Traveller([command for _, _, command in self.commands], itertools.cycle(STEPS),
                                         self.hops)
            done = traveller.run(run.words, repeated_options(run.words), run.text("stdin").encode(), cwd, env,
                                 is_pipe)
            n = traveller.n_done
            self.n_hops += n
            if done.status != run.status:
                return [f"after {n} hops: status {done.status} instead of {run.status}: {done.stderr[:300]!r}"]
            if done.stdout.decode(errors="replace") != run.text("stdout"):
                return [f"after {n} hops: stdout {done.stdout[:500]!r} instead of {run.text('stdout')!r}"]
            return []

    def test(self):
        if not self.compile():
            return
        for run in self.program.runs:
            if takes_quadratic_time(run):
                continue
            for isa, level, command in self.commands:
                self.in_one_process(isa, level, command, run)
            if can_hop(run):
                for is_pipe in (False, True) if run.lines["stdin"] else (False,):
                    self.tally.check(f"{self.program.name} {run.name} in hops", self.hop(run, is_pipe))


def repeated_options(words):
    """The runtime options among the words that a restore needs again."""
    return [word for option, value in zip(words, words[1:]) if option in REPEATED
            for word in (option, value)]


def takes_quadratic_time(run):
    """Whether the guest's stack grows to its limit, all of which each safepoint would rebuild."""
    return any("call stack exhausted" in line for line in run.lines["stderr"])


def can_hop(run):
    """Whether a run's options are ones that a restore takes or has."""
    words = iter(run.words)
    for word in words:
        if word == "--" or not word.startswith("--"):
            break
        if word not in REPEATED + IN_SNAPSHOT:
            return False
        next(words, None)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--hops", type=int, default=6)
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    build, tally, points = support.Build(options.build), support.Tally(), Points()
    os.makedirs(os.path.join(build.folder, "programs"), exist_ok=True)
    no_c = support.why_no_wasm_from_c()
    jobs = []
    for path in options.programs or run_programs.all_programs():
        program = run_programs.Program(path)
        if run_programs.is_c(path) and no_c:
            tally.skip(program.name, no_c, len(program.runs))
            continue
        wasm = run_programs.to_wasm(build, program)
        jobs.append(Stress(build, tally, points, options.hops, program, wasm))
    support.in_parallel(Stress.test, [(job,) for job in jobs])
    points.report({isa for job in jobs for isa in job.isas}, os.path.join(build.folder, "stress", "untaken"), tally)
    print(f"hops from process to process: {sum(job.n_hops for job in jobs)}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
