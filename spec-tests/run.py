#!/usr/bin/python3
"""Runs the official test suite of the WebAssembly specification, and the project's own cases.

Every module of a test file is compiled by wanco, all of them are linked with driver.c into one
executable, and that carries out the file's commands, natively or emulated. The last line is
`N passed, N failed, N skipped`; the exit status is 1 if anything failed."""

import argparse
import collections
import concurrent.futures
import os
import platform
import resource
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import suite
from plan import FAILED, PASSED, SKIPPED, Planner, wrong
from toolchain import Target, Toolchain, ToolError

MAX_LISTED = 10  # failures of one file

# Files whose modules can be suspended, in many ways and soon.
STRESS_SAMPLE = {"own/calls", "own/control", "own/linking", "own/tables",
                 *("core/" + name for name in (
                     "call", "call_indirect", "elem", "fac", "forward", "func_ptrs", "labels", "linking", "loop",
                     "memory_grow", "multi-memory/float_exprs1", "ref_func", "stack", "table_grow"))}
NO_INSTANCE = "no such instance"  # the driver's words


@dataclass
class Outcome:
    command: dict
    status: str
    detail: str = ""
    target: str = ""  # "" if it does not depend on it


class Report:
    """What became of one test file."""

    def __init__(self, name):
        self.name = name
        self.outcomes = []
        self.n_text = 0
        self.wordings = []
        self.n_rebuilds = collections.Counter()  # by target

    def add(self, command, status, detail="", target=""):
        self.outcomes.append(Outcome(command, status, detail, str(target)))

    def count(self, status):
        return sum(outcome.status == status for outcome in self.outcomes)


def run_file(test_file, toolchain, targets):
    report = Report(test_file.name)
    modules = {suite.binary_of(command): None for command in test_file.commands}
    modules.pop(None, None)
    try:
        verdicts = toolchain.validate(test_file.folder, list(modules)) if modules else {}
    except ToolError as error:
        for command in test_file.commands:
            report.add(command, FAILED, str(error))
        return report
    plan = Planner(test_file, verdicts).build(test_file.commands)
    if not toolchain.stresses:  # which decides nothing that is decided already
        report.n_text, report.wordings = plan.n_text, plan.wordings
        for step in plan.steps:
            if step.status:
                report.add(step.command, step.status, step.detail)
    if plan.script:
        for target in targets:
            run_plan(plan, report, toolchain, target)
    return report


def run_plan(plan, report, toolchain, target):
    """Compiles, links and runs what a plan left undecided, for one target."""
    asked = [step for step in plan.steps if not step.status]
    folder = toolchain.scratch / str(target).replace(" ", "") / report.name
    os.makedirs(folder)
    errors = {}
    symbols, objects = [], []
    for number, module in enumerate(plan.modules):
        symbol, output = f"spec_module_{number}", folder / f"{number}.o"
        try:
            toolchain.compile(module, symbol, target, output)
            symbols.append(symbol)
            objects.append(output)
        except ToolError as error:
            symbols.append(None)
            errors[number] = str(error)
    try:
        executable = toolchain.link(symbols, objects, target, folder)
        answers, end = toolchain.run(executable, [*plan.script, "rebuilds"], target)
    except ToolError as error:
        answers, end = [], str(error)
    for number, step in enumerate(asked):
        if step.module in errors:
            detail = errors[step.module]
        elif number < len(answers):
            detail = wrong(step.command, answers[number])
        else:
            detail = end if number == len(answers) else f"not reached: {end}"
        report.add(step.command, FAILED if detail else PASSED, detail, target)
    if len(answers) > len(asked):
        report.n_rebuilds[str(target)] = int(answers[-1].rpartition(":")[2], 16)
    if toolchain.stresses and report.name in STRESS_SAMPLE and not report.n_rebuilds[str(target)]:
        report.add({"type": "stress"}, FAILED, "nothing was ever suspended", target)


# ---- Output ----


def describe(command):
    """A command in the text format's manner."""
    if "action" not in command:
        name = command.get("name") or command.get("as") or suite.binary_of(command) or ""
        return f"{command['type']} {name}".strip()
    action = command["action"]
    args = " ".join(f"{arg['type']}:{arg.get('value')}" for arg in action.get("args", []))
    return f"{command['type']} {action['type']} \"{action['field']}\" {args}".strip()


def print_failures(report):
    failures = [outcome for outcome in report.outcomes if outcome.status == FAILED]
    failures.sort(key=lambda outcome: NO_INSTANCE in outcome.detail)  # consequences come last
    for outcome in failures[:MAX_LISTED]:
        where = f"{report.name}:{outcome.command.get('line', '?')}"
        target = f" [{outcome.target}]" if outcome.target else ""
        print(f"FAIL {where}{target} {describe(outcome.command)}: {outcome.detail}")
    if len(failures) > MAX_LISTED:
        print(f"FAIL {report.name}: and {len(failures) - MAX_LISTED} more")


