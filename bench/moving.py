"""Against CRIU: the same programs, native under CRIU and compiled by wanco, stopped after the same share of their
work, restored, and run to their end. Every output is compared with that of a run nobody stopped."""

import shutil
import statistics
import subprocess
import time

import criu
import programs
from guest import Guest
from interrupt import GUESTS
from measure import Failure, Progress, run
from peers import CLANG_FLAGS, tool

# The families of the published evaluation.
SET = ('bc', 'bfs', 'binary-trees', 'cc', 'fannkuch', 'llama', 'mandelbrot', 'nbody', 'pagerank', 'sssp')
SHARE = 0.4             # of its run time, when a program is stopped
MEMORY_ROUNDS = 400
RAW, COMPRESSED = 'raw', 'zstd'
OPTIONS = {RAW: ['--compress', 'none'], COMPRESSED: ['--compress', 'zstd']}


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
        return {'wall': wall - disk, 'frozen': wall - disk - sample['to_safepoint'] / 1e6, 'disk': disk,
                'bytes': self.path.stat().st_size}

    def restore(self):
        self.guest.__exit__()
        before = time.monotonic()
        self.guest = self._start(['--restore', self.path], (), 'ab')
        self.guest.rebuilt()
        return time.monotonic() - before

    def finish(self):
        self.guest.finish()


def forget_files():
    """Has the next one read from the disk; False if that is not allowed."""
    done = subprocess.run(['sh', '-c', 'sync; echo 3 >/proc/sys/vm/drop_caches'], stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def move(start, wait, out, expected, cold):
    """One sample: stopped, restored, run to the end."""
    with start() as process:
        wait(out)
        sample = process.checkpoint()
        sample['cold'] = cold and forget_files()
        sample['restore'] = process.restore()
        process.finish()
    if out.read_bytes() != expected:
        raise Failure('the output after a restore differs')
    return sample


def subjects(native, compiled, arguments, out, folder, criu_path):
    """What is compared, by name: functions that start it."""
    path = folder / 'moving.wsnap'
    found = {f'wanco, {name}': lambda options=options: Moved([compiled, *arguments], out, path, options)
             for name, options in OPTIONS.items()}
    if criu_path:
        found |= {f'CRIU, {mode}': lambda mode=mode: criu.Process(criu_path, [native, *arguments], out, folder / 'images', mode)
                  for mode in criu.MODES}
    return found


def compare(native, compiled, arguments, wait, folder, criu_path, rounds, cold):
    """Samples by subject; failures by subject."""
    out, expected = folder / 'moving.out', folder / 'moving.expected'
    run([native, *arguments], output=expected)
    samples, failures = {}, {}
    everyone = subjects(native, compiled, arguments, out, folder, criu_path)
    for _ in range(rounds):
        for name, start in everyone.items():
            if name in failures:
                continue
            try:
                samples.setdefault(name, []).append(move(start, wait, out, expected.read_bytes(), cold))
            except (Failure, OSError, subprocess.TimeoutExpired) as failure:
                failures[name] = str(failure)
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
                                                          folder, criu_path, rounds, False)})
        progress.finished(f'{mib} MiB')
    return rows


def measure(names, wanco, folder, quick):
    folder.mkdir(parents=True, exist_ok=True)
    criu_path, reason = criu.find(folder.parent)
    if criu_path:
        criu.enter_warm_place()
    chosen = [name for name in names if name in SET] or list(SET)
    sizes = (1, 64) if quick else (1, 16, 64, 256, 1024)
    rounds = 2 if quick else 5
    progress = Progress(len(chosen) + len(sizes))
    try:
        return {'criu': criu.version(criu_path) if criu_path else f'absent: {reason}',
                'programs': measure_programs(chosen[:3] if quick else chosen, wanco, folder, criu_path, rounds, progress),
                'sizes': measure_sizes(sizes, wanco, folder, criu_path, rounds, progress)}
    finally:
        progress.end()


# ---- Tables ----

def median(samples, field):
    return statistics.median(sample[field] for sample in samples)


def cell(samples):
    return (f'{1e3 * median(samples, "wall"):.1f} + {1e3 * median(samples, "disk"):.1f} | {1e3 * median(samples, "frozen"):.1f} '
            f'| {1e3 * median(samples, "restore"):.1f} | {median(samples, "bytes") / 2**20:.2f}')


def row_name(row):
    return row['program'] + (', cold' if row['cold'] else '') if 'program' in row else f'{row["mib"]} MiB'


def table(result):
    lines = [f'Against {result["criu"]}: medians in milliseconds. Checkpoint: from the signal (or command) to the end of the '
             'process, then what the disk takes; frozen: how long of that the program did nothing; restore: from the start of '
             'the process to its running on. Cold: nothing of the files is in memory.', '',
             '| what | how | checkpoint + disk | frozen | restore | MiB |', '|---|---|---:|---:|---:|---:|']
    for row in result['programs'] + result['sizes']:
        for name, samples in row['samples'].items():
            lines.append(f'| {row_name(row)} | {name} | {cell(samples)} |')
    notes = {f'- {name}: {why}' for row in result['programs'] + result['sizes'] for name, why in row['failures'].items()}
    return lines + ['', *sorted(notes)] + ['', *ratio_lines(result)]


def ratios(rows, field, ours=f'wanco, {RAW}', theirs='CRIU, files'):
    """How many times theirs is ours, a number for each row that has both."""
    return [median(row['samples'][theirs], field) / max(median(row['samples'][ours], field), 1e-6) for row in rows
            if ours in row['samples'] and theirs in row['samples']]


def ratio_lines(result):
    warm = [row for row in result['programs'] if not row['cold']]
    for field, what in (('wall', 'checkpoint without the disk'), ('restore', 'restore'), ('bytes', 'snapshot size')):
        for ours in (f'wanco, {name}' for name in OPTIONS):
            found = ratios(warm, field, ours)
            if found:
                yield (f'- {what}, CRIU / {ours}: {statistics.geometric_mean(found):.1f} (geometric mean), '
                       f'{min(found):.1f} at least')
