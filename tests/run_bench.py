#!/usr/bin/python3 -u
"""run_bench.py [NAME...]: the unit tests of bench/, all of tests/bench or those whose name holds one of these."""
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "bench"), str(HERE / "bench")]


def main():
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]] or None
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(loader.discover(HERE / "bench"))
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not result.testsRun else 0


sys.exit(main())
