"""Run time and compile time: every program of bench/programs, and real ones, native and through each peer."""

import platform
from pathlib import Path

import building
import real
from measure import TIMEOUT, Failure, interleave, run
from stats import cpu, geometric_mean, mean_text, median_of, paired_ratio, ratio_text, ratios
from tables import failure_lines, rows_without

SOURCES = Path(__file__).resolve().parent / 'programs'
MUCH_SLOWER = 1.15
PATIENCE = 20           # times what the first took, or so many seconds
STEP = 10               # percent: what a program does of its work is a multiple, or less
WITH, WITHOUT = 'wanco', 'wanco without checkpoints'


def names(patterns):
    """The programs named, all if none are; a word names all programs it is part of."""
    known = sorted([*(path.stem for path in SOURCES.glob('*.c')), *real.PROGRAMS])
    for pattern in patterns:
        if not any(pattern in name for name in known):
            raise Failure(f'no program is called {pattern}; known: {" ".join(known)}')
    return [name for name in known
            if not patterns or name in patterns
            or any(pattern in name for pattern in patterns if pattern not in known)]


# ---- Building ----

def vector_flags(source, isa):
    """What the programs that are written with vectors need: the same 128 bits everywhere."""
    flags = {'wasm32': ['-msimd128'], 'x86_64': ['-march=x86-64-v2', '-mtune=generic']}
    return flags.get(isa, []) if source.stem.startswith('simd-') else []


def source_commands(name, native, wasm):
    """What makes the executable, what makes the module, and the files they are made of."""
    if name in real.PROGRAMS:
        return real.commands(name, native, wasm)
    source = SOURCES / f'{name}.c'
    return (building.native_commands(source, native, vector_flags(source, platform.machine())),
            building.wasm_commands(source, wasm, vector_flags(source, 'wasm32')), [source, *SOURCES.glob('*.h')])


def build_sources(name, builder, folder):
    """The native executable, the Wasm module, and what compiling natively took. In the folder of this name."""
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    native, wasm = folder / 'native', folder / f'{name}.wasm'
    native_commands, wasm_commands, inputs = source_commands(name, native, wasm)
    sample = builder.make(native, native_commands, inputs)
    builder.make(wasm, wasm_commands, inputs, timed=False)
    return native, wasm, sample


def build_one(name, peer, builder, folder):
    """The program by this peer, and what compiling took."""
    _, wasm, _ = build_sources(name, builder, folder)
    sample, program = builder.compile(peer, wasm, folder / name / peer.name.replace(' ', '-'))
    return program, sample


def build_all(name, peers, builder, folder):
    """Commands by peer, 'native' first; samples of compiling; what could not be built."""
    native, _, sample = build_sources(name, builder, folder)
    commands, builds, failures = {'native': [native]}, {'native': sample}, {}
    for peer in peers:
        try:
            program, sample = build_one(name, peer, builder, folder)
        except (Failure, OSError) as failure:
            failures[peer.name] = str(failure)
            continue
        commands[peer.name] = peer.command(program)
        if sample:
            builds[peer.name] = sample
    return commands, builds, failures


# ---- Running ----

def drop_wrong(commands, failures, folder):
    """Nobody is timed whose output differs from the first one's, or who takes very much longer. Also warms the caches."""
    first, expected, seconds = '', b'', TIMEOUT
    for who in list(commands):
        out = folder / f'{who}.out'
        try:
            sample = run(commands[who], output=out, timeout=seconds)
            if not first:
                first, expected, seconds = who, out.read_bytes(), PATIENCE * max(sample['wall'], 1)
            if out.read_bytes() != expected:
                raise Failure(f'its output differs from that of {first}')
        except (Failure, OSError) as failure:
            failures[who] = str(failure)
            del commands[who]


