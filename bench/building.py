"""C programs, made native and made Wasm by the same clang."""

from measure import run
from peers import CLANG_FLAGS, tool


def native(source, out, flags=()):
    run([tool('clang-19'), *CLANG_FLAGS, *flags, source, '-lm', '-o', out])
    return out


def wasm(source, out, flags=()):
    """Compiled and linked in two steps: a link with -O would run wasm-opt where it is installed."""
    unlinked = out.with_suffix('.o')
    run([tool('clang-19'), *CLANG_FLAGS, *flags, '--target=wasm32-wasi', '-c', source, '-o', unlinked])
    run([tool('clang-19'), '--target=wasm32-wasi', unlinked, '-o', out])
    return out
