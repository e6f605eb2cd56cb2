"""How long hello world takes to start, against an empty static C program, and how large it is."""

import shutil
import statistics

import building
from measure import Failure, run
from peers import HERE

FLOOR_STARTS = 100
HELLO = '#include <stdio.h>\nint main(void)\n{\n    puts("hello, world");\n    return 0;\n}\n'
EMPTY = 'int main(void)\n{\n    return 0;\n}\n'


def build_empty(folder):
    (folder / 'empty.c').write_text(EMPTY)
    return building.native(folder / 'empty.c', folder / 'empty', ['-static'])


def build(wanco, folder):
    """Programs by name, all static."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'hello.c').write_text(HELLO)
    native = building.native(folder / 'hello.c', folder / 'hello-native', ['-static'])
    wasm = building.wasm(folder / 'hello.c', folder / 'hello.wasm')
    run([wanco, 'compile', wasm, '-o', folder / 'hello', '--no-checkpoint'])
    return {'empty C, static': build_empty(folder), 'hello C, static': native, 'hello Wasm': folder / 'hello'}


def stripped_bytes(path):
    copy = path.with_suffix('.stripped')
    shutil.copy(path, copy)
    run(['strip', copy])
    return copy.stat().st_size


def spawn_times(commands, folder, times):
    """Nanoseconds that commands take, name -> one for each time; they take turns."""
    out, spawner = folder / 'times.txt', folder / 'spawn_times'
    building.native(HERE / 'spawn_times.c', spawner, ['-static'])
    run([spawner, times, *('\n'.join(str(word) for word in command) for command in commands.values())], output=out)
    samples = {name: [] for name in commands}
    for line in out.read_text().splitlines():
        which, nanoseconds = line.split()
        samples[list(commands)[int(which)]].append(int(nanoseconds))
    if any(len(own) != times for own in samples.values()):
        raise Failure('spawn_times did not report every start')
    return samples


def floor(folder):
    """Seconds that a process takes at least, from its start to its end."""
    return statistics.median(spawn_times({'empty': [build_empty(folder)]}, folder, FLOOR_STARTS)['empty']) / 1e9


def measure(wanco, folder, times):
    programs = build(wanco, folder)
    samples = spawn_times({name: [path] for name, path in programs.items()}, folder, times)
    sizes = {name: {'bytes': path.stat().st_size, 'stripped': stripped_bytes(path)}
             for name, path in programs.items()}
    return {'nanoseconds': samples, 'sizes': sizes}


def table(result):
    samples, sizes = result['nanoseconds'], result['sizes']
    base = next(iter(samples.values()))
    lines = ['| program | min ms | median ms | median over the empty one | size KiB | stripped KiB |',
             '|---|---:|---:|---:|---:|---:|']
    for name, own in samples.items():
        over = (statistics.median(own) - statistics.median(base)) / 1e6
        lines.append(f'| {name} | {min(own) / 1e6:.2f} | {statistics.median(own) / 1e6:.2f} | {over:+.2f} '
                     f'| {sizes[name]["bytes"] / 1024:.0f} | {sizes[name]["stripped"] / 1024:.0f} |')
    return lines
