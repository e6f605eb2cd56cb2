#!/usr/bin/env python3
"""The benchmarks: see --help. What is measured is in the modules beside this file, how in measure.py."""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import checkpoint
import compiling
import exceptions
import io_cost
import large
import moving
import moving_tables
import peers as peer_table
import programs
import real
import report
import start
from measure import Failure, capture, load, machine


@dataclass
class Bench:
    """What every section is given."""
    arguments: argparse.Namespace
    wanco: Path
    peers: list
    folder: Path

    def programs(self):
        chosen = programs.names(self.arguments.names)
        if self.arguments.quick and not self.arguments.names:
            chosen = [name for name in chosen if name not in real.PROGRAMS]
        return chosen


# ---- Sections: what was measured, and its lines in the report ----

def run_time(bench):
    rows = programs.measure(bench.programs(), bench.peers, bench.folder, bench.arguments.runs, bench.arguments.percent)
    return rows, ['User CPU time as a multiple of native `clang-19 -O3`: the median of '
                  f'{bench.arguments.runs} interleaved pairs ± half of their middle half.', '',
                  *programs.table(rows, bench.peers)]


def compile_time(bench):
    rows = compiling.measure(bench.folder, bench.peers, min(bench.arguments.runs, 2))
    return rows, compiling.table(rows)


def large_modules(bench):
    """By themselves all of them, and those named; else those that have work."""
    names = large.chosen_modules(bench.arguments.names) if bench.arguments.only else large.with_work()
    rows = large.measure(names, bench.peers, bench.folder / 'large', bench.arguments.runs)
    return rows, large.table(rows)


def start_and_size(bench):
    result = start.measure(bench.wanco, bench.folder / 'start', 100 if bench.arguments.quick else 1000)
    return result, start.table(result)


def input_and_output(bench):
    result = io_cost.measure(bench.wanco, bench.folder / 'io', bench.arguments.runs)
    return result, io_cost.table(result)


def exceptions_cost(bench):
    result = exceptions.measure(bench.wanco, bench.folder / 'exceptions', bench.arguments)
    return result, exceptions.table(result)


def checkpoints(bench):
    result = checkpoint.measure(bench.programs(), bench.wanco, bench.folder, bench.arguments)
    return result, checkpoint.table(result)


def against_criu(bench):
    """Of the programs named, in short of three, else of all in the set; and of memory, unless programs were asked for."""
    arguments, names = bench.arguments, bench.programs()
    if arguments.quick and not arguments.names:
        names = moving.QUICK_SET
    result = moving.measure(names, bench.wanco, bench.folder / 'moving', arguments.quick,
                            bool(arguments.only or not arguments.names))
    return result, moving_tables.table(result)


# key in the results -> title, what measures it
SECTIONS = {
    'programs': ('Run time', run_time),
    'compile': ('Compile time', compile_time),
    'start': ('Start and size', start_and_size),
    'io': ('Input and output', input_and_output),
    'exceptions': ('Exceptions', exceptions_cost),
    'checkpoint': ('Checkpoint and restore', checkpoints),
    'moving': ('Against CRIU', against_criu),
    'large': ('Large modules', large_modules),  # last: who has not the time leaves it out
}
OF_PROGRAMS = ('programs', 'checkpoint', 'moving')  # when some are named
NOT_QUICK = ('compile', 'large')


def chosen_sections(arguments):
    if arguments.only:
        return [arguments.only]
    return [key for key in SECTIONS if (key in OF_PROGRAMS or not arguments.names)
            and (key not in NOT_QUICK or not arguments.quick)]


