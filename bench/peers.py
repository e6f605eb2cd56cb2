"""Who is compared: each peer says whether it is here, which version it is, and how it makes a
command that runs a Wasm program. A tool is found on PATH or by the variable of its name."""

import os
import shutil
from pathlib import Path

from measure import Failure, capture, capture_all

HERE = Path(__file__).resolve().parent
X86_64 = os.uname().machine == 'x86_64'
CLANG_FLAGS = ['-O3', '-ffp-contract=off', '-std=c17']


def tool(name):
    """The tool's path: from the variable NAME if set, else from PATH; None if absent."""
    variable = name.upper().replace('-', '_')
    return shutil.which(os.environ.get(variable, name))


def prefix(name):
    """Where the tool is installed: what belongs to it is in other folders there."""
    return Path(tool(name)).resolve().parent.parent


def as_root(folder):
    return ['--dir', f'{folder}::/']


class Peer:
    name = ''
    tools = ()
    options = ()

    def missing(self):
        """Why it cannot take part, '' if it can."""
        absent = [name for name in self.tools if not tool(name)]
        return f'{", ".join(absent)} not found' if absent else ''

    def version(self):
        """In the first tool's own words."""
        return capture([tool(self.tools[0]), '--version'])

    def describe(self):
        return f'{self.version()} `{" ".join(self.options)}`' if self.options else self.version()

    def files(self):
        """What it is made of: what it has built is good as long as these stay as they are."""
        return [Path(tool(name)) for name in self.tools]

    def product(self, out):
        """The file it makes where this one is asked for."""
        return out

    def compile_commands(self, wasm, out, options=()):
        """What makes the product ahead of time, with more options; nothing if it compiles as it runs."""
        raise NotImplementedError

    def command(self, program, root=None):
        """What runs its product (or the module, if there is none) with a folder as the guest's root; the guest's
        arguments are appended."""
        raise NotImplementedError


def wanco(build):
    """The compiler that is measured: WANCO can name another than the build's."""
    return Path(os.environ.get('WANCO', build / 'bin/wanco'))


class Wanco(Peer):
    name = 'wanco'

    def __init__(self, build):
        self.path = wanco(build)

    def missing(self):
        return '' if self.path.exists() else f'{self.path} is not built'

    def version(self):
        return capture([self.path, '--version'])

    def files(self):
        """The runtime's, too: it becomes part of each program."""
        runtime = self.path.resolve().parent.parent / 'lib/wanco'
        return [self.path, *sorted(path for path in runtime.rglob('*') if path.is_file())]

    def compile_commands(self, wasm, out, options=()):
        return [[self.path, 'compile', wasm, '-o', out, *self.options, *options]]

    def command(self, program, root=None):
        return [program, *([] if root is None else as_root(root)), '--']


class WancoPlain(Wanco):
    name = 'wanco without checkpoints'
    options = ('--no-checkpoint',)


class WancoHere(WancoPlain):
    """What peers are to be compared with that compile for the processor at hand."""
    name = 'wanco for this processor'
    options = (*WancoPlain.options, '--cpu', 'native')


class PublishedWanco(Peer):
    """The first system of this name: WANCO_PUBLISHED names its compiler."""
    name = 'published Wanco'
    tools = ('wanco-published', 'clang++-19')
    options = ('-O3', '--enable-cr')

    def version(self):
        return 'of unknown version: it tells none'

    def compile_commands(self, wasm, out, options=()):
        compiler, linker = self.tools
        return [[tool(compiler), *self.options, *options, '--clang-path', tool(linker), '-l', prefix(compiler) / 'lib',
                 '-o', out, wasm]]

    def command(self, program, root=None):
        return [program, '--']


class PublishedWancoPlain(PublishedWanco):
    name = 'published Wanco without checkpoints'
    options = ('-O3',)


class Wasm2c(Peer):
    """Compiled for the processors that wanco compiles for."""
    name = 'wasm2c'
    tools = ('wasm2c', 'clang-19')
    options = ('-O3', *(['-march=x86-64-v2', '-mtune=generic'] if X86_64 else []))

    def missing(self):
        if super().missing():
            return super().missing()
        runtime, _ = self.runtime()
        return '' if runtime.exists() else f'its runtime {runtime} not found'

    def runtime(self):
        """The folders of the sources and of the header that belong to this wasm2c."""
        return prefix('wasm2c') / 'share/wabt/wasm2c', prefix('wasm2c') / 'include'

    def compile_commands(self, wasm, out, options=()):
        runtime, header = self.runtime()
        source = out.parent / 'bench.c'
        old_names = ['-DWABT_1_0_32'] if self.version() == '1.0.32' else []
        return [[tool('wasm2c'), '-n', 'bench', wasm, '-o', source],
                [tool('clang-19'), *self.options, *options, *old_names, f'-I{out.parent}', f'-I{runtime}', f'-I{header}',
                 source, HERE / 'peers/wasm2c_wasi.c', *runtime.glob('wasm-rt*impl.c'), '-lm', '-o', out]]

    def command(self, program, root=None):
        return [program]


