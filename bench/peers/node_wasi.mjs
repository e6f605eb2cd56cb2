// Runs a WASI command in V8: node node_wasi.mjs [--dir HOST::GUEST] PROGRAM.wasm ARGUMENTS...
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const words = process.argv.slice(2);
const [host, guest] = words[0] === "--dir" ? words.splice(0, 2)[1].split("::") : [];
const wasi = new WASI({ version: "preview1", args: words, preopens: guest ? { [guest]: host } : {}, returnOnExit: false });
const module = await WebAssembly.compile(readFileSync(words[0]));
wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
