#!/usr/bin/python3 -u
"""run_checkpoints.py --build DIR: programs that are saved by a signal, and restored on either ISA.

Signals that come early, late, twice, and in calls that wait; what can't be saved, and the line that says
so."""
import argparse
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import support
import travel

HERE = os.path.dirname(os.path.abspath(__file__))
SUSPENDED = 75
STEP_FRAME = 4  # of where.wat, counted from the host function
STEPS = "150"  # of work.wat, of a millisecond or two


def request_before_start():
    """Between fork and exec: a signal that waits until the program takes it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2])
    os.kill(os.getpid(), signal.SIGUSR1)


def await_handlers(pid, signals):
    """Returns when the process handles the signals; emulators take their time to start."""
    wanted = sum(1 << number - 1 for number in set(signals))
    for _ in range(1000):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            lines = dict(line.split(":\t", 1) for line in file if line.startswith(("SigCgt:", "State:")))
        if lines["State"].startswith("Z") or int(lines["SigCgt"], 16) & wanted == wanted:
            return
        time.sleep(0.01)
    raise SystemExit(f"process {pid} handles no signals")


class Programs:
    """Those of tests/checkpoints, compiled for each ISA, in a folder in which they run."""

    def __init__(self, build, isas, folder):
        self.build, self.isas, self.folder = build, isas, folder
        self.problems = []
        self.n_bursts = 0
        shutil.copytree(os.path.join(HERE, "checkpoints"), folder, dirs_exist_ok=True)
        for name, isa in itertools.product(("work", "start", "echo", "deep", "large"), isas):
            self.compile(name, f"{name}.{isa}", "--target", isa)

    def compile(self, source, out, *options):
        done = self.call(self.build.wanco, "compile", source + ".wat", "-o", out, *options)
        self.expect(f"compiling {out}", done, 0, b"")

    def call(self, *words, **options):
        return support.run(list(words), cwd=self.folder, **options)

    def command(self, name, isa, *words):
        return [*self.build.emulator(isa), "./" + (name if "." in name else f"{name}.{isa}"), *words]

    def run(self, name, isa, *words, **options):
        return self.call(*self.command(name, isa, *words), **options)

    def start(self, name, isa, *words, **options):
        with travel.signals_wait():
            return subprocess.Popen(self.command(name, isa, *words), cwd=self.folder, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, stdin=subprocess.PIPE, **options)

    def signalled(self, name, isa, *words, signals=(signal.SIGUSR1,)):
        """Runs a program that gets signals, one after the other, while it works."""
        process = self.start(name, isa, *words)
        await_handlers(process.pid, signals)
        for number in signals:
            time.sleep(0.05)
            process.send_signal(number)
        return support.finish(process)

    def has(self, name):
        return os.path.exists(os.path.join(self.folder, name))

    def expect(self, what, done, status, stdout, stderr=b""):
        """stderr must hold the given bytes, in one line, or be empty."""
        if done.status != status:
            self.problems.append(f"{what}: status {done.status} instead of {status}")
        if done.stdout != stdout:
            self.problems.append(f"{what}: stdout {done.stdout!r} instead of {stdout!r}")
        if (stderr not in done.stderr or done.stderr.count(b"\n") != 1) if stderr else done.stderr:
            self.problems.append(f"{what}: stderr {done.stderr!r}")

    def expect_restored(self, what, snapshot, name, stdout, **options):
        """On every ISA, the program ends as if it had never been interrupted."""
        for isa in self.isas:
            done = self.run(name, isa, "--restore", snapshot, **options)
            self.expect(f"{what}, restored on {isa}", done, 0, stdout)


def check_end(p):
    """SIGUSR1: a snapshot, and status 75; each ISA goes on from it."""
    result = p.run("work", p.isas[0], "--invoke", "run", STEPS).stdout
    for isa in p.isas:
        path = f"end.{isa}.wsnap"
        done = p.signalled("work", isa, "--checkpoint-path", path, "--invoke", "run", STEPS)
        p.expect(isa, done, SUSPENDED, b"")
        p.expect_restored(isa, path, "work", result)
    if os.stat(os.path.join(p.folder, path)).st_mode & 0o777 != 0o600:
        p.problems.append("others can read the snapshot")


def check_go_on(p):
    """SIGUSR2, and every so often: snapshots, and the same end."""
    result = p.run("work", p.isas[0], "--invoke", "run", STEPS).stdout
    for isa in p.isas:
        done = p.signalled("work", isa, "--invoke", "run", STEPS, signals=[signal.SIGUSR2] * 3)
        p.expect(isa, done, 0, result)
        p.expect_restored(isa, f"work.{isa}.wsnap", "work", result)
        done = p.run("work", isa, "--checkpoint-path", "every.wsnap", "--checkpoint-every", "20ms", "--invoke",
                     "run", STEPS)
        p.expect(f"{isa}, every 20 ms", done, 0, result)
        p.expect_restored(f"{isa}, every 20 ms", "every.wsnap", "work", result)
        done = p.run("work", isa, "--checkpoint-path", "none/every.wsnap", "--checkpoint-every", "20ms", "--invoke",
                     "run", STEPS)
        p.expect(f"{isa}, every 20 ms, in vain", done, 0, result, b"no checkpoint: cannot write none/every.wsnap")


def compile_with_host(p, name):
    """A program whose host functions are those of where.c."""
    for isa in p.isas:
        host = support.compile_native(p.build, os.path.join(HERE, "programs", "host", "where.c"), isa)
        p.compile(name, f"{name}.{isa}", "--target", isa, "--link", host)


def check_last_moment(p):
    """A request that comes when the guest has no safepoint left: it ends as it would have."""
    compile_with_host(p, "last")
    for isa in p.isas:
        for name, status, stdout, stderr in (("returns", 0, b"i32: 7\n", b""), ("exits", 3, b"", b""),
                                             ("traps", 134, b"", b"wasm trap: unreachable\n      0: traps\n")):
            done = p.run("last", isa, "--checkpoint-path", "last.wsnap", "--invoke", name)
            if (done.status, done.stdout, done.stderr) != (status, stdout, stderr) or p.has("last.wsnap"):
                p.problems.append(f"{isa}, {name}: status {done.status}, {done.stdout!r}, {done.stderr!r}")


def check_fast_again(p):
    """After 100 checkpoints, functions that are called run where they ran before, and nothing interrupts them."""
    compile_with_host(p, "where")
    for isa in p.isas:
        are_equal = []
        for frame in STEP_FRAME, STEP_FRAME + 1:
            done = p.run("where", isa, "--checkpoint-report", "--invoke", "run", str(frame), "100")
            before, _, after = done.stdout.partition(b"\n")
            are_equal.append(before == after.strip())
            if done.status != 0 or done.stderr.count(b"checkpoint:") != 100 or done.stderr.count(b"resume:") != 100:
                p.problems.append(f"{isa}: not 100 checkpoints: {done.status}, {done.stderr[:300]!r}")
        # What was in the loop goes on in its clean copy; what it calls is the fast body.
        if are_equal != [True, False]:
            p.problems.append(f"{isa}: the function or its caller: {are_equal}")


def check_builds(p):
    """Every build of a module goes on from the snapshots of every other: levels, ISAs, numbers of threads."""
    commands = []
    for level, isa in itertools.product(range(4), p.isas):
        name = f"work-O{level}.{isa}"
        p.compile("work", name, "--target", isa, f"-O{level}", "-j", str(1 + level % 2), "--poll-interval", "1")
        commands.append([*p.build.emulator(isa), os.path.join(p.folder, name)])
    # Each command once after each, itself included: a de Bruijn sequence of order two.
    order = [command for i, first in enumerate(commands)
             for command in [first, *itertools.chain(*((first, second) for second in commands[i + 1:]))]]
    traveller = travel.Traveller(order, itertools.cycle((3, 1, 7)), len(order) + 1)
    done = traveller.run(["--invoke", "run", "20"], cwd=p.folder)
    p.expect("hops", done, 0, p.run("work", p.isas[0], "--invoke", "run", "20").stdout)
    if traveller.n_done != len(order) + 1:
        p.problems.append(f"{traveller.n_done} hops")


def check_signals(p):
    """Several at once; another signal; none is lost before the start, or kills a program that ends."""
    words = ["--checkpoint-path", "s.wsnap", "--invoke", "run", STEPS]
    result = p.run("work", p.isas[0], "--invoke", "run", STEPS).stdout
    for isa in p.isas:
        process = p.start("work", isa, *words)
        time.sleep(0.05)
        for number in (signal.SIGUSR2, signal.SIGUSR1, signal.SIGUSR1):
            process.send_signal(number)
        p.expect(f"{isa}, three at once", support.finish(process), SUSPENDED, b"")
        p.expect_restored(f"{isa}, three at once", "s.wsnap", "work", result)
        done = p.signalled("work", isa, "--checkpoint-signal", "TERM", *words, signals=[signal.SIGTERM])
        p.expect(f"{isa}, SIGTERM", done, SUSPENDED, b"")
        done = support.finish(p.start("work", isa, *words, preexec_fn=request_before_start))
        p.expect(f"{isa}, early", done, SUSPENDED, b"")
        p.expect_restored(f"{isa}, early", "s.wsnap", "work", result)
        done = support.finish(p.start("work", isa, "--invoke", "short", preexec_fn=request_before_start))
        p.expect(f"{isa}, without a safepoint", done, 0, b"")


def check_endless(p):
    """A loop that never ends polls all the same, also when it has come round the range of its type."""
    for isa in p.isas:
        p.compile("endless", f"endless.{isa}", "--target", isa)
        for name in "unsigned", "signed":
            done = p.signalled("endless", isa, "--checkpoint-path", "endless.wsnap", "--invoke", name)
            p.expect(f"{isa}, {name}", done, SUSPENDED, b"")


def check_any_time(p):
    """Bursts of signals at any time, of the start, of a restore and of the end too: each process either ends
    as it would have, or with a snapshot from which the next goes on to the same result."""
    chance = random.Random(1)
    signals = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR2, signal.SIGCHLD, signal.SIGWINCH]
    result = p.run("deep", p.isas[0], "--invoke", "run", "2000").stdout
    first = words = ["--checkpoint-path", "any.wsnap", "--invoke", "run", "2000"]
    statuses = []
    for _ in range(p.n_bursts):
        isa = chance.choice(p.isas)
        process = travel.start(p.command("deep", isa, *words), None, subprocess.DEVNULL, p.folder, None)
        seconds = chance.uniform(0, 0.05) if isa == support.HOST_ISA else chance.uniform(0, 0.5)
        time.sleep(chance.choice((0, seconds)))
        for _ in range(chance.randrange(1, 6)):
            process.send_signal(chance.choice(signals))
            time.sleep(chance.choice((0, 0, 0.001)))
        done = support.finish(process, None)
        p.expect(f"{isa}, {words[2:]}", done, done.status if done.status in (0, SUSPENDED) else 0,
                 b"" if done.status == SUSPENDED else result)
        statuses.append(done.status)
        words = ["--checkpoint-path", "any.wsnap", "--restore", "any.wsnap"] if done.status == SUSPENDED else first
    if not {0, SUSPENDED} <= set(statuses):
        p.problems.append(f"only statuses {set(statuses)}")


def check_run_command(p):
    """A signal that comes while the program is compiled waits for it."""
    process = subprocess.Popen([p.build.wanco, "run", "--no-cache", "work.wat", "--checkpoint-path", "run.wsnap",
                                "--invoke", "run", STEPS], cwd=p.folder, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, preexec_fn=request_before_start)
    p.expect("run", support.finish(process), SUSPENDED, b"")
    p.expect_restored("run", "run.wsnap", "work", p.run("work", p.isas[0], "--invoke", "run", STEPS).stdout)


def check_stages(p):
    """The rest of start-up follows after a restore: start function, _initialize, the export."""
    path = ["--checkpoint-path", "stage.wsnap"]
    for isa in p.isas:
        words = [*path, "--invoke", "run", "5000000000"]
        done = support.finish(p.start("start", isa, *words, preexec_fn=request_before_start))
        p.expect(f"{isa}, start function", done, SUSPENDED, b"")
        p.expect_restored(f"{isa}, start function", "stage.wsnap", "start", b"i64: 5000000012\n")
        # Stops at a safepoint of each stage: they are many.
        stages = set()
        for _ in range(6):
            restoring = p.start("start", isa, *path, "--restore", "stage.wsnap")
            time.sleep(0.1)
            restoring.send_signal(signal.SIGUSR1)
            done = support.finish(restoring)
            stages.add(done.status)
            if done.status != SUSPENDED:
                p.expect(f"{isa}, later", done, 0, b"i64: 5000000012\n")
                break
            p.expect_restored(f"{isa}, later", "stage.wsnap", "start", b"i64: 5000000012\n")
        if SUSPENDED not in stages:
            p.problems.append(f"{isa}: what was restored can't be saved")


def ask(process, word):
    """Gives a program a piece of input; when it has answered, it waits for more."""
    process.stdin.write(word)
    process.stdin.flush()
    return os.read(process.stdout.fileno(), 100)


def save_waiting(p, isa, *words):
    """A program that waits for input is saved as echo.wsnap."""
    process = p.start("echo", isa, "--checkpoint-path", "echo.wsnap", *words)
    answers = ask(process, b"one ")
    process.send_signal(signal.SIGUSR2)
    time.sleep(0.1)
    answers += ask(process, b"two ")
    process.send_signal(signal.SIGUSR1)
    process.wait(support.TIMEOUT_SECONDS)  # before its input ends
    if answers != b"one two ":
        p.problems.append(f"{isa}: answered {answers!r}")
    p.expect(f"{isa}, waiting", support.finish(process), SUSPENDED, b"")


def check_waiting(p):
    """A call that waits for input is interrupted, and made again."""
    for isa in p.isas:
        save_waiting(p, isa)
        p.expect_restored(isa, "echo.wsnap", "echo", b"three", stdin=b"three")


def check_mapped(p):
    """Memory that is still in the snapshot's file stays as it is when the file is written over."""
    words = [b"\x14", b"\x28", b"\x3c"]
    for isa in p.isas:
        process = p.start("large", isa)
        expected = [ask(process, word) for word in words]
        p.expect(isa, support.finish(process), 0, b"")
        process = p.start("large", isa, "--checkpoint-path", "large.wsnap")
        answers = [ask(process, words[0])]
        process.send_signal(signal.SIGUSR1)
        process.wait(support.TIMEOUT_SECONDS)
        p.expect(isa, support.finish(process), SUSPENDED, b"")
        process = p.start("large", isa, "--restore", "large.wsnap", "--checkpoint-path", "later.wsnap")
        answers.append(ask(process, words[1]))
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as maps:
            if "large.wsnap" not in maps.read() and isa == support.HOST_ISA:
                p.problems.append("nothing is mapped")
        with open(os.path.join(p.folder, "large.wsnap"), "wb") as file:
            file.write(b"something else")
        process.send_signal(signal.SIGUSR1)
        process.wait(support.TIMEOUT_SECONDS)
        p.expect(isa, support.finish(process), SUSPENDED, b"")
        if answers != expected[:2]:
            p.problems.append(f"{isa}: answered {answers} instead of {expected[:2]}")
        p.expect_restored(isa, "later.wsnap", "large", expected[2], stdin=words[2])


