"""The largest modules at hand, from npm: compiling them, the work that two of them do, and moving that."""

import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import cost
import moving
import moving_tables
import programs
import real
from measure import Failure, interleave, run
from peers import HERE, Wanco, as_root, tool
from stats import cpu, median_of, paired_ratio, ratio_text, wall
from tables import failure_lines, rows_without

TIMEOUT = 3600  # seconds, to compile one
MOVES = 3
BASE = programs.WITHOUT

# Who takes part: no two peers that differ in an option only, and none whose host functions are too few for this work.
TAKE_PART = ('wanco', BASE, 'wamrc+segue', 'wasmtime', 'WasmEdge', 'V8')
IN_MINUTES = ('wanco', BASE, 'V8')  # of them those that use all cores: the others take an hour and more


@dataclass
class Module:
    package: str
    file: str                                   # inside the package
    prepare: object = None                      # puts what the work reads into a folder; given that and the archive
    work: list = field(default_factory=list)    # arguments; the result goes to stdout
    options: list = field(default_factory=list) # of wanco


# ---- Work ----

def prepare_design(folder, package):
    """The design, and of the package's library of gates what every synthesis uses: it is a string in JavaScript."""
    shutil.copy(HERE / 'guests/design.v', folder)
    with tarfile.open(package) as tar:
        text = tar.extractfile('package/gen/resources-yosys.js').read().decode()
    gates = re.search(r'^ {8}"techmap\.v": (".*"),?$', text, re.MULTILINE)
    if not gates:
        raise Failure(f'{package.name} has no techmap.v where it was')
    (folder / 'share').mkdir(exist_ok=True)
    (folder / 'share/techmap.v').write_text(json.loads(gates[1]))


def prepare_source(folder, _):
    """A file of zstd that its own macros make long, preprocessed."""
    source = real.fetch(real.PROGRAMS['zstd'], folder)
    run([tool('clang-19'), *real.WASM, '-E', '-P', '-DZSTD_DISABLE_ASM', source / 'lib/compress/zstd_lazy.c',
         '-o', folder / 'zstd_lazy.i'])


# ruby imports functions of a JavaScript host: it can be compiled but not linked.
MODULES = {
    'yosys': Module('@yowasp/yosys', 'yosys.core.wasm', prepare_design,
                    ['-q', '-p', 'read_verilog design.v; synth -noabc -top design; write_verilog -noattr']),
    'ruby': Module('@ruby/3.4-wasm-wasi', 'ruby.wasm', options=['--emit', 'obj']),
    'ruby+stdlib': Module('@ruby/3.4-wasm-wasi', 'ruby+stdlib.wasm', options=['--emit', 'obj']),
    'clang': Module('@yowasp/clang', 'llvm.core.wasm', prepare_source,
                    ['clang', '-cc1', '-triple', 'wasm32-wasi', '-O2', '-w', '-emit-obj', '-x', 'c', 'zstd_lazy.i',
                     '-o', '-']),
}


# ---- Getting them ----

