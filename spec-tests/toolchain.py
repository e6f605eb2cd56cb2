"""Runs the programs a test file needs: the compiler, the C compiler, the driver, an emulator."""

import os
import platform
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
RUNTIME_ARCHIVE = "libwanco_rt.a"
LIBRARIES = ("libffi.a", "libprotobuf-c.a", "libzstd.a")


class ToolError(Exception):
    """A program failed; the text says which and how."""


@dataclass(frozen=True)
class Target:
    isa: str
    level: str  # "0" to "3"

    def __str__(self):
        return f"{self.isa} -O{self.level}"


def run_tool(command, **options):
    """The tool's output; raises ToolError with the first line of what it wrote to stderr."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", **options)
    if done.returncode != 0:
        reason = first_line(done.stderr) or how_it_ended(done.returncode)
        raise ToolError(f"{Path(command[0]).name}: {reason}")
    return done.stdout


def first_line(text):
    lines = text.strip().splitlines()
    return lines[0] if lines else ""


def how_it_ended(status):
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"


class Toolchain:
    """What compiles, links and runs for one build of the project."""

    def __init__(self, build, scratch, timeout, stresses=False):
        self.wanco = str(Path(build, "bin", "wanco").resolve())
        self.generated = Path(build, "generated").resolve()
        self.runtimes = Path(build, "lib", "wanco").resolve()
        self.scratch = scratch
        self.timeout = timeout
        self.stresses = stresses

    def missing_for(self, isa):
        """What running code of isa needs and this machine lacks, or None."""
        for program in [cross_compiler(isa)] + emulator(isa):
            if shutil.which(program) is None:
                return program
        archive = self.runtimes / isa / RUNTIME_ARCHIVE
        return None if archive.is_file() else archive

    def build_driver(self, isa):
        """Compiles the parts every test file of isa shares."""
        folder = self.scratch / isa
        os.makedirs(folder)
        for name in ("driver", "spectest"):
            run_tool([cross_compiler(isa), "-std=c17", "-O1", "-g", f"-I{SOURCES.parent}",
                      f"-I{self.generated}", "-c", "-o", str(folder / f"{name}.o"), str(SOURCES / f"{name}.c")])

    def validate(self, folder, file_names):
        """file name -> None if wanco finds the module valid, else the error's text."""
        done = subprocess.run([self.wanco, "validate", *file_names], cwd=folder, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = done.stdout.splitlines()
        if done.returncode not in (0, 1) or len(lines) != len(file_names):
            raise ToolError(f"wanco validate: {how_it_ended(done.returncode)} after {len(lines)} of "
                            f"{len(file_names)} files")
        return {name: None if line == f"{name}: ok" else line for name, line in zip(file_names, lines)}

    def compile(self, module, symbol, target, output):
        """An object from a module. GNU ld joins its parts: it starts faster than lld, which loads LLVM,
        and a module of the suite is smaller than a start."""
        environment = {"WANCO_LD": f"{target.isa}-linux-gnu-ld", **os.environ}
        polls = ["--poll-interval", "1"] if self.stresses else []
        run_tool([self.wanco, "compile", "--emit", "obj", "--module-symbol", symbol, "--target", target.isa,
                  f"-O{target.level}", "-j1", *polls, str(module), "-o", str(output)], env=environment)

    def link(self, symbols, objects, target, folder):
        """The executable of a test file: symbols are those of its modules, None for a missing one."""
        table = folder / "modules.c"
        table.write_text(module_table(symbols))
        executable = folder / "test"
        runtime = self.runtimes / target.isa
        shared = [str(self.scratch / target.isa / name) for name in ("driver.o", "spectest.o")]
        archives = [str(runtime / name) for name in (RUNTIME_ARCHIVE, *LIBRARIES)]
        run_tool([cross_compiler(target.isa), "-static", "-o", str(executable), str(table), *shared,
                  *map(str, objects), *archives, "-lm"])
        return executable

    def run(self, executable, script, target):
        """The driver's answers, and why there are no more of them ("" if it ended well)."""
        folder = executable.parent
        stress = ["--stress"] if self.stresses else []
        (folder / "script").write_text("".join(line + "\n" for line in script))
        with open(folder / "script") as stdin, open(folder / "answers", "w") as stdout:
            process = subprocess.Popen([*emulator(target.isa), str(executable), *stress], stdin=stdin,
                                       stdout=stdout, stderr=subprocess.PIPE, text=True, errors="replace")
            try:
                _, errors = process.communicate(timeout=self.timeout)
                end = first_line(errors) or how_it_ended(process.returncode)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                end = f"no answer within {self.timeout} s"
        answers = (folder / "answers").read_text(errors="replace").splitlines()
        return answers, "" if process.returncode == 0 else end


def cross_compiler(isa):
    return "cc" if isa == platform.machine() else f"{isa}-linux-gnu-gcc"


def emulator(isa):
    return [] if isa == platform.machine() else [f"qemu-{isa}"]


def module_table(symbols):
    known = [symbol for symbol in symbols if symbol is not None]
    lines = [f"extern const char {symbol}[];" for symbol in known]
    lines.append("const void *const modules[] = {")
    lines += [f"    {symbol or 0}," for symbol in symbols]
    lines += ["    0};", f"const unsigned n_modules = {len(symbols)};"]
    return "\n".join(lines) + "\n"
