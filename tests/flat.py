"""Programs of tests/programs/*.flat: modules written flat, a definition or an instruction a line, since
wat2wasm does not know the types and instructions that they are about. `;;` starts a comment.

    rec N                         the next N types are a group
    type [open] [N] P… -> R…      a function type; open: not final; N: its supertype
    table REF MIN [: INSTRS]      instructions are separated by commas
    memory [i64] MIN [MAX] [bytes]      bytes: its pages are of one byte
    global [mut] TYPE : INSTRS
    elem TABLE : OFFSET : REF : FUNC…      active; or `elem declare : FUNC…`
    func TYPE [NAME]              exported under the name; `local TYPE…` lines and its body follow
    tag TYPE

Types are i32 i64 f32 f64 v128 funcref externref exnref, ref:N and null:N (a reference to functions of type
N, or to null). Instructions are the names of opcodes.def with their immediates as numbers; a block's is
a value type, a type index, or nothing. try_table's catches follow the type: `catch:TAG:LABEL`,
`catch_ref:TAG:LABEL`, `catch_all:LABEL`, `catch_all_ref:LABEL`."""
import os
import re
import struct

COMPILER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compiler")
ROW = re.compile(r'^OP\((0x[0-9a-f]+),\s*\w+,\s*"([^"]+)",\s*(\w+),')
TYPES = {"i32": 0x7F, "i64": 0x7E, "f32": 0x7D, "f64": 0x7C, "v128": 0x7B, "funcref": 0x70,
         "externref": 0x6F, "exnref": 0x69}
CATCHES = ["catch", "catch_ref", "catch_all", "catch_all_ref"]


def unsigned(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out) + bytes([n])


def signed(n):
    out = bytearray()
    while not -64 <= n < 64:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out) + bytes([n & 0x7F])


def vector(items):
    return unsigned(len(items)) + b"".join(items)


def value_type(word):
    kind, _, index = word.partition(":")
    if index:
        return {"ref": b"\x64", "null": b"\x63"}[kind] + signed(int(index))
    return bytes([TYPES[word]])


def read_opcodes():
    rows, table = [], {}
    for name in ("opcodes.def", "opcodes_simd.def"):
        with open(os.path.join(COMPILER, name), encoding="utf-8") as file:
            rows += [ROW.match(line) for line in file]
    for row in filter(None, rows):
        code = int(row[1], 16)
        shift = 8 if code < 0x10000 else 12  # of the prefix, as in op_from_code
        code = bytes([code]) if code < 0x100 else bytes([code >> shift]) + unsigned(code & (1 << shift) - 1)
        table.setdefault(row[2], (code, row[3]))
    return table


def block_type(words):
    if words and (words[0] in TYPES or ":" in words[0] and not words[0].startswith("catch")):
        return value_type(words.pop(0))
    if words and words[0].isdigit():
        return signed(int(words.pop(0)))
    return b"\x40"


def catch_clause(word):
    kind, *numbers = word.split(":")
    return bytes([CATCHES.index(kind)]) + b"".join(unsigned(int(n)) for n in numbers)


def immediates(kind, words):
    if kind == "BLOCK":
        return block_type(words)
    if kind in ("I32", "I64"):
        return signed(int(words[0]))
    if kind in ("F32", "F64"):
        return struct.pack("<f" if kind == "F32" else "<d", float(words[0]))
    if kind == "HEAP_TYPE":
        return signed(int(words[0])) if words[0].isdigit() else bytes([TYPES[words[0]]])
    if kind == "BR_TABLE":
        return vector([unsigned(int(word)) for word in words[:-1]]) + unsigned(int(words[-1]))
    if kind == "TYPES":
        return vector([value_type(word) for word in words])
    return b"".join(unsigned(int(word)) for word in words)


