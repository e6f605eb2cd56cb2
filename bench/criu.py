"""CRIU, the checkpointing of whole Linux processes: finding one that works here, and what it is asked to do."""

import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from measure import Failure, capture
from peers import tool

FETCHED = Path('criu/criu')  # below the bench folder, where scripts/fetch-criu BUILD/bench/criu puts it
STATISTICS = re.compile(r'Freezing time: (\d+) us\s+Frozen time: (\d+) us')
PR_SET_CHILD_SUBREAPER, CLONE_NEWNS = 36, 0x20000
PAGE_SERVER_PORT = 27015
MODES = ('files', 'page server', 'lazy pages')


def find(folder):
    """(path, '') or (None, why there is none): CRIU on PATH, in the variable CRIU, or fetched."""
    reasons = []
    for path in filter(None, [tool('criu'), folder / FETCHED]):
        if not Path(path).exists():
            continue
        check = subprocess.run([path, 'check'], capture_output=True, text=True, check=False)
        if check.returncode == 0:
            return path, ''
        said = [line.strip() for line in (check.stderr + check.stdout).splitlines() if 'Error' in line]
        reasons.append(f'{version(path)} does not work here' + (f': {said[-1]}' if said else ''))
    return None, f'{"; ".join(reasons) or "not found"}; scripts/fetch-criu {folder / FETCHED.parent} gets a newer one'


def version(path):
    return f'CRIU {capture([path, "--version"]).removeprefix("Version: ")}'


def words_of(path):
    """Its words. What scripts/fetch-criu makes is a shell script, and the shell's time is none of CRIU's."""
    with open(path, 'rb') as file:
        text = file.read(4096)
    if not text.startswith(b'#!/bin/sh\n'):
        return [str(path)]
    words = shlex.split(text.decode().splitlines()[1])
    return words[1:-1] if words[:1] == ['exec'] and words[-1] == '$@' else [str(path)]


def enter_warm_place():
    """A private /run in memory, as installed systems have it: CRIU keeps there what it has found out about the
    kernel, and without would find it out in every run. Restored processes become our children."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if not is_in_memory('/run') and libc.unshare(CLONE_NEWNS) == 0:
        subprocess.run(['mount', '--make-rprivate', '/'], check=False)
        subprocess.run(['mount', '-t', 'tmpfs', 'none', '/run'], check=False)


def is_in_memory(folder):
    found = subprocess.run(['stat', '-f', '-c', '%T', folder], capture_output=True, text=True, check=False)
    return found.stdout.strip() == 'tmpfs'


def sync_files(folder):
    """Seconds until all files of a folder are on the disk; CRIU does not wait for that."""
    before = time.monotonic()
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    return time.monotonic() - before


class Process:
    """A native process that CRIU moves. Use it in a with statement; what is left at its end is killed."""

    def __init__(self, path, command, out, folder, mode='files'):
        self.criu, self.folder, self.mode = words_of(path), folder, mode
        self.servers = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with open(out, 'wb') as stream:
            child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=stream,
                                     stderr=stream, start_new_session=True)
        self.pid = child.pid
        child.returncode = 0  # its process number comes back with the restore: it is waited for here
        self.running = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for server in self.servers:
            server.kill()
            server.wait()

    def _run(self, *words):
        """(seconds, what it printed)"""
        call = [*self.criu, *map(str, words), '-D', str(self.folder), '--display-stats']
        # A file, and a plain wait: a pipe that is read, or a wait with a time limit, would see the end later.
        with tempfile.TemporaryFile() as out:
            process = None
            timer = threading.Timer(120, lambda: process.kill())
            timer.daemon = True
            timer.start()
            before = time.monotonic()
            process = subprocess.Popen(call, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            status = process.wait()
            seconds = time.monotonic() - before
            timer.cancel()
            out.seek(0)
            text = out.read().decode(errors='replace')
        if status != 0:
            said = [line for line in text.splitlines() if 'RLIMIT_NOFILE' not in line] or ['no reason given']
            raise Failure(f'criu {words[0]}: status {status}: {said[-1].strip()}')
        return seconds, text

    def _serve(self, *words):
        """A server of CRIU's, ready when it says so; on the loopback device only."""
        ready, said = os.pipe()
        self.servers.append(subprocess.Popen([*self.criu, *map(str, words), '-D', self.folder, '--status-fd', str(said)],
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[said]))
        os.close(said)
        if not os.read(ready, 1):
            raise Failure(f'criu {words[0]} did not start')
        os.close(ready)

    def checkpoint(self):
        """Seconds of all, until it stood still, how long it did, and of waiting for the disk; bytes of all images. The
        process is gone afterwards."""
        extra = []
        if self.mode == 'page server':
            self._serve('page-server', '--address', '127.0.0.1', '--port', PAGE_SERVER_PORT)
            extra = ['--page-server', '--address', '127.0.0.1', '--port', PAGE_SERVER_PORT]
        wall, said = self._run('dump', '-t', self.pid, *extra)
        for server in self.servers:
            server.wait(timeout=20)
        os.waitpid(self.pid, 0)
        self.running = False
        stopping, frozen = (int(number) / 1e6 for number in STATISTICS.search(said).groups())
        return {'wall': wall, 'stopping': stopping, 'frozen': frozen, 'disk': sync_files(self.folder),
                'bytes': sum(path.stat().st_size for path in self.folder.iterdir())}

    def restore(self):
        """Seconds until the process runs again."""
        extra = []
        before = time.monotonic()
        if self.mode == 'lazy pages':
            self._serve('lazy-pages')
            extra = ['--lazy-pages']
        self._run('restore', '-d', *extra)
        self.running = True
        return time.monotonic() - before

    def finish(self, seconds=120):
        end = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                raise Failure(f'after criu restore: not done after {seconds} s')
            time.sleep(0.002)
        self.running = False
        if status != 0:
            raise Failure(f'after criu restore: {describe_status(status)}')


def describe_status(status):
    code = os.waitstatus_to_exitcode(status)
    return f'status {code}' if code >= 0 else signal.Signals(-code).name

