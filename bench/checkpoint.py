"""What checkpoints do to a program that is running, in figures and tables; interrupt.py measures it."""

import statistics

import interrupt
from stats import paired_ratio, quantile, ratio_text
from tables import figure_table, microseconds


# ---- Figures ----

def field(samples, name):
    return [sample[name] for sample in samples]


def snapshot_figures(small, starts):
    yield ('signal to complete snapshot without waiting for the disk, '
           f'{statistics.median(field(small, "page_bytes")) / 1024:.0f} KiB of pages', '≤ 1 ms',
           f'{microseconds(statistics.median(field(small, "own")))}, 99 %: {microseconds(quantile(field(small, "own"), 0.99))}')
    yield 'waiting for the disk', '', microseconds(statistics.median(field(small, 'disk')))
    yield 'pause of a program that goes on (SIGUSR2)', '', microseconds(statistics.median(field(small, 'pause')))
    over = statistics.median(starts['restored']) - statistics.median(starts['plain'])
    yield 'start with --restore over a plain start', '≤ 1 ms', microseconds(over / 1000)


def safepoint_figures(safepoints):
    if not safepoints:
        return
    every = [time for samples in safepoints.values() for time in field(samples, 'to_safepoint')]
    name = max(safepoints, key=lambda name: max(field(safepoints[name], 'to_safepoint')))
    yield ('signal to safepoint', '', f'median {microseconds(statistics.median(every))}, 99 %: '
           f'{microseconds(quantile(every, 0.99))}, of {len(every)} signals')
    yield ('signal to safepoint, the longest', '≤ 1 ms',
           f'{microseconds(max(field(safepoints[name], "to_safepoint")))} ({name})')


def frame_figures(frames):
    yield (f'unwinding {frames[0]["frames"]:.0f} frames', '≤ 150 ms', microseconds(statistics.median(field(frames, 'unwind'))))
    yield 'rebuilding them in the same process', '≤ 150 ms', microseconds(statistics.median(field(frames, 'rebuild')))
    yield ('rebuilding them from a snapshot', '≤ 150 ms',
           microseconds(statistics.median(field(frames, 'restored_rebuild'))))


def kernel_figures(kernels):
    for kernel, samples in kernels.items():
        for name, what in (('restored', 'restored in its innermost loop'), ('signalled', f'after {interrupt.SIGNALS} SIGUSR2')):
            ratio = paired_ratio(samples[name], samples['plain'], lambda nanoseconds: nanoseconds)
            yield f'run time {what}: {kernel}', '≤ 1.05', ratio_text(*ratio)


def figures(data):
    """(what, what is wanted of it, what it is), in words."""
    yield from snapshot_figures(data['small'], data['start'])
    yield from safepoint_figures(data['safepoints'])
    yield from frame_figures(data['frames'])
    yield from kernel_figures(data['kernels'])


# ---- Tables ----

def safepoint_table(safepoints):
    lines = ['| program | signals | to the safepoint: median | 99 % | longest | frames | pages | pause |',
             '|---|---:|---:|---:|---:|---:|---:|---:|']
    for name, samples in safepoints.items():
        times = field(samples, 'to_safepoint')
        lines.append(f'| {name} | {len(samples)} | {microseconds(statistics.median(times))} '
                     f'| {microseconds(quantile(times, 0.99))} | {microseconds(max(times))} '
                     f'| {statistics.median(field(samples, "frames")):.0f} '
                     f'| {statistics.median(field(samples, "page_bytes")) / 2**20:.1f} MiB '
                     f'| {microseconds(statistics.median(field(samples, "pause")))} |')
    return lines


def table(data):
    return [*figure_table(figures(data)), '', 'Signals at random times; snapshots are written to memory, the pause is '
            'without a disk.', '', *safepoint_table(data['safepoints']), '',
            *(f'- {name}: {why}' for name, why in data['failures'].items())]
