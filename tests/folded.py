"""The text format as far as programs here need it, with the types and instructions that wat2wasm lacks:
tests/programs/*.folded, and random modules.

As in the text format: types, functions, tables, memories, globals, tags and elem fields, in any order but
that types come first; names; folded instructions, and plain ones that have no immediates. Inline are only
exports, and the types of functions and blocks. Lanes, memories and offsets of accesses are as ever."""
import os
import re
import struct
import sys

COMPILER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compiler")
ROW = re.compile(r'^OP\((0x[0-9a-f]+),\s*\w+,\s*"([^"]+)",\s*(\w+),')
TOKEN = re.compile(r'\s+|;;[^\n]*|\(;.*?;\)|("[^"]*"|[()]|[^\s()"]+)', re.DOTALL)
NUMBERS = {"i32": 0x7F, "i64": 0x7E, "f32": 0x7D, "f64": 0x7C, "v128": 0x7B}
HEAPS = {"func": 0x70, "extern": 0x6F, "exn": 0x69}
KINDS = {"func": 0, "table": 1, "memory": 2, "global": 3, "tag": 4}
SECTIONS = {"func": 3, "table": 4, "memory": 5, "tag": 13, "global": 6}
CLAUSES = {"catch": 0, "catch_ref": 1, "catch_all": 2, "catch_all_ref": 3}


# ---- Bytes ----

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


def read_opcodes():
    """The bytes and the kind of immediates of each instruction."""
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


# ---- Text ----

def parse(text):
    """Nested lists of words."""
    stack = [[]]
    for word in filter(None, TOKEN.findall(text)):
        if word == "(":
            stack.append([])
        elif word == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    return stack[0]


def number(word):
    return int(word.replace("_", ""), 0)


def heads(tree, *words):
    return isinstance(tree, list) and bool(tree) and tree[0] in words


def take(items, *words):
    """The leading lists that begin with one of the words, taken off."""
    taken = []
    while items and heads(items[0], *words):
        taken.append(items.pop(0))
    return taken