def check_deep(p):
    """Thousands of frames, which are larger when they are restored, on a stack that is too small at first."""
    for isa in p.isas:
        save_waiting(p, isa, "--invoke", "deep", "30000")
        for restored_isa in p.isas:
            done = p.run("echo", restored_isa, "--stack-size", "256K", "--restore", "echo.wsnap", stdin=b"three")
            p.expect(f"{isa}, restored on {restored_isa}", done, 0, b"threei32: 450015000\n")


def check_trap(p):
    """A trap after a restore names the functions."""
    for isa in p.isas:
        p.signalled("work", isa, "--checkpoint-path", "trap.wsnap", "--invoke", "trap", STEPS)
        done = p.run("work", isa, "--restore", "trap.wsnap")
        if done.status != 134 or done.stderr != b"wasm trap: unreachable\n      0: trap\n":
            p.problems.append(f"{isa}: status {done.status}, {done.stderr!r}")


def check_failure(p):
    """No snapshot can be written, or none at all: a line, and the program goes on."""
    isa = p.isas[0]
    result = p.run("work", isa, "--invoke", "run", STEPS).stdout
    before = sorted(os.listdir(p.folder))
    done = p.signalled("work", isa, "--checkpoint-path", "none/x.wsnap", "--invoke", "run", STEPS)
    p.expect("no folder", done, 0, result, b"cannot write none/x.wsnap")
    done = p.signalled("work", isa, "--checkpoint-path", ".", "--invoke", "run", STEPS)
    p.expect("a folder", done, 0, result, b"cannot write .")
    if sorted(os.listdir(p.folder)) != before:
        p.problems.append("files are left")
    p.compile("work", "without.exe", "--no-checkpoint")
    done = p.signalled("without.exe", isa, "--invoke", "run", STEPS)
    p.expect("--no-checkpoint", done, 0, result, b"--no-checkpoint")
    done = p.run("without.exe", isa, "--checkpoint-every", "1s", "--invoke", "run", "1")
    p.expect("--no-checkpoint, --checkpoint-every", done, 2, b"", b"--no-checkpoint")


