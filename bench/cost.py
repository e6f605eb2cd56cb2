"""What checkpoint code costs a program: its run time, its text, its file, compiling it, its vector loops."""

import re
import subprocess
from collections import Counter

import programs
from measure import Failure, run
from peers import Wanco, WancoPlain
from stats import cpu, geometric_mean, mean_text, paired_ratio, ratio_text, ratios
from tables import figure_table, rows_without, worst

VARIANTS = {'with': Wanco, 'without': WancoPlain}
# Whose time is in loops that LLVM vectorises: saxpy, reduction, matrix products, stencils.
VECTOR_PROGRAMS = ('saxpy', 'reduction', 'matmul-i32', 'gemm', '2mm', '3mm', 'jacobi-2d', 'fdtd-2d', 'heat-3d')
BODY = re.compile(r'[0-9a-f]+ ([0-9a-f]+) [tT] wanco_module\.\d+(\.resume)?(?=\.|$)')
CALL = re.compile(r'(?:call|invoke) .*?@"?(wanco_module\.\d+\.[^"(]*)"?\(')
FAST = re.compile(r'define .*?@"?(wanco_module\.\d+\.(?!resume[.("])[^"(]*)"?\(')


def text_bytes(executable):
    """Of generated code only."""
    listing = subprocess.run(['nm', '-S', str(executable)], capture_output=True, text=True, check=True).stdout
    sizes = {'fast': 0, 'resume': 0}
    for line in listing.splitlines():
        body = BODY.match(line)
        if body:
            sizes['resume' if body[2] else 'fast'] += int(body[1], 16)
    return sizes


def read_ir(compiler, wasm, folder):
    """What LLVM made of each fast body: (its vectorised loops, the functions it calls), by name. The
    vectoriser gives each loop a block called vector.body."""
    ir = folder / 'checkpoint.ll'
    for command in compiler.compile_commands(wasm, ir, ['--emit', 'llvm-ir']):
        run(command)
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


def compare_loops(compilers, wasm, folder):
    """Vectorised loops by variant, and how many of them a function has lost. One that is in a callee that only the
    other variant inlines is not lost."""
    with_loops, with_calls = read_ir(compilers['with'], wasm, folder)
    without_loops, without_calls = read_ir(compilers['without'], wasm, folder)
    lost = {}
    for name, n in without_loops.items():
        called = with_calls.get(name, set()) - without_calls.get(name, set())
        missing = n - with_loops[name] - sum(with_loops[callee] for callee in called)
        if missing > 0:
            lost[name] = missing
    return {'with': with_loops.total(), 'without': without_loops.total(), 'lost': lost}


def program_row(name, compilers, bench, progress):
    """What this run has measured of run time and compile time; else both variants are measured now."""
    known = bench.measured_program(name)
    if known and all(compiler.name in known['samples'] and compiler.name in known['compile'] for compiler in compilers):
        return known
    return programs.measure_one(name, compilers, bench, progress)


def measure_one(name, bench, progress):
    compilers = {variant: kind(bench.arguments.build) for variant, kind in VARIANTS.items()}
    row = program_row(name, compilers.values(), bench, progress)
    for compiler in compilers.values():
        if compiler.name in row['failures']:
            raise Failure(f'{compiler.name}: {row["failures"][compiler.name]}')
    progress.show(f'{name}: text and loops')
    paths = {variant: programs.build_one(name, compiler, bench.builder, bench.folder)[0]
             for variant, compiler in compilers.items()}
    of_both = {field: {variant: row[field][compiler.name] for variant, compiler in compilers.items()}
               for field in ('samples', 'compile')}
    found = {'program': name, **of_both, 'text': {variant: text_bytes(path) for variant, path in paths.items()},
             'file': {variant: path.stat().st_size for variant, path in paths.items()}}
    if bench.plan.all_loops or name in VECTOR_PROGRAMS:
        folder = bench.folder / name
        found['loops'] = compare_loops(compilers, folder / f'{name}.wasm', folder)
    return found


def measure(names, bench, part):
    """Adds a row for each program."""
    todo = [name for name in names if not part.has(program=name)]
    progress = bench.progress(len(todo))
    for name in todo:
        try:
            row = measure_one(name, bench, progress)
        except (Failure, OSError, subprocess.CalledProcessError) as failure:
            row = {'program': name, 'failure': str(failure)}
        part.add(row)
        progress.finished(f'{name} {row.get("failure") or ratio_text(*time_ratio(row))}')
    progress.end()


# ---- Ratios, with to without ----

def time_ratio(row):
    return paired_ratio(row['samples']['with'], row['samples']['without'], cpu)


def compile_ratio(row):
    return ratios([row['compile']['with']], [row['compile']['without']], cpu)[0]


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


def measured(rows):
    return [row for row in rows if 'failure' not in row]


def figures(rows):
    """(what, what is wanted of it, what it is), in words."""
    if not rows:
        return
    yield 'run time, geometric mean', '≤ 1.03', f'{geometric_mean(time_ratio(row)[0] for row in rows):.3f}'
    yield 'run time, the worst program', '≤ 1.15', worst(rows, lambda row: time_ratio(row)[0])
    vector = [row for row in rows if row['program'] in VECTOR_PROGRAMS]
    if vector:
        yield ('run time of vector loops, geometric mean', '≤ 1.03',
               f'{geometric_mean(time_ratio(row)[0] for row in vector):.3f}')
        yield 'run time of vector loops, the worst program', '', worst(vector, lambda row: time_ratio(row)[0])
    compared = [row for row in rows if 'loops' in row]
    if compared:
        n_lost = sum(sum(row['loops']['lost'].values()) for row in compared)
        yield ('loops that are vectorised only without', '0',
               f'{n_lost}, of {sum(row["loops"]["without"] for row in compared)} loops in {len(compared)} programs')
    for what, wanted, of in (('text, fast bodies', '≤ 2.0', fast_ratio), ('text, all', '≤ 3.5', text_ratio),
                             ('file', '', file_ratio), ('compile time', '≤ 3', compile_ratio)):
        yield what, wanted, f'{geometric_mean(map(of, rows)):.2f}, at most {worst(rows, of)}'


def table(data):
    rows = measured(data['rows'])
    lines = ['With checkpoint code / without: CPU time as the median of interleaved pairs ± half of their middle half; '
             'text of generated code; vectorised loops without → with.', '',
             '| program | CPU time | text, fast bodies | text, all | file | compile CPU time | vector loops |',
             '|---|---:|---:|---:|---:|---:|---:|']
    for row in rows:
        lines.append(f'| {row["program"]} | {ratio_text(*time_ratio(row))} | {fast_ratio(row):.2f} | {text_ratio(row):.2f} '
                     f'| {file_ratio(row):.2f} | {compile_ratio(row):.2f} | {loops_text(row)} |')
    means = [geometric_mean(of(row) for row in rows)
             for of in (lambda row: time_ratio(row)[0], fast_ratio, text_ratio, file_ratio, compile_ratio)]
    lines.append('| ' + ' | '.join(['**geometric mean**', *(f'**{mean_text(mean)}**' for mean in means), '']) + ' |')
    notes = rows_without(data['rows']) + [f'- a loop in {function} is no longer vectorised: {", ".join(where)}' for function, where in lost_loops(rows)]
    return [*figure_table(figures(rows)), '', *lines, *(['', *notes] if notes else [])]
