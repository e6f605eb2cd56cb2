"""A running program that is sent signals, and what it tells of its checkpoints (--checkpoint-report)."""

import os
import re
import select
import signal
import subprocess
import threading
import time

from measure import Failure, describe

REPORT = re.compile(r'checkpoint: (\d+) frames, (\d+) bytes, (\d+) of pages, to safepoint ([\d.]+) us, '
                    r'unwind ([\d.]+) us, write ([\d.]+) us, of that disk ([\d.]+) us')
REBUILT = re.compile(r'resume: (\d+) frames, ([\d.]+) us')
STATUS_SUSPENDED = 75


class Guest:
    """Use it in a with statement; at its end the program is killed if it still runs."""

    def __init__(self, executable, options, arguments=(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                 timeout=120):
        self.command = [str(word) for word in [executable, '--checkpoint-report', *options, '--', *arguments]]
        # Before the process: to start a thread takes as long as what is measured.
        self.timer = threading.Timer(timeout, lambda: self.process.kill())
        self.timer.daemon = True
        self.timer.start()
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, bufsize=0)
        self.unread = b''  # of its stderr

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.timer.cancel()
        self.process.kill()
        self.process.wait()
        for stream in self.process.stdin, self.process.stdout, self.process.stderr:
            if stream:
                stream.close()

    def fail(self, why, said=()):
        raise Failure(f'{describe(self.command)}: {why}' + ''.join(f'; it says: {line.strip()}' for line in said[-1:]))

    def _said(self):
        """Its next line on stderr; an unbuffered stream would read it byte by byte."""
        more = True
        while b'\n' not in self.unread and more:
            more = os.read(self.process.stderr.fileno(), 4096)
            self.unread += more
        line, _, self.unread = self.unread.partition(b'\n')
        return line.decode(errors='replace')

    def _report(self, pattern):
        """The numbers of the next line on stderr of this form."""
        said = []
        while line := self._said():
            said.append(line)
            found = pattern.fullmatch(line.strip())
            if found:
                return [float(number) for number in found.groups()]
        return self.fail('it ended before it reported', said)

    def _checkpoint(self, signal_number):
        """Times in microseconds; `own` is all between signal and snapshot but waiting for the disk."""
        self.process.send_signal(signal_number)
        frames, n_bytes, page_bytes, to_safepoint, unwind, write, disk = self._report(REPORT)
        return {'frames': frames, 'bytes': n_bytes, 'page_bytes': page_bytes, 'to_safepoint': to_safepoint,
                'unwind': unwind, 'write': write, 'disk': disk, 'own': to_safepoint + unwind + write - disk}

    def rebuilt(self):
        """Microseconds that a restored program took to rebuild its frames, as soon as it goes on."""
        return self._report(REBUILT)[1]

    def checkpoint(self):
        """SIGUSR2; returns when the program goes on. `pause` is how long it did nothing of its own."""
        sample = self._checkpoint(signal.SIGUSR2)
        sample['rebuild'] = self.rebuilt()
        sample['pause'] = sample['unwind'] + sample['write'] + sample['rebuild']
        return sample

    def stop(self):
        """SIGUSR1."""
        sample = self._checkpoint(signal.SIGUSR1)
        if self.process.wait() != STATUS_SUSPENDED:
            self.fail(f'status {self.process.returncode} after a checkpoint')
        return sample

    def lines(self, n):
        """The next n lines that it prints."""
        found = [self.process.stdout.readline().decode().strip() for _ in range(n)]
        return found if all(found) else self.fail('it printed too little')

    def printed(self):
        """The lines that it has printed by now."""
        found = []
        while select.select([self.process.stdout], [], [], 0)[0]:
            line = self.process.stdout.readline()
            if not line:
                break
            found.append(line.decode().strip())
        return found

    def finish(self):
        """The lines that it still prints until it ends by itself."""
        lines = self.process.stdout.read().decode().split('\n')[:-1] if self.process.stdout else []
        if self.process.wait() != 0:
            self.fail(f'status {self.process.returncode}')
        return lines

    def has_ended(self):
        return self.process.poll() is not None


def pause_for(random, mean_seconds):
    """A time that no period of the program can agree with."""
    time.sleep(random.expovariate(1 / mean_seconds))


def memory_folder(folder):
    """A folder in memory, where writing costs least; else the one given."""
    shared = '/dev/shm'
    return shared if os.access(shared, os.W_OK) else folder
