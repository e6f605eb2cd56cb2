#!/usr/bin/python3 -u
"""run_real.py --build DIR [--wasm NAME | NAME...]: real programs give what their native builds give.

Debian's sources of each program are compiled twice, natively and to Wasm; the Wasm is compiled for both
ISAs; all do the same work, and their output must be equal. So it must be, with less work, when the program
is rebuilt at every safepoint, and when it goes from process to process and from ISA to ISA, in up to --hops
hops a call. With --wasm, only builds one program's Wasm and prints its path."""
import argparse
import glob
import itertools
import os
import shutil
import sys
import tempfile

import support
import travel

HERE = os.path.dirname(os.path.abspath(__file__))
REAL = os.path.join(HERE, "real")
WASI_FLAGS = ["--target=wasm32-wasi", "-nostdlibinc", "-isystem", os.path.join(REAL, "wasi"),
              "-isystem", "/usr/include/wasm32-wasi", "-include", os.path.join(REAL, "wasi/compat.h"),
              *(f"-D_WASI_EMULATED_{what}" for what in ("GETPID", "MMAN", "PROCESS_CLOCKS", "SIGNAL"))]
WASI_LIBS = [f"-lwasi-emulated-{what}" for what in ("getpid", "mman", "process-clocks", "signal")]


class Unavailable(Exception):
    """Why a program can't be tested here."""


class Program:
    """How to build one program, and its work: a function of (call, folder) that returns bytes; it may use
    the file `data` there.

    Sources are patterns relative to the package's sources, flags follow its include folders."""

    def __init__(self, name, package, sources, work, includes=(), flags=(), wasm_flags=(),
                 prepare=None, is_moved=True):
        self.name, self.package, self.sources, self.work = name, package, sources, work
        self.includes, self.flags, self.wasm_flags = includes, flags, wasm_flags
        self.prepare, self.is_moved = prepare, is_moved


def must(command, cwd=None):
    """Runs a command that belongs to building."""
    done = support.run(command, cwd=cwd, timeout=600)
    if done.status != 0:
        last = (done.stderr.decode(errors="replace").strip() or "no message").splitlines()[-1]
        raise Unavailable(f"{os.path.basename(command[0])} fails: {last}")
    return done


def compile_c(program, source_dir, out, is_wasm):
    """Compiles and links the program to the file out, unless it is there and newer than its recipe."""
    recipe = os.path.abspath(__file__)
    if os.path.exists(out) and os.path.getmtime(out) > os.path.getmtime(recipe):
        return
    sources = sorted(path for pattern in program.sources
                     for path in glob.glob(os.path.join(source_dir, pattern)))
    # -O only with -c: clang would run a wasm-opt that is too old when it links.
    compiler = [support.CLANG, *WASI_FLAGS, "-O2"] if is_wasm else ["cc", "-O1"]
    flags = [*(f"-I{os.path.join(source_dir, folder)}" for folder in program.includes),
             *program.flags, *(program.wasm_flags if is_wasm else ())]
    objects = [f"{out}.{i}.o" for i in range(len(sources))]
    support.in_parallel(lambda source, target: must([*compiler, "-w", *flags, "-c", source, "-o", target]),
                        zip(sources, objects))
    link = [support.CLANG, "--target=wasm32-wasi"] if is_wasm else ["cc"]
    must([*link, *objects, "-o", out, *(WASI_LIBS if is_wasm else ["-lm", "-lpthread"])])
    for path in objects:
        os.remove(path)


def make_amalgamation(source_dir):
    """sqlite3.c is made by scripts in Tcl."""
    if os.path.exists(os.path.join(source_dir, "sqlite3.c")):
        return
    if not shutil.which("tclsh"):
        raise Unavailable("tclsh is not installed (tcl)")
    must(["./configure", "--disable-tcl", "--disable-readline"], cwd=source_dir)
    must(["make", "sqlite3.c"], cwd=source_dir)


