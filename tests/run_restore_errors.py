#!/usr/bin/python3 -u
"""run_restore_errors.py --build DIR: snapshots that can't be restored, and checkpoints that can't be written.

A guest that has a file open and is deep in calls is saved. Then its snapshot is changed, field by field, with
all hashes right, or the machine is; each --restore must end with status 2 and one line that says what is wrong,
with nothing on stdout and no file changed, since nothing of the guest has run. A guest whose snapshot can't be
written says so and goes on."""
import argparse
import os
import shutil
import sys
import tempfile

import folded
import support

GUEST = """(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 3)
  (data (i32.const 64) "keptwent on\\n")
  (table 2 4 funcref)
  (elem (i32.const 0) func $loops $other)
  (global $count (mut i64) (i64.const 0))
  (func $loops (param $n i32) (param $f funcref) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (table.set 0 (i32.const 1) (local.get $f))
    (local.get $sum))
  (func $other (param $n i32) (result i64)
    (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.const 0))
  (func $calls (param $n i32) (result i64)
    (i64.add (i64.load (i32.const 200)) (call $loops (local.get $n) (table.get 0 (i32.const 1)))))
  (func $say (param $fd i32)
    (i64.store (i32.const 0) (i64.const 0x8_00000044))
    (if (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
  (func (export "_start")
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 1) (i64.const 0x46)
                    (i64.const 0) (i32.const 0) (i32.const 16))
      (then unreachable))
    (call $say (i32.load (i32.const 16)))
    (global.set $count (call $calls (i32.const 100000)))
    (call $say (i32.load (i32.const 16)))
    (call $say (i32.const 1))))"""
OTHER_GUEST = GUEST.replace("100000", "100001")
# It holds an exception in a global, another, which has the first among its values, in a table, a local and as an
# operand that is never null.
THROWER = """(module
  (tag $number (param i32))
  (tag $outer (param exnref i32))
  (table $table 2 exnref)
  (global $global (mut exnref) (ref.null exn))
  (func $spin (param $n i32)
    (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $waits (param $e exnref) (result i32) (local $sum i32)
    (block $h (result exnref i32 (ref exn))
      (try_table (catch_ref $outer $h) (throw_ref (local.get $e)))
      unreachable)
    (call $spin (i32.const 30))
    drop
    (local.set $sum)
    drop
    (block $h (result i32)
      (try_table (catch $number $h) (throw_ref (global.get $global)))
      unreachable)
    (i32.add (local.get $sum)))
  (func (export "run") (result i32) (local $e exnref)
    (block $h (result i32 exnref)
      (try_table (catch_ref $number $h) (throw $number (i32.const 40)))
      unreachable)
    (global.set $global)
    drop
    (block $h (result exnref i32 exnref)
      (try_table (catch_ref $outer $h) (throw $outer (global.get $global) (i32.const 2)))
      unreachable)
    (local.set $e)
    drop
    drop
    (table.set $table (i32.const 1) (local.get $e))
    (call $waits (local.get $e))))"""
SAFEPOINT = "20"  # in the loop
START, CALLS, LOOPS = "stacks.0.frames.0.", "stacks.0.frames.1.", "stacks.0.frames.2."
SPACE = 'mount -t tmpfs -o size=4k none full && exec "$0" "$@"'
NOBODY = 65534