def print_summary(reports, no_data):
    reasons = collections.Counter(
        outcome.detail for report in reports for outcome in report.outcomes if outcome.status == SKIPPED)
    reasons.update(no_data)
    for reason, count in reasons.most_common():
        print(f"skipped {count:6}: {reason}")
    n_text = sum(report.n_text for report in reports)
    if n_text:
        print(f"not counted {n_text}: commands for a parser of the text format")
    counts = [sum(report.count(status) for report in reports) for status in (PASSED, FAILED)]
    print(f"{counts[0]} passed, {counts[1]} failed, {sum(reasons.values())} skipped")
    return 1 if counts[1] else 0


def print_wordings(reports):
    for report in reports:
        for command, text in report.wordings:
            print(f"TEXT {report.name}:{command['line']} expected \"{command['text']}\", got: {text}")


# ---- Options ----


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("filters", nargs="*", metavar="FILTER", help="only files whose name holds it")
    parser.add_argument("--build", default="build", help="where the project was built (default: build)")
    parser.add_argument("--isa", dest="isas", action="append", help="may be repeated (default: the host's)")
    parser.add_argument("-O", dest="levels", action="append", metavar="LEVEL",
                        help="may be repeated (default: 3)")
    parser.add_argument("-j", dest="jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--timeout", type=int, default=120, help="seconds for one file's executable")
    parser.add_argument("--stress", action="store_true",
                        help="suspend and rebuild at every safepoint; only what executables do is counted")
    parser.add_argument("--sample", action="store_true", help="only some files, each of which is suspended")
    parser.add_argument("--own", action="store_true", help="only the project's own cases")
    parser.add_argument("--texts", action="store_true",
                        help="show where a refusal lacks the suite's words")
    parser.add_argument("--keep", metavar="FOLDER", help="leave all files there")
    return parser.parse_args()


def find_tests(options, scratch):
    """The test files, and reasons why some can't be run."""
    sources = [lambda: suite.find_own(scratch)]
    if not options.own:
        sources.append(lambda: suite.find_official(os.environ.get("SPEC_TESTS"), scratch))
    files, no_data = [], []
    for source in sources:
        try:
            files += source()
        except suite.NoData as error:
            no_data.append(str(error))
    if options.sample:
        files = [f for f in files if f.name in STRESS_SAMPLE]
    if options.filters:
        files = [f for f in files if any(text in f.name for text in options.filters)]
        if not files:
            sys.exit("spec-tests: no file's name holds " + " or ".join(options.filters))
    return files, no_data


def usable_targets(options, toolchain):
    targets, reasons = [], []
    for isa in options.isas or [platform.machine()]:
        missing = toolchain.missing_for(isa)
        if missing:
            reasons.append(f"{isa}: there is no {missing}")
            continue
        toolchain.build_driver(isa)
        targets += [Target(isa, level) for level in options.levels or ["3"]]
    return targets, reasons


def run_all(options, scratch):
    toolchain = Toolchain(options.build, scratch, options.timeout, options.stress)
    if not os.access(toolchain.wanco, os.X_OK):
        sys.exit(f"spec-tests: there is no {toolchain.wanco}; run make, or name the folder by --build")
    files, no_data = find_tests(options, scratch)
    targets, no_target = usable_targets(options, toolchain)
    reports = []
    rebuilt = f"{'rebuilt':>8}" if options.stress else ""
    print(f"{'file':44} {'passed':>7} {'failed':>7} {'skipped':>8} {rebuilt}")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for report in pool.map(lambda f: run_file(f, toolchain, targets), files):
            reports.append(report)
            rebuilt = f"{report.n_rebuilds.total():8}" if options.stress else ""
            print(f"{report.name:44} {report.count(PASSED):7} {report.count(FAILED):7} "
                  f"{report.count(SKIPPED):8} {rebuilt}")
            print_failures(report)
    if options.texts:
        print_wordings(reports)
    if not options.own and not os.environ.get("SPEC_TESTS"):
        print(suite.HOW_TO_GET_IT)
    return print_summary(reports, no_data + no_target)


def main():
    sys.stdout.reconfigure(line_buffering=True)
    options = parse_options()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if options.keep:
        os.makedirs(options.keep)
        return run_all(options, Path(options.keep).resolve())
    with tempfile.TemporaryDirectory(prefix="wanco-spec-") as scratch:
        return run_all(options, Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
