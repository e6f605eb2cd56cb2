"""What checkpoint code costs a program: its run time, its text, its file, compiling it, its vector loops."""

import re
import subprocess
from collections import Counter

import programs
from measure import Failure, Progress, cpu, geometric_mean, interleave, paired_ratio, ratio_text, run

VARIANTS = {'with': [], 'without': ['--no-checkpoint']}
# Whose time is in loops that LLVM vectorises: saxpy, reduction, matrix products, stencils.
VECTOR_PROGRAMS = ('saxpy', 'reduction', 'matmul-i32', 'gemm', '2mm', '3mm', 'jacobi-2d', 'fdtd-2d', 'heat-3d')
BODY = re.compile(r'[0-9a-f]+ ([0-9a-f]+) [tT] wanco_module\.\d+(\.resume)?(?=\.|$)')
CALL = re.compile(r'(?:call|invoke) .*?@"?(wanco_module\.\d+\.[^"(]*)"?\(')
FAST = re.compile(r'define .*?@"?(wanco_module\.\d+\.(?!resume[.("])[^"(]*)"?\(')


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


def read_ir(wanco, wasm, folder, options):
    """What LLVM made of each fast body: (its vectorised loops, the functions it calls), by name. The
    vectoriser gives each loop a block called vector.body."""
    ir = folder / 'checkpoint.ll'
    run([wanco, 'compile', wasm, '--emit', 'llvm-ir', '-o', ir, *options])
    loops, calls, function = Counter(), {}, ''
    with open(ir, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            if line.startswith('define '):
                found = FAST.match(line)
                function = found[1] if found else ''
            elif function and line.startswith('vector.body'):
                loops[function] += 1
            elif function and (called := CALL.search(line)):
                calls.setdefault(function, set()).add(called[1])
    ir.unlink()
    return loops, calls


def compare_loops(wanco, wasm, folder):
    """Vectorised loops by variant, and how many of them a function has lost. One that is in a callee that only the
    other variant inlines is not lost."""
    with_loops, with_calls = read_ir(wanco, wasm, folder, VARIANTS['with'])
    without_loops, without_calls = read_ir(wanco, wasm, folder, VARIANTS['without'])
    lost = {}
    for name, n in without_loops.items():
        called = with_calls.get(name, set()) - without_calls.get(name, set())
        missing = n - with_loops[name] - sum(with_loops[callee] for callee in called)
        if missing > 0:
            lost[name] = missing
    return {'with': with_loops.total(), 'without': without_loops.total(), 'lost': lost}


def check_outputs(executables, percent, folder):
    outputs = []
    for variant, path in executables.items():
        out = folder / f'{variant}.out'
        run([path, str(percent)], output=out)
        outputs.append(out.read_bytes())
    if outputs[0] != outputs[1]:
        raise Failure('the output differs from that without checkpoint code')


def measure_one(name, wanco, folder, settings):
    folder.mkdir(parents=True, exist_ok=True)
    _, wasm = programs.build_sources(name, folder)
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


def loops_text(row):
    if 'loops' not in row:
        return ''
    return f'{row["loops"]["without"]} → {row["loops"]["with"]}'


def lost_loops(rows):
    """(function, programs) where loops are not vectorised; library functions are in many programs."""
    where = {}
    for row in rows:
        for symbol in row.get('loops', {}).get('lost', {}):
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
    means = [geometric_mean(of(row) for row in rows) for of in (lambda row: time_ratio(row)[0], fast_ratio, text_ratio, file_ratio,
                                                      lambda row: compile_ratio(row)[0])]
    lines.append('| ' + ' | '.join(['**geometric mean**'] + [f'**{m:.3f}**' if m else '–' for m in means] + ['']) + ' |')
    notes = [f'- {name}: {why}' for name, why in failures.items()]
    notes += [f'- a loop in {function} is no longer vectorised: {", ".join(where)}' for function, where in lost_loops(rows)]
    return lines + ([''] + notes if notes else [])