def test_data():
    """Half a megabyte: text that repeats, numbers, bytes without order, zeros."""
    state, noise = 1, bytearray()
    for _ in range(100000):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        noise.append(state >> 16 & 255)
    words = b"".join(b"line %d of the text, word %d\n" % (i, noise[i]) for i in range(10000))
    return words + bytes(noise) + bytes(100000)


DATA = test_data()
LITTLE_DATA = DATA[:20000] + DATA[-110000:-90000]


def compressor(*ways):
    """Work that packs and unpacks the data in several ways, each a list of options."""
    def work(call, folder):
        outputs = []
        with open(os.path.join(folder, "data"), "rb") as file:
            data = file.read()
        for options in ways:
            packed = call([*options, "-c", "data"])
            with open(os.path.join(folder, "packed"), "wb") as file:
                file.write(packed)
            if call(["-d", "-c", "packed"]) != data:
                raise AssertionError(f"{' '.join(options)}: unpacking does not give the input")
            outputs.append(packed)
        return b"".join(outputs)
    return work


def run_lua(call, folder):
    shutil.copy(os.path.join(REAL, "words.lua"), folder)
    return call(["words.lua", "argument"])


def run_sqlite(call, folder):
    """The rows, then the database's bytes."""
    with open(os.path.join(REAL, "shop.sql"), "rb") as file:
        rows = call(["shop.db"], file.read())
    with open(os.path.join(folder, "shop.db"), "rb") as file:
        return rows + file.read()


PROGRAMS = [  # the longest first
    Program("sqlite", "sqlite3", ["sqlite3.c", os.path.join(REAL, "sqlite_main.c")], run_sqlite,
            includes=["."], flags=["-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION",
                                   "-DSQLITE_OMIT_WAL"],
            prepare=make_amalgamation),
    Program("brotli", "brotli", ["c/common/*.c", "c/enc/*.c", "c/dec/*.c", "c/tools/*.c"],
            compressor(["-q", "1"], ["-q", "9"]), includes=["c/include"]),
    Program("bzip2", "bzip2", [f"{name}.c" for name in ("blocksort", "huffman", "crctable", "randtable",
                                                        "compress", "decompress", "bzlib", "bzip2")],
            compressor(["-1"], ["-9"]), is_moved=False),
    Program("lua", "lua5.4", ["src/l[!u]*.c", "src/lu[nt]*.c", "src/lua.c"], run_lua,
            flags=["-I" + os.path.join(REAL, "include")],
            wasm_flags=["-DLUAI_THROW(L,c)=abort()", "-DLUAI_TRY(L,c,a)=if((c)->status==0){a}",
                        "-Dluai_jmpbuf=int"]),
    # Its fast levels hash by the size of a pointer: only the high ones give the same bytes.
    Program("lz4", "lz4", ["lib/*.c", "programs/*.c"], compressor(["-9"], ["-12"]), includes=["lib"],
            is_moved=False),
    Program("zstd", "libzstd", ["lib/common/*.c", "lib/compress/*.c", "lib/decompress/*.c",
                                "programs/[!bd]*.c"],
            compressor(["-1"], ["-15"]), includes=["lib", "lib/common"],
            flags=["-DZSTD_NODICT", "-DZSTD_NOBENCH", "-DZSTD_NOTRACE", "-DZSTD_DISABLE_ASM"]),
]


def do_work(program, execute, data=DATA):
    """The program's output, or a reason why there is none. execute(args, stdin, folder) calls it once."""
    with tempfile.TemporaryDirectory(prefix="wanco-real-") as folder:
        with open(os.path.join(folder, "data"), "wb") as file:
            file.write(data)

        def call(args, stdin=b""):
            done = execute(args, stdin, folder)
            if done.status != 0:
                raise AssertionError(f"{' '.join(args)}: status {done.status}: "
                                     f"{done.stderr.decode(errors='replace')[:300]}")
            return done.stdout
        try:
            return program.work(call, folder), None
        except AssertionError as error:
            return None, str(error)


def executor(command):
    """Calls a program by one process."""
    return lambda args, stdin, folder: support.run([*command, *args], stdin, folder)


