#!/usr/bin/env python3
"""The benchmarks: see --help. What is measured is in the modules beside this file, how in measure.py."""

import argparse
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import building
import cost
import exceptions
import interrupt
import io_cost
import large
import moving
import peers as peer_table
import plan as plans
import programs
import real
import report
import start
from measure import Failure, capture, load, machine
from progress import Progress, duration
from store import Store, write_json


@dataclass
class Bench:
    """What every part is given."""
    arguments: argparse.Namespace
    plan: plans.Plan
    peers: list
    folder: Path
    store: Store
    builder: building.Builder
    after: float = 0    # seconds that the parts to come are estimated to take

    @property
    def wanco(self):
        return peer_table.wanco(self.arguments.build)

    def progress(self, total):
        return Progress(total, self.after)

    def programs(self):
        """Those named, or all that the plan has."""
        chosen = programs.names(self.arguments.names)
        return [name for name in chosen if self.arguments.names or self.plan.real or name not in real.PROGRAMS]

    def moved_programs(self):
        """The plan's, or those named that can be moved."""
        return [name for name in plans.FAMILIES if name in (self.programs() if self.arguments.names else self.plan.moved)]

    def moves_memory(self):
        """Unless programs were asked for."""
        return 'moving' in self.arguments.only or not self.arguments.names

    def measured_program(self, name):
        """Its row, if this run has one of this compiler."""
        part = self.store.read('programs')
        if not part or any(part[field] != self.store.now[field] for field in ('compiler', 'settings')):
            return None
        return next((row for row in part['data'].get('rows', []) if row['program'] == name and row['samples']), None)

    def modules(self):
        """By themselves all of them, or those named; else those of the plan."""
        return large.chosen_modules(self.arguments.names) if self.arguments.only else self.plan.modules


# Part -> measures it: adds rows to the part, or returns what it has found.
PARTS = {
    'programs': lambda bench, part: programs.measure(bench.programs(), bench, part),
    'start': lambda bench, _: start.measure(bench.wanco, bench.folder / 'start', bench.plan.starts),
    'io': lambda bench, _: io_cost.measure(bench.wanco, bench.folder / 'io', bench.plan.rounds),
    'exceptions': lambda bench, _: exceptions.measure(bench),
    'cost': lambda bench, part: cost.measure(bench.programs(), bench, part),
    'checkpoint': lambda bench, _: interrupt.measure(bench.programs(), bench),
    'moving': lambda bench, part: moving.measure(bench.moved_programs(), bench, part),
    'large': lambda bench, part: large.measure(bench.modules(), bench, part),  # last: who has not the time leaves it out
}
OF_PROGRAMS = ('programs', 'cost', 'checkpoint', 'moving')  # when some are named


def wanted_parts(arguments, plan):
    """All that a run has, whichever it is to measure now."""
    return [key for key in PARTS if key in plan.seconds and (key in OF_PROGRAMS or not arguments.names)]


def parts_of(text):
    unknown = [name for name in text.split(',') if name not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f'no part is called {", ".join(unknown)}; known: {" ".join(PARTS)}')
    return text.split(',')


def parse_arguments(words):
    parser = argparse.ArgumentParser(
        description='Measure wanco, its peers and CRIU. Writes results.json, results.md and report.html to BUILD/bench, with '
        '--quick to BUILD/bench/quick, after each part. A run that was ended goes on where it was.')
    parser.add_argument('names', nargs='*', help='programs to run (or, with --only large, modules); a part of a '
                        'name names all that contain it')
    parser.add_argument('--build', type=Path, default=Path('build'), help='the build folder (%(default)s)')
    parser.add_argument('-n', '--runs', type=int, help='at most so many rounds')
    parser.add_argument('--peers', default='all', help='all, none, or names with commas (%(default)s)')
    parser.add_argument('--only', type=parts_of, default=[], metavar='PARTS', help='only these, into the report that is '
                        f'there; of {", ".join(PARTS)}, with commas')
    parser.add_argument('--quick', action='store_true', help='a tenth of the work, three rounds, no real programs')
    parser.add_argument('--percent', type=int, help='how much of the standard work a program does at most')
    parser.add_argument('--anew', action='store_true', help='begin anew where a run was ended')
    arguments = parser.parse_args(words)
    for name in 'runs', 'percent':
        if getattr(arguments, name) is not None and getattr(arguments, name) < 1:
            parser.error(f'--{name} must be 1 or more')
    return arguments