class Module:
    def __init__(self):
        self.opcodes = read_opcodes()
        self.sections = {number: [] for number in (1, 3, 4, 5, 13, 6, 7, 9, 10)}
        self.group = []  # types of the one that is open
        self.n_missing = 0  # that it still lacks
        self.body = None  # locals, code: of the function that is open

    def instruction(self, text):
        name, *words = text.split()
        code, kind = self.opcodes[name]
        clauses = b"" if name != "try_table" else \
            vector([catch_clause(words.pop()) for _ in range(sum(w.startswith("catch") for w in words))][::-1])
        return code + immediates(kind, words) + clauses

    def expression(self, text):
        return b"".join(self.instruction(one) for one in text.split(",")) + b"\x0b"

    def types(self, words):
        head = [words.pop(0) for word in list(words) if word == "open" or word.isdigit()]
        arrow = words.index("->")
        sides = (words[:arrow], words[arrow + 1:])
        supertypes = [unsigned(int(word)) for word in head if word != "open"]
        prefix = bytes([0x50 if "open" in head else 0x4F]) + vector(supertypes) if head else b""
        self.group.append(prefix + b"\x60" + b"".join(vector([value_type(w) for w in side]) for side in sides))
        if self.n_missing == 0:
            self.sections[1].append(self.group.pop())
        elif len(self.group) == self.n_missing:
            self.sections[1].append(b"\x4e" + vector(self.group))
            self.group, self.n_missing = [], 0

    def memory(self, words):
        sizes = [unsigned(int(word)) for word in words if word.isdigit()]
        flags = (len(sizes) > 1) | ("i64" in words) << 2 | ("bytes" in words) << 3
        self.sections[5].append(bytes([flags]) + b"".join(sizes) + (b"\x00" if "bytes" in words else b""))

    def element(self, parts):
        if parts[0] == "declare":
            self.sections[9].append(b"\x03\x00" + vector([unsigned(int(w)) for w in parts[1].split()]))
            return
        items = [self.expression("ref.func " + word) for word in parts[3].split()]
        self.sections[9].append(b"\x06" + unsigned(int(parts[0])) + self.expression(parts[1]) +
                                value_type(parts[2]) + vector(items))

    def definition(self, line):
        head, *parts = [part.strip() for part in re.split(r"\s:\s", line)]
        word, *words = head.split()
        if word == "rec":
            self.n_missing = int(words[0])
        elif word == "type":
            self.types(words)
        elif word == "tag":
            self.sections[13].append(b"\x00" + unsigned(int(words[0])))
        elif word == "table":
            start, end = (b"\x40\x00", self.expression(parts[0])) if parts else (b"", b"")
            self.sections[4].append(start + value_type(words[0]) + b"\x00" + unsigned(int(words[1])) + end)
        elif word == "memory":
            self.memory(words)
        elif word == "global":
            self.sections[6].append(value_type(words[-1]) + bytes([words[0] == "mut"]) + self.expression(parts[0]))
        elif word == "elem":
            self.element([words[0], *parts])
        elif word == "func":
            self.function(words)
        else:
            raise ValueError(f"no such definition: {line}")

    def function(self, words):
        if len(words) > 1:
            name = words[1].encode()
            self.sections[7].append(vector([bytes([c]) for c in name]) + b"\x00" + unsigned(len(self.sections[3])))
        self.sections[3].append(unsigned(int(words[0])))
        self.body = ([], bytearray())

    def close_function(self):
        if self.body:
            code = vector([b"\x01" + t for t in self.body[0]]) + bytes(self.body[1]) + b"\x0b"
            self.sections[10].append(unsigned(len(code)) + code)
        self.body = None

    def add(self, line):
        word = line.split()[0]
        if self.body and word == "local":
            self.body[0].extend(value_type(w) for w in line.split()[1:])
        elif self.body and word in self.opcodes:
            self.body[1].extend(self.instruction(line))
        else:
            self.close_function()
            self.definition(line)

    def binary(self):
        self.close_function()
        out = b"\0asm\1\0\0\0"
        for number, items in self.sections.items():
            if items:
                content = vector(items)
                out += bytes([number]) + unsigned(len(content)) + content
        return out


def assemble(path):
    module = Module()
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.partition(";;")[0].strip()
            if line:
                module.add(line)
    return module.binary()