class Module:
    def __init__(self, tree):
        self.opcodes = read_opcodes()
        self.types = []  # by index: the number of parameters, and the bytes if it is alone in its group
        self.names = {kind: {} for kind in ("type", *KINDS)}
        self.sections = {number: [] for number in (1, 3, 4, 5, 13, 6, 7, 9, 10)}
        self.counts = dict.fromkeys(KINDS, 0)
        fields = tree[1:]
        for field in fields:  # names first: they may be used before
            self.name(field)
        for field in fields:
            getattr(self, "add_" + field[0])(list(field[1:]))

    def name(self, field):
        kind = field[0]
        if kind == "rec":
            for part in field[1:]:
                self.name(part)
        elif kind == "type":
            self.names["type"][field[1]] = len(self.names["type"])
        elif kind in KINDS:
            if len(field) > 1 and isinstance(field[1], str) and field[1][0] == "$":
                self.names[kind][field[1]] = self.counts[kind]
            self.counts[kind] += 1

    def index(self, kind, word):
        return self.names[kind][word] if word[0] == "$" else number(word)

    # ---- Types ----

    def value_type(self, word):
        if isinstance(word, str):
            return bytes([NUMBERS[word] if word in NUMBERS else HEAPS[word.removesuffix("ref")]])
        return (b"\x63" if "null" in word else b"\x64") + self.heap_type(word[-1])

    def heap_type(self, word):
        return bytes([HEAPS[word]]) if word in HEAPS else signed(self.index("type", word))

    def func_type(self, parts):
        """Of (param …) and (result …): the number of parameters, and the bytes."""
        sides = {"param": [], "result": []}
        for side, *words in parts:
            sides[side] += [self.value_type(word) for word in words if word[0] != "$"]
        return len(sides["param"]), b"\x60" + vector(sides["param"]) + vector(sides["result"])

    def signature(self, items):
        """(type $t) or (param …) (result …), taken off: the type's index, and the names of parameters."""
        uses, parts = take(items, "type"), take(items, "param", "result")
        names, n_params = {}, 0
        for _, *words in (part for part in parts if part[0] == "param"):
            if words and words[0][0] == "$":
                names[words.pop(0)] = n_params
            n_params += len(words)
        return self.index("type", uses[0][1]) if uses else self.type_index(self.func_type(parts)), names

    def type_index(self, func_type):
        if func_type not in self.types:
            self.types.append(func_type)
            self.sections[1].append(func_type[1])
        return self.types.index(func_type)

    def subtype(self, definition):
        """Of (func …), or of (sub [final] [$t] (func …)): the same as of func_type."""
        if heads(definition, "func"):
            return self.func_type(definition[1:])
        _, *words, func = definition
        n_params, func = self.func_type(func[1:])
        supertypes = [unsigned(self.index("type", word)) for word in words if word != "final"]
        return n_params, (b"\x4f" if "final" in words else b"\x50") + vector(supertypes) + func

    def add_type(self, items):
        self.types.append(self.subtype(items[1]))
        self.sections[1].append(self.types[-1][1])

    def add_rec(self, items):
        group = [self.subtype(definition) for _, _, definition in items]
        self.types += [(n_params, None) for n_params, _ in group]
        self.sections[1].append(b"\x4e" + vector([entry for _, entry in group]))

    # ---- Definitions ----

    def head(self, items, kind):
        """Takes off the name and the exports of the next definition of the kind."""
        index = len(self.sections[SECTIONS[kind]])
        if items and isinstance(items[0], str) and items[0][0] == "$":
            items.pop(0)
        for export in take(items, "export"):
            text = export[1].strip('"').encode()
            self.sections[7].append(vector([bytes([c]) for c in text]) + bytes([KINDS[kind]]) +
                                    unsigned(index))

    def limits(self, items):
        is_64 = items[0] == "i64"
        sizes, pages = items[is_64:], b""
        if heads(sizes[-1], "pagesize"):
            pages = unsigned(number(sizes.pop()[1]).bit_length() - 1)
        flags = (len(sizes) == 2) | is_64 << 2 | bool(pages) << 3
        return bytes([flags]) + b"".join(unsigned(number(size)) for size in sizes) + pages

    def add_tag(self, items):
        self.head(items, "tag")
        self.sections[13].append(b"\x00" + unsigned(self.signature(items)[0]))

    def add_memory(self, items):
        self.head(items, "memory")
        self.sections[5].append(self.limits(items))

    def add_table(self, items):
        self.head(items, "table")
        init = take(items[-1:], "ref.func")
        start, end = (b"\x40\x00", Code(self, {}).write([items.pop()])) if init else (b"", b"")
        self.sections[4].append(start + self.value_type(items.pop()) + self.limits(items) + end)

    def add_global(self, items):
        self.head(items, "global")
        valtype, *init = items
        is_mutable = heads(valtype, "mut")
        code = Code(self, {}).write(init)
        self.sections[6].append(self.value_type(valtype[1] if is_mutable else valtype) + bytes([is_mutable]) + code)

    def add_elem(self, items):
        """declare, or (table $t) and an offset; then func and functions, or a type and expressions."""
        where = b""
        if items[0] == "declare":
            items.pop(0)
            flags = 3
        else:
            tables = take(items, "table")
            where = unsigned(self.index("table", tables[0][1]) if tables else 0) + Code(self, {}).write([items.pop(0)])
            flags = 2
        kind = items.pop(0)
        if kind == "func":
            content = b"\x00" + vector([unsigned(self.index("func", word)) for word in items])
        else:
            flags |= 4
            content = self.value_type(kind) + vector([Code(self, {}).write([item]) for item in items])
        self.sections[9].append(bytes([flags]) + where + content)

    def add_func(self, items):
        self.head(items, "func")
        type_index, names = self.signature(items)
        locals_, n_params = [], self.types[type_index][0]
        for part in take(items, "local"):
            words = part[1:]
            if words and isinstance(words[0], str) and words[0][0] == "$":
                names[words.pop(0)] = n_params + len(locals_)
            locals_ += [self.value_type(word) for word in words]
        self.sections[3].append(unsigned(type_index))
        code = vector([b"\x01" + t for t in locals_]) + Code(self, names).write(items)
        self.sections[10].append(unsigned(len(code)) + code)

    def binary(self):
        out = b"\0asm\1\0\0\0"
        for section, items in self.sections.items():
            content = vector(items)
            if items:
                out += bytes([section]) + unsigned(len(content)) + content
        return out


