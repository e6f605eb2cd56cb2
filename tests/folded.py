"""The text format as far as programs here need it, with the types and instructions that wat2wasm lacks:
tests/programs/*.folded, and random modules with exceptions.

As in the text format: types, functions, tables, memories, globals, tags, elem, start and export fields, in any
order but that types come first; names; folded instructions, and plain ones that have no immediates. Inline are
only exports, and the types of functions and blocks. Lanes and offsets of memory accesses are as ever."""
import re
import struct
import sys

import flat

TOKEN = re.compile(r'\s+|;;[^\n]*|\(;.*?;\)|("[^"]*"|[()]|[^\s()"]+)', re.DOTALL)
HEAPS = {"func": 0x70, "extern": 0x6F, "exn": 0x69, "noexn": 0x74, "nofunc": 0x73, "noextern": 0x72}
SHAPES = {"i8x16": "b", "i16x8": "h", "i32x4": "i", "i64x2": "q", "f32x4": "f", "f64x2": "d"}
KINDS = {"func": 0, "table": 1, "memory": 2, "global": 3, "tag": 4}
SECTIONS = {"func": 3, "table": 4, "memory": 5, "tag": 13, "global": 6}
CLAUSES = {name: kind for kind, name in enumerate(flat.CATCHES)}


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
        self.opcodes = flat.read_opcodes()
        self.types, self.names = [], {kind: {} for kind in ("type", *KINDS)}
        self.sections = {number: [] for number in (1, 3, 4, 5, 13, 6, 7, 9, 10)}
        self.start, self.counts, self.funcs = None, dict.fromkeys(KINDS, 0), []
        fields = tree[1:]
        for field in fields:  # names first: they may be used before
            self.name(field)
        for field in fields:
            getattr(self, "add_" + field[0])(list(field[1:]))

    def name(self, field):
        kind = field[0]
        if kind == "type":
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
            return bytes([flat.TYPES[word]])
        return (b"\x63" if "null" in word else b"\x64") + self.heap_type(word[-1])

    def heap_type(self, word):
        return bytes([HEAPS[word]]) if word in HEAPS else flat.signed(self.index("type", word))

    def signature(self, items):
        """(type $t) or (param …) (result …), taken off: the type's index, and the names of parameters."""
        uses = take(items, "type")
        sides, names = {"param": [], "result": []}, []
        for part in take(items, "param", "result"):
            if len(part) == 3 and isinstance(part[1], str) and part[1][0] == "$":
                names.append((part[1], len(sides["param"])))
                part = [part[0], part[2]]
            sides[part[0]] += [self.value_type(word) for word in part[1:]]
        return self.index("type", uses[0][1]) if uses else self.type_index(sides), names

    def type_index(self, sides):
        entry = b"\x60" + flat.vector(sides["param"]) + flat.vector(sides["result"])
        if entry not in self.types:
            self.types.append(entry)
        return self.types.index(entry)

    def n_params(self, type_index):
        return self.types[type_index][1]  # fewer than 128, in one byte

    def add_type(self, items):
        sides = {"param": [], "result": []}
        for part in items[1][1:]:
            sides[part[0]] += [self.value_type(word) for word in part[1:]]
        self.types.append(b"\x60" + flat.vector(sides["param"]) + flat.vector(sides["result"]))

    # ---- Definitions ----

    def head(self, items, kind):
        """Takes off the name and the exports of the next definition of the kind."""
        index = len(self.sections[SECTIONS[kind]])
        if items and isinstance(items[0], str) and items[0][0] == "$":
            items.pop(0)
        for export in take(items, "export"):
            text = export[1].strip('"').encode()
            self.sections[7].append(flat.vector([bytes([c]) for c in text]) + bytes([KINDS[kind]]) +
                                    flat.unsigned(index))

    def limits(self, words):
        numbers = [number(word) for word in words]
        return bytes([len(numbers) == 2]) + b"".join(flat.unsigned(n) for n in numbers)

    def add_tag(self, items):
        self.head(items, "tag")
        self.sections[13].append(b"\x00" + flat.unsigned(self.signature(items)[0]))

    def add_memory(self, items):
        self.head(items, "memory")
        self.sections[5].append(self.limits(items))

    def add_table(self, items):
        self.head(items, "table")
        self.sections[4].append(self.value_type(items.pop()) + self.limits(items))

    def add_global(self, items):
        self.head(items, "global")
        valtype, *init = items
        is_mutable = heads(valtype, "mut")
        code = Code(self, []).write(init)
        self.sections[6].append(self.value_type(valtype[1] if is_mutable else valtype) + bytes([is_mutable]) + code)

    def add_elem(self, items):
        items = [item for item in items if item != "func"]
        funcs = flat.vector([flat.unsigned(self.index("func", word)) for word in items if isinstance(word, str) and
                             word != "declare"])
        if items[0] == "declare":
            self.sections[9].append(b"\x03\x00" + funcs)
        else:
            self.sections[9].append(b"\x00" + Code(self, []).write([items[0]]) + funcs)

    def add_start(self, items):
        self.start = self.index("func", items[0])

    def add_func(self, items):
        self.head(items, "func")
        type_index, names = self.signature(items)
        locals_, n = [], self.n_params(type_index)
        names = dict(names)
        for part in take(items, "local"):
            words = part[1:]
            if words and isinstance(words[0], str) and words[0][0] == "$":
                names[words.pop(0)] = n + len(locals_)
            locals_ += [self.value_type(word) for word in words]
        self.sections[3].append(flat.unsigned(type_index))
        code = flat.vector([b"\x01" + t for t in locals_]) + Code(self, names).write(items)
        self.sections[10].append(flat.unsigned(len(code)) + code)

    def binary(self):
        self.sections[1] = self.types
        out = b"\0asm\1\0\0\0"
        for section, items in self.sections.items():
            content = flat.vector(items)
            if section == 9 and self.start is not None:
                out += b"\x08\x01" + flat.unsigned(self.start)  # below 128
            if items:
                out += bytes([section]) + flat.unsigned(len(content)) + content
        return out


