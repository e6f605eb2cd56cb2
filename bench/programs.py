"""Run time: every program of bench/programs, and real ones, native and through each peer."""

import platform
from pathlib import Path

import building
import real
from measure import (TIMEOUT, Failure, Progress, failure_lines, geometric_mean, interleave, median_of, newer,
                     paired_ratio, ratio_text, run)
from peers import Wanco

SOURCES = Path(__file__).resolve().parent / 'programs'
MUCH_SLOWER = 1.15
PATIENCE = 50  # times what the first took, and so many seconds at least


def names(patterns):
    """The programs named, all if none are; a word names all programs it is part of."""
    known = sorted([*(path.stem for path in SOURCES.glob('*.c')), *real.PROGRAMS])
    for pattern in patterns:
        if not any(pattern in name for name in known):
            raise Failure(f'no program is called {pattern}; known: {" ".join(known)}')
    return [name for name in known
            if not patterns or name in patterns
            or any(pattern in name for pattern in patterns if pattern not in known)]


def vector_flags(source, isa):
    """What the programs that are written with vectors need: the same 128 bits everywhere."""
    flags = {'wasm32': ['-msimd128'], 'x86_64': ['-march=x86-64-v2', '-mtune=generic']}
    return flags.get(isa, []) if source.stem.startswith('simd-') else []


def build_sources(name, folder):
    """The native executable and the Wasm module."""
    if name in real.PROGRAMS:
        return real.build(name, folder)
    source, native, wasm = SOURCES / f'{name}.c', folder / 'native', folder / f'{name}.wasm'
    for out, build, isa in (native, building.native, platform.machine()), (wasm, building.wasm, 'wasm32'):
        if not newer(out, source, *SOURCES.glob('*.h')):
            build(source, out, vector_flags(source, isa))
    return native, wasm


def build_all(name, peers, folder):
    """Commands by peer, 'native' first; what could not be built is told in the second value."""
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    native, wasm = build_sources(name, folder)
    commands, failures = {'native': [native]}, {}
    for peer in peers:
        try:
            commands[peer.name] = peer.build(wasm, folder / peer.name)
        except Failure as failure:
            failures[peer.name] = str(failure)
    return commands, failures


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
        except Failure as failure:
            failures[who] = str(failure)
            del commands[who]


def measure_one(name, peers, folder, rounds, percent, progress):
    """A row: the program's name, samples by peer, failures by peer."""
    progress.step(f'{name}: building')
    commands, failures = build_all(name, peers, folder)
    commands = {who: [*command, str(percent)] for who, command in commands.items()}
    progress.step(f'{name}: comparing outputs')
    drop_wrong(commands, failures, folder / name)
    if 'native' not in commands:
        raise Failure(failures['native'])
    samples = interleave(commands, rounds, lambda: progress.step(name))
    return {'program': name, 'samples': samples, 'failures': failures}


def measure(chosen, peers, folder, rounds, percent):
    """A row for each program; an interrupt ends with the rows there are."""
    rows = []
    progress = Progress(len(chosen) * (rounds * (1 + len(peers)) + 2))
    try:
        for name in chosen:
            rows.append(measure_one(name, peers, folder, rounds, percent, progress))
            progress.finished(' '.join([name, *(f'{who} {ratio_text(*ratio_of(rows[-1], who))}'
                                                for who in rows[-1]['samples'] if who != 'native')]))
    except KeyboardInterrupt:
        if not rows:
            raise
    progress.end()
    return rows


def ratio_of(row, who):
    """(ratio to native, its spread), None if it was not measured."""
    samples = row['samples'].get(who)
    return paired_ratio(samples, row['samples']['native']) if samples else None


def mean_ratio(rows, who):
    return geometric_mean(ratio_of(row, who)[0] for row in rows if who in row['samples'])


def against(rows, who, peer):
    """Markdown: the two on the programs that both run, and those on which `who` is much slower."""
    ratios = {row['program']: paired_ratio(row['samples'][who], row['samples'][peer])[0]
              for row in rows if who in row['samples'] and peer in row['samples']}
    if not ratios:
        return f'| {peer} | 0 | – | – |'
    slower = [f'{name} {ratio:.2f}' for name, ratio in sorted(ratios.items(), key=lambda item: -item[1])
              if ratio > MUCH_SLOWER]
    return f'| {peer} | {len(ratios)} | {geometric_mean(ratios.values()):.3f} | {", ".join(slower) or "none"} |'


def table_against(rows, who, peers):
    return ['', f'{who} against each peer: the ratio of their CPU times, 1 is as fast.', '',
            f'| peer | programs | geometric mean | above {MUCH_SLOWER} |', '|---|---:|---:|---|',
            *(against(rows, who, peer.name) for peer in peers)]


def table(rows, peers):
    """Markdown: native seconds, each peer's CPU time as a multiple of it, then the mean."""
    columns = [peer.name for peer in peers]
    lines = [' | '.join(['| program', 'native s', *columns]) + ' |', '|---|' + '---:|' * (len(columns) + 1)]
    for row in rows:
        cells = [row['program'], f'{median_of(row["samples"]["native"]):.2f}']
        for who in columns:
            ratio = ratio_of(row, who)
            cells.append(ratio_text(*ratio) if ratio else 'failed')
        lines.append('| ' + ' | '.join(cells) + ' |')
    means = [mean_ratio(rows, who) for who in columns]
    lines.append('| ' + ' | '.join(['**geometric mean**', '1.00']
                                   + [f'**{mean:.3f}**' if mean else '–' for mean in means]) + ' |')
    foreign = [peer for peer in peers if not isinstance(peer, Wanco)]
    for own in (peer for peer in peers if foreign and isinstance(peer, Wanco)):
        lines += table_against(rows, own.name, foreign)
    return lines + ['', *failure_lines((who, row['program'], why) for row in rows for who, why in row['failures'].items())]
