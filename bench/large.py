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
from measure import Failure, Progress, cpu, failure_lines, interleave, median_of, paired_ratio, ratio_text, run
from peers import HERE, Wanco, tool

TIMEOUT = 3600  # seconds, to compile one
MOVES = 3
BASE = 'wanco without checkpoints'

# How a peer runs what it has compiled, with a folder as the guest's root. Who isn't named here takes no part.
RUNNERS = {
    'wanco': lambda program, root: [program, *as_root(root), '--'],
    BASE: lambda program, root: [program, *as_root(root), '--'],
    'wamrc+segue': lambda program, root: [tool('iwasm'), f'--map-dir=/::{root}', program],
    'wasmtime': lambda program, root: [tool('wasmtime'), 'run', '--allow-precompiled', *as_root(root), program],
    'V8': lambda program, root: [tool('node'), '--no-warnings', HERE / 'peers/node_wasi.mjs', *as_root(root), program],
}


@dataclass
class Module:
    package: str
    file: str                                   # inside the package
    prepare: object = None                      # puts what the work reads into a folder; given that and the archive
    work: list = field(default_factory=list)    # arguments; the result goes to stdout
    options: list = field(default_factory=list) # of wanco


def as_root(folder):
    return ['--dir', f'{folder}::/']


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

def compile_one(name, wasm, compilers, folder, progress):
    """What each makes of the module: sample, path, bytes, those of its text; failures by peer."""
    compiled, failures = {}, {}
    for peer in compilers:
        progress.step(f'{name}: compiling, {peer.name}')
        own, out = isinstance(peer, Wanco), folder / f'{wasm.stem}-{peer.name.replace(" ", "-")}'
        try:
            sample = run([*peer.compile_command(wasm, out), *(MODULES[name].options if own else [])], timeout=TIMEOUT)
        except Failure as failure:
            failures[peer.name] = str(failure)
            continue
        compiled[peer.name] = {'sample': sample, 'path': str(out), 'bytes': out.stat().st_size}
        if own:
            compiled[peer.name]['text'] = sum(cost.text_bytes(out).values())
    return compiled, failures


def commands_of(name, compiled, peers, wasm, folder):
    """Peer -> the command that does the module's work; V8 compiles as it runs."""
    programs_of = {who: Path(made['path']) for who, made in compiled.items()}
    programs_of |= {peer.name: wasm for peer in peers if peer.name == 'V8'}
    return {who: [*RUNNERS[who](program, folder), *MODULES[name].work] for who, program in programs_of.items()}


def move_all(name, executable, folder, expected, seconds):
    """Samples of checkpoints in the middle of the work, and of going on from there in a new process."""
    out, snapshot, grants = folder / 'moved.out', folder / 'moved.wsnap', as_root(folder)
    samples = [moving.move(lambda: moving.Moved([executable, *MODULES[name].work], out, snapshot, [], grants),
                           lambda _: time.sleep(seconds), out, expected, False, moving.PROGRAM_BYTES)
               for _ in range(MOVES)]
    snapshot.unlink()
    return samples


def work_one(name, row, peers, wasm, folder, rounds, progress):
    """Adds samples of the work, and of moving it, to the row."""
    work = folder / f'{name}-work'
    work.mkdir(exist_ok=True)
    MODULES[name].prepare(work, archive(MODULES[name].package, folder))
    commands = commands_of(name, row['compiled'], peers, wasm, work)
    progress.step(f'{name}: comparing outputs')
    programs.drop_wrong(commands, row['failures'], work)
    row['samples'] = interleave(commands, rounds, lambda: progress.show(f'{name}: running'))
    if 'wanco' in commands:
        progress.step(f'{name}: moving')
        seconds = moving.SHARE * median_of(row['samples']['wanco'], lambda sample: sample['wall'])
        row['moved'] = move_all(name, commands['wanco'][0], work, (work / 'wanco.out').read_bytes(), seconds)


def measure(names, peers, folder, rounds):
    """Rows of the modules named."""
    folder.mkdir(parents=True, exist_ok=True)
    peers = [peer for peer in peers if peer.name in RUNNERS]
    compilers = [peer for peer in peers if peer.compile_command(folder, folder)]
    rows = []
    progress = Progress(sum(len(compilers) + 2 * bool(MODULES[name].work) for name in names))
    for name in names:
        row = {'module': name, 'samples': {}, 'moved': [], 'compiled': {}, 'failures': {}}
        rows.append(row)
        try:
            wasm = module(name, folder)
            row['wasm_bytes'] = wasm.stat().st_size
            row['compiled'], row['failures'] = compile_one(name, wasm, compilers, folder, progress)
            if MODULES[name].work:
                work_one(name, row, peers, wasm, folder, rounds, progress)
        except (Failure, OSError, tarfile.TarError) as failure:
            row['failures']['all'] = str(failure)
        progress.finished(name)
    progress.end()
    return rows


def with_work():
    return [name for name, found in MODULES.items() if found.work]


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


def table(rows):
    lines = ['Compiling, once, on all cores:', '', *compile_table(rows), '']
    if any(row['samples'] for row in rows):
        lines += ['yosys synthesises a design, clang compiles a file of zstd; user CPU time, in which V8 compiles, too:', '',
                  *work_table(rows), '', *moving_tables.sample_table((row['module'], 'wanco', row['moved']) for row in rows if row['moved']),
                  '', f'Stopped at {moving.SHARE:.0%} of the work, in milliseconds; the output was that of a run nobody stopped.']
    return lines + ['', *failure_lines((who, row['module'], why) for row in rows for who, why in row['failures'].items())]
