"""Finds test files and reads them: the official suite, and the project's own cases."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

ARCHIVE = "spec-tests.tar.xz"

HOW_TO_GET_IT = """\
The official suite is public: `git clone https://github.com/WebAssembly/spec`, convert each file of
test/core by `wasm-tools json-from-wast X.wast --wasm-dir DIR -o DIR/X.json`, and set SPEC_TESTS to the
folder."""


class NoData(Exception):
    """Why a set of tests can't be run."""


@dataclass
class TestFile:
    name: str  # e.g. "core/bulk-memory/memory_copy"
    folder: Path  # where the files its commands name lie
    commands: list


def read_test_file(path, name):
    with open(path, encoding="utf-8") as f:
        return TestFile(name, path.parent, json.load(f)["commands"])


def find_official(spec_tests, scratch):
    """The test files below spec_tests: a folder, an archive, or a folder that holds the archive."""
    if not spec_tests:
        raise NoData("SPEC_TESTS is not set")
    root = Path(spec_tests)
    if (root / ARCHIVE).is_file():
        root = root / ARCHIVE
    if root.is_file():
        unpacked = scratch / "suite"
        with tarfile.open(root) as archive:
            archive.extractall(unpacked)
        root = unpacked
    paths = sorted(root.rglob("*.json"))
    if not paths:
        sys.exit(f"spec-tests: no JSON file in SPEC_TESTS={spec_tests}")
    return [read_test_file(path, official_name(path.relative_to(root))) for path in paths]


def official_name(relative):
    """core/i32/i32.json is called core/i32."""
    parts = list(relative.with_suffix("").parts)
    if len(parts) > 1 and parts[-1] == parts[-2]:
        parts.pop()
    return "/".join(parts)


def find_own(scratch):
    """The .wast files beside this one, converted by wabt."""
    if shutil.which("wast2json") is None:
        raise NoData("wast2json is not installed (Debian package wabt)")
    files = []
    for wast in sorted(Path(__file__).parent.glob("*.wast")):
        folder = scratch / "own" / wast.stem
        os.makedirs(folder)
        output = folder / (wast.stem + ".json")
        command = ["wast2json", "--enable-extended-const", "--enable-memory64", "--enable-multi-memory",
                   "--enable-tail-call", "--enable-exceptions", str(wast), "-o", str(output)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise NoData(f"{wast.name}: {done.stderr.strip()}")
        files.append(read_test_file(output, "own/" + wast.stem))
    return files


def binary_of(command):
    """The file name of a command's module in binary form, or None."""
    if "binary_filename" in command:
        return command["binary_filename"]
    if command.get("module_type", "binary") == "binary":
        return command.get("filename")
    return None


def imports(path):
    """The (module, name) pairs in the import section of a valid module (core 5.5.5)."""
    data = path.read_bytes()
    at = 8
    while at < len(data):
        section = data[at]
        size, at = read_leb(data, at + 1)
        if section == 2:
            return read_import_section(data, at)
        at += size
    return []


def read_leb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def read_name(data, at):
    length, at = read_leb(data, at)
    return data[at : at + length].decode(), at + length


def read_import_section(data, at):
    pairs = []
    n_imports, at = read_leb(data, at)
    for _ in range(n_imports):
        module, at = read_name(data, at)
        name, at = read_name(data, at)
        at = skip_import_type(data, at)
        pairs.append((module, name))
    return pairs


def skip_value_type(data, at):
    has_heap_type = data[at] in (0x63, 0x64)
    return read_leb(data, at + 1)[1] if has_heap_type else at + 1


def skip_import_type(data, at):
    kind, at = data[at], at + 1
    if kind == 0:
        return read_leb(data, at)[1]
    if kind == 3:
        return skip_value_type(data, at) + 1
    if kind == 4:
        return read_leb(data, at + 1)[1]
    if kind == 1:
        at = skip_value_type(data, at)
    flags, at = data[at], at + 1
    for _ in range(2 if flags & 1 else 1):
        at = read_leb(data, at)[1]
    return at