# name, edits of the snapshot, words of the line. What does not even hold together cannot be written; tests of
# snapshot-format's reader have it.
EDITS = [
    ("resume rules", ["modules.0.resume_rules=99"], ["resume rules 99", "compile"]),
    ("another module's hash", ["modules.0.sha256=x" + "00" * 32], ["another module", "compile"]),
    # Frames that the module does not have.
    ("no frame", ["stacks.0.frames-"], ["frame 0"]),
    ("function that does not exist", [LOOPS + "func_index=4000000000"], ["frame"]),
    ("function without points", [LOOPS + "func_index=0"], ["frame"]),
    ("another function", [LOOPS + "func_index=3"], ["frame"]),
    ("another offset", [LOOPS + "code_offset=1"], ["frame 2"]),
    ("kind of another point", [LOOPS + "kind=3"], ["frame 2"]),
    # Values that do not fit the point.
    ("type of a local", [LOOPS + "types=x7e707e"], ["frame 2"]),
    ("number of a local", [LOOPS + "local_indices.2=7"], ["frame 2"]),
    ("reference to no function", [LOOPS + "words.1=77"], ["frame 2"]),
    ("no operand", [CALLS + "words-", CALLS + "types=x"], ["frame 1"]),
    # Chains of frames that cannot have happened.
    ("a caller is missing", [CALLS[:-1] + "-"], ["frame 0"]),
    ("entry is missing", [START[:-1] + "-"], ["frame 0"]),
    ("call of another function", [CALLS + "func_index=3"], ["frame 0"]),
    ("host call with too few operands", [LOOPS + edit for edit in (
        "kind=4", "code_offset=0", "func_index=1", "local_indices-", "types=x7f7f7f", "words.1=5")], ["frame"]),
    ("entry that is not exported", ["entry.export=x" + b"main".hex()], ["export"]),
    ("start function there is none", ["entry.stage=1"], ["frame 0"]),
    # State.
    ("global missing", ["instances.0.global_indices-", "instances.0.global_types=x",
                        "instances.0.global_words-"], ["global 0"]),
    ("type of a global", ["instances.0.global_types=x7c"], ["global 0"]),
    ("immutable global", ["instances.0.global_indices.0=1"], ["global"]),
    ("table missing", ["instances.0.tables-"], ["table 0"]),
    ("table of what is no function", ["instances.0.tables.0.run_words.0=99"], ["table 0"]),
    ("memory missing", ["memories.0.index=1"], ["memory 0"]),
    ("dropped segment", ["instances.0.dropped_datas.0=9"], ["segment 9"]),
    # WASI.
    ("no preopen", ["wasi.preopens.0.guest_name=x2f61"], ["--dir HOST::/a"]),
    ("path out of the directory", ["wasi.descriptors.4.path=x2e2e2f61"], ["path"]),
    ("another file", ["wasi.descriptors.4.path=x6e6f6e65"], ["none", "does not exist", "put it there"]),
    ("socket", ["wasi.descriptors.4.kind=5"], ["damaged"]),
    ("number of a descriptor", ["wasi.descriptors.4.number=4000000000"], ["descriptor"]),
]

# The same of the thrower's.
THROWN = [
    ("tag of other values", ["exceptions.1.tag_index=0"], ["exception 1"]),
    ("tag that does not exist", ["exceptions.0.tag_index=2"], ["exception 0"]),
    ("tag of a huge number", ["exceptions.0.tag_index=4294967295"], ["exception 0"]),
    ("type of a value", ["exceptions.0.types=x7d"], ["exception 0"]),
    ("value missing", ["exceptions.0.types=x", "exceptions.0.words-"], ["exception 0"]),
    ("number in place of an exception", ["exceptions.1.types=x7f7f"], ["exception 1"]),
    ("null that can't be", ["stacks.0.frames.1.words.2=0"], ["frame 1"]),
    ("function in place of an exception", ["stacks.0.frames.1.types=x697f70"], ["frame 1"]),
    ("global that is no exception", ["instances.0.global_types=x7e"], ["global 0"]),
    ("table that is of no exceptions", ["instances.0.tables.0.element_type=0x70"], ["table 0"]),
]


