"""Pictures of the results, as SVG text, for the report."""

import io

import matplotlib

matplotlib.use('svg')
from matplotlib import pyplot, ticker  # noqa: E402  after the choice of how to draw

import cost  # noqa: E402
import large  # noqa: E402
import moving_tables  # noqa: E402
import programs  # noqa: E402

COLOURS = ['#1b6ca8', '#7fb2d9', '#d1495b', '#edae49', '#66a182', '#8d6a9f', '#555555', '#b56576', '#9bc53d', '#2f4858',
           '#f28482', '#00a6a6']
WIDTH = 9
pyplot.rcParams.update({'font.size': 9, 'axes.spines.top': False, 'axes.spines.right': False, 'svg.fonttype': 'none',
                        'axes.grid': True, 'grid.color': '#dddddd', 'axes.axisbelow': True})


def picture(figure):
    out = io.StringIO()
    figure.savefig(out, format='svg', bbox_inches='tight')
    pyplot.close(figure)
    text = out.getvalue()
    return text[text.index('<svg'):]


def logarithmic(axes, *directions):
    """With plain numbers."""
    for which in directions:
        axes.set(**{f'{which}scale': 'log'})
        getattr(axes, f'{which}axis').set_major_formatter('{x:g}')


def rows_of_dots(labels, series, title, one='native = 1', is_logarithmic=False):
    """A row for each label; series: name -> a number or None for each."""
    figure, axes = pyplot.subplots(figsize=(WIDTH, 0.6 + 0.19 * len(labels)))
    for i, (name, values) in enumerate(series.items()):
        points = [(value, y) for y, value in enumerate(values) if value is not None]
        axes.plot([x for x, _ in points], [y for _, y in points], 'o', markersize=4.5, label=name,
                  color=COLOURS[i % len(COLOURS)], alpha=0.85)
    axes.axvline(1, color='black', linewidth=0.8)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    if is_logarithmic:
        logarithmic(axes, 'x')
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.set_xlabel(f'{title} ({one})')
    axes.legend(loc='lower left', bbox_to_anchor=(0, 1), ncols=5, fontsize=8)
    return picture(figure)


def run_times(rows):
    """Each program and peer against native; those far away are cut at 4."""
    rows = sorted(rows, key=lambda row: (programs.ratio_of(row, 'wanco') or (0,))[0])
    series = {who: [min(ratio[0], 4) if (ratio := programs.ratio_of(row, who)) else None for row in rows]
              for who in programs.peers_of(rows)}
    return rows_of_dots([row['program'] for row in rows], series, 'user CPU time', 'native = 1; beyond 4 shown at 4')


def overhead(rows):
    rows = sorted(rows, key=lambda row: cost.time_ratio(row)[0])
    return rows_of_dots([row['program'] for row in rows], {'run time': [cost.time_ratio(row)[0] for row in rows]},
                        'CPU time with checkpoint code', 'without = 1')


def code_size(rows):
    rows = sorted(rows, key=cost.text_ratio)
    return rows_of_dots([row['program'] for row in rows],
                        {'fast bodies': [cost.fast_ratio(row) for row in rows], 'all': [cost.text_ratio(row) for row in rows],
                         'file': [cost.file_ratio(row) for row in rows]},
                        'code size with checkpoint code', 'without = 1')


def safepoints(samples):
    """Which share of all signals had reached a safepoint after how long."""
    figure, axes = pyplot.subplots(figsize=(WIDTH, 3))
    for times in samples.values():
        ordered = sorted(sample['to_safepoint'] for sample in times)
        axes.step(ordered, [(i + 1) / len(ordered) for i in range(len(ordered))], color=COLOURS[0], alpha=0.4, linewidth=0.8)
    logarithmic(axes, 'x')
    axes.set_xlabel('µs from the signal to the safepoint; a line for each program')
    axes.set_ylabel('share of signals')
    return picture(figure)


def subjects_of(rows):
    return list(dict.fromkeys(name for row in rows for name in row['samples']))


