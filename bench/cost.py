"""What checkpoint code costs a program: its run time, its text, its file, compiling it, its vector loops."""

import math
import re
import subprocess
from collections import Counter

import programs
import sqlite
from measure import Failure, Progress, cpu, interleave, paired_ratio, ratio_text, run
from peers import tool

VARIANTS = {'with': [], 'without': ['--no-checkpoint']}
# Whose time is in loops that LLVM vectorises: saxpy, reduction, matrix products, stencils.
VECTOR_PROGRAMS = ('saxpy', 'reduction', 'matmul-i32', 'gemm', '2mm', '3mm', 'jacobi-2d', 'fdtd-2d', 'heat-3d')
BODY = re.compile(r'[0-9a-f]+ ([0-9a-f]+) [tT] wanco_module\.\d+(\.resume)?(?=\.|$)')
FAST = re.compile(r'define .*?@"?(wanco_module\.\d+\.(?!resume[.("])[^"(]*)"?\(')


def build_wasm(name, folder):
    folder.mkdir(parents=True, exist_ok=True)
    if name == programs.SQLITE:
        return sqlite.build(folder)[1]
    return programs.build_wasm(programs.SOURCES / f'{name}.c', folder / f'{name}.wasm')


def compile_variants(wanco, wasm, folder, rounds):
    """Executables and compilation samples, by variant."""
    paths = {variant: folder / f'checkpoint-{variant}' for variant in VARIANTS}
    return paths, interleave({variant: [wanco, 'compile', wasm, '-o', paths[variant], *options]
                              for variant, options in VARIANTS.items()}, rounds)


def text_bytes(executable):
    """Of generated code only."""
    listing = subprocess.run(['nm', '-S', str(executable)], capture_output=True, text=True, check=True).stdout
    sizes = {'fast': 0, 'resume': 0}
    for line in listing.splitlines():
        body = BODY.match(line)
        if body:
            sizes['resume' if body[2] else 'fast'] += int(body[1], 16)
    return sizes


def vector_loops(wanco, wasm, folder, options):
    """What the vectoriser did: function -> its vectorised loops, fast bodies only. LLVM gives
    each a block called vector.body."""
    ir = folder / 'checkpoint.ll'
    run([wanco, 'compile', wasm, '--emit', 'llvm-ir', '-o', ir, *options])
    loops, function = Counter(), ''
    with open(ir, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            if line.startswith('define '):
                found = FAST.match(line)
                function = found[1] if found else ''
            elif line.startswith('vector.body') and function:
                loops[function] += 1
    ir.unlink()
    return loops


def compare_loops(wanco, wasm, folder):
    by_variant = {variant: vector_loops(wanco, wasm, folder, options) for variant, options in VARIANTS.items()}
    lost = sorted(name for name, n in by_variant['without'].items() if by_variant['with'][name] < n)
    return {**{variant: loops.total() for variant, loops in by_variant.items()}, 'lost': lost}


def check_outputs(executables, percent, folder):
    outputs = []
    for variant, path in executables.items():
        out = folder / f'{variant}.out'
        run([path, str(percent)], output=out)
        outputs.append(out.read_bytes())
    if outputs[0] != outputs[1]:
        raise Failure('the output differs from that without checkpoint code')


def measure_one(name, wanco, folder, settings):
    wasm = build_wasm(name, folder)
    executables, compilations = compile_variants(wanco, wasm, folder, settings.compile_rounds)
    check_outputs(executables, settings.percent, folder)
    commands = {variant: [path, str(settings.percent)] for variant, path in executables.items()}
    row = {'program': name, 'compile': compilations, 'samples': interleave(commands, settings.rounds),
           'text': {variant: text_bytes(path) for variant, path in executables.items()},
           'file': {variant: path.stat().st_size for variant, path in executables.items()}}
    if settings.all_loops or name in VECTOR_PROGRAMS:
        row['loops'] = compare_loops(wanco, wasm, folder)
    return row, executables['with']


def measure(names, wanco, folder, settings):
    """Rows; failures by program; executables with checkpoint code by program."""
    rows, failures, executables = [], {}, {}
    progress = Progress(len(names))
    for name in names:
        progress.step(name)
        try:
            row, executables[name] = measure_one(name, wanco, folder / name, settings)
            rows.append(row)
            progress.finished(f'{name} {ratio_text(*time_ratio(row))}')
        except Failure as failure:
            failures[name] = str(failure)
    progress.end()
    return rows, failures, executables


# ---- Ratios, with to without ----

def time_ratio(row):
    return paired_ratio(row['samples']['with'], row['samples']['without'], cpu)


def compile_ratio(row):
    return paired_ratio(row['compile']['with'], row['compile']['without'], cpu)


def fast_ratio(row):
    return row['text']['with']['fast'] / row['text']['without']['fast']


def text_ratio(row):
    return sum(row['text']['with'].values()) / row['text']['without']['fast']


def file_ratio(row):
    return row['file']['with'] / row['file']['without']


def mean(ratios):
    """The geometric one; None of nothing."""
    ratios = list(ratios)
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def loops_text(row):
    if 'loops' not in row:
        return ''
    return f'{row["loops"]["without"]} → {row["loops"]["with"]}'


def lost_loops(rows):
    """(function, programs) where vectorised loops are missing; library functions are in many programs."""
    where = {}
    for row in rows:
        for symbol in row.get('loops', {}).get('lost', ()):
            where.setdefault(symbol.split('.', 2)[2], []).append(row['program'])
    return sorted(where.items())


def table(rows, failures):
    lines = ['With checkpoint code / without: CPU time as the median of interleaved pairs ± half of their middle half; '
             'text of generated code; vectorised loops without → with.', '',
             '| program | CPU time | text, fast bodies | text, all | file | compile CPU time | vector loops |',
             '|---|---:|---:|---:|---:|---:|---:|']
    for row in rows:
        lines.append(f'| {row["program"]} | {ratio_text(*time_ratio(row))} | {fast_ratio(row):.2f} | {text_ratio(row):.2f} '
                     f'| {file_ratio(row):.2f} | {ratio_text(*compile_ratio(row))} | {loops_text(row)} |')
    means = [mean(of(row) for row in rows) for of in (lambda row: time_ratio(row)[0], fast_ratio, text_ratio, file_ratio,
                                                      lambda row: compile_ratio(row)[0])]
    lines.append('| ' + ' | '.join(['**geometric mean**'] + [f'**{m:.3f}**' if m else '–' for m in means] + ['']) + ' |')
    notes = [f'- {name}: {why}' for name, why in failures.items()]
    notes += [f'- fewer vectorised loops in {function} of {", ".join(where)}' for function, where in lost_loops(rows)]
    return lines + ([''] + notes if notes else [])
