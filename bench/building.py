"""Making programs: C natively and to Wasm by the same clang, and Wasm by each peer. What a build took is kept beside
what it made, so that nothing is built twice in one run of the benchmarks."""

import hashlib
import json

from measure import TIMEOUT, Failure, run, sum_of
from peers import CLANG_FLAGS, tool


def native_commands(source, out, flags=()):
    return [[tool('clang-19'), *CLANG_FLAGS, *flags, source, '-lm', '-o', out]]


def wasm_commands(source, out, flags=()):
    """Compiled and linked in two steps: a link with -O would run wasm-opt where it is installed."""
    unlinked = out.with_suffix('.o')
    return [[tool('clang-19'), *CLANG_FLAGS, *flags, '--target=wasm32-wasi', '-c', source, '-o', unlinked],
            [tool('clang-19'), '--target=wasm32-wasi', unlinked, '-o', out]]


def native(source, out, flags=()):
    for command in native_commands(source, out, flags):
        run(command)
    return out


def wasm(source, out, flags=()):
    for command in wasm_commands(source, out, flags):
        run(command)
    return out


def stamp(path):
    """Changes when the file does."""
    state = path.stat()
    return f'{path} {state.st_size} {state.st_mtime_ns}'


def digest(*texts):
    return hashlib.sha256('\n'.join(texts).encode()).hexdigest()


class Builder:
    """began: tells this run of the benchmarks from others, whose builds say nothing of how long one takes now."""

    def __init__(self, began):
        self.began = began

    def make(self, out, commands, inputs, timed=True, timeout=TIMEOUT):
        """The sample of these commands, which make `out` from these files. timed: one of an older run doesn't do."""
        record = out.with_name(f'{out.name}.build.json')
        key = digest(self.began if timed else '', *(str(word) for command in commands for word in command),
                     *(stamp(path) for path in inputs))
        if out.exists() and record.exists():
            try:
                kept = json.loads(record.read_text())
                if kept['key'] == key:
                    return kept['sample']
            except (ValueError, KeyError):
                pass  # it was cut off
        record.unlink(missing_ok=True)
        sample = sum_of([run(command, timeout=timeout) for command in commands])
        if not out.exists():
            raise Failure(f'{commands[-1][0]} made no {out.name}')
        record.write_text(json.dumps({'key': key, 'sample': sample}))
        return sample

    def compile(self, peer, wasm_path, out, options=(), timeout=TIMEOUT):
        """What compiling took, None if the peer compiles as it runs; and the program that it is to run."""
        commands = peer.compile_commands(wasm_path, out, options)
        if not commands:
            return None, wasm_path
        program = peer.product(out)
        return self.make(program, commands, [wasm_path, *peer.files()], timeout=timeout), program
