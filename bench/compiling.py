"""What compiling real programs costs: CPU time, wall time and memory, against clang -O3 on the C sources."""

import real
from measure import Failure, Progress, cpu, failure_lines, interleave, median_of, paired_ratio, ratio_text, run


def measure_one(name, folder, peers, rounds, progress):
    """Samples by compiler; 'native' is clang -O3 -c on all C sources."""
    _, wasm = real.build(name, folder)
    out = folder / 'compiled'
    out.mkdir(exist_ok=True)
    commands = {'native': real.compile_command(name, folder, out)}
    failures = {}
    for peer in peers:
        command = peer.compile_command(wasm, out / peer.name)
        if not command:
            continue
        try:
            progress.step(f'{name}: compiling, {peer.name}')
            run(command)
            commands[peer.name] = command
        except Failure as failure:
            failures[peer.name] = str(failure)
    samples = interleave(commands, rounds, lambda: progress.step(f'{name}: compiling in turn'))
    return {'program': name, 'samples': samples, 'failures': failures, 'wasm_bytes': wasm.stat().st_size}


def measure(folder, peers, rounds):
    rows = []
    progress = Progress(len(real.PROGRAMS) * ((1 + rounds) * len(peers) + rounds))
    for name in real.PROGRAMS:
        rows.append(measure_one(name, folder / name, peers, rounds, progress))
        progress.finished(f'{name}: compiled')
    progress.end()
    return rows


def table(rows):
    lines = ['On all cores; against `clang-19 -O3 -c` on the C sources, one after the other.', '',
             '| program | compiler | CPU s | wall s | CPU time against clang | peak MiB |', '|---|---|---:|---:|---:|---:|']
    for row in rows:
        for name, own in row['samples'].items():
            ratio = ratio_text(*paired_ratio(own, row['samples']['native'], cpu))
            label = 'clang-19 -O3 -c' if name == 'native' else name
            lines.append(f'| {row["program"]}, {row["wasm_bytes"] / 1e6:.1f} MB | {label} | {median_of(own, cpu):.2f} '
                         f'| {median_of(own, lambda s: s["wall"]):.2f} | {ratio} | {max(s["peak"] for s in own) / 2**20:.0f} |')
    return lines + ['', *failure_lines((who, row['program'], why) for row in rows for who, why in row['failures'].items())]
