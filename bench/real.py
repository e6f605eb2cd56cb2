"""Real programs from Debian's source packages, each a library with work of ours that needs neither files nor a
clock: so every peer runs it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from measure import Failure, run
from peers import CLANG_FLAGS, tool

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / 'tests/real'
# Headers that wasi-libc lacks come from where the tests have them, none from the machine's own C library.
WASM = ['--target=wasm32-wasi', '-nostdlibinc', '-isystem', TESTS / 'wasi', '-isystem', '/usr/include/wasm32-wasi']


@dataclass
class Program:
    package: str
    sources: list                       # patterns below the package's sources
    includes: list = field(default_factory=lambda: ['.'])
    flags: list = field(default_factory=list)
    prepare: object = None              # makes the sources; given their folder


def make_amalgamation(source):
    """sqlite3.c is made by scripts in Tcl."""
    if not (source / 'sqlite3.c').exists():
        run(['env', '-C', source, './configure', '--disable-tcl', '--disable-readline'])
        run(['make', '-C', source, 'sqlite3.c'])


PROGRAMS = {
    'brotli': Program('brotli', ['c/common/*.c', 'c/enc/*.c', 'c/dec/*.c'], ['c/include']),
    # Without a C library's setjmp an error ends the program: the work makes none.
    'lua': Program('lua5.4', ['src/l[!uio]*.c', 'src/lo[bp]*.c', 'src/lu[nt]*.c'], ['src'],
                   [f'-I{TESTS}/include', '-D_WASI_EMULATED_SIGNAL', '-DLUAI_THROW(L,c)=abort()',
                    '-DLUAI_TRY(L,c,a)=if((c)->status==0){a}', '-Dluai_jmpbuf=int', '-Dluai_makeseed(L)=42',
                    '-Dl_randomizePivot()=42']),
    'sqlite3': Program('sqlite3', ['sqlite3.c'], ['.'],
                       ['-DSQLITE_THREADSAFE=0', '-DSQLITE_OS_OTHER=1', '-DSQLITE_TEMP_STORE=3',
                        '-DSQLITE_OMIT_LOAD_EXTENSION'], make_amalgamation),
    'zstd': Program('libzstd', ['lib/common/*.c', 'lib/compress/*.c', 'lib/decompress/*.c'], ['lib'],
                    ['-DZSTD_DISABLE_ASM']),
}


def fetch(program, folder):
    """The folder of its sources, fetched once; REAL_SOURCES can name one that has a folder for each package."""
    place = Path(os.environ.get('REAL_SOURCES', folder.parent / 'sources'))
    if not (place / program.package).exists():
        run([HERE.parent / 'scripts/fetch-sources', place, program.package])
    source = place / program.package
    if program.prepare:
        program.prepare(source)
    return source


def sources_of(name, folder):
    """All C files of the program, the work last; and the flags that each needs."""
    program, source = PROGRAMS[name], fetch(PROGRAMS[name], folder)
    files = sorted(path for pattern in program.sources for path in source.glob(pattern))
    if not files:
        raise Failure(f'{name}: no sources in {source}')
    flags = [*CLANG_FLAGS, '-w', *program.flags, *(f'-I{source / include}' for include in program.includes)]
    return [*files, HERE / f'real/{name}-work.c'], flags


def commands(name, native, wasm):
    """What makes the executable, what makes the module, and the files they are made of."""
    files, flags = sources_of(name, native.parent)

    def made(out, target, libraries):
        objects = [out.with_name(f'{out.name}.{i}.o') for i in range(len(files))]
        return [*([tool('clang-19'), *flags, *target, '-c', file, '-o', made] for file, made in zip(files, objects)),
                [tool('clang-19'), *target, *objects, *libraries, '-o', out], ['rm', *objects]]
    return made(native, [], ['-lm']), made(wasm, WASM, []), files