class Wasm2cSegue(Wasm2c):
    """Addresses memory by the segment register gs."""
    name = 'wasm2c+segue'
    options = (*Wasm2c.options, '-mfsgsbase', '-DWASM_RT_ALLOW_SEGUE=1', '-DWASM_RT_SEGUE_FREE_SEGMENT=1')

    def missing(self):
        if super().missing():
            return super().missing()
        if not X86_64:
            return 'x86_64 only'
        header = self.runtime()[1] / 'wasm-rt.h'
        return '' if 'WASM_RT_ALLOW_SEGUE' in header.read_text() else 'this wasm2c is older than segue'


class Node(Peer):
    """V8. Its start and its compilation (on other threads too) are part of the CPU time."""
    name = 'V8'
    tools = ('node',)

    def version(self):
        node = tool('node')
        return f'node {capture([node, "--version"])}, V8 {capture([node, "-p", "process.versions.v8"])}'

    def compile_commands(self, wasm, out, options=()):
        return []

    def command(self, program, root=None):
        return [tool('node'), '--no-warnings', HERE / 'peers/node_wasi.mjs', *([] if root is None else as_root(root)),
                program]


class Wasmtime(Peer):
    """Compiles for the processor at hand."""
    name = 'wasmtime'
    tools = ('wasmtime',)
    options = ('-O', 'opt-level=2')

    def compile_commands(self, wasm, out, options=()):
        return [[tool('wasmtime'), 'compile', *self.options, *options, '-o', out, wasm]]

    def command(self, program, root=None):
        return [tool('wasmtime'), 'run', '--allow-precompiled', *([] if root is None else as_root(root)), program]


class Wamr(Peer):
    """Compiles for the processor at hand."""
    name = 'wamrc'
    tools = ('wamrc', 'iwasm')
    options = ('--opt-level=3',)

    def compile_commands(self, wasm, out, options=()):
        return [[tool('wamrc'), *self.options, *options, '-o', out, wasm]]

    def command(self, program, root=None):
        return [tool('iwasm'), *([] if root is None else [f'--map-dir=/::{root}']), program]


class WamrSegue(Wamr):
    name = 'wamrc+segue'
    options = (*Wamr.options, '--enable-segue')

    def missing(self):
        return super().missing() or ('' if X86_64 else 'x86_64 only')


class WasmEdge(Peer):
    """Compiles for the processor at hand."""
    name = 'WasmEdge'
    tools = ('wasmedge',)
    options = ('--optimize', '3')

    def product(self, out):
        """It runs as compiled code only what ends so."""
        return out.with_name(f'{out.name}.so')

    def compile_commands(self, wasm, out, options=()):
        return [[tool('wasmedge'), 'compile', *self.options, *options, wasm, self.product(out)]]

    def version(self):
        """Without its path, which it tells, too."""
        return f'wasmedge {super().version().split(" version ")[-1]}'

    def mode(self):
        """After 0.17 it refuses compiled code unless it is told to expect it, before it did not know the words."""
        return ['--run-mode', 'aot'] if '--run-mode' in capture_all([tool('wasmedge'), 'run', '--help']) else []

    def command(self, program, root=None):
        return [tool('wasmedge'), 'run', *self.mode(), *([] if root is None else ['--dir', f'/:{root}']), program]


def find(build, wanted):
    """(peers that take part, name -> why not). wanted: 'all', 'none' or names with commas."""
    always = [Wanco(build), WancoPlain(build)]
    every = [*always, WancoHere(build), PublishedWanco(), PublishedWancoPlain(), Wamr(), WamrSegue(), Wasm2c(),
             Wasm2cSegue(), Node(), Wasmtime(), WasmEdge()]
    if wanted not in ('all', 'none'):
        unknown = set(wanted.split(',')) - {peer.name for peer in every}
        if unknown:
            raise Failure(f'unknown peer {", ".join(sorted(unknown))}; known: '
                          + ', '.join(peer.name for peer in every))
    chosen = [peer for peer in every if peer in always or wanted == 'all'
              or (wanted != 'none' and peer.name in wanted.split(','))]
    absent = {peer.name: peer.missing() for peer in chosen if peer.missing()}
    return [peer for peer in chosen if peer.name not in absent], absent
