"""The largest modules at hand, from npm: what compiling them costs in time and memory."""

import os
import re
import subprocess
import tarfile
from pathlib import Path

from measure import Failure, cpu, run

# package, the module inside it, options: ruby imports functions of a JavaScript host, so that
# it can be compiled but not linked.
MODULES = {
    'yosys': ('@yowasp/yosys', 'yosys.core.wasm', []),
    'ruby': ('@ruby/3.4-wasm-wasi', 'ruby.wasm', ['--emit', 'obj']),
    'ruby+stdlib': ('@ruby/3.4-wasm-wasi', 'ruby+stdlib.wasm', ['--emit', 'obj']),
    'clang': ('@yowasp/clang', 'llvm.core.wasm', []),
}


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
    package, file, _ = MODULES[name]
    out = folder / f'{name}.wasm'
    if out.exists():
        return out
    with tarfile.open(archive(package, folder)) as tar:
        member = next((m for m in tar.getmembers() if Path(m.name).name == file), None)
        if member is None:
            raise Failure(f'{package} has no {file}')
        out.write_bytes(tar.extractfile(member).read())
    return out


def measure(wanco, folder, names, level, timeout):
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for name in names or MODULES:
        result = {'module': name, 'level': level}
        try:
            if name not in MODULES:
                raise Failure(f'unknown; known: {" ".join(MODULES)}')
            wasm, out = module(name, folder), folder / f'{name}{level}'
            result['wasm_bytes'] = wasm.stat().st_size
            command = [wanco, 'compile', wasm, '-o', out, level, '--no-checkpoint', *MODULES[name][2]]
            result['sample'] = run(command, timeout=timeout)
            result['bytes'] = out.stat().st_size
        except Failure as failure:
            result['failure'] = str(failure)
        results.append(result)
        print(table([result])[-1], flush=True)
    return results


def table(results):
    lines = ['| module | MB of Wasm | level | wall s | CPU s | peak MiB | MB out |', '|---|---:|---|---:|---:|---:|---:|']
    for result in results:
        if 'failure' in result:
            lines.append(f'| {result["module"]} | {result["failure"]} | | | | | |')
            continue
        sample = result['sample']
        lines.append(f'| {result["module"]} | {result["wasm_bytes"] / 1e6:.0f} | {result["level"]} | {sample["wall"]:.0f} '
                     f'| {cpu(sample):.0f} | {sample["peak"] / 2**20:.0f} | {result["bytes"] / 1e6:.0f} |')
    return lines