class Code:
    """An expression's bytes."""

    def __init__(self, module, names):
        self.module, self.names = module, names
        self.out, self.labels = bytearray(), []

    def write(self, items):
        self.sequence(items)
        return bytes(self.out) + b"\x0b"

    def sequence(self, items):
        for item in items:
            if isinstance(item, str):
                self.out += self.module.opcodes[item][0]
            else:
                self.instruction(list(item))

    def instruction(self, items):
        name = items.pop(0)
        write = {"block": self.block, "loop": self.block, "if": self.if_else, "try": self.legacy_try,
                 "try_table": self.block}.get(name)
        if write:
            write(name, items)
            return
        if name == "select" and items and heads(items[0], "result"):
            name = "select_t"
        code, kind = self.module.opcodes[name] if name != "select_t" else (b"\x1c", "TYPES")
        encoded = self.immediates(name, kind, items)
        self.sequence(items)
        self.out += code + encoded

    # ---- Blocks ----

    def open(self, name, items):
        """Writes the opcode and the type; takes off the label, which counts from here on."""
        label = items.pop(0) if items and isinstance(items[0], str) and items[0][0] == "$" else None
        self.out += self.module.opcodes[name][0]
        parts = [item for item in items if heads(item, "type", "param", "result")]
        if not parts:
            self.out += b"\x40"
        elif len(parts) == 1 and parts[0][0] == "result" and len(parts[0]) == 2:
            self.out += self.module.value_type(parts[0][1])
            take(items, "result")
        else:
            self.out += signed(self.module.signature(items)[0])
        return label

    def close(self):
        self.labels.pop()
        self.out += b"\x0b"

    def block(self, name, items):
        label = self.open(name, items)
        if name == "try_table":
            self.out += vector([self.clause(part) for part in take(items, *CLAUSES)])
        self.labels.append(label)
        self.sequence(items)
        self.close()

    def clause(self, part):
        kind, *words = part
        tag = unsigned(self.module.index("tag", words[0])) if len(words) == 2 else b""
        return bytes([CLAUSES[kind]]) + tag + self.label(words[-1])

    def if_else(self, name, items):
        n = next(i for i, item in enumerate(items) if heads(item, "then"))
        arms = items[n:]
        items = items[:n]
        first = next((i for i, item in enumerate(items) if not isinstance(item, str) and
                      not heads(item, "type", "param", "result")), n)
        self.sequence(items[first:])
        self.labels.append(self.open(name, items[:first]))
        self.sequence(arms[0][1:])
        if len(arms) > 1:
            self.out += b"\x05"
            self.sequence(arms[1][1:])
        self.close()

    def legacy_try(self, name, items):
        label = self.open(name, items)
        self.labels.append(label)
        self.sequence(items.pop(0)[1:])
        for kind, *body in items:
            self.out += self.module.opcodes[kind][0]
            if kind == "delegate":
                self.labels.pop()
                self.out += self.label(body[0])
                return
            if kind == "catch":
                self.out += unsigned(self.module.index("tag", body.pop(0)))
            self.sequence(body)
        self.close()

    # ---- Immediates ----

    def label(self, word):
        if word[0] != "$":
            return unsigned(number(word))
        return unsigned(self.labels[::-1].index(word))

    def words(self, items):
        taken = []
        while items and isinstance(items[0], str):
            taken.append(items.pop(0))
        return taken

    def immediates(self, name, kind, items):
        module = self.module
        if kind == "TYPES":
            return vector([module.value_type(word) for word in items.pop(0)[1:]])
        if kind == "CALL_INDIRECT":
            tables = self.words(items)
            return unsigned(module.signature(items)[0]) + \
                unsigned(module.index("table", tables[0]) if tables else 0)
        words = self.words(items)
        lane = bytes([number(words.pop())]) if "_lane" in name else b""
        return self.encode(kind, words) + lane

    def encode(self, kind, words):
        module = self.module
        if kind == "LOCAL":
            return unsigned(self.names[words[0]] if words[0][0] == "$" else number(words[0]))
        if kind == "LABEL":
            return self.label(words[0])
        if kind == "BR_TABLE":
            return vector([self.label(word) for word in words[:-1]]) + self.label(words[-1])
        if kind == "MEMARG":
            offset = number(words.pop()[7:]) if words and words[-1].startswith("offset=") else 0
            memory = b"\x40" + unsigned(module.index("memory", words[0])) if words else b"\0"
            return memory + unsigned(offset)
        if kind in ("I32", "I64"):
            bits = int(kind[1:])
            value = number(words[0])
            return signed(value - (1 << bits) if value >= 1 << bits - 1 else value)
        if kind in ("F32", "F64"):
            return struct.pack("<f" if kind == "F32" else "<d", float(words[0]))
        if kind == "V128":
            return struct.pack("<2q", *(number(word) for word in words[1:]))  # of i64x2
        if kind == "SHUFFLE":
            return bytes(number(word) for word in words)
        if kind == "HEAP_TYPE":
            return module.heap_type(words[0])
        # Indices of what the kind's name lists, which are 0 where the text has none.
        spaces = [space for space in kind.lower().split("_") if space in module.names]
        return b"".join(unsigned(module.index(space, word)) for space, word in zip(spaces, words + ["0", "0"]))


def assemble_text(text):
    return Module(parse(text)[0]).binary()


def assemble(path):
    with open(path, encoding="utf-8") as file:
        return assemble_text(file.read())


if __name__ == "__main__":  # IN.folded OUT.wasm
    with open(sys.argv[2], "wb") as output:
        output.write(assemble(sys.argv[1]))
