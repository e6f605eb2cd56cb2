"""Results on disk: resuming, merging, and what is refused."""
import json
import tempfile
import unittest
from pathlib import Path

import schema
import store

MACHINE = {"cpu": "test", "cores": 2, "memory": 1 << 30, "kernel": "6", "isa": "x86_64"}
SETTINGS = {"percent": 10, "rounds": 3, "peers": ["wanco"]}


def header(began="first", **changes):
    return {"began": began, "ended": False, "compiler": "abc", "short": True, "settings": SETTINGS, "programs": [],
            "machine": MACHINE, "versions": {"wanco": "1"}, "absent": {}} | changes


def facts(**changes):
    return {"time": "now", "seconds": 1, "load": [0.1, 0.2], "compiler": "abc", "settings": SETTINGS} | changes


def row(program, **changes):
    return {"program": program, "percent": 10, "samples": {}, "compile": {}, "failures": {}} | changes


class Merging(unittest.TestCase):
    def test_new_rows_take_the_place_of_old_ones(self):
        old = [row("a"), row("b"), row("c")]
        new = [row("b", percent=20), row("d")]
        self.assertEqual([(r["program"], r["percent"]) for r in store.merge_rows(old, new)],
                         [("a", 10), ("b", 20), ("c", 10), ("d", 10)])

    def test_rows_of_one_program_differ_by_being_cold(self):
        warm, cold = ({"program": "a", "cold": is_cold} for is_cold in (False, True))
        self.assertEqual(store.merge_rows([warm], [cold]), [warm, cold])

    def test_rows_of_nothing(self):
        self.assertEqual(store.merge_rows([], []), [])


class Storing(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder, self.warnings = Path(place.name) / "bench", []

    def begin(self, *words, **changes):
        """A store of a process of its own, and whether it goes on with what is there."""
        found = store.Store(self.folder, self.warnings.append)
        return found, found.begin(header(*words, **{key: changes.pop(key) for key in list(changes)
                                                    if key not in ("anew", "merge")}), **changes)

    def measured(self, key="programs", complete=True, rows=("a", "b")):
        found, _ = self.begin()
        part = found.open(key, facts(), False)
        for name in rows:
            part.add(row(name))
        part.value["complete"] = complete
        part.save()
        return found

    def test_the_first_run_finds_nothing(self):
        found, goes_on = self.begin()
        self.assertFalse(goes_on)
        self.assertIsNone(found.read("programs"))
        self.assertEqual(self.warnings, [])

    def test_a_run_that_was_ended_goes_on_with_its_rows(self):
        self.measured(complete=False)
        found, goes_on = self.begin("second")
        part = found.open("programs", facts(), False)
        self.assertTrue(goes_on)
        self.assertEqual(found.header["began"], "first")
        self.assertEqual([part.has(program=name) for name in "abc"], [True, True, False])
        self.assertEqual(part.value["seconds"], 2)

    def test_rows_that_failed_are_measured_again(self):
        found = self.measured(complete=False)
        part = found.open("programs", facts(), False)
        part.add(row("b", failure="lost"))
        part = self.begin()[0].open("programs", facts(), False)
        self.assertEqual([part.has(program=name) for name in "ab"], [True, False])
        self.assertEqual(len(part.rows), 2)

    def test_a_run_that_came_to_its_end_is_followed_by_a_new_one(self):
        self.measured().end()
        found, goes_on = self.begin("second")
        self.assertFalse(goes_on)
        self.assertIsNone(found.read("programs"))

    def test_nothing_is_kept_of_another_compiler_or_other_settings(self):
        for change in {"compiler": "other"}, {"settings": SETTINGS | {"percent": 5}}, {"programs": ["fib"]}, {"anew": True}:
            self.measured()
            found, goes_on = self.begin("second", **change)
            self.assertFalse(goes_on, change)
            self.assertIsNone(found.read("programs"), change)

    def test_one_part_is_measured_again_into_what_is_there(self):
        self.measured().end()
        found, goes_on = self.begin("second", compiler="other", merge=True, versions={"wanco": "2", "V8": "3"})
        part = found.open("programs", facts(compiler="other"), True)
        self.assertTrue(goes_on)
        self.assertFalse(part.has(program="b"))
        part.add(row("b", percent=77))
        results = found.results(schema.DATA)
        self.assertEqual([r["percent"] for r in results["parts"]["programs"]["data"]["rows"]], [10, 77])
        self.assertEqual((results["compiler"], results["parts"]["programs"]["compiler"]), ("abc", "other"))
        self.assertEqual(results["versions"], {"wanco": "2", "V8": "3"})
        self.assertTrue(results["ended"])

    def test_a_part_that_was_damaged_is_told_and_measured_again(self):
        found = self.measured()
        for text, said in (("{", "programs.json: Expecting"), ("[]", "programs.json: the results is no object"),
                           (json.dumps(facts()), "programs.json: the results has no complete")):
            self.warnings.clear()
            found.path("programs").write_text(text)
            self.assertIsNone(found.read("programs"))
            self.assertEqual(len(self.warnings), 1)
            self.assertIn(said, self.warnings[0])

    def test_a_run_that_was_damaged_begins_anew(self):
        self.measured()
        (self.folder / "run.json").write_text("{}")
        self.assertFalse(self.begin()[1])
        self.assertEqual(len(self.warnings), 1)


class Shapes(unittest.TestCase):
    def test_a_header_and_parts_are_as_they_should_be(self):
        self.assertEqual(schema.problem(header(), schema.HEADER), "")
        part = facts(complete=True, failure="", data={"rows": [row("a")]})
        self.assertEqual(schema.problem(part, schema.PART | {"data": schema.DATA["programs"]}), "")

    def test_what_is_wrong_is_named_with_its_place(self):
        shape = {"data": schema.DATA["programs"]}
        for bad, said in ((row("a", percent="10"), "the results.data.rows[0].percent is no int"),
                          (row("a", percent=True), "the results.data.rows[0].percent is no int"),
                          (row("a", samples=[]), "the results.data.rows[0].samples is no object"),
                          (row("a", samples={"V8": [{}]}), "the results.data.rows[0].samples.V8[0] has no user"),
                          (row("a", more=1), "the results.data.rows[0] has more, which is unknown")):
            self.assertEqual(schema.problem({"data": {"rows": [bad]}}, shape), said)
        self.assertEqual(schema.problem({"data": {"rows": {}}}, shape), "the results.data.rows is no list")

    def test_numbers(self):
        self.assertEqual([bool(schema.problem(value, float)) for value in (1, 1.5, "1", None, True)],
                         [False, False, True, True, True])