class Code:
    """An expression's bytes."""

    def __init__(self, module, names):
        self.module, self.names = module, dict(names)
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
            self.out += flat.signed(self.module.signature(items)[0])
        return label

    def close(self):
        self.labels.pop()
        self.out += b"\x0b"

    def block(self, name, items):
        label = self.open(name, items)
        if name == "try_table":
            self.out += flat.vector([self.clause(part) for part in take(items, *CLAUSES)])
        self.labels.append(label)
        self.sequence(items)
        self.close()

    def clause(self, part):
        kind, *words = part
        tag = flat.unsigned(self.module.index("tag", words[0])) if len(words) == 2 else b""
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
                self.out += flat.unsigned(self.module.index("tag", body.pop(0)))
            self.sequence(body)
        self.close()

    # ---- Immediates ----

    def label(self, word):
        if word[0] != "$":
            return flat.unsigned(number(word))
        return flat.unsigned(self.labels[::-1].index(word))

    def words(self, items):
        taken = []
        while items and isinstance(items[0], str):
            taken.append(items.pop(0))
        return taken

    def immediates(self, name, kind, items):
        module = self.module
        if kind == "TYPES":
            return flat.vector([module.value_type(word) for word in items.pop(0)[1:]])
        if kind == "CALL_INDIRECT":
            tables = self.words(items)
            return flat.unsigned(module.signature(items)[0]) + \
                flat.unsigned(module.index("table", tables[0]) if tables else 0)
        words = self.words(items)
        lane = bytes([number(words.pop())]) if "_lane" in name else b""
        return self.encode(kind, words) + lane

    def encode(self, kind, words):
        module = self.module
        if kind in ("FUNC", "GLOBAL", "TAG", "TYPE"):
            return flat.unsigned(module.index(kind.lower(), words[0]))
        if kind == "LOCAL":
            return flat.unsigned(self.names[words[0]] if words[0][0] == "$" else number(words[0]))
        if kind == "LABEL":
            return self.label(words[0])
        if kind == "BR_TABLE":
            return flat.vector([self.label(word) for word in words[:-1]]) + self.label(words[-1])
        if kind == "MEMARG":
            offset = [number(word[7:]) for word in words if word.startswith("offset=")]
            return b"\0" + flat.unsigned(*(offset or [0]))
        if kind in ("I32", "I64"):
            bits = int(kind[1:])
            value = number(words[0])
            return flat.signed(value - (1 << bits) if value >= 1 << bits - 1 else value)
        if kind in ("F32", "F64"):
            return struct.pack("<f" if kind == "F32" else "<d", float(words[0]))
        if kind == "V128":
            return b"".join(struct.pack("<" + SHAPES[words[0]], number(word)) for word in words[1:])
        if kind == "SHUFFLE":
            return bytes(number(word) for word in words)
        if kind == "HEAP_TYPE":
            return module.heap_type(words[0])
        n_indices = {"TABLE": 1, "MEMORY": 1, "TABLE_TABLE": 2, "MEMORY_MEMORY": 2}.get(kind, 0)
        indices = [module.index("table", word) for word in words]
        return b"".join(flat.unsigned(index) for index in (indices + [0, 0])[:n_indices])


def assemble_text(text):
    return Module(parse(text)[0]).binary()


def assemble(path):
    with open(path, encoding="utf-8") as file:
        return assemble_text(file.read())


if __name__ == "__main__":  # IN.folded OUT.wasm
    with open(sys.argv[2], "wb") as output:
        output.write(assemble(sys.argv[1]))
