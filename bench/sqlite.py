"""sqlite3 from Debian's source package: the one program that is measured for what compiling
it costs, and for its run time beside the programs of our own."""

import os
from pathlib import Path

from measure import Failure, cpu, interleave, median_of, newer, paired_ratio, ratio_text, run
from peers import CLANG_FLAGS, tool

HERE = Path(__file__).resolve().parent
FLAGS = ['-O3', '-ffp-contract=off', '-DSQLITE_THREADSAFE=0', '-DSQLITE_OS_OTHER=1', '-DSQLITE_TEMP_STORE=3',
         '-DSQLITE_OMIT_LOAD_EXTENSION']
WORK = HERE / 'real/sqlite-work.c'


def amalgamation(folder):
    """The folder of sqlite3.c: SQLITE_SOURCE, or made once from the source package."""
    if 'SQLITE_SOURCE' in os.environ:
        return Path(os.environ['SQLITE_SOURCE'])
    made = folder / 'amalgamation'
    if not (made / 'sqlite3.c').exists():
        run([HERE.parent / 'scripts/fetch-sources', folder, 'sqlite3'])
        made.mkdir(parents=True, exist_ok=True)
        run(['env', '-C', made, folder / 'sqlite3/configure', '--disable-tcl'])
        run(['make', '-C', made, 'sqlite3.c'])
    return made


def compile_native(source, out):
    return [tool('clang-19'), *FLAGS, '-c', source / 'sqlite3.c', '-o', out]


def build(folder):
    """The native executable and the Wasm module of sqlite3 with its work."""
    folder.mkdir(parents=True, exist_ok=True)
    source = amalgamation(folder)
    native, wasm = folder / 'native', folder / 'sqlite3.wasm'
    for out, target, libraries in (native, [], ['-lm']), (wasm, ['--target=wasm32-wasi'], []):
        if newer(out, WORK):
            continue
        library, work = folder / 'sqlite3.o', folder / 'work.o'
        run([*compile_native(source, library), *target])
        run([tool('clang-19'), *CLANG_FLAGS, *target, f'-I{source}', '-c', WORK, '-o', work])
        run([tool('clang-19'), *target, library, work, *libraries, '-o', out])
    return native, wasm


def compile_cost(folder, peers, rounds):
    """CPU time of compiling: samples by name; 'native' is clang -O3 -c on the C source."""
    _, wasm = build(folder)
    out = folder / 'compiled'
    commands = {'native': compile_native(amalgamation(folder), out.with_suffix('.o'))}
    for peer in peers:
        command = peer.compile_command(wasm, out.with_suffix(f'.{peer.name}'))
        if command:
            commands[peer.name] = command
    failures = {}
    for name in [name for name in commands if name != 'native']:
        try:
            run(commands[name])
        except Failure as failure:
            failures[name] = str(failure)
            del commands[name]
    return {'samples': interleave(commands, rounds), 'failures': failures, 'wasm_bytes': wasm.stat().st_size}


def compile_table(result):
    samples = result['samples']
    lines = [f'sqlite3, {result["wasm_bytes"] / 1e6:.1f} MB of Wasm', '',
             '| compiler | CPU s | wall s | against clang -O3 -c sqlite3.c | peak MiB |', '|---|---:|---:|---:|---:|']
    for name, own in samples.items():
        ratio = ratio_text(*paired_ratio(own, samples['native'], cpu))
        label = 'clang-19 -O3 -c' if name == 'native' else name
        lines.append(f'| {label} | {median_of(own, cpu):.2f} | {median_of(own, lambda s: s["wall"]):.2f} '
                     f'| {ratio} | {max(s["peak"] for s in own) / 2**20:.0f} |')
    return lines + [f'- {name}: {why}' for name, why in result['failures'].items()]