def stamp_of(compiler):
    """Tells this compiler and its runtime from others."""
    return building.digest(*map(building.stamp, compiler.files()))[:16]


def header_of(arguments, plan, found, absent):
    versions = {'native': capture([peer_table.tool('clang-19') or 'clang-19', '--version'])}
    return {'began': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()), 'ended': False, 'short': arguments.quick,
            'compiler': stamp_of(peer_table.Wanco(arguments.build)),
            'settings': {'percent': plan.percent, 'rounds': plan.rounds.most, 'peers': [peer.name for peer in found]},
            'programs': sorted(arguments.names),
            'machine': machine(), 'versions': versions | {peer.name: peer.describe() for peer in found}, 'absent': absent}


def measure_part(bench, key):
    """One part, into the store; whatever goes wrong is its failure, so that the next ones are measured."""
    now = bench.store.now
    facts = {'time': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()), 'seconds': 0, 'load': [load(), load()],
             'compiler': now['compiler'], 'settings': now['settings']}
    part, began = bench.store.open(key, facts, bool(bench.arguments.only)), time.monotonic()
    try:
        part.value['data'] |= PARTS[key](bench, part) or {}
        part.value['complete'] = part.was_complete or sorted(bench.arguments.names) == bench.store.header['programs']
    except Failure as failure:
        part.value['failure'] = str(failure)
    except KeyboardInterrupt:
        part.value['failure'] = 'ended by the user'
        raise
    except Exception as error:  # a mistake in one part must not cost the others
        traceback.print_exc()
        part.value['failure'] = f'{type(error).__name__}: {error}'
    finally:
        part.value['seconds'] += time.monotonic() - began
        part.value['load'][1] = load()
        part.save()
    return not part.value['failure']


def write(bench, wanted):
    results = bench.store.results(PARTS)
    write_json(bench.store.folder / 'results.json', results)
    return report.write(bench.store.folder, results, wanted), results


def measure(bench, keys, wanted):
    """Part after part; what is written after each holds all so far. Returns whether all went well."""
    good = True
    for i, key in enumerate(keys):
        known = bench.store.read(key)
        if not bench.arguments.only and known and known['complete']:
            print(f'bench: {key}: kept from {known["time"]}', file=sys.stderr)
            continue
        seconds = [bench.plan.seconds.get(later, 0) for later in keys[i:]]
        bench.after = sum(seconds[1:])
        print(f'bench: {key}, estimated at {duration(seconds[0])}; all that is left at {duration(sum(seconds))}', file=sys.stderr)
        try:
            good = measure_part(bench, key) and good
        finally:
            told, results = write(bench, wanted)
        report.show(key, results)
        print(f'bench: {told}', file=sys.stderr)
    return good


def begin(arguments):
    """The bench and its store; a Failure tells what was asked for and can't be done."""
    if not peer_table.wanco(arguments.build).exists():
        raise Failure(f'{peer_table.wanco(arguments.build)} is not built')
    plan = plans.plan_of(arguments.quick, arguments.runs, arguments.percent)
    if arguments.only == ['large']:
        large.chosen_modules(arguments.names)
    else:
        programs.names(arguments.names)
    found, absent = peer_table.find(arguments.build, arguments.peers)
    folder = (arguments.build / 'bench').resolve()
    store = Store(folder / 'quick' if arguments.quick else folder, lambda text: print(f'bench: {text}', file=sys.stderr))
    if store.begin(header_of(arguments, plan, found, absent), arguments.anew, bool(arguments.only)) and not arguments.only:
        print(f'bench: going on with the run of {store.header["began"]} (--anew begins anew)', file=sys.stderr)
    builder = building.Builder(store.header['began'])
    return Bench(arguments, plan, found, folder, store, builder)


def stop(*_):
    raise KeyboardInterrupt


def main(words=None):
    arguments = parse_arguments(words)
    signal.signal(signal.SIGTERM, stop)
    try:
        bench = begin(arguments)
    except Failure as failure:
        sys.exit(f'bench: {failure}')
    wanted = wanted_parts(arguments, bench.plan)
    try:
        good = measure(bench, arguments.only or wanted, wanted)
    except KeyboardInterrupt:
        sys.exit('bench: ended; the same command goes on from here')
    if good and not arguments.only:
        bench.store.end()
    sys.exit(0 if good else 1)


if __name__ == '__main__':
    main()