def archive(package, folder):
    """The package's archive: from the folder NPM_ARCHIVES names, or asked of npm."""
    stem = re.sub('[@]', '', package).replace('/', '-')
    for place in filter(None, [os.environ.get('NPM_ARCHIVES'), folder]):
        found = sorted(Path(place).glob(f'{stem}-[0-9]*.tgz'))
        if found:
            return found[-1]
    done = subprocess.run(['npm', 'pack', '--silent', package], cwd=folder, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Failure(f'npm pack {package} failed; NPM_ARCHIVES can name a folder that has the archive')
    return folder / done.stdout.split()[-1]


def module(name, folder):
    """The Wasm file. Its name is the beginning of what is made of it: LLVM's says that the first argument names the tool."""
    package, file = MODULES[name].package, MODULES[name].file
    out = folder / file
    if out.exists():
        return out
    with tarfile.open(archive(package, folder)) as tar:
        member = next((m for m in tar.getmembers() if Path(m.name).name == file), None)
        if member is None:
            raise Failure(f'{package} has no {file}')
        out.write_bytes(tar.extractfile(member).read())
    return out


# ---- Measuring ----

def compile_one(name, wasm, peer, row, builder, folder):
    """Adds what compiling took to the row, and returns what runs the module's work, given its root."""
    out = folder / f'{wasm.stem}-{peer.name.replace(" ", "-")}'
    own = isinstance(peer, Wanco)
    sample, program = builder.compile(peer, wasm, out, MODULES[name].options if own else [], TIMEOUT)
    if sample:
        row['compiled'][peer.name] = {'sample': sample, 'bytes': program.stat().st_size}
        if own:
            row['compiled'][peer.name]['text'] = sum(cost.text_bytes(program).values())
    return lambda root: [*peer.command(program, root), *MODULES[name].work]


def peers_of(bench):
    """All, where large modules are asked for; among all parts those that are quick."""
    return [peer for peer in bench.peers if peer.name in (TAKE_PART if bench.arguments.only else IN_MINUTES)]


def compile_all(name, wasm, row, bench, folder, progress):
    """By peer, what gives the command for the work."""
    runners = {}
    for peer in peers_of(bench):
        progress.show(f'{name}: compiling, {peer.name}')
        try:
            runners[peer.name] = compile_one(name, wasm, peer, row, bench.builder, folder)
        except (Failure, OSError, subprocess.CalledProcessError) as failure:
            row['failures'][peer.name] = str(failure)
        progress.finished(f'{name}: {peer.name}, {row["failures"].get(peer.name, "ready")}')
    return runners


def move_all(name, executable, folder, expected, seconds):
    """Samples of checkpoints in the middle of the work, and of going on from there in a new process."""
    out, snapshot, grants = folder / 'moved.out', folder / 'moved.wsnap', as_root(folder)
    samples = [moving.move(lambda: moving.Moved([executable, *MODULES[name].work], out, snapshot, [], grants),
                           lambda _: time.sleep(seconds), out, expected, False, moving.PROGRAM_BYTES)
               for _ in range(MOVES)]
    snapshot.unlink()
    return samples


def work_one(name, row, runners, folder, rounds, progress):
    """Adds samples of the work, and of moving it, to the row."""
    work = folder / f'{name}-work'
    work.mkdir(exist_ok=True)
    MODULES[name].prepare(work, archive(MODULES[name].package, folder))
    commands = {who: runner(work) for who, runner in runners.items()}
    progress.show(f'{name}: comparing outputs')
    programs.drop_wrong(commands, row['failures'], work)
    if commands:
        row['samples'] = interleave(commands, rounds, on_step=lambda: progress.show(f'{name}: running'))
    if 'wanco' in commands:
        progress.show(f'{name}: moving')
        seconds = moving.SHARE * median_of(row['samples']['wanco'], wall)
        row['moved'] = move_all(name, commands['wanco'][0], work, (work / 'wanco.out').read_bytes(), seconds)


def measure(names, bench, part):
    """Adds a row for each module."""
    folder = bench.folder / 'large'
    folder.mkdir(parents=True, exist_ok=True)
    todo = [name for name in names if not part.has(module=name)]
    progress = bench.progress(sum(len(peers_of(bench)) + bool(MODULES[name].work) for name in todo))
    for name in todo:
        row = {'module': name, 'samples': {}, 'moved': [], 'compiled': {}, 'failures': {}}
        try:
            wasm = module(name, folder)
            row['wasm_bytes'] = wasm.stat().st_size
            runners = compile_all(name, wasm, row, bench, folder, progress)
            if MODULES[name].work:
                part.add(row | {'failure': 'its work was not measured'})
                work_one(name, row, runners, folder, bench.plan.rounds, progress)
                progress.finished(f'{name}: its work')
        except (Failure, OSError, tarfile.TarError) as failure:
            row['failure'] = str(failure)
        part.add(row)
    progress.end()


def chosen_modules(names):
    unknown = set(names) - set(MODULES)
    if unknown:
        raise Failure(f'no module is called {", ".join(sorted(unknown))}; known: {" ".join(MODULES)}')
    return names or list(MODULES)


# ---- Tables ----

def ratio_to_base(row, who):
    """Of the run time, to that without checkpoint code."""
    base = row['samples'].get(BASE)
    return paired_ratio(row['samples'][who], base) if base else None


def compile_table(rows):
    lines = ['| module | compiler | CPU s | wall s | peak MiB | text MB | file MB |', '|---|---|---:|---:|---:|---:|---:|']
    for row in rows:
        for who, made in row['compiled'].items():
            sample, text = made['sample'], f'{made["text"] / 1e6:.1f}' if 'text' in made else ''
            lines.append(f'| {row["module"]}, {row["wasm_bytes"] / 1e6:.0f} MB | {who} | {cpu(sample):.0f} | {sample["wall"]:.0f} '
                         f'| {sample["peak"] / 2**20:.0f} | {text} | {made["bytes"] / 1e6:.0f} |')
    return lines


def work_table(rows):
    lines = ['| work of | by | CPU s | against without checkpoints |', '|---|---|---:|---:|']
    for row in rows:
        for who, samples in row['samples'].items():
            ratio = ratio_to_base(row, who)
            lines.append(f'| {row["module"]} | {who} | {median_of(samples):.2f} | {ratio_text(*ratio) if ratio else ""} |')
    return lines


def table(data):
    rows = data['rows']
    lines = ['Compiling, once, on all cores:', '', *compile_table(rows), '']
    if any(row['samples'] for row in rows):
        lines += ['yosys synthesises a design, clang compiles a file of zstd; user CPU time, in which V8 compiles, too:', '',
                  *work_table(rows), '']
    moved = [(row['module'], 'wanco', row['moved']) for row in rows if row['moved']]
    if moved:
        lines += [*moving_tables.sample_table(moved), '',
                  f'Stopped at {moving.SHARE:.0%} of the work, in milliseconds; the output was that of a run nobody stopped.']
    return [*lines, '', *failure_lines((who, row['module'], why) for row in rows for who, why in row['failures'].items()),
            *rows_without(rows)]
