"""What checkpoints cost a program that is running: from the signal to the safepoint and to the snapshot, going
on, starting from a snapshot, deep stacks, and how fast it runs afterwards."""

import random
import statistics
import subprocess
import time
from pathlib import Path

import building
import programs
import start
from guest import Guest, memory_folder, pause_for
from measure import Failure, run
from peers import HERE, Wanco

GUESTS = HERE / 'guests'
ENDLESS = '9000'  # rounds: minutes
LONG = '1000'  # percent of the standard work; with more some programs need more memory than there is
KERNELS = ('nest', 'uncounted', 'interpreter')
WARM_ROUNDS = 2
SIGNALS = 100


def build_guest(wanco, source, folder):
    """The executable of a program of bench/guests."""
    wasm = building.wasm(source, folder / f'{source.stem}.wasm') if source.suffix == '.c' else source
    out = folder / source.stem
    run([wanco, 'compile', wasm, '-o', out])
    return out


def snapshot_options(path):
    return ['--checkpoint-path', path]


# ---- From the signal to the safepoint ----

def sample_checkpoints(executable, path, arguments, plan):
    """Many SIGUSR2 at random times; stops early after the seconds a program may take."""
    chance, samples = random.Random(1), []
    with Guest(executable, snapshot_options(path), arguments) as guest:
        time.sleep(0.05)
        end = time.monotonic() + plan.signal_seconds
        while len(samples) < plan.signals and time.monotonic() < end:
            pause_for(chance, 0.005)
            if guest.has_ended():
                break
            samples.append(guest.checkpoint())
    if not samples:
        raise Failure(f'{executable.name}: no checkpoint in {plan.signal_seconds} s')
    return samples


def measure_safepoints(executables, folder, plan, progress):
    """program -> samples; snapshots go to memory. Failures by program."""
    samples, failures = {}, {}
    path = Path(memory_folder(folder)) / f'wanco-bench-{folder.stat().st_ino}.wsnap'
    for name, executable in executables.items():
        try:
            samples[name] = sample_checkpoints(executable, path, [LONG], plan)
        except Failure as failure:
            failures[name] = str(failure)
        progress.finished(f'{name}: signals')
    path.unlink(missing_ok=True)
    return samples, failures


# ---- Small snapshots, and starting from one ----

def measure_start(executable, folder, times):
    """Nanoseconds of a program that only waits for its input, which has ended; plainly, and from a snapshot."""
    path = folder / 'end.wsnap'
    with Guest(executable, snapshot_options(path), stdin=subprocess.PIPE) as guest:
        time.sleep(0.1)
        guest.stop()
    return start.spawn_times({'plain': [executable], 'restored': [executable, '--restore', path]}, folder, times)


# ---- Deep stacks ----

def measure_frames(executable, folder, times):
    """Checkpoints in 100,000 frames and more, and restoring them in a new process."""
    path, samples = folder / 'deep.wsnap', []
    for _ in range(times):
        with Guest(executable, snapshot_options(path)) as guest:
            time.sleep(0.1)
            sample = guest.checkpoint()
            guest.stop()
        with Guest(executable, ['--restore', path]) as guest:
            sample['restored_rebuild'] = guest.rebuilt()
        samples.append(sample)
    return samples


# ---- How fast it runs afterwards ----

def rounds_of(lines):
    """The median of the rounds, the one that was interrupted left out; the checksum."""
    rounds = [int(line) for line in lines[:-1]]
    if len(rounds) < 3:
        raise Failure('too few rounds are left to measure')
    return statistics.median(rounds[1:]), lines[-1]


def plain_rounds(executable, kernel, n):
    with Guest(executable, [], [kernel, str(n)]) as guest:
        return rounds_of(guest.finish())


def restored_rounds(executable, kernel, n, path, chance):
    """Stopped somewhere in an early round; a new process runs what is left, and is measured."""
    with Guest(executable, snapshot_options(path), [kernel, str(n)]) as guest:
        guest.lines(WARM_ROUNDS)
        pause_for(chance, 0.005)
        guest.stop()
        n_done = WARM_ROUNDS + len(guest.printed())
    with Guest(executable, ['--restore', path]) as guest:
        lines = guest.finish()
    if n_done + len(lines) - 1 != n:
        raise Failure(f'{kernel}: rounds were lost, or run twice')
    return rounds_of(lines)


def signalled_rounds(executable, kernel, n, path):
    """Measured after many SIGUSR2."""
    with Guest(executable, snapshot_options(path), [kernel, str(n)]) as guest:
        guest.lines(WARM_ROUNDS)
        for _ in range(SIGNALS):
            guest.checkpoint()
        guest.printed()
        return rounds_of(guest.finish())


def measure_kernel(executable, kernel, path, plan, chance, progress):
    """Nanoseconds of a round, by how the program came to it."""
    samples = {'plain': [], 'restored': [], 'signalled': []}
    for _ in range(plan.rounds.most):
        results = {'plain': plain_rounds(executable, kernel, plan.kernel_rounds),
                   'restored': restored_rounds(executable, kernel, plan.kernel_rounds, path, chance),
                   'signalled': signalled_rounds(executable, kernel, plan.kernel_rounds, path)}
        if len({checksum for _, checksum in results.values()}) != 1:
            raise Failure(f'{kernel}: a checkpoint changes the result')
        for name, (nanoseconds, _) in results.items():
            samples[name].append(nanoseconds)
    progress.finished(f'{kernel}: speed afterwards')
    return samples


def compiled(names, bench):
    """Executables with checkpoint code by program; failures."""
    compiler, executables, failures = Wanco(bench.arguments.build), {}, {}
    for name in names:
        try:
            executables[name], _ = programs.build_one(name, compiler, bench.builder, bench.folder)
        except (Failure, OSError) as failure:
            failures[name] = str(failure)
    return executables, failures


def measure(names, bench):
    """All of the above; the signals go to the programs named."""
    folder, wanco, plan = bench.folder / 'checkpoint', bench.wanco, bench.plan
    folder.mkdir(parents=True, exist_ok=True)
    rounds, end, deep = (build_guest(wanco, GUESTS / name, folder) for name in ('rounds.c', 'end.c', 'deep.wat'))
    path, chance = folder / 'rounds.wsnap', random.Random(2)
    progress = bench.progress(len(names) + len(KERNELS))
    small = sample_checkpoints(rounds, path, ['uncounted', ENDLESS], plan)
    kernels = {kernel: measure_kernel(rounds, kernel, path, plan, chance, progress) for kernel in KERNELS}
    executables, failures = compiled(names, bench)
    safepoints, failed = measure_safepoints(executables, folder, plan, progress)
    progress.end()
    return {'small': small, 'start': measure_start(end, folder, plan.starts),
            'frames': measure_frames(deep, folder, plan.rounds.most), 'kernels': kernels,
            'safepoints': safepoints, 'failures': failures | failed}
