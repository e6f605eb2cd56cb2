"""Commands that are run, and builds that are kept."""
import tempfile
import unittest
from pathlib import Path

from building import Builder
from measure import Failure, capture, run, sum_of
from tables import failure_lines, figure_table, microseconds, rows_without


class Running(unittest.TestCase):
    def test_a_sample_has_the_times_of_the_process(self):
        found = run(["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])
        self.assertGreater(found["user"], 0)
        self.assertLess(found["user"], found["wall"] + 0.1)
        self.assertGreater(found["peak"], 1 << 16)

    def test_a_failure_has_the_status_and_the_last_line(self):
        with self.assertRaisesRegex(Failure, "^sh -c .*: status 3: worse$"):
            run(["sh", "-c", "echo bad >&2; echo worse >&2; exit 3"])

    def test_a_signal_is_a_failure(self):
        with self.assertRaisesRegex(Failure, "status -9"):
            run(["sh", "-c", "kill -9 $$"])

    def test_what_does_not_end_is_ended(self):
        with self.assertRaisesRegex(Failure, "sleep 60: not done after 0 s"):
            run(["sleep", "60"], timeout=0.1)

    def test_what_cannot_run_has_no_version(self):
        self.assertEqual(capture(["/nowhere/tool", "--version"]), "")
        self.assertEqual(capture(["echo", "1.0"]), "1.0")

    def test_commands_in_turn_take_the_sum_and_the_highest_peak(self):
        a, b = ({"user": 1, "system": 2, "wall": 3, "peak": peak} for peak in (7, 5))
        self.assertEqual(sum_of([a, b]), {"user": 2, "system": 4, "wall": 6, "peak": 7})


class Building(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        self.source, self.out, self.log = (self.folder / name for name in ("source", "out", "log"))
        self.source.write_text("1")

    def build(self, began="first", timed=True):
        """How often it has been built by now."""
        command = ["sh", "-c", f"echo built >>{self.log}; cp {self.source} {self.out}"]
        Builder(began).make(self.out, [command], [self.source], timed)
        return len(self.log.read_text().splitlines())

    def test_nothing_is_built_twice_in_one_run(self):
        self.assertEqual([self.build(), self.build()], [1, 1])

    def test_another_run_builds_again_what_it_times(self):
        self.assertEqual([self.build(), self.build("second")], [1, 2])
        self.assertEqual(self.build("third", False), 3)
        self.assertEqual(self.build("fourth", False), 3)

    def test_a_source_that_changed_is_built_again(self):
        self.build()
        self.source.write_text("22")
        self.assertEqual(self.build(), 2)
        self.assertEqual(self.out.read_text(), "22")

    def test_a_record_that_was_cut_off_does_not_count(self):
        self.build()
        (self.folder / "out.build.json").write_text('{"key": "')
        self.assertEqual(self.build(), 2)

    def test_a_build_that_fails_leaves_no_record(self):
        with self.assertRaises(Failure):
            Builder("first").make(self.out, [["false"]], [self.source])
        with self.assertRaisesRegex(Failure, "true made no out"):
            Builder("first").make(self.out, [["true"]], [self.source])
        self.assertEqual(list(self.folder.glob("*.json")), [])


class Tables(unittest.TestCase):
    def test_failures_of_one_reason_share_a_line(self):
        found = failure_lines([("V8", "a", "slow"), ("V8", "b", "slow"), ("V8", "b", "slow"), ("V8", "c", "wrong")])
        self.assertEqual(found, ["- V8 on a, b: slow", "- V8 on c: wrong"])

    def test_rows_that_failed_are_named_by_what_they_are_of(self):
        self.assertEqual(rows_without([{"program": "fib", "failure": "lost"}, {"mib": 64, "failure": "full"},
                                       {"program": "gemm"}]), ["- fib: lost", "- 64: full"])

    def test_figures(self):
        self.assertEqual(figure_table([("size", "≤ 1", "0.5")])[-1], "| size | ≤ 1 | 0.5 |")
        self.assertEqual([microseconds(12.3), microseconds(12345)], ["12 µs", "12.35 ms"])
