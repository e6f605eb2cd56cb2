"""What the test drivers share: where things are, running commands, counting."""
import concurrent.futures
import os
import platform
import shutil
import subprocess
import threading

TIMEOUT_SECONDS = 120
HOST_ISA = platform.machine()
ISAS = sorted(["aarch64", "x86_64"], key=lambda isa: isa != HOST_ISA)  # the host's first
INCLUDE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "runtime/include")
CLANG = os.environ.get("WASM_CLANG", "clang-19")
NATIVE_LOCK = threading.Lock()


class Build:
    """The compiler under test and what this machine can run."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.wanco = os.path.join(self.folder, "bin", "wanco")

    def emulator(self, isa):
        """The words to put before an executable of this ISA."""
        return [] if isa == HOST_ISA else [f"qemu-{isa}"]

    def why_not(self, isa):
        """The reason why nothing can run on this ISA here, or None."""
        if not os.path.isdir(os.path.join(self.folder, "lib", "wanco", isa)):
            return f"the runtime for {isa} was not built"
        if isa != HOST_ISA and not shutil.which(f"qemu-{isa}"):
            return f"qemu-{isa} is not installed (qemu-user)"
        return None


def why_no_wasm_from_c():
    """The reason why C can't be compiled to Wasm here, or None."""
    if not shutil.which(CLANG):
        return f"{CLANG} is not installed"
    probe = subprocess.run([CLANG, "--target=wasm32-wasi", "-nostdinc++", "-E", "-x", "c", "-"],
                           input="#include <wasi/api.h>\n", capture_output=True, text=True,
                           check=False)
    return None if probe.returncode == 0 else "wasi-libc is not installed"


def native_compiler(isa):
    return "cc" if isa == HOST_ISA else f"{isa}-linux-gnu-gcc"


def make_library(path, isa, out, *options):
    """Makes a shared library of C, which shows only what its headers say."""
    done = run([native_compiler(isa), "-std=c17", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-I", INCLUDE,
                *options, path, "-o", out])
    if done.status != 0:
        raise SystemExit(f"{path}: {done.stderr.decode()}")


def compile_native(build, path, isa, *options):
    """Makes an object of C for programs of this ISA, with the headers of this checkout; its path."""
    folder = os.path.join(build.folder, "programs")
    os.makedirs(folder, exist_ok=True)
    out = os.path.join(folder, f"{os.path.basename(path)}.{isa}.o")
    with NATIVE_LOCK:
        if os.path.exists(out) and os.path.getmtime(out) > os.path.getmtime(path):
            return out
        done = run([native_compiler(isa), "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", "-I", INCLUDE, *options,
                    "-c", path, "-o", out])
        if done.status != 0:
            raise SystemExit(f"{path}: {done.stderr.decode()}")
    return out


class Result:
    """What a process did. A timeout is a status no process has."""

    def __init__(self, status, stdout, stderr):
        self.status, self.stdout, self.stderr = status, stdout, stderr


def finish(process, stdin=b"", timeout=TIMEOUT_SECONDS):
    """Waits for a process that has been started, at most so long; gives it this input."""
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        return Result("timeout", stdout, stderr)
    return Result(process.returncode, stdout, stderr)


def run(command, stdin=b"", cwd=None, env=None, timeout=TIMEOUT_SECONDS, user=None):
    """Runs a command with the given bytes as input; its output is bytes too."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   cwd=cwd, env=env, user=user)
    except OSError as error:
        return Result("no process", b"", str(error).encode())
    return finish(process, stdin, timeout)


class Tally:
    """Counts and shows outcomes; used from several threads."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.lock = threading.Lock()

    def ok(self, _name):
        with self.lock:
            self.passed += 1

    def fail(self, name, why):
        with self.lock:
            self.failed += 1
            print(f"FAIL {name}: {why}", flush=True)

    def skip(self, name, why, n=1):
        with self.lock:
            self.skipped += n
            print(f"SKIP {name}: {why}", flush=True)

    def check(self, name, problems):
        """Fails with the problems, if there are any."""
        if problems:
            self.fail(name, "\n     ".join(problems))
        else:
            self.ok(name)

    def finish(self):
        """Prints the sum; returns the status to exit with."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


def in_parallel(function, items):
    """Calls function(*item) for each, on all cores; an exception is the caller's."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for future in [pool.submit(function, *item) for item in items]:
            future.result()