def against_criu(rows):
    """Bars of checkpoint, restore and size, on logarithmic scales."""
    subjects = subjects_of(rows)
    figure, all_axes = pyplot.subplots(3, 1, figsize=(WIDTH, 9), sharex=True)
    for axes, (field, factor, title) in zip(all_axes, (('wall', 1e3, 'checkpoint, ms (without the disk)'),
                                                       ('restore', 1e3, 'restore, ms'), ('bytes', 2**-20, 'snapshot, MiB'))):
        width = 0.8 / len(subjects)
        for i, name in enumerate(subjects):
            own = [(x, row['samples'][name]) for x, row in enumerate(rows) if name in row['samples']]
            axes.bar([x + (i - len(subjects) / 2 + 0.5) * width for x, _ in own],
                     [factor * moving_tables.median(samples, field) for _, samples in own], width, label=name,
                     color=COLOURS[i % len(COLOURS)])
        logarithmic(axes, 'y')
        axes.set_ylabel(title)
        axes.set_xticks(range(len(rows)), [row['program'] for row in rows], rotation=20)
    all_axes[0].legend(fontsize=8, ncols=len(subjects), loc='lower left', bbox_to_anchor=(0, 1))
    return picture(figure)


def scaling(rows):
    """Times by the size of memory."""
    figure, all_axes = pyplot.subplots(1, 2, figsize=(WIDTH, 3.4), sharey=True)
    for axes, (field, title) in zip(all_axes, (('wall', 'checkpoint (without the disk)'), ('restore', 'restore'))):
        for i, name in enumerate(subjects_of(rows)):
            own = [row for row in rows if name in row['samples']]
            axes.plot([row['mib'] for row in own], [1e3 * moving_tables.median(row['samples'][name], field) for row in own], 'o-',
                      label=name, color=COLOURS[i % len(COLOURS)], markersize=4)
        logarithmic(axes, 'x', 'y')
        axes.set_title(title)
        axes.set_xlabel('MiB of memory')
    all_axes[0].set_ylabel('ms')
    all_axes[0].legend(fontsize=8)
    return picture(figure)


def compile_times(rows):
    rows = sorted((row for row in rows if 'wanco' in row['compile']), key=lambda row: programs.compile_ratio(row, 'wanco', 'native'))
    series = {who: [programs.compile_ratio(row, who, 'native') if who in row['compile'] else None for row in rows]
              for who in programs.peers_of(rows, 'compile')}
    return rows_of_dots([row['program'] for row in rows], series, 'CPU time of compiling', 'clang -O3 on the C sources = 1', True)


def large_work(rows):
    peers = list(dict.fromkeys(who for row in rows for who in row['samples']))
    series = {who: [large.ratio_to_base(row, who)[0] if who in row['samples'] else None for row in rows] for who in peers}
    return rows_of_dots([row['module'] for row in rows], series, 'user CPU time', 'without checkpoint code = 1')


def of_programs(data):
    rows = [row for row in data['rows'] if row['samples']]
    if rows:
        yield 'Run time against native code', run_times(rows)


def of_compiling(data):
    rows = [row for row in data['rows'] if 'wanco' in row['compile']]
    if rows:
        yield 'Compile time against clang', compile_times(rows)


def of_cost(data):
    rows = cost.measured(data['rows'])
    if rows:
        yield 'Run time that checkpoint code costs', overhead(rows)
        yield 'Code size that it costs', code_size(rows)


def of_checkpoints(data):
    if data['safepoints']:
        yield 'Time from the signal to the safepoint', safepoints(data['safepoints'])


def of_moving(data):
    moved = [row for row in data['rows'] if 'program' in row and row['samples'] and not row['cold']]
    sizes = [row for row in data['rows'] if 'mib' in row and row['samples']]
    if moved:
        yield 'Checkpoint, restore and size against CRIU', against_criu(moved)
    if sizes:
        yield 'Time by the size of memory', scaling(sizes)


def of_large(data):
    rows = [row for row in data['rows'] if large.BASE in row['samples']]
    if rows:
        yield 'Run time of yosys and clang', large_work(rows)
