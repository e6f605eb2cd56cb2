"""Against CRIU: the same programs, native under CRIU and compiled by wanco, stopped after the same share of their
work, restored, and run to their end. Every output is compared with that of a run nobody stopped."""

import mmap
import shutil
import statistics
import subprocess
import time

import building
import criu
import programs
import start
from guest import Guest
from measure import Failure, Progress, run
from peers import HERE

# The families of the published evaluation.
SET = ('bc', 'bfs', 'binary-trees', 'cc', 'fannkuch', 'llama', 'mandelbrot', 'nbody', 'pagerank', 'sssp')
QUICK_SET = ('nbody', 'binary-trees', 'pagerank')
SHARE = 0.4             # of its run time, when a program is stopped
MEMORY_ROUNDS = 400     # of changes: the program must not end while other memory is touched
LARGE_MIB = 128         # from here on a few samples do, since they differ less
LARGE_ROUNDS = 3
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


def compare(native, compiled, arguments, wait, folder, criu_path, rounds, cold, n_bytes=PROGRAM_BYTES):
    """Samples by subject; failures by subject. A round more comes first and does not count, and rounds alternate the
    order. n_bytes: what the program has of memory."""
    out, expected = folder / 'moving.out', folder / 'moving.expected'
    run([native, *arguments], output=expected)
    samples, failures = {}, {}
    everyone = subjects(native, compiled, arguments, out, folder, criu_path)
    for i in range(rounds + 1):
        for name in list(everyone) if i % 2 == 0 else reversed(list(everyone)):
            if name in failures:
                continue
            try:
                sample = move(everyone[name], wait, out, expected.read_bytes(), cold, n_bytes)
            except (Failure, OSError, subprocess.TimeoutExpired) as failure:
                failures[name] = str(failure)
                continue
            if i > 0:
                samples.setdefault(name, []).append(sample)
    shutil.rmtree(folder / 'images', ignore_errors=True)
    (folder / 'moving.wsnap').unlink(missing_ok=True)
    return {'samples': {name: samples[name] for name in everyone if name in samples}, 'failures': failures}


def compile_moved(wanco, wasm, folder):
    compiled = folder / 'moving'
    run([wanco, 'compile', wasm, '-o', compiled])
    return compiled


def measure_programs(names, wanco, folder, criu_path, rounds, progress):
    rows = []
    for name in names:
        progress.step(f'{name}: moving')
        own = folder.parent / name
        own.mkdir(parents=True, exist_ok=True)
        native, wasm = programs.build_sources(name, own)
        compiled = compile_moved(wanco, wasm, own)
        seconds = SHARE * statistics.median(run([native])['wall'] for _ in range(3))
        for cold in False, True:
            rows.append({'program': name, 'cold': cold,
                         **compare(native, compiled, [], lambda _: time.sleep(seconds), own, criu_path, rounds, cold)})
        progress.finished(name)
    return rows


def wait_until_filled(out):
    end = time.monotonic() + PATIENCE
    while b'ready' not in out.read_bytes():
        if time.monotonic() > end:
            raise Failure(f'the memory was not filled in {PATIENCE} s')
        time.sleep(0.005)
    time.sleep(0.05)


def measure_sizes(sizes, wanco, folder, criu_path, rounds, progress):
    """Rows by MiB of memory."""
    native = building.native(HERE / 'guests/memory.c', folder / 'memory-native')
    compiled = compile_moved(wanco, building.wasm(HERE / 'guests/memory.c', folder / 'memory.wasm'), folder)
    rows = []
    for mib in sizes:
        progress.step(f'{mib} MiB: moving')
        arguments, n = [str(mib), str(MEMORY_ROUNDS)], min(rounds, LARGE_ROUNDS) if mib >= LARGE_MIB else rounds
        rows.append({'mib': mib, 'cold': False,
                     **compare(native, compiled, arguments, wait_until_filled, folder, criu_path, n, False, mib << 20)})
        progress.finished(f'{mib} MiB')
    return rows


def measure(names, wanco, folder, quick, has_sizes):
    """names: those of the set are moved; has_sizes: so is memory of several sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    criu_path, reason = criu.find(folder.parent)
    if criu_path:
        criu.enter_warm_place()
    chosen = [name for name in SET if name in names]
    sizes = () if not has_sizes else (1, 64) if quick else (1, 16, 64, 256, 1024)
    rounds = 3 if quick else 7
    progress = Progress(len(chosen) + len(sizes))
    try:
        return {'criu': criu.version(criu_path) if criu_path else f'absent: {reason}', 'floor': start.floor(folder),
                'programs': measure_programs(chosen, wanco, folder, criu_path, rounds, progress),
                'sizes': measure_sizes(sizes, wanco, folder, criu_path, rounds, progress)}
    finally:
        progress.end()
