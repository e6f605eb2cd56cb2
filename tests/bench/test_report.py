"""Tables of results, and what the report says is missing."""
import contextlib
import io
import unittest

import cost
import large
import moving_tables
import programs
import report
import schema
from test_store import facts, header, row


def sample(seconds):
    return {"user": seconds, "system": 0, "wall": seconds, "peak": 1 << 20}


def measured(name, native=1, failures=None, **ratios):
    """A program's row: each peer takes so many times as long, to run and to compile."""
    seconds = {"native": native} | {who.replace("_", " "): native * ratio for who, ratio in ratios.items()}
    return row(name, samples={who: [sample(s)] * 3 for who, s in seconds.items()},
               compile={who: sample(s) for who, s in seconds.items()}, failures=failures or {})


def cells(lines, first):
    """The table's row that begins so."""
    line = next(line for line in lines if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def complete(data, **changes):
    return facts(complete=True, failure="", data=data) | changes


class RunTime(unittest.TestCase):
    rows = [measured("fib", wanco=1.5, V8=2), measured("gemm", wanco=6, V8=2, failures={"wamrc": "too slow"}),
            measured("nbody", wanco=1, failures={"V8": "wrong"}), row("lost", failure="no compiler")]

    def test_each_peer_has_a_column_of_ratios_to_native(self):
        lines = programs.table({"rows": self.rows})
        self.assertEqual(cells(lines, "program"), ["program", "%", "native s", "wanco", "V8"])
        self.assertEqual(cells(lines, "fib"), ["fib", "10", "1.00", "1.50 ± 0.00", "2.00 ± 0.00"])
        self.assertEqual(cells(lines, "nbody"), ["nbody", "10", "1.00", "1.00 ± 0.00", "failed"])

    def test_the_mean_is_of_the_programs_a_peer_ran(self):
        self.assertEqual(cells(programs.table({"rows": self.rows}), "**geometric mean**")[-2:], ["**2.080**", "**2.000**"])

    def test_who_is_much_slower_than_a_peer_is_named(self):
        lines = programs.table({"rows": self.rows})
        self.assertEqual(cells(lines, "V8"), ["V8", "2", "1.500", "gemm 3.00"])

    def test_failures_are_told(self):
        lines = programs.table({"rows": self.rows})
        for line in "- wamrc on gemm: too slow", "- V8 on nbody: wrong", "- lost: no compiler":
            self.assertIn(line, lines)

    def test_there_is_a_table_of_nothing(self):
        for rows in [], [row("lost", failure="no compiler")]:
            self.assertEqual(cells(programs.table({"rows": rows}), "program"), ["program", "%", "native s"])
            programs.compile_table({"rows": rows})

    def test_compile_time_is_compared_with_each_compiler(self):
        lines = programs.compile_table({"rows": self.rows})
        self.assertEqual(cells(lines, "gemm"), ["gemm", "1.00", "6.00", "2.00"])
        self.assertEqual(cells(lines, "V8"), ["V8", "2", "1.500", "gemm 3.00"])
        self.assertIn("- wanco takes at most 1 MiB (fib)", lines)


class WorkToDo(unittest.TestCase):
    def test_a_program_that_takes_long_does_less(self):
        plan = mock_plan = type("Plan", (), {"percent": 100, "native_seconds": 0.5})
        self.assertEqual([programs.share_of_work(seconds, plan) for seconds in (0.1, 0.5, 0.6, 1, 2, 20, 200)],
                         [100, 100, 80, 50, 20, 2, 1])
        mock_plan.percent = 10
        self.assertEqual([programs.share_of_work(seconds, plan) for seconds in (0.5, 1)], [10, 5])


class Cost(unittest.TestCase):
    def test_ratios_of_both_variants(self):
        def both(a, b):
            return {"with": a, "without": b}
        found = {"program": "gemm", "samples": both([sample(3)] * 3, [sample(2)] * 3), "compile": both(sample(6), sample(2)),
                 "text": both({"fast": 150, "resume": 150}, {"fast": 100, "resume": 0}), "file": both(120, 100),
                 "loops": both(3, 4) | {"lost": {"wanco_module.7.kernel": 1}}}
        self.assertEqual(schema.problem(found, schema.COST_ROW), "")
        lines = cost.table({"rows": [found, {"program": "lost", "failure": "why"}]})
        self.assertEqual(cells(lines, "gemm"), ["gemm", "1.50 ± 0.00", "1.50", "3.00", "1.20", "3.00", "4 → 3"])
        self.assertIn("- lost: why", lines)
        self.assertIn("- a loop in kernel is no longer vectorised: gemm", lines)
        self.assertEqual(cells(lines, "text, all"), ["text, all", "≤ 3.5", "3.00, at most 3.00 (gemm)"])

    def test_no_row_is_no_figure(self):
        self.assertEqual(list(cost.figures([])), [])


class Moving(unittest.TestCase):
    def moved(self, milliseconds, size):
        return [dict.fromkeys(("wall", "stopping", "frozen", "disk", "restore"), milliseconds / 1e3) | {"bytes": size}] * 3

    def test_criu_is_compared_by_the_size_of_its_images(self):
        rows = [{"program": "a", "cold": False, "failures": {},
                 "samples": {"wanco": self.moved(2, 100), "CRIU, files": self.moved(30, 1000)}},
                {"mib": 64, "cold": False, "failures": {},
                 "samples": {"wanco": self.moved(20, 1 << 21), "CRIU, files": self.moved(30, 1 << 26)}}]
        lines = moving_tables.table({"criu": "CRIU 9", "floor": 0.001, "rows": rows})
        self.assertEqual(cells(lines, "checkpoint, images of less than 1 MiB, CRIU / wanco")[1:], ["≥ 10", "15.0", "15.0", "1"])
        self.assertEqual(cells(lines, "checkpoint, larger ones, CRIU / wanco")[1:], ["≥ 1", "1.5", "1.5", "1"])

    def test_without_criu_there_are_our_own_times(self):
        rows = [{"program": "a", "cold": False, "failures": {}, "samples": {"wanco": self.moved(2, 100)}},
                {"program": "b", "cold": True, "failures": {"wanco": "no right"}, "samples": {}}]
        lines = moving_tables.table({"criu": "", "no_criu": "not found", "floor": 0.001, "rows": rows})
        self.assertTrue(lines[0].startswith("Against CRIU, which is absent: medians"))
        self.assertNotIn("| what | wanted | geometric mean | least | of |", lines)
        self.assertEqual(cells(lines, "a")[:3], ["a", "wanco", "2.0 ± 0.0"])
        self.assertIn("- wanco on b, cold: no right", lines)


class Large(unittest.TestCase):
    def test_a_module_nobody_could_compile_is_told(self):
        lines = large.table({"rows": [{"module": "clang", "samples": {}, "moved": [], "compiled": {}, "failures": {},
                                       "failure": "npm pack failed"}]})
        self.assertIn("- clang: npm pack failed", lines)

    def test_what_was_not_moved_has_no_table(self):
        found = {"module": "yosys", "samples": {large.BASE: [sample(2)] * 3}, "moved": [], "compiled": {}, "failures": {}}
        lines = large.table({"rows": [found]})
        self.assertEqual(cells(lines, "yosys"), ["yosys", large.BASE, "2.00", "1.00 ± 0.00"])
        self.assertFalse(any("checkpoint | disk" in line or line.startswith("Stopped") for line in lines))


class Missing(unittest.TestCase):
    def results(self, **parts):
        return header(absent={"wasmtime": "not found"}) | {"parts": parts}

    def test_all_that_is_not_there_is_listed(self):
        rows = [row("a"), row("b", failure="lost")]
        results = self.results(programs=complete({"rows": rows}), io=complete({}, complete=False, failure="no disk"),
                               cost=complete({"rows": [{"program": "a", "failure": "x"}]}, complete=False))
        self.assertEqual(list(report.missing(results, ("programs", "io", "cost", "moving"))),
                         ["- io: no disk", "- cost: measured in part only", "- moving: not measured",
                          "- programs: 1 of 2 rows failed", "- cost: 1 of 1 rows failed",
                          "- wasmtime: absent (not found)"])

    def test_so_is_criu(self):
        results = self.results(moving=complete({"criu": "", "no_criu": "too old", "floor": 0.001, "rows": []}))
        self.assertIn("- CRIU: absent (too old)", list(report.missing(results, ("moving",))))

    def test_so_are_modules_that_take_hours(self):
        found = {"module": "yosys", "samples": {}, "moved": [], "compiled": {}, "failures": {}}
        lines = list(report.missing(self.results(large=complete({"rows": [found]})), ("large",)))
        self.assertIn("- clang: not measured; `make bench-large` does it", lines)
        self.assertFalse(any("yosys" in line for line in lines))

    def test_a_part_of_another_compiler_is_marked(self):
        results = self.results()
        self.assertNotIn("Not with", report.circumstances(complete({}), results))
        self.assertIn("Not with", report.circumstances(complete({}, compiler="other"), results))

    def test_parts_that_failed_have_no_table(self):
        results = self.results(io=complete({}, complete=False, failure="no disk"), programs=complete({"rows": []}))
        self.assertEqual([section and section.title for section, _ in report.tables(results, ())],
                         [None, "Run time", "Compile time"])

    def test_a_mistake_in_one_table_costs_no_other(self):
        results = self.results(io=complete({"cases": {"file": {"native": [], "wanco": []}}}), programs=complete({"rows": []}))
        with contextlib.redirect_stderr(io.StringIO()) as said:
            shown = dict((section and section.title, lines) for section, lines in report.tables(results, ()))
        self.assertIn("This could not be shown: it is a mistake of the report.", shown["Input and output"])
        self.assertIn("Run time", shown)
        self.assertIn("Traceback", said.getvalue())

    def test_every_part_has_a_section(self):
        self.assertEqual({section.part for section in report.SECTIONS}, set(schema.DATA))