def check_checkpoint_command(p):
    """`wanco checkpoint` waits for the snapshot and tells where it is; it never signals others."""
    result = p.run("work", p.isas[0], "--invoke", "run", STEPS).stdout
    for isa in p.isas:
        path = os.path.join(p.folder, "command.wsnap")
        process = p.start("work", isa, "--checkpoint-path", "command.wsnap", "--invoke", "run", "5000")
        for words in ["--continue"], ["--continue"], []:
            done = p.call(p.build.wanco, "checkpoint", str(process.pid), *words)
            if done.status != 0 or not done.stdout.startswith(path.encode() + b": ") or not p.has(path):
                p.problems.append(f"{isa}, {words}: {done.status} {done.stdout!r} {done.stderr!r}")
        p.expect(isa, support.finish(process), SUSPENDED, b"")
    process = p.start("work", p.isas[0], "--checkpoint-path", "none/x", "--invoke", "run", STEPS)
    done = p.call(p.build.wanco, "checkpoint", str(process.pid))
    p.expect("no folder", done, 1, b"", b"goes on without a snapshot")
    p.expect("no folder", support.finish(process), 0, result, b"none/x")
    other = subprocess.Popen(["sleep", "100"])
    done = p.call(p.build.wanco, "checkpoint", str(other.pid))
    p.expect("another program", done, 1, b"", b"left alone")
    if other.poll() is not None:
        p.problems.append("another program was signalled")
    other.kill()
    other.wait()
    p.expect("no process", p.call(p.build.wanco, "checkpoint", "4194305"), 1, b"", b"4194305")


CHECKS = (check_end, check_go_on, check_fast_again, check_builds, check_signals, check_last_moment,
          check_endless, check_any_time, check_run_command, check_stages, check_waiting, check_mapped, check_deep,
          check_trap, check_failure, check_checkpoint_command)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--bursts", type=int, default=60, help="of signals at any time")
    parser.add_argument("names", nargs="*", help="of the checks to make")
    options = parser.parse_args()
    build = support.Build(options.build)
    tally = support.Tally()
    isas = [isa for isa in support.ISAS if build.why_not(isa) is None]
    for isa in set(support.ISAS) - set(isas):
        tally.skip(f"checkpoints on {isa}", build.why_not(isa))
    if not shutil.which("wat2wasm"):
        tally.skip("checkpoints", "wat2wasm is not installed (wabt)", len(CHECKS))
        return tally.finish()
    with tempfile.TemporaryDirectory(prefix="wanco-checkpoint-") as folder:
        programs = Programs(build, isas, folder)
        programs.n_bursts = options.bursts
        for check in CHECKS:
            name = check.__name__.removeprefix("check_").replace("_", " ")
            if not options.names or name in options.names:
                check(programs)
                tally.check(name, programs.problems)
                programs.problems = []
    return tally.finish()


sys.exit(main())
