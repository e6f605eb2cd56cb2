"""The section on checkpoints: what checkpoint code costs, and what checkpoints do."""

import statistics
from dataclasses import dataclass

import cost
import interrupt
from measure import geometric_mean, paired_ratio, ratio_text


@dataclass
class Settings:
    rounds: int             # of interleaved runs
    percent: int            # of the programs' standard work
    compile_rounds: int
    signals: int            # to one program, at most
    signal_seconds: float   # that they may take
    kernel_rounds: int      # rounds of work in one run of guests/rounds.c
    starts: int
    all_loops: bool         # compare the vectorised loops of all programs


def settings_of(arguments):
    if arguments.quick:
        return Settings(arguments.runs, arguments.percent, 1, 40, 1.0, 12, 100, False)
    return Settings(arguments.runs, arguments.percent, min(arguments.runs, 2), 300, 5.0, 40, 1000, True)


def measure(names, wanco, folder, arguments):
    settings = settings_of(arguments)
    rows, failures, executables = cost.measure(names, wanco, folder, settings)
    result = {'settings': vars(settings), 'cost': rows, 'failures': failures,
              'interrupt': interrupt.measure(wanco, executables, folder / 'checkpoint', settings)}
    result['figures'] = [dict(zip(('what', 'wanted', 'measured'), figure)) for figure in figures(result)]
    return result


# ---- Figures ----

def field(samples, name):
    return [sample[name] for sample in samples]


def quantile(values, share):
    """The least value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def duration(microseconds):
    return f'{microseconds:.0f} µs' if microseconds < 1000 else f'{microseconds / 1000:.2f} ms'


def worst(rows, of):
    row = max(rows, key=of)
    return f'{of(row):.2f} ({row["program"]})'


def cost_figures(rows):
    if not rows:
        return
    yield 'run time, geometric mean', '≤ 1.03', f'{geometric_mean(cost.time_ratio(row)[0] for row in rows):.3f}'
    yield 'run time, the worst program', '≤ 1.15', worst(rows, lambda row: cost.time_ratio(row)[0])
    vector = [row for row in rows if row['program'] in cost.VECTOR_PROGRAMS]
    if vector:
        yield ('run time of vector loops, geometric mean', '≤ 1.03',
               f'{geometric_mean(cost.time_ratio(row)[0] for row in vector):.3f}')
        yield 'run time of vector loops, the worst program', '', worst(vector, lambda row: cost.time_ratio(row)[0])
    compared = [row for row in rows if 'loops' in row]
    if compared:
        n_lost = sum(sum(row['loops']['lost'].values()) for row in compared)
        yield ('loops that are vectorised only without', '0',
               f'{n_lost}, of {sum(row["loops"]["without"] for row in compared)} loops in {len(compared)} programs')
    yield 'text, fast bodies', '≤ 2.0', f'{geometric_mean(map(cost.fast_ratio, rows)):.2f}, at most {worst(rows, cost.fast_ratio)}'
    yield 'text, all', '≤ 3.5', f'{geometric_mean(map(cost.text_ratio, rows)):.2f}, at most {worst(rows, cost.text_ratio)}'
    yield 'file', '', f'{geometric_mean(map(cost.file_ratio, rows)):.2f}, at most {worst(rows, cost.file_ratio)}'
    yield ('compile time', '≤ 3', f'{geometric_mean(cost.compile_ratio(row)[0] for row in rows):.2f}, at most '
           + worst(rows, lambda row: cost.compile_ratio(row)[0]))


def snapshot_figures(small, starts):
    yield ('signal to complete snapshot without waiting for the disk, '
           f'{statistics.median(field(small, "page_bytes")) / 1024:.0f} KiB of pages', '≤ 1 ms',
           f'{duration(statistics.median(field(small, "own")))}, 99 %: {duration(quantile(field(small, "own"), 0.99))}')
    yield 'waiting for the disk', '', duration(statistics.median(field(small, 'disk')))
    yield 'pause of a program that goes on (SIGUSR2)', '', duration(statistics.median(field(small, 'pause')))
    over = statistics.median(starts['restored']) - statistics.median(starts['plain'])
    yield 'start with --restore over a plain start', '≤ 1 ms', duration(over / 1000)


def safepoint_figures(safepoints):
    if not safepoints:
        return
    every = [time for samples in safepoints.values() for time in field(samples, 'to_safepoint')]
    name = max(safepoints, key=lambda name: max(field(safepoints[name], 'to_safepoint')))
    yield ('signal to safepoint', '', f'median {duration(statistics.median(every))}, 99 %: '
           f'{duration(quantile(every, 0.99))}, of {len(every)} signals')
    yield ('signal to safepoint, the longest', '≤ 1 ms',
           f'{duration(max(field(safepoints[name], "to_safepoint")))} ({name})')


def frame_figures(frames):
    yield (f'unwinding {frames[0]["frames"]:.0f} frames', '≤ 150 ms', duration(statistics.median(field(frames, 'unwind'))))
    yield 'rebuilding them in the same process', '≤ 150 ms', duration(statistics.median(field(frames, 'rebuild')))
    yield ('rebuilding them from a snapshot', '≤ 150 ms',
           duration(statistics.median(field(frames, 'restored_rebuild'))))


def kernel_figures(kernels):
    for kernel, samples in kernels.items():
        for name, what in (('restored', 'restored in its innermost loop'), ('signalled', f'after {interrupt.SIGNALS} SIGUSR2')):
            ratio = paired_ratio(samples[name], samples['plain'], lambda nanoseconds: nanoseconds)
            yield f'run time {what}: {kernel}', '≤ 1.05', ratio_text(*ratio)


def figures(result):
    """(what, what is wanted of it, what it is), in words."""
    interrupts = result['interrupt']
    yield from cost_figures(result['cost'])
    yield from snapshot_figures(interrupts['small'], interrupts['start'])
    yield from safepoint_figures(interrupts['safepoints'])
    yield from frame_figures(interrupts['frames'])
    yield from kernel_figures(interrupts['kernels'])


# ---- Tables ----

def safepoint_table(safepoints):
    lines = ['| program | signals | to the safepoint: median | 99 % | longest | frames | pages | pause |',
             '|---|---:|---:|---:|---:|---:|---:|---:|']
    for name, samples in safepoints.items():
        times = field(samples, 'to_safepoint')
        lines.append(f'| {name} | {len(samples)} | {duration(statistics.median(times))} '
                     f'| {duration(quantile(times, 0.99))} | {duration(max(times))} '
                     f'| {statistics.median(field(samples, "frames")):.0f} '
                     f'| {statistics.median(field(samples, "page_bytes")) / 2**20:.1f} MiB '
                     f'| {duration(statistics.median(field(samples, "pause")))} |')
    return lines


def table(result):
    lines = ['| what | wanted | measured |', '|---|---|---|',
             *(f'| {" | ".join(figure.values())} |' for figure in result['figures']), '']
    lines += cost.table(result['cost'], result['failures'])
    lines += ['', 'Signals at random times; snapshots are written to memory, the pause is without a disk.', '',
              *safepoint_table(result['interrupt']['safepoints'])]
    return lines + [f'- {name}: {why}' for name, why in result['interrupt']['failures'].items()]
