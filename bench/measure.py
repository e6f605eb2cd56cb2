"""Running commands and counting what they cost: CPU time and memory come from the kernel's
account of the child (wait4), never from a clock around it."""

import os
import subprocess
import threading
import time
from pathlib import Path

from stats import ratios, user

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
        try:
            errors = _read_until_end(child, timeout, command)
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            raise
        wall = time.monotonic() - before
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        reason = errors.decode(errors='replace').strip().splitlines()
        raise Failure(f'{describe(command)}: status {child.returncode}'
                      + (f': {reason[-1][:200]}' if reason else ''))
    return {'user': usage.ru_utime, 'system': usage.ru_stime, 'wall': wall,
            'peak': usage.ru_maxrss * 1024}


def _read_until_end(child, timeout, command):
    """What the child writes on stderr; closing it is what a child does last."""
    expired = threading.Event()

    def stop():
        expired.set()
        child.kill()

    timer = threading.Timer(timeout, stop)
    timer.daemon = True  # who ends the benchmarks may do so before it is cancelled
    try:
        timer.start()
        errors = child.stderr.read()
    finally:
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
    return capture_all(command).split('\n')[0]


def capture_all(command):
    """What it prints, '' if it cannot run."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return (done.stdout or done.stderr).strip()


def interleave(commands, rounds, of=user, on_step=lambda: None):
    """commands: name -> command, the first what the others are compared with. A round runs each once that has not
    settled, and the first; rounds alternate the order, so that drift of the machine falls on all alike. Returns name
    -> samples; those of one index belong to one round."""
    base, samples = next(iter(commands)), {name: [] for name in commands}

    def settled(name):
        own = samples[name]
        return rounds.settled(ratios(own, samples[base], of) if len(commands) > 1 else [of(sample) for sample in own])

    for i in range(rounds.most):
        running = [name for name in commands if not settled(name)]
        if not running:
            break
        running = list(dict.fromkeys([base, *running]))
        for name in running if i % 2 == 0 else reversed(running):
            samples[name].append(run(commands[name]))
            on_step()
    return samples


def sum_of(samples):
    """The sample of commands that ran one after the other."""
    total = {field: sum(sample[field] for sample in samples) for field in ('user', 'system', 'wall')}
    return total | {'peak': max(sample['peak'] for sample in samples)}


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