class Case:
    """The guest's folder: its executables, its snapshot, what it may change."""

    def __init__(self, build, tally, folder):
        self.build, self.tally, self.folder = build, tally, folder
        self.isa = support.HOST_ISA

    def call(self, *words, **options):
        return support.run(list(words), cwd=self.folder, **options)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def set_up(self):
        """What went wrong."""
        os.chmod(self.folder, 0o755)
        os.mkdir(self.path("files"))
        self.write("guest.wat", GUEST.encode())
        self.write("other.wat", OTHER_GUEST.encode())
        self.write("thrower.wasm", folded.assemble_text(THROWER))
        for module in "guest.wat", "other.wat", "thrower.wasm":
            done = self.call(self.build.wanco, "compile", module, "-o", module.partition(".")[0],
                             "--poll-interval", "1")
            if done.status != 0:
                return [done.stderr.decode()]
        done = self.call("./guest", "--stress", SAFEPOINT, "--checkpoint-path", "good.wsnap", "--dir", "files::/")
        os.chmod(self.path("good.wsnap"), 0o644)
        self.kept, self.kept_ns = self.read("files/kept"), os.stat(self.path("files/kept")).st_mtime_ns
        return [] if done.status == 75 else [f"status {done.status}, {done.stderr!r}"]

    def put_back(self):
        """The guest's file as it was at the checkpoint."""
        self.write("files/kept", self.kept)
        os.utime(self.path("files/kept"), ns=(self.kept_ns, self.kept_ns))

    def state(self):
        files = os.path.join(self.folder, "files")
        return {name: os.path.isfile(os.path.join(files, name)) and self.read(os.path.join("files", name))
                for name in os.listdir(files)}

    def refuse(self, name, texts, *words, program="guest", grants=("--dir", "files::/"), **options):
        """--restore ends with status 2 and a line with the texts, and has done nothing."""
        before = self.state()
        done = self.call("./" + program, *grants, *words, **options)
        line = done.stderr.decode(errors="replace")
        problems = [f"stderr lacks {text!r}" for text in texts if text not in line]
        if done.status != 2:
            problems.append(f"status {done.status} instead of 2")
        if line.count("\n") != 1:
            problems.append("not one line on stderr")
        if done.stdout or self.state() != before:
            problems.append("the guest has run")
        self.tally.check(name, problems and [*problems, f"stderr: {line[:400]!r}"])

    def go_on(self, name, texts, command, **options):
        """A checkpoint fails: the guest says so, goes on, and leaves no file."""
        before = sorted(os.listdir(self.folder))
        done = self.call(*command, **options)
        line = done.stderr.decode(errors="replace")
        problems = [f"stderr lacks {text!r}" for text in [*texts, "goes on"] if text not in line]
        if done.status != 0 or done.stdout != b"went on\n" or line.count("\n") != 1:
            problems.append(f"status {done.status}, stdout {done.stdout!r}")
        if sorted(os.listdir(self.folder)) != before:
            problems.append("files are left")
        self.tally.check(name, problems and [*problems, f"stderr: {line[:400]!r}"])


def check_restored(case):
    """The good snapshot can be restored: what is refused below is, because of what was changed."""
    done = case.call("./guest", "--restore", "good.wsnap", "--dir", "files::/")
    problems = [] if done.status == 0 and done.stdout == b"went on\n" else [f"{done.status}, {done.stderr!r}"]
    if case.read("files/kept") != case.kept * 2:
        problems.append("the file was not written to where it was left")
    case.put_back()
    case.tally.check("the snapshot itself", problems)


def check_edits(case, edits=EDITS, **options):
    editor = os.path.join(case.build.folder, "tests/snapshot-format/edit_snapshot")
    for name, changes, texts in edits:
        done = case.call(editor, "good.wsnap", "bad.wsnap", *changes)
        if done.status != 0:
            case.tally.fail(name, done.stderr.decode())
        else:
            case.refuse(name, texts, "--restore", "bad.wsnap", **options)


def check_exceptions(case):
    stopped = case.call("./thrower", "--invoke", "run", "--stress", SAFEPOINT, "--checkpoint-path", "good.wsnap")
    restored = case.call("./thrower", "--restore", "good.wsnap")
    case.tally.check("exceptions", [] if (stopped.status, restored.stdout) == (75, b"i32: 42\n") else [
        f"status {stopped.status}, {stopped.stderr!r}; {restored.stdout!r}, {restored.stderr!r}"])
    check_edits(case, THROWN, program="thrower", grants=())


