#!/usr/bin/python3 -u
"""run_wasi.py --build DIR [NAME...]: what a guest has of the host, saved by a signal and restored on either ISA.

Every call that waits is interrupted in its wait; servers, files without a name, files that were changed."""
import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import run_programs
import support

HERE = os.path.dirname(os.path.abspath(__file__))
SUSPENDED = 75
SETTLE_SECONDS = 0.1  # from the line "ready" until the call is made


class Guests:
    """The sources of tests/wasi, compiled for each ISA."""

    def __init__(self, build, isas):
        self.build, self.isas = build, isas
        self.problems = []
        self.folder = None  # of the check in progress
        os.makedirs(os.path.join(build.folder, "wasi"), exist_ok=True)
        os.makedirs(os.path.join(build.folder, "programs"), exist_ok=True)
        for source in sorted(os.listdir(os.path.join(HERE, "wasi"))):
            program = run_programs.Program(os.path.join(HERE, "wasi", source))
            wasm = run_programs.wasm_from_c(build, program)
            for isa in isas:
                done = support.run([build.wanco, "compile", wasm, "-o", self.path(source[:-2], isa), "--target", isa])
                if done.status != 0:
                    raise SystemExit(done.stderr.decode())

    def path(self, name, isa):
        return os.path.join(self.build.folder, "wasi", f"{name}.{isa}")

    def start(self, name, isa, *words):
        command = [*self.build.emulator(isa), self.path(name, isa), "--dir", "data", "--checkpoint-path", "s.wsnap"]
        return subprocess.Popen([*command, *words], cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def save(self, process):
        """SIGUSR1; the process must end as suspended. Its pipes stay open."""
        process.send_signal(signal.SIGUSR1)
        try:
            status = process.wait(support.TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = "timeout"
        if status != SUSPENDED:
            self.problems.append(f"status {status} instead of {SUSPENDED}: {process.stderr.read()[-300:]!r}")

    def expect(self, what, done, status, text):
        """text: what stdout and stderr hold together."""
        if done.status != status:
            self.problems.append(f"{what}: status {done.status} instead of {status}")
        if text not in done.stdout + done.stderr:
            self.problems.append(f"{what}: {done.stdout[:200]!r} {done.stderr[:400]!r} instead of {text!r}")

    def file(self, path):
        return os.path.join(self.folder, "data", path)

    def pairs(self):
        """Each ISA to save on, and the other one to restore on."""
        return zip(self.isas, reversed(self.isas))


def find_address():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()


def text_of(address):
    return f"{address[0]}:{address[1]}"


def connect(address):
    """Tries until the guest listens."""
    deadline = time.monotonic() + support.TIMEOUT_SECONDS
    while True:
        try:
            return socket.create_connection(address, timeout=support.TIMEOUT_SECONDS)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def wait_until_ready(guest):
    line = guest.stderr.readline()
    time.sleep(SETTLE_SECONDS)
    return line == b"ready\n"


def suspend(g, isa, call, *words):
    """A guest in a call that waits: it is saved, goes on, is saved again and ends."""
    guest = g.start("waiting", isa, *words, "--", call)
    return finish_suspending(g, guest, call)


def finish_suspending(g, guest, call):
    if not wait_until_ready(guest):
        g.problems.append(f"{call}: not ready")
    guest.send_signal(signal.SIGUSR2)
    time.sleep(SETTLE_SECONDS)
    g.save(guest)


def check_input(g):
    """fd_read and poll_oneoff that wait for input."""
    for save, restore in g.pairs():
        for call, text in ("read", b"read: hello\n"), ("poll", b"poll: 1 after less\n"):
            suspend(g, save, call)
            done = support.finish(g.start("waiting", restore, "--restore", "s.wsnap"), b"hello")
            g.expect(f"{call}, {save} to {restore}", done, 0, text)


def check_timeout(g):
    """poll_oneoff waits only for what was left of its time."""
    for save, restore in g.pairs():
        guest = g.start("waiting", save, "--", "timeout")
        wait_until_ready(guest)
        time.sleep(1.5)
        g.save(guest)
        since = time.monotonic()
        guest = g.start("waiting", restore, "--restore", "s.wsnap")
        text = guest.stderr.readline()  # before its input ends
        passed = time.monotonic() - since
        g.expect(f"{save} to {restore}", support.Result(guest.wait(), text, b""), 0, b"poll: 0 after all of it\n")
        if passed > 2.7:
            g.problems.append(f"{save} to {restore}: waited {passed:.1f} s of 1.5 that were left")
        support.finish(guest)


def check_output(g):
    """fd_write into a pipe that is full: nothing is lost, nothing is written twice."""
    for save, restore in g.pairs():
        guest = g.start("waiting", save, "--", "write")
        finish_suspending(g, guest, "write")
        n_before = len(guest.stdout.read())
        done = support.finish(g.start("waiting", restore, "--restore", "s.wsnap"))
        total = n_before + len(done.stdout)
        g.expect(f"{save} to {restore}", done, 0, b"write: %d" % total)


def check_sockets(g):
    """sock_accept waits on; sock_recv and sock_send find the connection reset."""
    for save, restore in g.pairs():
        address = find_address()
        words = ["--listen", text_of(address)]
        suspend(g, save, "accept", *words)
        guest = g.start("waiting", restore, "--restore", "s.wsnap", *words)
        with connect(address) as client:
            client.sendall(b"hello")
            g.expect(f"accept, {save} to {restore}", support.finish(guest), 0, b"accepted, and received: hello\n")
        for call in "recv", "send":
            guest = g.start("waiting", save, *words, "--", call)
            with connect(address):
                finish_suspending(g, guest, call)
            done = support.finish(g.start("waiting", restore, "--restore", "s.wsnap", *words))
            g.expect(f"{call}, {save} to {restore}", done, 0, b"%s: -1 Connection reset" % call.encode())


def check_pipes(g):
    """path_open of a pipe that has no writer, and fd_read of one that has one."""
    for save, restore in g.pairs():
        os.mkfifo(g.file("pipe"))
        suspend(g, save, "open-pipe")
        guest = g.start("waiting", restore, "--restore", "s.wsnap")
        with open(g.file("pipe"), "wb") as writer:
            writer.write(b"first")
        g.expect(f"open, {save} to {restore}", support.finish(guest), 0, b"open-pipe: first\n")
        guest = g.start("waiting", save, "--", "read-pipe")
        with open(g.file("pipe"), "wb"):
            finish_suspending(g, guest, "read-pipe")
        guest = g.start("waiting", restore, "--restore", "s.wsnap")
        with open(g.file("pipe"), "wb") as writer:
            writer.write(b"second")
        g.expect(f"read, {save} to {restore}", support.finish(guest), 0, b"read-pipe: second\n")
        os.unlink(g.file("pipe"))


def check_server(g):
    """A server goes on at a new address; its client of before finds the connection ended, and it too."""
    for save, restore in g.pairs():
        old, new = find_address(), find_address()
        guest = g.start("server", save, "--listen", text_of(old))
        with connect(old) as client:
            client.sendall(b"before")
            answer = client.recv(100)
            g.save(guest)
            rest = client.recv(100)
        if answer != b"before" or rest != b"":
            g.problems.append(f"{save}: answered {answer!r}, then {rest!r}")
        done = support.finish(g.start("server", restore, "--restore", "s.wsnap"))
        g.expect(f"{restore}, no address", done, 2, b"add --listen " + text_of(old).encode())
        with socket.socket() as taken:
            taken.bind(new)
            taken.listen()
            done = support.finish(g.start("server", restore, "--restore", "s.wsnap", "--listen", text_of(new)))
            g.expect(f"{restore}, taken", done, 2, b"cannot listen on " + text_of(new).encode())
        guest = g.start("server", restore, "--restore", "s.wsnap", "--listen", text_of(new))
        with connect(new) as client:
            client.sendall(b"end")
            client.recv(100)
            g.expect(f"{save} to {restore}", support.finish(guest), 0, b"Connection reset by peer\nbytes: 9\n")


def save_log(g, isa, lines):
    """A guest that has data/log open, saved; its answers."""
    guest = g.start("log", isa)
    answers = []
    for line in lines:
        guest.stdin.write(line)
        guest.stdin.flush()
        answers.append(guest.stdout.readline())
    time.sleep(SETTLE_SECONDS)
    g.save(guest)
    return answers


def check_changed_files(g):
    """A file that is missing, or others have written to: an error, or a warning and the guest goes on."""
    relaxed = ["--restore", "s.wsnap", "--restore-files", "relaxed"]
    for save, restore in g.pairs():
        if save_log(g, save, [b"one\n", b"two\n"]) != [b"4\n", b"8\n"]:
            g.problems.append(f"{save}: the log has another length")
        os.rename(g.file("log"), g.file("kept"))
        shutil.copy2(g.file("kept"), g.file("log"))
        done = support.finish(g.start("log", restore, "--restore", "s.wsnap"), b"three\n")
        g.expect(f"{restore}, a copy", done, 0, b"14\n")
        done = support.finish(g.start("log", restore, "--restore", "s.wsnap"), b"three\n")
        g.expect(f"{restore}, longer", done, 2, b"'data/log' has 14 bytes, but had 8 at the checkpoint")
        done = support.finish(g.start("log", restore, *relaxed), b"four\n")
        g.expect(f"{restore}, longer", done, 0, b"19\n")
        g.expect(f"{restore}, longer", done, 0, b"warning: 'data/log' has 14 bytes")
        shutil.copy(g.file("kept"), g.file("log"))
        done = support.finish(g.start("log", restore, "--restore", "s.wsnap"), b"three\n")
        g.expect(f"{restore}, changed", done, 2, b"'data/log' was changed after the checkpoint")
        os.unlink(g.file("log"))
        done = support.finish(g.start("log", restore, "--restore", "s.wsnap"), b"three\n")
        g.expect(f"{restore}, missing", done, 2, b"'data/log' does not exist, but the guest has it open: put it there")
        done = support.finish(g.start("log", restore, *relaxed), b"three\n")
        g.expect(f"{restore}, missing", done, 0, b"-1\n")
        os.unlink(g.file("kept"))


def check_renamed_files(g):
    """A file is found by the name it has now, and goes on where others have appended before the checkpoint."""
    for save, restore in g.pairs():
        guest = g.start("log", save)
        guest.stdin.write(b"one\n")
        guest.stdin.flush()
        guest.stdout.readline()
        os.mkdir(g.file("sub"))
        os.rename(g.file("log"), g.file("sub/renamed"))
        with open(g.file("sub/renamed"), "ab") as log:
            log.write(b"other\n")
        time.sleep(SETTLE_SECONDS)
        g.save(guest)
        done = support.finish(g.start("log", restore, "--restore", "s.wsnap"), b"two\n")
        g.expect(f"{save} to {restore}", done, 0, b"14\n")
        if os.path.exists(g.file("log")):
            g.problems.append(f"{restore}: the old name is there again")
        shutil.rmtree(g.file("sub"))


def check_large_unlinked_files(g):
    """A file without a name that is too large: a line that says so, and the guest goes on; unless it may be."""
    for isa in g.isas:
        for options, status, text in (([], SUSPENDED, b""), (["--max-unlinked", "3"], 0, b"--max-unlinked")):
            guest = g.start("log", isa, *options)
            guest.stdin.write(b"one\n")
            guest.stdin.flush()
            guest.stdout.readline()
            os.unlink(g.file("log"))
            time.sleep(SETTLE_SECONDS)
            guest.send_signal(signal.SIGUSR1)
            if status == SUSPENDED:
                guest.wait(support.TIMEOUT_SECONDS)
            else:
                text += guest.stderr.readline()
            g.expect(f"{isa} {options}", support.finish(guest), status, b"")
            if options and b"is an unlinked file of 4 bytes" not in text:
                g.problems.append(f"{isa}: {text!r}")


CHECKS = (check_input, check_timeout, check_output, check_sockets, check_pipes, check_server, check_changed_files,
          check_renamed_files, check_large_unlinked_files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("names", nargs="*", help="of the checks to make")
    options = parser.parse_args()
    build, tally = support.Build(options.build), support.Tally()
    isas = [isa for isa in support.ISAS if build.why_not(isa) is None]
    for isa in set(support.ISAS) - set(isas):
        tally.skip(f"WASI on {isa}", build.why_not(isa))
    no_c = support.why_no_wasm_from_c()
    if no_c:
        tally.skip("WASI", no_c, len(CHECKS))
        return tally.finish()
    guests = Guests(build, isas)
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        if not options.names or name in options.names:
            with tempfile.TemporaryDirectory(prefix="wanco-wasi-") as guests.folder:
                os.mkdir(guests.file(""))
                check(guests)
            tally.check(name, guests.problems)
            guests.problems = []
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
