"""Who is compared: each peer says whether it is here, which version it is, and how it makes a
command that runs a Wasm program. A tool is found on PATH or by the variable of its name."""

import os
import shutil
from pathlib import Path

from measure import Failure, capture, newer, run

HERE = Path(__file__).resolve().parent
CLANG_FLAGS = ['-O3', '-ffp-contract=off', '-std=c17']
WASM_RT = [Path('/usr/share/wabt/wasm2c'), Path('/usr/src/wasm2c')]


def tool(name):
    """The tool's path: from the variable NAME if set, else from PATH; None if absent."""
    variable = name.upper().replace('-', '_')
    return shutil.which(os.environ.get(variable, name))


class Peer:
    name = ''
    tools = ()
    version_option = '--version'

    def missing(self):
        """Why it cannot take part, '' if it can."""
        absent = [name for name in self.tools if not tool(name)]
        return f'{", ".join(absent)} not found' if absent else ''

    def version(self):
        return capture([tool(self.tools[0]), self.version_option])

    def compile_command(self, wasm, out):
        """The one command that compiles ahead of time; None if there is no such one."""
        return None

    def build(self, wasm, out):
        """Returns the command that runs the program; its arguments are appended."""
        raise NotImplementedError


def wanco(build):
    """The compiler that is measured: WANCO can name another than the build's."""
    return Path(os.environ.get('WANCO', build / 'bin/wanco'))


class Wanco(Peer):
    name = 'wanco'
    options = ()

    def __init__(self, build):
        self.path = wanco(build)

    def missing(self):
        return '' if self.path.exists() else f'{self.path} is not built'

    def version(self):
        return capture([self.path, '--version'])

    def build(self, wasm, out):
        run(self.compile_command(wasm, out))
        return [out]

    def compile_command(self, wasm, out):
        return [self.path, 'compile', wasm, '-o', out, *self.options]


class WancoPlain(Wanco):
    name = 'wanco without checkpoints'
    options = ('--no-checkpoint',)


class PublishedWanco(Peer):
    """The first system of this name: WANCO_PUBLISHED names its compiler."""
    name = 'published Wanco'
    tools = ('wanco-published',)

    def build(self, wasm, out):
        run(self.compile_command(wasm, out))
        return [out, '--']

    def compile_command(self, wasm, out):
        return [tool(self.tools[0]), '-O3', '--checkpoint', '--restore', '-o', out, wasm]


class Wasm2c(Peer):
    name = 'wasm2c'
    tools = ('wasm2c', 'clang-19')

    def missing(self):
        if not any(folder.is_dir() for folder in WASM_RT):
            return 'the runtime sources of wasm2c are not installed'
        return super().missing()

    def build(self, wasm, out):
        if newer(out, wasm):
            return [out]
        folder = out.with_suffix('.wasm2c')
        folder.mkdir(exist_ok=True)
        run([tool('wasm2c'), '-n', 'bench', wasm, '-o', folder / 'bench.c'])
        if 'Z_bench_instantiate' not in (folder / 'bench.h').read_text():
            raise Failure('this wasm2c names things differently: peers/wasm2c_wasi.c is for wabt 1.0.32')
        runtime = next(path for path in WASM_RT if path.is_dir())
        run([tool('clang-19'), '-O3', f'-I{folder}', f'-I{runtime}', folder / 'bench.c',
             HERE / 'peers/wasm2c_wasi.c', runtime / 'wasm-rt-impl.c', '-lm', '-o', out])
        return [out]


class Node(Peer):
    """V8. Its start and its compilation (on other threads too) are part of the CPU time."""
    name = 'V8'
    tools = ('node',)

    def version(self):
        node = tool('node')
        return f'node {capture([node, "--version"])}, V8 {capture([node, "-p", "process.versions.v8"])}'

    def build(self, wasm, out):
        return [tool('node'), '--no-warnings', HERE / 'peers/node_wasi.mjs', wasm]


class Wasmtime(Peer):
    name = 'wasmtime'
    tools = ('wasmtime',)

    def build(self, wasm, out):
        run(self.compile_command(wasm, out))
        return [tool('wasmtime'), 'run', '--allow-precompiled', out]

    def compile_command(self, wasm, out):
        return [tool('wasmtime'), 'compile', '-O', 'opt-level=2', '-o', out, wasm]


class Wamr(Peer):
    name = 'wamrc'
    tools = ('wamrc', 'iwasm')
    extra = ()

    def build(self, wasm, out):
        run(self.compile_command(wasm, out))
        return [tool('iwasm'), out]

    def compile_command(self, wasm, out):
        return [tool('wamrc'), '--opt-level=3', *self.extra, '-o', out, wasm]


class WamrSegue(Wamr):
    name = 'wamrc+segue'
    extra = ('--enable-segue',)

    def missing(self):
        return super().missing() or ('' if os.uname().machine == 'x86_64' else 'x86_64 only')


class WasmEdge(Peer):
    name = 'WasmEdge'
    tools = ('wasmedge',)

    def build(self, wasm, out):
        out = out.with_suffix('.so')
        run(self.compile_command(wasm, out))
        return [tool('wasmedge'), out]

    def compile_command(self, wasm, out):
        return [tool('wasmedge'), 'compile', '--optimize', '3', wasm, out]


def find(build, wanted):
    """(peers that take part, name -> why not). wanted: 'all', 'none' or names with commas."""
    every = [Wanco(build), WancoPlain(build), PublishedWanco(), Wamr(), WamrSegue(), Wasm2c(), Node(), Wasmtime(),
             WasmEdge()]
    if wanted not in ('all', 'none'):
        unknown = set(wanted.split(',')) - {peer.name for peer in every}
        if unknown:
            raise Failure(f'unknown peer {", ".join(sorted(unknown))}; known: '
                          + ', '.join(peer.name for peer in every))
    chosen = [peer for peer in every if isinstance(peer, Wanco) or wanted == 'all'
              or (wanted != 'none' and peer.name in wanted.split(','))]
    absent = {peer.name: peer.missing() for peer in chosen if peer.missing()}
    return [peer for peer in chosen if peer.name not in absent], absent
