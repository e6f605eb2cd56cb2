#!/usr/bin/env python3
"""The benchmarks: see --help. What is measured is in the modules beside this file, how in measure.py."""

import argparse
import json
import sys
import time
from pathlib import Path

import checkpoint
import compiling
import exceptions
import io_cost
import large
import moving
import peers as peer_table
import programs
import real
import report
import start
from measure import Failure, capture, load, machine

SECTIONS = ('programs', 'compile', 'start', 'io', 'exceptions', 'checkpoint', 'moving')


def parse_arguments():
    parser = argparse.ArgumentParser(description='Measure wanco, its peers and CRIU. Writes BUILD/bench/results.json, '
                                     'results.md and report.html.')
    parser.add_argument('names', nargs='*', help='programs to run (or, with --large, modules); a part of a '
                        'name names all that contain it')
    parser.add_argument('--build', type=Path, default=Path('build'), help='the build folder (%(default)s)')
    parser.add_argument('-n', '--runs', type=int, default=5, help='rounds of interleaved runs (%(default)s)')
    parser.add_argument('--peers', default='all', help='all, none, or names with commas (%(default)s)')
    parser.add_argument('--only', choices=SECTIONS, help='only this part')
    parser.add_argument('--checkpoint', action='store_const', dest='only', const='checkpoint',
                        help='only what is about checkpoints')
    parser.add_argument('--quick', action='store_true', help='a tenth of the work, three rounds, no real programs')
    parser.add_argument('--percent', type=int, help='how much of the standard work a program does')
    parser.add_argument('--large', action='store_true', help='only compile the large modules from npm')
    parser.add_argument('--level', default='-O3', help='optimisation of the large modules (%(default)s)')
    parser.add_argument('--timeout', type=int, default=3600, help='seconds for one large module (%(default)s)')
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.runs = min(arguments.runs, 3)
    arguments.percent = arguments.percent or (10 if arguments.quick else 100)
    return arguments


def describe(results):
    host = results['machine']
    lines = [f'{host["cpu"]}, {host["cores"]} cores, {host["memory"] / 2**30:.0f} GiB, Linux {host["kernel"]} '
             f'{host["isa"]}; load {results["load"][0]:.1f} before, {load():.1f} after', '']
    lines += [f'- {name}: {version}' for name, version in results['versions'].items()]
    return lines + [f'- {name}: absent ({why})' for name, why in results['absent'].items()]


def chosen_programs(arguments):
    chosen = programs.names(arguments.names)
    if arguments.quick and not arguments.names:
        chosen = [name for name in chosen if name not in real.PROGRAMS]
    return chosen


def measure_programs(arguments, found, results, folder):
    chosen = chosen_programs(arguments)
    rows = programs.measure(chosen, found, folder, arguments.runs, arguments.percent)
    results['programs'] = rows
    results['geometric_means'] = {peer.name: programs.mean_ratio(rows, peer.name) for peer in found}
    return ['## Run time', '', 'User CPU time as a multiple of native `clang-19 -O3`: the median of '
            f'{arguments.runs} interleaved pairs ± half of their middle half.', '', *programs.table(rows, found)]


def measure_compile(arguments, found, results, folder):
    try:
        results['compile'] = compiling.measure(folder, found, min(arguments.runs, 3))
    except Failure as failure:
        return ['## Compile time', '', f'not measured: {failure}']
    return ['## Compile time', '', *compiling.table(results['compile'])]


def measure_start(arguments, found, results, folder):
    wanco = peer_table.wanco(arguments.build)
    if not wanco.exists():
        return []
    results['start'] = start.measure(wanco, folder / 'start', 100 if arguments.quick else 1000)
    return ['## Start and size', '', *start.table(results['start'])]


def measure_io(arguments, results, folder):
    wanco = peer_table.wanco(arguments.build)
    if not wanco.exists():
        return []
    results['io'] = io_cost.measure(wanco, folder / 'io', arguments.runs)
    return ['## Input and output', '', *io_cost.table(results['io'])]


