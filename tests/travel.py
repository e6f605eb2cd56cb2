"""A program that goes from process to process: each saves it, at some safepoint or by a signal, and the next
restores it, by another command: of the other ISA, or of another level."""
import contextlib
import os
import random
import signal
import subprocess
import tempfile
import threading

import support

SUSPENDED = 75


class Input:
    """Bytes that processes read one after the other, each from where the last one stopped."""

    def __init__(self, content, is_pipe):
        self.file = None
        if is_pipe:
            self.fd, end = os.pipe()
            threading.Thread(target=self.feed, args=(end, content)).start()
        else:
            self.file = tempfile.TemporaryFile()
            self.file.write(content)
            self.file.seek(0)
            self.fd = self.file.fileno()

    @staticmethod
    def feed(end, content):
        try:
            with open(end, "wb") as pipe:
                pipe.write(content)
        except BrokenPipeError:
            pass  # nobody wants the rest

    def close(self):
        if self.file:
            self.file.close()
        else:
            os.close(self.fd)


def random_steps(seed):
    """Most are a few safepoints long, some hundreds; others end after some milliseconds."""
    chance = random.Random(seed)
    while True:
        if chance.random() < 0.04:
            yield chance.uniform(0, 0.01)
        else:
            yield min(int(chance.paretovariate(0.7)), 1000)


@contextlib.contextmanager
def signals_wait():
    """What is started here does not die of a signal that comes before it can take it."""
    old = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def start(command, step, stdin, cwd, env):
    """A process that gets a signal in the end, if the step is of seconds."""
    with signals_wait():
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   cwd=cwd, env=env)
    if isinstance(step, float):
        timer = threading.Timer(step, process.send_signal, [signal.SIGUSR1])
        timer.start()
    return process


def run_step(command, step, stdin, cwd, env):
    """One process, that ends after the step: so many safepoints, or seconds. None: it goes on to the end."""
    stress = ["--stress", str(step)] if isinstance(step, int) else []
    try:
        process = start(command[0] + stress + command[1], step, stdin, cwd, env)
    except OSError as error:
        return support.Result("no process", b"", str(error).encode())
    try:
        stdout, stderr = process.communicate(timeout=support.TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return support.Result("timeout", *process.communicate())
    return support.Result(process.returncode, stdout, stderr)


class Traveller:
    """Runs programs in up to n_hops hops, by the commands in turn; counts the hops of all runs."""

    def __init__(self, commands, steps, n_hops):
        self.commands, self.steps, self.n_hops = commands, steps, n_hops
        self.n_done = 0

    def run(self, words, again=(), stdin=b"", cwd=None, env=None, is_pipe=False):
        """The first process gets these words, those that restore get the words `again`. The result is of the
        last one, with the output of all."""
        source = Input(stdin, is_pipe)
        with tempfile.TemporaryDirectory(prefix="wanco-travel-") as folder:
            snapshot = os.path.join(folder, "s.wsnap")
            done = support.Result(SUSPENDED, b"", b"")
            for n in range(self.n_hops + 1):
                command = self.commands[self.n_done % len(self.commands)]
                step = next(self.steps) if n < self.n_hops else None
                before = done
                done = run_step((command, ["--checkpoint-path", snapshot, *words]), step, source.fd, cwd, env)
                done.stdout, done.stderr = before.stdout + done.stdout, before.stderr + done.stderr
                if done.status != SUSPENDED:
                    break
                self.n_done += 1
                words = ["--restore", snapshot, *again]
        source.close()
        return done
