"""Against CRIU: the same programs, native under CRIU and compiled by wanco, stopped after the same share of their
work, restored, and run to their end. Every output is compared with that of a run nobody stopped."""

import mmap
import shutil
import subprocess
import time

import building
import criu
import programs
import start
from guest import Guest
from measure import Failure, run
from peers import HERE, Wanco

SHARE = 0.4             # of its run time, when a program is stopped
TRIALS = 3              # of which the shortest tells that: after a longer time, it may have ended
MEMORY_ROUNDS = 400     # of changes: the program must not end while other memory is touched
LARGE_MIB = 128         # from here on the fewest rounds do, since they differ less
PATIENCE = 600          # seconds, for a program that is moved
PROGRAM_BYTES = 16 << 20  # at most, of the set
SUBJECTS = {'wanco': [], 'wanco, zstd': ['--compress', 'zstd']}


class Moved:
    """A program compiled by wanco, with the methods of criu.Process. What it is granted it is granted again."""

    def __init__(self, command, out, path, options, grants=()):
        self.command, self.path, self.out, self.grants = command, path, out, grants
        path.unlink(missing_ok=True)
        self.guest = self._start(['--checkpoint-path', path, *options], command[1:], 'wb')

    def _start(self, options, arguments, how):
        with open(self.out, how) as stream:
            return Guest(self.command[0], [*self.grants, *options], arguments, stdout=stream, timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.guest.__exit__()

    def checkpoint(self):
        before = time.monotonic()
        sample = self.guest.stop()
        wall = time.monotonic() - before
        disk = sample['disk'] / 1e6
        return {'wall': wall - disk, 'stopping': sample['to_safepoint'] / 1e6,
                'frozen': (sample['unwind'] + sample['write']) / 1e6 - disk, 'disk': disk,
                'bytes': self.path.stat().st_size}

    def restore(self):
        self.guest.__exit__()
        self.guest = self._start(['--restore', self.path], (), 'ab')
        self.guest.rebuilt()
        return time.monotonic() - self.guest.started

    def finish(self):
        self.guest.finish()


def forget_files():
    """Has the next one read from the disk."""
    done = subprocess.run(['sh', '-c', 'sync; echo 3 >/proc/sys/vm/drop_caches'], stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Failure('cold restores need the right to drop the caches')


def touch_memory(n_bytes):
    """So much memory is free afterwards that the machine has at hand: what a hypervisor has taken back, since it was
    free for seconds, takes ten times as long to get, and whoever comes next would pay for it."""
    with mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for i in range(0, n_bytes, mmap.PAGESIZE):
            memory[i] = 1


def move(start, wait, out, expected, cold, n_bytes):
    """One sample: stopped, restored, run to the end."""
    with start() as process:
        wait(out)
        touch_memory(n_bytes)
        sample = process.checkpoint()
        if cold:
            forget_files()
        touch_memory(n_bytes)
        sample['restore'] = process.restore()
        process.finish()
    if out.read_bytes() != expected:
        raise Failure('the output after a restore differs')
    return sample


def subjects(native, compiled, arguments, out, folder, criu_path):
    """What is compared, by name: functions that start it."""
    path = folder / 'moving.wsnap'
    found = {name: lambda options=options: Moved([compiled, *arguments], out, path, options)
             for name, options in SUBJECTS.items()}
    if criu_path:
        found |= {f'CRIU, {mode}': lambda mode=mode: criu.Process(criu_path, [native, *arguments], out, folder / 'images', mode)
                  for mode in criu.MODES}
    return found


def settled(samples, rounds):
    return all(rounds.settled([sample[field] for sample in samples]) for field in ('wall', 'restore'))


def compare(native, compiled, arguments, wait, folder, criu_path, rounds, cold, n_bytes=PROGRAM_BYTES):
    """Samples by subject; failures by subject. A round more comes first and does not count, and rounds alternate the
    order; who has settled is left out. n_bytes: what the program has of memory."""
    out, expected = folder / 'moving.out', folder / 'moving.expected'
    run([native, *arguments], output=expected)
    everyone = subjects(native, compiled, arguments, out, folder, criu_path)
    samples, failures = {name: [] for name in everyone}, {}
    for i in range(rounds.most + 1):
        running = [name for name in everyone if name not in failures and not settled(samples[name], rounds)]
        for name in running if i % 2 == 0 else reversed(running):
            try:
                sample = move(everyone[name], wait, out, expected.read_bytes(), cold, n_bytes)
            except (Failure, OSError, subprocess.TimeoutExpired) as failure:
                failures[name] = str(failure)
                continue
            if i > 0:
                samples[name].append(sample)
    shutil.rmtree(folder / 'images', ignore_errors=True)
    (folder / 'moving.wsnap').unlink(missing_ok=True)
    return {'samples': {name: found for name, found in samples.items() if found}, 'failures': failures}


def move_program(name, cold, bench, criu_path, folder):
    native, _, _ = programs.build_sources(name, bench.builder, bench.folder)
    compiled, _ = programs.build_one(name, Wanco(bench.arguments.build), bench.builder, bench.folder)
    seconds = SHARE * min(run([native])['wall'] for _ in range(TRIALS))
    return compare(native, compiled, [], lambda _: time.sleep(seconds), folder, criu_path, bench.plan.moves, cold)


def wait_until_filled(out):
    end = time.monotonic() + PATIENCE
    while b'ready' not in out.read_bytes():
        if time.monotonic() > end:
            raise Failure(f'the memory was not filled in {PATIENCE} s')
        time.sleep(0.005)
    time.sleep(0.05)


def move_memory(mib, bench, criu_path, folder):
    """A program that has so much of it."""
    native = building.native(HERE / 'guests/memory.c', folder / 'memory-native')
    wasm, compiled = building.wasm(HERE / 'guests/memory.c', folder / 'memory.wasm'), folder / 'memory'
    run([bench.wanco, 'compile', wasm, '-o', compiled])
    rounds = bench.plan.moves.at_most(bench.plan.moves.least if mib >= LARGE_MIB else bench.plan.moves.most)
    return compare(native, compiled, [str(mib), str(MEMORY_ROUNDS)], wait_until_filled, folder, criu_path, rounds, False,
                   mib << 20)


def measure(names, bench, part):
    """Adds a row for each program, for some a cold one, and, if memory is moved, for each size."""
    folder = bench.folder / 'moving'
    folder.mkdir(parents=True, exist_ok=True)
    criu_path, reason = criu.find(bench.folder)
    if criu_path:
        criu.enter_warm_place()
    part.value['data'] |= {'criu': criu.version(criu_path) if criu_path else '', 'no_criu': reason,
                           'floor': start.floor(folder)}
    todo = [({'program': name, 'cold': cold}, lambda name=name, cold=cold: move_program(name, cold, bench, criu_path, folder))
            for name in names for cold in (False, True) if name in bench.plan.moved_cold or not cold]
    if bench.moves_memory():
        todo += [({'mib': mib, 'cold': False}, lambda mib=mib: move_memory(mib, bench, criu_path, folder))
                 for mib in bench.plan.sizes]
    todo = [(key, measure_one) for key, measure_one in todo if not part.has(**key)]
    progress = bench.progress(len(todo))
    for key, measure_one in todo:
        try:
            found = measure_one()
        except (Failure, OSError) as failure:
            found = {'samples': {}, 'failures': {}, 'failure': str(failure)}
        part.add(key | found)
        progress.finished(f'{row_name(key)}: moved')
    progress.end()


def row_name(row):
    return row['program'] + (', cold' if row['cold'] else '') if 'program' in row else f'{row["mib"]} MiB'
