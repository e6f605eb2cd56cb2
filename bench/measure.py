"""Running commands and counting what they cost: CPU time and memory come from the kernel's
account of the child (wait4), never from a clock around it."""

import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path


TIMEOUT = 1800  # seconds, for what has no better guess


class Failure(Exception):
    """A command did not do what the measurement needs; the text says which and why."""


def run(command, *, timeout=TIMEOUT, output=None):
    """Run to the end; returns a sample: user, system, wall (seconds), peak (bytes).
    The sample of a compiler driver includes the processes it waited for."""
    with open(output or os.devnull, 'wb') as out:
        before = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.PIPE)
        errors = _read_until_end(child, timeout, command)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - before
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        reason = errors.decode(errors='replace').strip().splitlines()
        raise Failure(f'{describe(command)}: status {child.returncode}'
                      + (f': {reason[-1]}' if reason else ''))
    return {'user': usage.ru_utime, 'system': usage.ru_stime, 'wall': wall,
            'peak': usage.ru_maxrss * 1024}


def _read_until_end(child, timeout, command):
    """What the child writes on stderr; closing it is what a child does last."""
    expired = threading.Event()

    def stop():
        expired.set()
        child.kill()

    timer = threading.Timer(timeout, stop)
    timer.start()
    errors = child.stderr.read()
    child.stderr.close()
    timer.cancel()
    if expired.is_set():
        child.wait()
        raise Failure(f'{describe(command)}: not done after {timeout:.0f} s')
    return errors


def describe(command):
    return ' '.join(Path(str(word)).name if '/' in str(word) else str(word) for word in command[:4])


def capture(command):
    """The first line a command prints, '' if it cannot run."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=60, check=False)
    except OSError:
        return ''
    return (done.stdout or done.stderr).strip().split('\n')[0]


def interleave(commands, rounds, on_step=lambda: None):
    """commands: name -> command. Every round runs each once; rounds alternate the order, so
    that drift of the machine falls on all alike. Returns name -> samples."""
    samples = {name: [] for name in commands}
    for i in range(rounds):
        for name in list(commands) if i % 2 == 0 else reversed(list(commands)):
            samples[name].append(run(commands[name]))
            on_step()
    return samples


def cpu(sample):
    return sample['user'] + sample['system']


def paired_ratio(samples, base, of=lambda sample: sample['user']):
    """Median of the ratios within one round, and the half width of their middle half, None
    if one round can't tell."""
    ratios = [of(a) / max(of(b), 1e-4) for a, b in zip(samples, base)]
    if len(ratios) == 1:
        return ratios[0], None
    low, _, high = statistics.quantiles(ratios, n=4, method='inclusive')
    return statistics.median(ratios), (high - low) / 2


def geometric_mean(ratios):
    """None of nothing."""
    ratios = list(ratios)
    return statistics.geometric_mean(ratios) if ratios else None


def ratio_text(ratio, spread):
    return f'{ratio:.2f}' + ('' if spread is None else f' ± {spread:.2f}')


def failure_lines(failures):
    """failures: (who, on what, why). Those of one reason share a line."""
    grouped = {}
    for who, what, why in failures:
        grouped.setdefault((who, why), []).append(what)
    return [f'- {who} on {", ".join(dict.fromkeys(where))}: {why}' for (who, why), where in grouped.items()]


def median_of(samples, of=lambda sample: sample['user']):
    return statistics.median(of(sample) for sample in samples)


def newer(target, *sources):
    return target.exists() and all(target.stat().st_mtime >= source.stat().st_mtime for source in sources)


def machine():
    cpu_name = 'unknown'
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith(('model name', 'Model')):
            cpu_name = line.split(':', 1)[1].strip()
            break
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    return {'cpu': cpu_name, 'cores': os.cpu_count(), 'memory': memory,
            'kernel': os.uname().release, 'isa': os.uname().machine}


def load():
    return os.getloadavg()[0]


class Progress:
    """One line on a terminal, rewritten; elsewhere a line for what is finished."""

    def __init__(self, total):
        self.total, self.done = total, 0
        self.live = sys.stderr.isatty()

    def step(self, text=''):
        self.done += 1
        self.show(text)

    def show(self, text):
        if self.live:
            print(f'\r\033[K[{self.done}/{self.total}] {text}', end='', file=sys.stderr, flush=True)

    def finished(self, text):
        if not self.live:
            print(f'[{self.done}/{self.total}] {text}', file=sys.stderr, flush=True)

    def end(self):
        if self.live:
            print('\r\033[K', end='', file=sys.stderr, flush=True)