def traveller_executor(traveller):
    """Calls a program by a process after the other; its input is a pipe in every other call."""
    is_pipe = itertools.cycle((True, False))
    grants = ["--dir", "."]
    return lambda args, stdin, folder: traveller.run([*grants, "--", *args], grants, stdin, folder,
                                                     is_pipe=next(is_pipe))


class Comparison:
    """What the native program gives, and what it is for others to give the same."""

    def __init__(self, tally, program, base, data=DATA):
        self.tally, self.program, self.data = tally, program, data
        self.expected, why = do_work(program, executor([base + ".native"]), data)
        if why:
            raise Unavailable(f"the native build fails: {why}")

    def check(self, name, execute):
        output, why = do_work(self.program, execute, self.data)
        if not why and output != self.expected:
            why = f"gives {len(output)} bytes that differ from the {len(self.expected)} of the native build"
        self.tally.check(f"{self.program.name} {name}", [why] if why else [])


def test_program(build, tally, program, base, options):
    """Compiles the Wasm for each ISA and compares its output with the native program's."""
    comparison, little = Comparison(tally, program, base), Comparison(tally, program, base, LITTLE_DATA)
    commands = []
    polls = ["--poll-interval", options.poll_interval] if options.poll_interval else []
    for number, isa in enumerate(options.isas):
        out = f"{base}.{isa}"
        threads = ["-j", str(number + 1)]  # which change nothing, in snapshots neither
        compiled = support.run([build.wanco, "compile", base + ".wasm", "-o", out, "--target", isa, *threads, *polls],
                               timeout=600)
        if compiled.status != 0:
            tally.fail(f"{program.name} {isa}", f"compile: {compiled.stderr.decode()[:300]}")
            continue
        commands.append([*build.emulator(isa), out])
        comparison.check(isa, executor([*commands[-1], "--dir", ".", "--"]))
        if program.is_moved:
            little.check(f"{isa} at every safepoint", executor([*commands[-1], "--stress", "0", "--dir", ".", "--"]))
    n_hops = 0
    for seed in range(options.rounds if program.is_moved and commands else 0):
        traveller = travel.Traveller(commands, travel.random_steps(seed), options.hops)
        little.check(f"in hops of seed {seed}", traveller_executor(traveller))
        n_hops += traveller.n_done
    return n_hops


def build_program(build, program, kinds):
    """Fetches and builds; returns the path of the result without its suffix."""
    folder = os.path.join(build.folder, "real")
    source_dir = os.path.join(folder, "src", program.package)
    must([os.path.join(HERE, "..", "scripts", "fetch-sources"), os.path.dirname(source_dir),
          program.package])
    if program.prepare:
        program.prepare(source_dir)
    base = os.path.join(folder, program.name)
    for kind in kinds:
        compile_c(program, source_dir, f"{base}.{kind}", kind == "wasm")
    return base


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--wasm", metavar="NAME")
    parser.add_argument("--hops", type=int, default=60, help="at most, in each call of a program")
    parser.add_argument("--rounds", type=int, default=1, help="how often each program travels")
    parser.add_argument("--poll-interval")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    build = support.Build(options.build)
    if options.wasm:
        program = next(p for p in PROGRAMS if p.name == options.wasm)
        try:
            print(build_program(build, program, ["wasm"]) + ".wasm")
        except Unavailable as error:
            raise SystemExit(f"{program.name}: {error}") from error
        return 0
    tally = support.Tally()
    options.isas = []
    n_hops = []
    programs = [p for p in PROGRAMS if not options.names or p.name in options.names]
    for isa in support.ISAS:
        why = build.why_not(isa) or support.why_no_wasm_from_c()
        if why:
            tally.skip(f"real programs on {isa}", why, len(programs))
        else:
            options.isas.append(isa)

    def build_and_test(program):
        try:
            base = build_program(build, program, ["native", "wasm"])
            n_hops.append(test_program(build, tally, program, base, options))
        except Unavailable as error:
            tally.skip(program.name, str(error), len(options.isas))
    if options.isas:
        support.in_parallel(build_and_test, [(program,) for program in programs])
    print(f"hops from process to process: {sum(n_hops)}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
