"""What WASI adds to input and output: a file is written and read in blocks, against the same C program made native.
The file lies in memory, so that the disk does not hide the difference."""

import shutil
import tempfile
from pathlib import Path

import building
from measure import interleave, run
from peers import HERE
from stats import cpu, median_of, paired_ratio, ratio_text

# block, bytes in all
CASES = {'256 MiB in calls of 4 KiB': (4096, 256 << 20), '1 MB in calls of one byte': (1, 1000000)}


def build(wanco, folder):
    folder.mkdir(parents=True, exist_ok=True)
    building.native(HERE / 'guests/io.c', folder / 'io-native')
    wasm = building.wasm(HERE / 'guests/io.c', folder / 'io.wasm')
    run([wanco, 'compile', wasm, '-o', folder / 'io'])


def measure(wanco, folder, rounds):
    """Case -> samples of native and of wanco, which take turns."""
    build(wanco, folder)
    scratch = Path(tempfile.mkdtemp(prefix='wanco-io-', dir='/dev/shm' if Path('/dev/shm').is_dir() else folder))
    try:
        file, cases = scratch / 'file', {}
        for name, size in CASES.items():
            commands = {'native': [folder / 'io-native', *size, file], 'wanco': [folder / 'io', '--dir', scratch, *size, file]}
            cases[name] = interleave(commands, rounds, cpu)
        return {'cases': cases}
    finally:
        shutil.rmtree(scratch)


def table(data):
    lines = ['| a file, written and read | native, s | wanco / native |', '|---|---|---|']
    for name, samples in data['cases'].items():
        ratio = ratio_text(*paired_ratio(samples['wanco'], samples['native'], cpu))
        lines.append(f'| {name} | {median_of(samples["native"], cpu):.2f} | {ratio} |')
    return [*lines, '', 'CPU time, of the system too.']