def measure_exceptions(arguments, results, folder):
    wanco = peer_table.wanco(arguments.build)
    if not wanco.exists():
        return []
    results['exceptions'] = exceptions.measure(wanco, folder / 'exceptions', arguments)
    return ['## Exceptions', '', *exceptions.table(results['exceptions'])]


def measure_checkpoint(arguments, results, folder):
    wanco = peer_table.wanco(arguments.build)
    if not wanco.exists():
        return []
    results['checkpoint'] = checkpoint.measure(chosen_programs(arguments), wanco, folder, arguments)
    return ['## Checkpoint and restore', '', *checkpoint.table(results['checkpoint'])]


def measure_moving(arguments, results, folder):
    wanco = peer_table.wanco(arguments.build)
    if not wanco.exists():
        return []
    results['moving'] = moving.measure(arguments.names, wanco, folder / 'moving', arguments.quick)
    return ['## Against CRIU', '', *moving.table(results['moving'])]


def measure_all(arguments, results, folder):
    """Section -> its lines."""
    found, results['absent'] = peer_table.find(arguments.build, arguments.peers)
    results['versions'] = {'native': capture([peer_table.tool('clang-19') or 'clang-19', '--version'])}
    results['versions'] |= {peer.name: peer.version() for peer in found}
    sections = [arguments.only] if arguments.only else SECTIONS
    tables = {}
    if 'programs' in sections:
        tables['programs'] = measure_programs(arguments, found, results, folder)
    if 'compile' in sections and (arguments.only or not (arguments.quick or arguments.names)):
        tables['compile'] = measure_compile(arguments, found, results, folder)
    if 'start' in sections and (arguments.only or not arguments.names):
        tables['start'] = measure_start(arguments, found, results, folder)
    if 'io' in sections and (arguments.only or not arguments.names):
        tables['io'] = measure_io(arguments, results, folder)
    if 'exceptions' in sections and (arguments.only or not arguments.names):
        tables['exceptions'] = measure_exceptions(arguments, results, folder)
    if 'checkpoint' in sections:
        tables['checkpoint'] = measure_checkpoint(arguments, results, folder)
    if 'moving' in sections:
        tables['moving'] = measure_moving(arguments, results, folder)
    return tables


def measure_large(arguments, results, folder):
    wanco = peer_table.wanco(arguments.build)
    results['large'] = large.measure(wanco, folder / 'large', arguments.names, arguments.level, arguments.timeout)
    return {'large': ['## Large modules', '', *large.table(results['large'])]}


def draw(results):
    try:
        import plots
    except ImportError:
        print('bench: pictures need python3-matplotlib', file=sys.stderr)
        return {}
    return plots.draw(results)


def write(folder, stem, results, sections):
    """results.json, results.md, report.html (large.* of the large modules)."""
    text = '\n'.join(line for lines in sections.values() for line in [*lines, ''])
    (folder / f'{stem}.json').write_text(json.dumps(results, indent=1))
    (folder / f'{stem}.md').write_text(text)
    page = folder / ('report.html' if stem == 'results' else f'{stem}.html')
    missing = report.write(page, sections, draw(results))
    print(text, end='')
    print(f'\nRaw samples: {folder / stem}.json. {missing or "Report: " + str(page)}', file=sys.stderr)


def main():
    arguments = parse_arguments()
    folder = (arguments.build / 'bench').resolve()
    folder.mkdir(parents=True, exist_ok=True)
    results = {'time': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()), 'machine': machine(), 'load': [load()],
               'runs': arguments.runs, 'percent': arguments.percent, 'versions': {}, 'absent': {}}
    try:
        sections = (measure_large if arguments.large else measure_all)(arguments, results, folder)
    except Failure as failure:
        sys.exit(f'bench: {failure}')
    results['load'].append(load())
    sections = {'machine': ['# Benchmarks', '', *describe(results)]} | sections
    write(folder, 'large' if arguments.large else 'results', results, sections)


if __name__ == '__main__':
    main()