def share_of_work(seconds, plan):
    """Percent of the standard work that native code does in no more than the plan's time, if it takes so long for all
    that it may do."""
    if seconds <= plan.native_seconds:
        return plan.percent
    percent = plan.percent * plan.native_seconds / seconds
    return max(1, int(percent // STEP * STEP or percent))


def measure_one(name, peers, bench, progress):
    """A row: samples of running and of compiling by peer, failures by peer."""
    progress.show(f'{name}: building')
    commands, builds, failures = build_all(name, peers, bench.builder, bench.folder)
    percent = share_of_work(run([*commands['native'], bench.plan.percent])['user'], bench.plan)
    commands = {who: [*command, percent] for who, command in commands.items()}
    progress.show(f'{name}: comparing outputs')
    drop_wrong(commands, failures, bench.folder / name)
    if 'native' not in commands:
        raise Failure(failures['native'])
    samples = interleave(commands, bench.plan.rounds, on_step=lambda: progress.show(name))
    return {'program': name, 'percent': percent, 'samples': samples, 'compile': builds, 'failures': failures}


def measure(chosen, bench, part):
    """Adds a row for each program."""
    todo = [name for name in chosen if not part.has(program=name)]
    progress = bench.progress(len(todo))
    for name in todo:
        try:
            row = measure_one(name, bench.peers, bench, progress)
        except (Failure, OSError) as failure:
            row = {'program': name, 'percent': 0, 'samples': {}, 'compile': {}, 'failures': {}, 'failure': str(failure)}
        part.add(row)
        told = row.get('failure') or ', '.join(f'{who} {ratio_text(*ratio_of(row, who))}' for who in peers_of([row]))
        progress.finished(f'{name}: {told}')
    progress.end()


# ---- Tables ----

def ratio_of(row, who):
    """(ratio to native, its spread), None if it was not measured."""
    samples = row['samples'].get(who)
    return paired_ratio(samples, row['samples']['native']) if samples else None


def peers_of(rows, field='samples'):
    """Who took part, in the order in which they are first met."""
    everyone = dict.fromkeys(who for row in rows for who in [*row[field], *row['failures']])
    return [who for who in everyone if who != 'native' and any(who in row[field] for row in rows)]


def run_ratio(row, who, peer):
    return paired_ratio(row['samples'][who], row['samples'][peer])[0]


def compile_ratio(row, who, peer):
    return ratios([row['compile'][who]], [row['compile'][peer]], cpu)[0]


def against(rows, field, of, limit, who, peer):
    """Markdown: the two on the programs that both have, and those on which `who` takes more than the limit."""
    found = {row['program']: of(row, who, peer) for row in rows if who in row[field] and peer in row[field]}
    if not found:
        return f'| {peer} | 0 | – | – |'
    slower = [f'{name} {ratio:.2f}' for name, ratio in sorted(found.items(), key=lambda item: -item[1]) if ratio > limit]
    return f'| {peer} | {len(found)} | {geometric_mean(found.values()):.3f} | {", ".join(slower) or "none"} |'


def table_against(rows, field, of, limit):
    peers = peers_of(rows, field)
    foreign = [peer for peer in peers if not peer.startswith('wanco')]
    for who in (peer for peer in peers if foreign and peer.startswith('wanco')):
        yield from ('', f'{who} against each peer: the ratio of their CPU times, 1 is as fast.', '',
                    f'| peer | programs | geometric mean | above {limit} |', '|---|---:|---:|---|')
        yield from (against(rows, field, of, limit, who, peer) for peer in foreign)


def failure_table(rows):
    return ['', *failure_lines((who, row['program'], why) for row in rows for who, why in row['failures'].items()),
            *rows_without(rows)]


def ratio_rows(rows, columns, base, cell_of, mean_of):
    """Markdown: for each row its seconds of native code and a cell by column, then the means."""
    yield ' | '.join(['| program', base, *columns]) + ' |'
    yield '|---|' + '---:|' * (len(columns) + base.count('|') + 1)
    for row in rows:
        yield '| ' + ' | '.join(cell_of(row)) + ' |'
    yield '| ' + ' | '.join(['**geometric mean**', *[''] * (base.count('|') + 1), *(f'**{mean_text(mean_of(who))}**' for who in columns)]) + ' |'


def table(data):
    """Markdown: native seconds, each peer's CPU time as a multiple of it, then the mean."""
    rows = [row for row in data['rows'] if row['samples']]
    columns = peers_of(rows)

    def cells(row):
        yield from (row['program'], str(row['percent']), f'{median_of(row["samples"]["native"]):.2f}')
        for who in columns:
            ratio = ratio_of(row, who)
            yield ratio_text(*ratio) if ratio else 'failed' if who in row['failures'] else ''

    def mean(who):
        return geometric_mean(ratio_of(row, who)[0] for row in rows if who in row['samples'])
    return ['User CPU time as a multiple of native `clang-19 -O3`: the median of interleaved pairs ± half of their middle '
            'half. A program does so many percent of its standard work.', '',
            *ratio_rows(rows, columns, '% | native s', cells, mean), *table_against(rows, 'samples', run_ratio, MUCH_SLOWER),
            *failure_table(data['rows'])]


def compile_table(data):
    """Markdown: seconds of CPU time, and the mean as a multiple of clang's."""
    rows = [row for row in data['rows'] if row['compile']]
    columns = peers_of(rows, 'compile')

    def cells(row):
        yield from (row['program'], f'{cpu(row["compile"]["native"]):.2f}')
        yield from (f'{cpu(row["compile"][who]):.2f}' if who in row['compile'] else '' for who in columns)

    def mean(who):
        return geometric_mean(compile_ratio(row, who, 'native') for row in rows if who in row['compile'])
    return ['Seconds of CPU time, of all processes and cores, once; the mean is that of the ratios to `clang-19 -O3` on the '
            'C sources, which compiles and links.', '',
            *ratio_rows(rows, columns, 'clang', cells, mean), *table_against(rows, 'compile', compile_ratio, 1),
            '', *memory_lines(rows)]


def memory_lines(rows):
    """The most memory that each needs, and for what."""
    for who in ['native', *peers_of(rows, 'compile')] if rows else []:
        row = max((row for row in rows if who in row['compile']), key=lambda row: row['compile'][who]['peak'])
        name = 'clang-19' if who == 'native' else who
        yield f'- {name} takes at most {row["compile"][who]["peak"] / 2**20:.0f} MiB ({row["program"]})'
