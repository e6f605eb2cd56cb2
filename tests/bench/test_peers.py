"""Who takes part, and the words that have them compile and run."""
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import peers
from measure import Failure

WASM, OUT, ROOT = Path("/w/a.wasm"), Path("/w/out"), Path("/w/root")


class Peers(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        self.environment = {"PATH": str(self.folder)}

    def tool(self, name, text="exit 0"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def here(self):
        return mock.patch.dict(os.environ, self.environment, clear=True)

    def find(self, wanted="all"):
        with self.here():
            return peers.find(self.folder, wanted)

    def test_who_is_not_there_is_absent_with_a_reason(self):
        self.tool("wamrc")
        self.tool("bin/wanco")
        found, absent = self.find()
        self.assertEqual([peer.name for peer in found],
                         ["wanco", "wanco without checkpoints", "wanco for this processor"])
        self.assertEqual(absent["wamrc"], "iwasm not found")
        self.assertEqual(absent["WasmEdge"], "wasmedge not found")
        self.assertEqual(absent["published Wanco"], "wanco-published, clang++-19 not found")

    def test_a_variable_names_a_tool(self):
        self.environment["WASMEDGE"] = self.tool("elsewhere/edge", "echo $0 version 9")
        found, _ = self.find("WasmEdge")
        with self.here():
            self.assertEqual(found[-1].describe(), "wasmedge 9 `--optimize 3`")

    def test_a_variable_that_names_nothing_is_no_tool(self):
        self.environment["WASMEDGE"] = "/nowhere/wasmedge"
        self.assertEqual(self.find("WasmEdge")[1]["WasmEdge"], "wasmedge not found")

    def test_a_compiler_that_is_not_built_is_absent(self):
        self.assertIn("is not built", self.find("none")[1]["wanco"])

    def test_unknown_names_are_told_with_the_known_ones(self):
        with self.assertRaisesRegex(Failure, "^unknown peer v8, wasmer; known: wanco, .*V8"):
            self.find("wasmer,V8,v8")

    def test_none_are_the_two_of_our_own(self):
        self.tool("bin/wanco")
        self.assertEqual([peer.name for peer in self.find("none")[0]], ["wanco", "wanco without checkpoints"])

    def test_a_wasm2c_without_its_runtime_cannot_take_part(self):
        self.tool("wasm2c")
        self.tool("clang-19")
        self.assertIn("its runtime", self.find("wasm2c")[1]["wasm2c"])


class Words(unittest.TestCase):
    """With tools of which each is called by its name."""

    def setUp(self):
        patch = mock.patch("peers.tool", lambda name: name)
        patch.start()
        self.addCleanup(patch.stop)

    def words(self, peer, root=None):
        """Of compiling, and of running what came of it."""
        compiling = [[str(word) for word in command] for command in peer.compile_commands(WASM, OUT, ["--more"])]
        program = peer.product(OUT) if compiling else WASM
        return [" ".join(command) for command in compiling], " ".join(str(word) for word in peer.command(program, root))

    def test_wanco(self):
        build = Path("/b")
        with mock.patch.dict(os.environ, clear=True):
            self.assertEqual(self.words(peers.Wanco(build), ROOT),
                             (["/b/bin/wanco compile /w/a.wasm -o /w/out --more"], "/w/out --dir /w/root::/ --"))
            self.assertEqual(self.words(peers.WancoHere(build)),
                             (["/b/bin/wanco compile /w/a.wasm -o /w/out --no-checkpoint --cpu native --more"], "/w/out --"))

    def test_wasmedge_compiles_to_a_library_that_it_runs(self):
        with mock.patch("peers.capture_all", lambda _: "--run-mode"):
            self.assertEqual(self.words(peers.WasmEdge(), ROOT),
                             (["wasmedge compile --optimize 3 --more /w/a.wasm /w/out.so"],
                              "wasmedge run --run-mode aot --dir /:/w/root /w/out.so"))

    def test_older_wasmedge_knows_no_modes(self):
        with mock.patch("peers.capture_all", lambda _: "--dir"):
            self.assertEqual(self.words(peers.WasmEdge())[1], "wasmedge run /w/out.so")

    def test_wamr(self):
        self.assertEqual(self.words(peers.WamrSegue(), ROOT),
                         (["wamrc --opt-level=3 --enable-segue --more -o /w/out /w/a.wasm"],
                          "iwasm --map-dir=/::/w/root /w/out"))

    def test_wasmtime(self):
        self.assertEqual(self.words(peers.Wasmtime(), ROOT),
                         (["wasmtime compile -O opt-level=2 --more -o /w/out /w/a.wasm"],
                          "wasmtime run --allow-precompiled --dir /w/root::/ /w/out"))

    def test_v8_compiles_as_it_runs(self):
        compiling, running = self.words(peers.Node(), ROOT)
        self.assertEqual(compiling, [])
        self.assertRegex(running, r"^node --no-warnings .*/node_wasi\.mjs --dir /w/root::/ /w/a\.wasm$")

    def test_wasm2c_is_told_of_its_old_names(self):
        for version, is_old in (("1.0.32", True), ("1.0.41 (git)", False)):
            with mock.patch("peers.capture", lambda _, version=version: version):
                first, second = self.words(peers.Wasm2c())[0]
            self.assertEqual(first, "wasm2c -n bench /w/a.wasm -o /w/bench.c")
            self.assertEqual("-DWABT_1_0_32" in second, is_old)
