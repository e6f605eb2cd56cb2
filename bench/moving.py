"""Against CRIU: the same programs, native under CRIU and compiled by wanco, stopped after the same share of their
work, restored, and run to their end. Every output is compared with that of a run nobody stopped."""

import mmap
import shutil
import statistics
import subprocess
import time

import criu
import programs
import start
from guest import Guest
from interrupt import GUESTS
from measure import Failure, Progress, run
from peers import CLANG_FLAGS, tool

# The families of the published evaluation.
SET = ('bc', 'bfs', 'binary-trees', 'cc', 'fannkuch', 'llama', 'mandelbrot', 'nbody', 'pagerank', 'sssp')
SHARE = 0.4             # of its run time, when a program is stopped
MEMORY_ROUNDS = 400
PROGRAM_BYTES = 16 << 20 # at most, of the set
SMALL_BYTES = 1 << 20   # of CRIU's images: below this what counts is starting, not writing
SUBJECTS = {'wanco': [], 'wanco, zstd': ['--compress', 'zstd']}


class Moved:
    """A program compiled by wanco, with the methods of criu.Process."""

    def __init__(self, command, out, path, options):
        self.command, self.path, self.out = command, path, out
        path.unlink(missing_ok=True)
        self.options = ['--checkpoint-path', path, *options]
        self.guest = self._start(self.options, command[1:], 'wb')

    def _start(self, options, arguments, how):
        with open(self.out, how) as stream:
            return Guest(self.command[0], options, arguments, stdout=stream)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.guest.__exit__()

    def checkpoint(self):
        before = time.monotonic()
        sample = self.guest.stop()
        wall = time.monotonic() - before
        disk = sample['disk'] / 1e6
        return {'wall': wall - disk, 'frozen': (sample['unwind'] + sample['write']) / 1e6 - disk, 'disk': disk,
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
    return {'samples': samples, 'failures': failures}


def build_pair(wanco, native, wasm, folder):
    compiled = folder / 'moving'
    run([wanco, 'compile', wasm, '-o', compiled])
    return native, compiled


def measure_programs(names, wanco, folder, criu_path, rounds, progress):
    rows = []
    for name in names:
        progress.step(f'{name}: moving')
        own = folder.parent / name
        own.mkdir(parents=True, exist_ok=True)
        native, compiled = build_pair(wanco, *programs.build_sources(name, own), own)
        seconds = SHARE * statistics.median(run([native])['wall'] for _ in range(3))
        for cold in False, True:
            rows.append({'program': name, 'cold': cold,
                         **compare(native, compiled, [], lambda _: time.sleep(seconds), own, criu_path, rounds, cold)})
        progress.finished(name)
    return rows


def wait_until_filled(out):
    end = time.monotonic() + 60
    while b'ready' not in out.read_bytes():
        if time.monotonic() > end:
            raise Failure('the memory was not filled in 60 s')
        time.sleep(0.005)
    time.sleep(0.05)


def measure_sizes(sizes, wanco, folder, criu_path, rounds, progress):
    """Rows by MiB of memory."""
    source, native, wasm = GUESTS / 'memory.c', folder / 'memory-native', folder / 'memory.wasm'
    run([tool('clang-19'), *CLANG_FLAGS, source, '-o', native])
    run([tool('clang-19'), *CLANG_FLAGS, '--target=wasm32-wasi', '-c', source, '-o', wasm.with_suffix('.o')])
    run([tool('clang-19'), '--target=wasm32-wasi', wasm.with_suffix('.o'), '-o', wasm])
    native, compiled = build_pair(wanco, native, wasm, folder)
    rows = []
    for mib in sizes:
        progress.step(f'{mib} MiB: moving')
        rows.append({'mib': mib, 'cold': False, **compare(native, compiled, [str(mib), str(MEMORY_ROUNDS)], wait_until_filled,
                                                          folder, criu_path, rounds, False, mib << 20)})
        progress.finished(f'{mib} MiB')
    return rows


def measure(names, wanco, folder, quick):
    folder.mkdir(parents=True, exist_ok=True)
    criu_path, reason = criu.find(folder.parent)
    if criu_path:
        criu.enter_warm_place()
    chosen = [name for name in names if name in SET] or list(SET)
    sizes = (1, 64) if quick else (1, 16, 64, 256, 1024)
    rounds = 3 if quick else 7
    progress = Progress(len(chosen) + len(sizes))
    try:
        return {'criu': criu.version(criu_path) if criu_path else f'absent: {reason}', 'floor': start.floor(folder),
                'programs': measure_programs(chosen[:3] if quick else chosen, wanco, folder, criu_path, rounds, progress),
                'sizes': measure_sizes(sizes, wanco, folder, criu_path, rounds, progress)}
    finally:
        progress.end()


# ---- Tables ----

def median(samples, field):
    return statistics.median(sample[field] for sample in samples)


def milliseconds(samples, field):
    """Their median, with half of the width of their middle half."""
    values = [1e3 * sample[field] for sample in samples]
    low, middle, high = statistics.quantiles(values, n=4, method='inclusive') if len(values) > 1 else values * 3
    return f'{middle:.1f} ± {(high - low) / 2:.1f}'


def cell(samples):
    times = [milliseconds(samples, field) for field in ('wall', 'disk', 'frozen', 'restore')]
    return f'{" | ".join(times)} | {median(samples, "bytes") / 2**20:.3f}'


def row_name(row):
    return row['program'] + (', cold' if row['cold'] else '') if 'program' in row else f'{row["mib"]} MiB'


def cells(rows):
    """(row's name, subject, samples)"""
    return [(row_name(row), name, samples) for row in rows for name, samples in row['samples'].items()]


def table(result):
    rows = result['programs'] + result['sizes']
    lines = [f'Against {result["criu"]}: medians in milliseconds ± half of the middle half. Checkpoint: from the signal (or '
             'the start of CRIU) to the end of the process, without what the disk takes; frozen: how long of that the program '
             'did nothing; restore: from the start of the process that restores until the program runs on. Cold: nothing of '
             'the files is in memory.', '', *figure_table(result), '',
             '| what | how | checkpoint | disk | frozen | restore | MiB |', '|---|---|---:|---:|---:|---:|---:|',
             *(f'| {what} | {name} | {cell(samples)} |' for what, name, samples in cells(rows)), '',
             *migration_table(rows, result['floor']), '']
    return lines + sorted({f'- {name}: {why}' for row in rows for name, why in row['failures'].items()})


def migration_table(rows, floor):
    """To move is to checkpoint and to restore. The literature leaves out what is named here."""
    yield ('Moving a program, in milliseconds, without carrying the file: as the literature counts it (frozen, and rebuilt in a '
           'process that is there), then what that leaves out: until the program is frozen and the process gone, and to '
           f'start a process ({1e3 * floor:.2f} for an empty static one), and the disk.')
    yield from ('', '| what | how | as in the literature | stop and start | disk | all |', '|---|---|---:|---:|---:|---:|')
    for what, name, samples in cells(row for row in rows if not row['cold']):
        wall, disk, frozen, restore = (median(samples, field) for field in ('wall', 'disk', 'frozen', 'restore'))
        numbers = frozen + restore - floor, wall - frozen + floor, disk, wall + disk + restore
        yield f'| {what} | {name} | {" | ".join(f"{1e3 * number:.1f}" for number in numbers)} |'


# ---- Figures ----

def ratios(rows, field, ours, theirs='CRIU, files'):
    """How many times theirs is ours, a number for each row that has both."""
    return [median(row['samples'][theirs], field) / max(median(row['samples'][ours], field), 1e-6) for row in rows
            if ours in row['samples'] and theirs in row['samples']]


def is_small(row):
    """CRIU's images of an empty process take a tenth of this."""
    theirs = row['samples'].get('CRIU, files')
    return bool(theirs) and median(theirs, 'bytes') < SMALL_BYTES


def figures(result):
    """(what, wanted, the ratios)"""
    warm = [row for row in result['programs'] + result['sizes'] if not row['cold']]
    small, large = [row for row in warm if is_small(row)], [row for row in warm if not is_small(row)]
    for ours in SUBJECTS:
        for field, what in (('wall', 'checkpoint'), ('restore', 'restore')):
            yield f'{what}, images of less than 1 MiB, CRIU / {ours}', '≥ 10', ratios(small, field, ours)
            yield f'{what}, larger ones, CRIU / {ours}', '≥ 1', ratios(large, field, ours)
        yield f'size, CRIU / {ours}', '≥ 2 on the mean', ratios(warm, 'bytes', ours)


def figure_table(result):
    yield from ('| what | wanted | geometric mean | least | of |', '|---|---|---:|---:|---:|')
    for what, wanted, found in figures(result):
        if found:
            yield f'| {what} | {wanted} | {statistics.geometric_mean(found):.1f} | {min(found):.1f} | {len(found)} |'