def parse_arguments():
    parser = argparse.ArgumentParser(description='Measure wanco, its peers and CRIU. Writes BUILD/bench/results.json, '
                                     'results.md and report.html; with --only, SECTION.json and so on.')
    parser.add_argument('names', nargs='*', help='programs to run (or, with --only large, modules); a part of a '
                        'name names all that contain it')
    parser.add_argument('--build', type=Path, default=Path('build'), help='the build folder (%(default)s)')
    parser.add_argument('-n', '--runs', type=int, default=5, help='rounds of interleaved runs (%(default)s)')
    parser.add_argument('--peers', default='all', help='all, none, or names with commas (%(default)s)')
    parser.add_argument('--only', choices=SECTIONS, help='only this part')
    parser.add_argument('--checkpoint', action='store_const', dest='only', const='checkpoint',
                        help='only what is about checkpoints')
    parser.add_argument('--quick', action='store_true', help='a tenth of the work, three rounds, no real programs')
    parser.add_argument('--percent', type=int, help='how much of the standard work a program does')
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.runs = min(arguments.runs, 3)
    arguments.percent = arguments.percent or (10 if arguments.quick else 100)
    return arguments


# ---- The report ----

def describe(results):
    host = results['machine']
    lines = [f'{host["cpu"]}, {host["cores"]} cores, {host["memory"] / 2**30:.0f} GiB, Linux {host["kernel"]} '
             f'{host["isa"]}; load {results["load"][0]:.1f} before, {results["load"][-1]:.1f} after', '']
    lines += [f'- {name}: {version}' for name, version in results['versions'].items()]
    return lines + [f'- {name}: absent ({why})' for name, why in results['absent'].items()]


def draw(results):
    try:
        import plots
    except ImportError:
        print('bench: pictures need python3-matplotlib', file=sys.stderr)
        return {}
    return plots.draw(results)


def write(folder, stem, results, sections):
    """STEM.json, STEM.md and a page; tells where they are."""
    page = folder / ('report.html' if stem == 'results' else f'{stem}.html')
    sections = {'machine': ['# Benchmarks', '', *describe(results)]} | sections
    text = '\n'.join(line for lines in sections.values() for line in [*lines, ''])
    (folder / f'{stem}.json').write_text(json.dumps(results, indent=1))
    (folder / f'{stem}.md').write_text(text)
    missing = report.write(page, sections, draw(results))
    return f'Raw samples: {folder / stem}.json. {missing or "Report: " + str(page)}'


def measure(bench, results, stem):
    """Section after section; what is written after each holds all so far. Returns how many failed."""
    sections, n_failed = {}, 0
    for key in chosen_sections(bench.arguments):
        title, of = SECTIONS[key]
        print(f'bench: {title}', file=sys.stderr)
        began = time.monotonic()
        try:
            results[key], lines = of(bench)
        except Failure as failure:
            lines, n_failed = [f'Not measured: {failure}'], n_failed + 1
        results['seconds'][key] = time.monotonic() - began
        results['load'][1:] = [load()]
        sections[key] = [f'## {title}', '', *lines]
        print('\n'.join([*sections[key], '']), flush=True)
        written = write(bench.folder, stem, results, sections)
    print(written, file=sys.stderr)
    return n_failed


def main():
    arguments = parse_arguments()
    folder = (arguments.build / 'bench').resolve()
    folder.mkdir(parents=True, exist_ok=True)
    wanco = peer_table.wanco(arguments.build)
    if not wanco.exists():
        sys.exit(f'bench: {wanco} is not built')
    try:
        found, absent = peer_table.find(arguments.build, arguments.peers)
    except Failure as failure:
        sys.exit(f'bench: {failure}')
    versions = {'native': capture([peer_table.tool('clang-19') or 'clang-19', '--version'])}
    results = {'time': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()), 'machine': machine(), 'load': [load()],
               'runs': arguments.runs, 'percent': arguments.percent, 'seconds': {},
               'versions': versions | {peer.name: peer.describe() for peer in found}, 'absent': absent}
    bench = Bench(arguments, wanco, found, folder)
    sys.exit(1 if measure(bench, results, arguments.only or 'results') else 0)


if __name__ == '__main__':
    main()
