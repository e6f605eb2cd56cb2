"""What exceptions cost: tries in which nothing is thrown, and throws."""

import re
import shutil
import statistics
import subprocess

import programs
import tries
from measure import Failure, interleave, run
from peers import HERE, tool
from stats import cpu, geometric_mean, mean_text, paired_ratio, ratio_text

GUEST = HERE / 'guests/throws.wat'
# Made of calls: tries do nothing to what is in none.
PROGRAMS = ('ackermann', 'binary-trees', 'hashmap', 'interp-calls', 'regex', 'sudoku')
FRAMES = (1, 10, 100)
THROWS = 200_000  # through ten frames; as many frames in all at other depths


def count_instructions(path):
    """That the program executes at a hundredth of its work; 0 without valgrind."""
    if not tool('valgrind'):
        return 0
    command = [tool('valgrind'), '--tool=callgrind', '--callgrind-out-file=/dev/null', str(path), '1']
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    count = re.search(r'Collected : (\d+)', done.stderr)
    if done.returncode != 0 or not count:
        raise Failure(f'valgrind: status {done.returncode}')
    return int(count[1])


def measure_tries(name, bench, folder):
    """What a program executes and samples of it, with tries and without."""
    folder.mkdir(parents=True, exist_ok=True)
    _, wasm, _ = programs.build_sources(name, bench.builder, bench.folder)
    commands = {}
    for variant in ('with', 'without'):
        rewritten, path = folder / f'{variant}-tries.wasm', folder / f'{variant}-tries'
        rewritten.write_bytes(tries.rewrite(wasm.read_bytes(), variant == 'with'))
        run([bench.wanco, 'compile', rewritten, '-o', path])
        commands[variant] = [path, bench.plan.percent]
    return {'instructions': {variant: count_instructions(command[0]) for variant, command in commands.items()},
            'samples': interleave(commands, bench.plan.rounds, cpu)}


def measure_throws(wanco, folder, plan):
    """Frames -> microseconds of CPU time that a throw takes more than a return, by round."""
    path = folder / 'throws'
    run([wanco, 'compile', GUEST, '-o', path])
    times = {}
    for frames in FRAMES:
        n = THROWS * 10 // frames * plan.percent // 100
        samples = interleave({word: [path, '--invoke', 'run', n, frames, int(word == 'throws')]
                              for word in ('throws', 'returns')}, plan.rounds, cpu)
        times[frames] = [(cpu(a) - cpu(b)) / n * 1e6 for a, b in zip(samples['throws'], samples['returns'])]
    return times


def measure(bench):
    folder = bench.folder / 'exceptions'
    folder.mkdir(parents=True, exist_ok=True)
    result = {'tries': {}, 'failures': {}}
    progress = bench.progress(len(PROGRAMS))
    for name in PROGRAMS:
        progress.show(name)
        try:
            result['tries'][name] = measure_tries(name, bench, folder / name)
        except Failure as failure:
            result['failures'][name] = str(failure)
        progress.finished(name)
    progress.end()
    if shutil.which('wat2wasm'):
        result['throws'] = measure_throws(bench.wanco, folder, bench.plan)
    else:
        result['failures']['throws'] = 'wat2wasm is not installed (wabt)'
    return result


def instruction_ratio(row):
    return row['instructions']['with'] / row['instructions']['without'] if row['instructions']['without'] else None


def tries_table(rows):
    lines = ['With each body in a try / without any; nothing is thrown. CPU time is the median of interleaved pairs ± half '
             'of their middle half. Where as many instructions differ in time, LLVM has aligned them differently.', '',
             '| program | instructions | CPU time |', '|---|---:|---:|']
    counts = {name: instruction_ratio(row) for name, row in rows.items()}
    times = {name: paired_ratio(row['samples']['with'], row['samples']['without'], cpu) for name, row in rows.items()}
    for name, count in counts.items():
        lines.append(f'| {name} | {f"{count:.3f}" if count else "–"} | {ratio_text(*times[name])} |')
    means = [geometric_mean(filter(None, counts.values())), geometric_mean(ratio for ratio, _ in times.values())]
    return lines + ['| ' + ' | '.join(['**geometric mean**', *(f'**{mean_text(mean)}**' for mean in means)]) + ' |']


def table(result):
    lines = tries_table(result['tries']) if result['tries'] else []
    if 'throws' in result:
        lines += ['', '| frames up to the catch | µs a throw |', '|---:|---:|']
        lines += [f'| {frames} | {statistics.median(times):.2f} |' for frames, times in result['throws'].items()]
    return lines + [''] + [f'- {name}: {why}' for name, why in result['failures'].items()]
