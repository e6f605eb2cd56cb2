"""What to do for one test file, and whether it went well.

A Plan holds one Step per command. Some are decided at once (by the validator's verdict on the command's
module, or because the feature is not there yet); the others have a line of the driver's script, whose
answer decides them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

import suite
import values

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

NOT_SUPPORTED = "not supported: "

# Cases of proposals that were written before the version of the specification we follow.
SUPERSEDED = {
    "multiple tables": "several tables are valid since 2.0",
    "multiple memories": "several memories are valid since 3.0",
}

# What spectest.c lacks, and the feature it belongs to.
NOT_IN_SPECTEST = {"shared_memory": "threads"}


@dataclass
class Step:
    command: dict
    status: Optional[str] = None  # None: the driver's answer decides
    detail: str = ""  # why it failed or was skipped
    module: Optional[int] = None  # what it instantiates, an index of Plan.modules


@dataclass
class Instance:
    number: int = -1  # the driver's
    skip: str = ""  # the feature that keeps it from existing


@dataclass
class Plan:
    steps: list = field(default_factory=list)
    script: list = field(default_factory=list)  # one line per undecided step, in order
    modules: list = field(default_factory=list)  # paths of the modules to compile
    n_text: int = 0  # commands for a parser of the text format, not counted
    wordings: list = field(default_factory=list)  # (command, our text) where the texts differ


def feature_missing(verdict):
    """The feature's name if the validator refused a module because of it, else ""."""
    _, _, rest = verdict.partition(NOT_SUPPORTED)
    return rest.partition(" (")[0]


def words_match(expected, got):
    return got.startswith(expected) or expected.startswith(got)


class Planner:
    def __init__(self, test_file, verdicts):
        self.folder = Path(test_file.folder)
        self.verdicts = verdicts  # file name -> None (valid) or the error's text
        self.plan = Plan()
        self.current = Instance(skip="no module before it")
        self.named = {}
        self.registered = {}
        self.definitions = {}
        self.module_numbers = {}
        self.n_instances = 0

    def build(self, commands):
        for command in commands:
            if "filename" in command and suite.binary_of(command) is None:
                self.plan.n_text += 1
            else:
                self.HANDLERS.get(command["type"], Planner.unknown)(self, command)
        return self.plan

    def decide(self, command, status, detail=""):
        self.plan.steps.append(Step(command, status, detail))

    def ask(self, command, line, module=None):
        self.plan.steps.append(Step(command, module=module))
        self.plan.script.append(line)

    def unknown(self, command):
        self.decide(command, FAILED, "unknown command type")

    # ---- Modules ----

    def refused(self, command):
        file_name = suite.binary_of(command)
        verdict = self.verdicts[file_name]
        if command["text"] in SUPERSEDED:
            self.decide(command, SKIPPED, SUPERSEDED[command["text"]])
        elif verdict is None:
            self.decide(command, FAILED, f"accepted, expected: {command['text']}")
        elif feature_missing(verdict):
            self.decide(command, SKIPPED, feature_missing(verdict))
        else:
            self.decide(command, PASSED)
            if command["text"] not in verdict:
                self.plan.wordings.append((command, verdict))

    def instantiate(self, command, file_name):
        """Asks for a new instance of a module; decides the command if that can't be."""
        verdict = self.verdicts[file_name]
        if verdict is not None:
            skip = feature_missing(verdict)
            self.decide(command, SKIPPED if skip else FAILED, skip or f"refused: {verdict}")
            return Instance(skip=skip)
        skip = self.unsupported_import(self.folder / file_name)
        if skip:
            self.decide(command, SKIPPED, skip)
            return Instance(skip=skip)
        if file_name not in self.module_numbers:
            self.module_numbers[file_name] = len(self.plan.modules)
            self.plan.modules.append(self.folder / file_name)
        number = self.module_numbers[file_name]
        self.ask(command, f"instantiate {number}", number)
        self.n_instances += 1
        return Instance(self.n_instances - 1)

    def unsupported_import(self, path):
        """The feature that what a module imports needs and does not have, or ""."""
        for module, name in suite.imports(path):
            if module in self.registered:
                if self.registered[module].skip:
                    return self.registered[module].skip
            elif module == "spectest" and name in NOT_IN_SPECTEST:
                return NOT_IN_SPECTEST[name]
        return ""

    def module(self, command):
        self.current = self.instantiate(command, suite.binary_of(command))
        if "name" in command:
            self.named[command["name"]] = self.current

    def module_definition(self, command):
        file_name = suite.binary_of(command)
        self.definitions[command.get("name")] = file_name
        self.definitions[None] = file_name
        verdict = self.verdicts[file_name]
        if verdict is None:
            self.decide(command, PASSED)
        else:
            skip = feature_missing(verdict)
            self.decide(command, SKIPPED if skip else FAILED, skip or f"refused: {verdict}")

    def module_instance(self, command):
        self.current = self.instantiate(command, self.definitions[command.get("module")])
        if "instance" in command:
            self.named[command["instance"]] = self.current

    def not_instantiated(self, command):
        self.instantiate(command, suite.binary_of(command))

    def register(self, command):
        instance = self.named[command["name"]] if "name" in command else self.current
        self.registered[command["as"]] = instance
        if instance.skip:
            self.decide(command, SKIPPED, instance.skip)
        else:
            self.ask(command, f"register {instance.number} {hex_name(command['as'])}")

    # ---- Actions ----

    def action(self, command):
        action = command["action"]
        instance = self.named[action["module"]] if "module" in action else self.current
        if instance.skip:
            self.decide(command, SKIPPED, instance.skip)
            return
        words = [action["type"], str(instance.number), hex_name(action["field"])]
        words += [values.to_word(arg) for arg in action.get("args", [])]
        self.ask(command, " ".join(words))

    def thread(self, command):
        self.decide(command, SKIPPED, "threads")
        for inner in command.get("commands", []):
            self.decide(inner, SKIPPED, "threads")

    HANDLERS = {
        "module": module,
        "module_definition": module_definition,
        "module_instance": module_instance,
        "register": register,
        "action": action,
        "assert_return": action,
        "assert_trap": action,
        "assert_exhaustion": action,
        "assert_exception": action,
        "assert_invalid": refused,
        "assert_malformed": refused,
        "assert_unlinkable": not_instantiated,
        "assert_uninstantiable": not_instantiated,
        "thread": thread,
        "wait": thread,
    }


def hex_name(name):
    return "x" + name.encode().hex()


EXPECTED_ANSWER = {
    "assert_trap": "trapped",
    "assert_exhaustion": "trapped",
    "assert_exception": "threw",
    "assert_uninstantiable": "trapped",
    "assert_unlinkable": "unlinked",
}


def wrong(command, answer):
    """Says why the driver's answer is not what the command expects; "" if it is."""
    kind, _, rest = answer.partition(" ")
    expected = EXPECTED_ANSWER.get(command["type"], "returned")
    if expected != "returned":
        text = command.get("text", "")  # an exception has none
        if kind == expected and words_match(text, rest):
            return ""
        return f"expected {expected} {text}, got {answer}"
    if kind != "returned":
        return f"expected it to return, got {answer}"
    if command["type"] != "assert_return":
        return ""
    results = rest.split()
    if values.match(command["expected"], results):
        return ""
    wanted = " ".join(values.to_text(value) for value in command["expected"])
    return f"expected {wanted or 'nothing'}, got {rest or 'nothing'}"