def check_files(case):
    """What is no snapshot, or was one."""
    good = case.read("good.wsnap")
    contents = {"empty": (b"", "empty"), "short": (good[:20], "truncated"), "cut": (good[:-1], "truncated"),
                "half": (good[:len(good) // 2], "truncated"), "text": (b"a line\n" * 99, "not a snapshot"),
                "newer": (good[:8] + b"\2" + good[9:], "newer"), "longer": (good + b"\0", "does not end")}
    for name, (content, text) in contents.items():
        case.write(name, content)
        case.refuse(name, [name, text], "--restore", name)
    header_end = 32 + int.from_bytes(good[16:24], "little")
    pages = header_end + -header_end % 4096  # what fills the space before them has no hash
    for at in [*range(3, header_end, 9), *range(pages, len(good), 101)]:
        case.write("flipped", good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1:])
        case.refuse(f"bit {at % 8} of byte {at}", ["flipped"], "--restore", "flipped")
    case.refuse("no file", ["none", "No such file"], "--restore", "none")
    case.refuse("directory", ["files", "directory"], "--restore", "files")
    case.refuse("another program", ["good.wsnap", "another module", "compile"], "--restore", "good.wsnap",
                program="other")


def check_words(case):
    """Options and arguments that the snapshot has, or lacks."""
    restore = ("--restore", "good.wsnap")
    case.refuse("--env", ["leave out --env"], *restore, "--env", "A=B")
    case.refuse("--invoke", ["leave out --invoke"], *restore, "--invoke", "f")
    case.refuse("arguments", ["leave out", "arguments"], *restore, "--", "word")
    case.refuse("--max-memory", ["--max-memory"], *restore, "--max-memory", "4K")
    case.refuse("preopen missing", ["add --dir HOST::/"], *restore, grants=())
    case.refuse("preopen of another name", ["add --dir HOST::/"], *restore, grants=("--dir", "files::/other"))
    case.refuse("preopen too many", ["leave out"], *restore, "--dir", "files::/more")
    case.refuse("preopen read-only", ["kept", "without :ro"], *restore, grants=("--dir", "files::/:ro"))
    case.refuse("preopen that is gone", ["gone"], *restore, grants=("--dir", "gone::/"))


def check_machine(case):
    """The guest's file is not what it was."""
    restore = ("--restore", "good.wsnap")
    case.write("files/kept", case.kept)
    case.refuse("file changed", ["kept", "was changed", "put back"], *restore)
    case.write("files/kept", case.kept[:-1])
    case.refuse("file smaller", ["kept", "bytes", "put back"], *restore)
    os.remove(case.path("files/kept"))
    case.refuse("file gone", ["kept", "does not exist"], *restore)
    os.mkdir(case.path("files/kept"))
    case.refuse("file a directory", ["kept", "is a directory"], *restore)
    os.rmdir(case.path("files/kept"))
    os.symlink("../good.wsnap", case.path("files/kept"))
    case.refuse("file outside", ["kept", "leads out of"], *restore)
    os.remove(case.path("files/kept"))
    case.put_back()
    as_nobody = {"user": NOBODY} if os.getuid() == 0 else {}
    os.chmod(case.path("files/kept"), 0o444)
    case.refuse("file not permitted", ["kept", "Permission denied", "permit"], *restore, **as_nobody)
    os.chmod(case.path("files/kept"), 0o644)
    case.write("secret", case.read("good.wsnap"))
    os.chmod(case.path("secret"), 0)
    case.refuse("unreadable", ["secret", "Permission denied"], "--restore", "secret", **as_nobody)


def check_checkpoints(case):
    """A disk that is full, a limit, a directory that can't be written to."""
    stop = ["--stress", SAFEPOINT, "--dir", "files::/"]
    limited = ["/bin/sh", "-c", 'ulimit -f 1; exec "$0" "$@"']
    case.go_on("limit of a file's size", ["File too large"],
               [*limited, "./guest", *stop, "--checkpoint-path", "limited.wsnap"])
    case.go_on("no directory", ["none/s.wsnap"], ["./guest", *stop, "--checkpoint-path", "none/s.wsnap"])
    case.go_on("a directory", ["files"], ["./guest", *stop, "--checkpoint-path", "files"])
    as_nobody = {"user": NOBODY} if os.getuid() == 0 else {}
    os.mkdir(case.path("locked"))
    os.chmod(case.path("locked"), 0o555)
    os.chmod(case.path("files/kept"), 0o666)
    case.go_on("directory not permitted", ["locked/s.wsnap", "Permission denied"],
               ["./guest", *stop, "--checkpoint-path", "locked/s.wsnap"], **as_nobody)
    os.mkdir(case.path("full"))
    mounts = ["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c"]
    if case.call(*mounts, SPACE, "true").status != 0:
        case.tally.skip("full disk", "unshare cannot mount a tmpfs here")
    else:
        case.go_on("full disk", ["full/s.wsnap", "No space left"],
                   [*mounts, SPACE, "./guest", *stop, "--compress", "none", "--checkpoint-path", "full/s.wsnap"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    build, tally = support.Build(parser.parse_args().build), support.Tally()
    if not shutil.which("wat2wasm"):
        tally.skip("snapshots", "wat2wasm is not installed (wabt)")
        return tally.finish()
    with tempfile.TemporaryDirectory(prefix="wanco-restore-") as folder:
        case = Case(build, tally, folder)
        problems = case.set_up()
        tally.check("set-up", problems)
        for check in () if problems else (check_restored, check_edits, check_files, check_words, check_machine,
                                          check_checkpoints, check_exceptions):
            check(case)
    return tally.finish()


sys.exit(main())
