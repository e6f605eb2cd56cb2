"""What moving.py has measured, in tables, and the figures that are asked of it."""

import statistics

from moving import SUBJECTS, row_name
from stats import middle
from tables import failure_lines, rows_without

SMALL_BYTES = 1 << 20   # of CRIU's images: below this what counts is starting, not writing


def median(samples, field):
    return statistics.median(sample[field] for sample in samples)


def milliseconds(samples, field):
    """Their median, with half of the width of their middle half."""
    median_time, spread = middle(1e3 * sample[field] for sample in samples)
    return f'{median_time:.1f}' + ('' if spread is None else f' ± {spread:.1f}')


def cell(samples):
    times = [milliseconds(samples, field) for field in ('wall', 'disk', 'frozen', 'restore')]
    return f'{" | ".join(times)} | {median(samples, "bytes") / 2**20:.3f}'


def cells(rows):
    """(row's name, subject, samples)"""
    return [(row_name(row), name, samples) for row in rows for name, samples in row['samples'].items()]


def sample_table(found):
    """found: (what was moved, how, samples)"""
    return ['| what | how | checkpoint | disk | frozen | restore | MiB |', '|---|---|---:|---:|---:|---:|---:|',
            *(f'| {what} | {name} | {cell(samples)} |' for what, name, samples in found)]


def table(result):
    rows = result['rows']
    lines = [f'Against {result["criu"] or "CRIU, which is absent"}: medians in milliseconds ± half of the middle half. Checkpoint: from the signal (or '
             'the start of CRIU) to the end of the process, without what the disk takes; frozen: how long of that the program '
             'did nothing; restore: from the start of the process that restores until the program runs on. Cold: nothing of '
             'the files is in memory.', '', *figure_table(result), '',
             *sample_table(cells(rows)), '', *migration_table(rows, result['floor']), '']
    return [*lines, *failure_lines((who, row_name(row), why) for row in rows for who, why in row['failures'].items()),
            *rows_without(rows)]


def migration_table(rows, floor):
    """To move is to checkpoint and to restore. The literature leaves out what is named here."""
    yield ('Moving a program, in milliseconds, without carrying the file: as the literature counts it (frozen, and rebuilt in a '
           'process that is there), then what that leaves out: until the program stands still (at a safepoint, or seized), '
           f'starting and ending processes (to start an empty static one takes {1e3 * floor:.2f}), and fsync.')
    yield from ('', '| what | how | as in the literature | until it stands still | processes | fsync | all |',
                '|---|---|---:|---:|---:|---:|---:|')
    for what, name, samples in cells(row for row in rows if not row['cold']):
        wall, stopping, frozen, restore, disk = (median(samples, field) for field in
                                                 ('wall', 'stopping', 'frozen', 'restore', 'disk'))
        numbers = frozen + restore - floor, stopping, wall - frozen - stopping + floor, disk, wall + restore + disk
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
    warm = [row for row in result['rows'] if not row['cold']]
    small, large = [row for row in warm if is_small(row)], [row for row in warm if not is_small(row)]
    cold = [row for row in result['rows'] if row['cold']]
    for ours in SUBJECTS:
        for field, what in (('wall', 'checkpoint'), ('restore', 'restore')):
            yield f'{what}, images of less than 1 MiB, CRIU / {ours}', '≥ 10', ratios(small, field, ours)
            yield f'{what}, larger ones, CRIU / {ours}', '≥ 1', ratios(large, field, ours)
        yield f'restore, nothing in memory, CRIU / {ours}', '', ratios(cold, 'restore', ours)
        yield f'size, CRIU / {ours}', '≥ 2 on the mean', ratios(warm, 'bytes', ours)


def figure_table(result):
    known = [figure for figure in figures(result) if figure[-1]]
    if known:
        yield from ('| what | wanted | geometric mean | least | of |', '|---|---|---:|---:|---:|')
    for what, wanted, found in known:
        yield f'| {what} | {wanted} | {statistics.geometric_mean(found):.1f} | {min(found):.1f} | {len(found)} |'
