"""The whole, as users call it, with tools that are scripts: so that it is about the harness alone."""
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
from pathlib import Path

import schema

BENCH = Path(__file__).resolve().parents[2] / "bench/run.py"
# Makes what -o names: a program that prints one line.
COMPILER = """\
[ "$1" != --version ] || { echo "$0" 1; exit; }
while [ $# -gt 0 ]; do [ "$1" != -o ] || out=$2; shift; done
printf '#!/bin/sh\\n%s\\necho 42\\n' "$PRELUDE" >$out && chmod +x $out
"""


class Whole(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        self.environment = {"PATH": os.environ["PATH"], "CLANG_19": self.tool("clang", COMPILER),
                            "WANCO": self.tool("wanco", COMPILER)}
        (self.folder / "markdown.py").write_text("raise ImportError('no markdown here')\n")  # tables take less time
        self.environment["PYTHONPATH"] = str(self.folder)
        for name in "NODE", "WAMRC", "IWASM", "WASM2C", "WASMTIME", "WASMEDGE", "WANCO_PUBLISHED":
            self.environment[name] = "/nowhere"

    def tool(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def command(self, *words):
        return [sys.executable, str(BENCH), "--build", str(self.folder), "--quick", *words]

    def bench(self, *words):
        return subprocess.run(self.command(*words), env=self.environment, capture_output=True, text=True, timeout=60,
                              check=False)

    def results(self):
        return json.loads((self.folder / "bench/quick/results.json").read_text())

    def rows(self):
        return {row["program"]: row for row in self.results()["parts"]["programs"]["data"]["rows"]}

    def test_what_is_not_known_is_one_line(self):
        for words, said in ((("nonsense",), "bench: no program is called nonsense; known: 2mm"),
                            (("--only", "large", "perl"), "bench: no module is called perl; known: yosys"),
                            (("--peers", "wasmer"), "bench: unknown peer wasmer; known: wanco,")):
            done = self.bench(*words)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done.stderr)
            self.assertTrue(done.stderr.startswith(said), done.stderr)
        self.assertFalse((self.folder / "bench").exists())

    def test_options_that_make_no_sense_are_told(self):
        for words, said in ((("--percent", "0"), "--percent must be 1 or more"),
                            (("--only", "cost,speed"), "no part is called speed; known: programs")):
            done = self.bench(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)

    def test_a_compiler_that_is_not_built_is_told(self):
        del self.environment["WANCO"]
        done = self.bench("fib")
        self.assertEqual((done.returncode, done.stderr), (1, f"bench: {self.folder}/bin/wanco is not built\n"))

    def test_who_fails_or_differs_is_told_and_not_timed(self):
        self.environment["WASMEDGE"] = self.tool("wasmedge", 'echo "wasmedge broke" >&2; exit 4')
        self.environment["NODE"] = self.tool("node", "echo 41")
        done = self.bench("--only", "programs", "fib", "gemm")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = self.rows()["gemm"]
        self.assertEqual(list(found["samples"]),
                         ["native", "wanco", "wanco without checkpoints", "wanco for this processor"])
        self.assertRegex(found["failures"]["WasmEdge"], "status 4: wasmedge broke")
        self.assertEqual(found["failures"]["V8"], "its output differs from that of native")
        self.assertIn("- V8 on fib, gemm: its output differs from that of native", done.stdout)
        self.assertIn("- wamrc: absent (wamrc, iwasm not found)",
                      (self.folder / "bench/quick/results.md").read_text())

    def test_results_have_their_form(self):
        self.assertEqual(self.bench("--only", "programs", "fib").returncode, 0)
        results = self.results()
        parts = results.pop("parts")
        self.assertEqual(schema.problem(results, schema.HEADER), "")
        self.assertEqual(schema.problem(parts["programs"], schema.PART | {"data": schema.DATA["programs"]}), "")

    def test_without_what_the_page_needs_there_are_tables(self):
        done = self.bench("--only", "programs", "fib")
        self.assertRegex(done.stderr, r"bench: Tables: .*results\.md; the page needs python3-markdown .*no markdown here")

    def test_the_page_stands_alone(self):
        for name in "markdown", "matplotlib":
            if not importlib.util.find_spec(name):
                self.skipTest(f"python3-{name} is not installed")
        del self.environment["PYTHONPATH"]
        self.assertEqual(self.bench("--only", "programs", "fib").returncode, 0)
        page = (self.folder / "bench/quick/report.html").read_text()
        self.assertEqual(page.count("<svg"), 2)
        self.assertNotRegex(page, r'(src|href)="(?!#)')

    def test_one_part_that_fails_leaves_the_others(self):
        done = self.bench("fib", "--peers", "none")  # these programs know nothing of checkpoints
        self.assertEqual(done.returncode, 1)
        parts = self.results()["parts"]
        self.assertTrue(parts["programs"]["complete"])
        self.assertFalse(parts["checkpoint"]["complete"])
        self.assertIn(f"- checkpoint: {parts['checkpoint']['failure']}",
                      (self.folder / "bench/quick/results.md").read_text())

    def test_a_large_module_keeps_what_was_measured_before_something_fails(self):
        gates = b'export {\n        "techmap.v": "module gates; endmodule",\n};\n'
        with tarfile.open(self.folder / "yowasp-yosys-1.tgz", "w:gz") as tar:
            for name, content in ("gen/yosys.core.wasm", b"\0asm"), ("gen/resources-yosys.js", gates):
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        (self.folder / "tools").mkdir()
        self.tool("tools/nm", "echo 0 10 T wanco_module.1.f")
        self.environment |= {"NPM_ARCHIVES": str(self.folder), "PATH": f"{self.folder}/tools:{os.environ['PATH']}"}
        done = self.bench("--only", "large", "yosys")
        self.assertEqual(done.returncode, 0, done.stderr)
        found, = self.results()["parts"]["large"]["data"]["rows"]
        self.assertEqual({who: made["text"] for who, made in found["compiled"].items()},
                         {"wanco": 16, "wanco without checkpoints": 16})
        self.assertEqual({who: len(samples) for who, samples in found["samples"].items()},
                         {"wanco": 3, "wanco without checkpoints": 3})
        self.assertIn("it ended before it reported", found["failure"])  # these programs know nothing of checkpoints
        self.assertIn(f"- yosys: {found['failure']}", done.stdout)
        self.assertEqual((self.folder / "bench/large/yosys-work/share/techmap.v").read_text(), "module gates; endmodule")

    def test_some_programs_are_no_whole_part(self):
        self.bench("--only", "programs", "fib")
        self.assertTrue(self.results()["parts"]["programs"]["complete"])
        self.environment["WANCO"] = self.tool("wanco-2", COMPILER)
        self.bench("fib", "gemm", "--only", "start", "--peers", "none", "--anew")
        self.bench("--only", "programs", "fib", "--peers", "none")
        self.assertFalse(self.results()["parts"]["programs"]["complete"])
        self.assertIn("- programs: measured in part only", (self.folder / "bench/quick/results.md").read_text())
        self.bench("--only", "programs", "fib", "gemm", "--peers", "none")
        self.bench("--only", "programs", "fib", "--peers", "none")
        self.assertTrue(self.results()["parts"]["programs"]["complete"])

    def test_programs_measured_again_take_their_places(self):
        self.bench("--only", "programs", "fib", "gemm", "--percent", "5")
        self.bench("--only", "programs", "gemm", "--percent", "7")
        self.assertEqual({name: row["percent"] for name, row in self.rows().items()}, {"fib": 5, "gemm": 7})

    def test_what_was_ended_goes_on_where_it_was(self):
        hold = self.folder / "hold"  # as long as this is there, programs that are built wait
        slow = self.tool("wanco-slow", f'while [ -e {hold} ] && [ "${{2##*/}}" = gemm.wasm ]; do sleep 0.02; done\n{COMPILER}')
        self.environment["WANCO"] = slow
        hold.write_text("")
        words = self.command("fib", "gemm", "--peers", "none")
        with subprocess.Popen(words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True) as process:
            part = self.folder / "bench/quick/parts/programs.json"
            end = time.monotonic() + 30
            while not part.exists() and time.monotonic() < end:
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            said = process.communicate()[1]
        self.assertIn("bench: ended; the same command goes on from here", said)
        before = self.results()
        self.assertEqual(before["parts"]["programs"]["failure"], "ended by the user")
        kept = self.rows()["fib"]["samples"]
        hold.unlink()
        done = self.bench("fib", "gemm", "--peers", "none")
        self.assertIn(f"bench: going on with the run of {before['began']}", done.stderr)
        self.assertEqual((list(self.rows()), self.rows()["fib"]["samples"]), (["fib", "gemm"], kept))
        self.assertTrue(self.results()["parts"]["programs"]["complete"])
        self.assertIn("bench: programs: kept from", self.bench("fib", "gemm", "--peers", "none").stderr)
