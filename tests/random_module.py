"""Random Wasm modules, in text, that end soon and give the same on every machine.

Function `run` is exported and has no parameters; it returns what is left in memory, globals and its own
values, as integers. Functions call each other, directly and through a table, as long as there is fuel; loops
are counted in many forms, or search; operands lie on the stack below all of it. Floating-point numbers stay
integers, so that no NaN is made. Of three modules one has no exceptions, the others have those of
random_exceptions."""
import os
import random

import folded
import random_exceptions

TYPES = ("i32", "i64", "f32", "f64", "v128")
N_FUNCS = 7
# Signatures: functions of one are called through the table.
SIGNATURES = ((("i32",), ("i32",)), (("i64", "f32"), ("f64",)), (("i32", "f64", "i64"), ("i32", "i64")),
              ((), ()), (("f32",), ("f32", "i32", "f64")), (("i64", "v128", "i32"), ("v128", "i32")))

# Integer vector instructions of two vectors, by shape; what follows makes lanes of other widths.
VECTOR_OPS = {
    "i8x16": ("add", "sub_sat_s", "min_u", "max_s", "avgr_u", "eq", "gt_s", "swizzle", "narrow_i16x8_s"),
    "i16x8": ("mul", "add_sat_u", "min_s", "q15mulr_sat_s", "lt_u", "narrow_i32x4_u", "extmul_high_i8x16_s"),
    "i32x4": ("sub", "mul", "max_u", "dot_i16x8_s", "ge_s", "extmul_low_i16x8_u"),
    "i64x2": ("add", "mul", "le_s", "ne", "extmul_low_i32x4_s"),
    "v128": ("and", "or", "xor", "andnot"),
}
VECTOR_UNARY = ("v128.not", "i8x16.popcnt", "i16x8.abs", "i64x2.neg", "i32x4.extend_high_i16x8_s",
                "i16x8.extadd_pairwise_i8x16_u", "i8x16.neg")
SPLATS = {"i32": ("i8x16", "i16x8", "i32x4"), "i64": ("i64x2",), "f32": ("f32x4",), "f64": ("f64x2",)}


def literal(valtype, number):
    lanes = f" i64x2 {number + 1}" if valtype == "v128" else ""
    return f"({valtype}.const{lanes} {number})"


class Function(random_exceptions.Throwing):
    """Writes the body of one function."""

    def __init__(self, module, params, results):
        self.module, self.random = module, module.random
        self.params, self.results = params, results
        self.locals = list(params)
        self.reserved = set()  # counters of the loops around
        self.labels = []  # (name, types that a branch takes), the innermost last; of loops None
        self.tries = []  # (label, whether this is one of its handlers), the innermost last
        self.n_labels = 0
        self.budget = 25  # of statements
        for _ in range(self.random.randrange(2, 12)):
            self.locals.append(self.random.choice(TYPES + ("funcref",)))
        if module.form == "tables":
            self.locals += ["exnref", "exnref"]

    def pick(self, *choices):
        return self.random.choice(choices)

    def new_local(self, valtype):
        self.locals.append(valtype)
        return len(self.locals) - 1

    def local_of(self, valtype, writable=False):
        found = [i for i, t in enumerate(self.locals)
                 if t == valtype and not (writable and i in self.reserved)]
        return self.random.choice(found) if found else self.new_local(valtype)

    # ---- Expressions ----

    def constant(self, valtype):
        return literal(valtype, self.random.randrange(-20, 100))

    def address(self):
        return f"(i32.and {self.value('i32', 1)} (i32.const 0xff8))"

    def value(self, valtype, depth=3):
        """An expression with one result of this type."""
        if valtype == "exnref":
            return f"(local.get {self.local_of('exnref')})"
        if valtype == "funcref":
            return self.pick(f"(local.get {self.local_of('funcref')})", "(ref.null func)",
                             f"(ref.func $f{self.random.randrange(N_FUNCS)})",
                             "(table.get 0 (i32.const 3))")
        if depth <= 0 or self.random.random() < 0.15:
            return self.pick(self.constant(valtype), f"(local.get {self.local_of(valtype)})",
                             f"(global.get ${valtype})")
        makers = [self.arithmetic, self.arithmetic, self.select, self.block_value, self.if_value, self.load,
                  self.tee, self.convert, self.call_value, self.loop_value]
        if self.module.form:
            makers.append(self.try_value)
        return self.random.choice(makers)(valtype, depth - 1)

    def arithmetic(self, valtype, depth):
        a, b = self.value(valtype, depth), self.value(valtype, depth)
        if valtype == "v128":
            return self.vector_arithmetic(a, b)
        if valtype[0] == "i":
            op = self.pick("add", "sub", "mul", "xor", "and", "or", "shl", "shr_u", "rotl", "rem_u", "div_u")
            return f"({valtype}.{op} {a} {f'({valtype}.or {b} ({valtype}.const 1))' if op[-2:] == '_u' else b})"
        return f"({valtype}.trunc ({valtype}.min ({valtype}.const 1e6) ({valtype}.max ({valtype}.const -1e6) " \
               f"({valtype}.{self.pick('add', 'sub', 'mul', 'copysign')} {a} {b}))))"

    def vector_arithmetic(self, a, b):
        shape = self.pick(*VECTOR_OPS)
        return self.pick(f"({shape}.{self.pick(*VECTOR_OPS[shape])} {a} {b})",
                         f"({shape}.{self.pick(*VECTOR_OPS[shape])} {a} {b})",
                         f"({self.pick(*VECTOR_UNARY)} {a})",
                         f"({self.pick('i8x16', 'i16x8', 'i64x2')}.{self.pick('shl', 'shr_s', 'shr_u')} {a} "
                         f"{self.value('i32', 1)})",
                         f"(v128.bitselect {a} {b} {self.value('v128', 0)})",
                         f"(i16x8.replace_lane 5 {a} {self.value('i32', 1)})",
                         "(i8x16.shuffle 0 17 2 31 4 21 6 16 15 25 10 27 3 29 14 1 " f"{a} {b})")

    def condition(self, depth=1):
        valtype = self.pick(*TYPES)
        if valtype == "v128":
            return f"({self.pick('v128.any_true', 'i16x8.all_true', 'i8x16.bitmask')} {self.value('v128', depth)})"
        op = self.pick("eq", "ne", *(("lt_s", "gt_u", "le_s", "ge_u") if valtype[0] == "i" else ("lt", "ge")))
        return f"({valtype}.{op} {self.value(valtype, depth)} {self.value(valtype, depth)})"

    def select(self, valtype, depth):
        return f"(select {self.value(valtype, depth)} {self.value(valtype, depth)} {self.condition(depth)})"

    def load(self, valtype, _depth):
        if valtype[0] == "f":
            return f"({valtype}.convert_i32_s (i32.load8_s {self.address()}))"
        if valtype == "v128":
            op = self.pick("load", "load16_splat", "load8x8_s", "load32x2_u", "load64_zero", "load32_lane 2")
            return f"(v128.{op} {self.address()}{' ' + self.value('v128', 1) if 'lane' in op else ''})"
        return f"({valtype}.load{self.pick('', '8_u', '16_s')} {self.address()})"

    def tee(self, valtype, depth):
        value = self.value(valtype, depth)
        return f"(local.tee {self.local_of(valtype, True)} {value})"

    def convert(self, valtype, depth):
        source = self.pick(*(t for t in TYPES if t != valtype))
        value = self.value(source, depth)
        if valtype == "v128":
            return f"({self.pick(*SPLATS[source])}.splat {value})"
        if source == "v128" and valtype == "i64":
            return f"(i64x2.extract_lane {self.pick(0, 1)} {value})"
        if source == "v128":
            source = "i32"
            value = f"({self.pick('i8x16.extract_lane_s 15', 'i16x8.extract_lane_u 2', 'i8x16.bitmask')} {value})"
        if source == valtype:
            return value
        ops = {("i32", "i64"): "i32.wrap_i64", ("i64", "i32"): "i64.extend_i32_s",
               ("f32", "f64"): "f32.demote_f64", ("f64", "f32"): "f64.promote_f32"}
        if (valtype, source) in ops:
            return f"({ops[valtype, source]} {value})"
        if valtype[0] == "f":
            return f"({valtype}.convert_i32_s (i32.rem_s " \
                   f"{value if source == 'i32' else f'(i32.wrap_i64 {value})'} (i32.const 1000)))"
        return f"({valtype}.trunc_{source}_s {value})"

    def call(self, number, depth):
        """A call of function `number`, or of one of its type; results stay on the stack."""
        params, results = self.module.signatures[number]
        args = " ".join(self.value(t, depth) for t in params)
        if self.random.random() < 0.3:
            same = [i for i, s in enumerate(self.module.signatures) if s == (params, results)]
            index = self.pick(f"(i32.const {self.random.choice(same)})",
                              f"(select (i32.const {same[0]}) (i32.const {same[-1]}) {self.condition()})")
            return f"(call_indirect (type $s{SIGNATURES.index((params, results))}) {args} {index})"
        return f"(call $f{number} {args})"

    def call_value(self, valtype, depth):
        found = [i for i, (_, results) in enumerate(self.module.signatures) if results[:1] == (valtype,)]
        if not found or self.budget <= 0:
            return self.constant(valtype)
        self.budget -= 3
        number = self.random.choice(found)
        extra = len(self.module.signatures[number][1]) - 1
        return f"(block (result {valtype}) {self.call(number, min(depth, 1))}{' drop' * extra})"

    def enter(self, branch_types):
        self.n_labels += 1
        label = f"$l{self.n_labels}"
        self.labels.append((label, branch_types))
        return label

    def block_value(self, valtype, depth):
        label = self.enter((valtype,))
        inner = self.statements(2)
        jump = ""
        if self.random.random() < 0.6:
            jump = f"(br_if {label} {self.value(valtype, 1)} {self.condition()}) drop "
        text = f"(block {label} (result {valtype}) {inner} {jump}{self.value(valtype, depth)})"
        self.labels.pop()
        return text

    def if_value(self, valtype, depth):
        condition = self.condition(depth)
        label = self.enter((valtype,))
        arms = [f"{self.statements(1)} {self.value(valtype, depth)}" for _ in range(2)]
        self.labels.pop()
        return f"(if {label} (result {valtype}) {condition} (then {arms[0]}) (else {arms[1]}))"

    def loop_value(self, valtype, depth):
        """A loop with parameters: operands that change with every round."""
        if self.budget <= 0 or len(self.reserved) > 3:
            return self.constant(valtype)
        other = self.pick(*TYPES)
        counter, count = self.begin_counter()
        label = self.enter(None)
        kept, kept_other = self.new_local(valtype), self.new_local(other)
        body = self.statements(2)
        text = f"(block (result {valtype}) {self.value(other, depth)} {self.value(valtype, depth)} {count} " \
               f"(loop {label} (param {other} {valtype}) (result {other} {valtype}) " \
               f"(local.set {kept}) (local.set {kept_other}) {body} " \
               f"{self.value(other, 1)} {self.mixed(valtype, kept)} " \
               f"(br_if {label} (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1))))) " \
               f"(local.set {kept}) drop (local.get {kept}))"
        self.labels.pop()
        self.reserved.discard(counter)
        return text

    def mixed(self, valtype, kept):
        op = "min" if valtype[0] == "f" else "xor"
        return f"({valtype}.{op} (local.get {kept}) {self.value(valtype, 1)})"

    # ---- Statements ----

    def statements(self, most):
        return " ".join(self.statement() for _ in range(self.random.randrange(most + 1)))

    def statement(self):
        self.budget -= 1
        if self.budget <= 0:
            return self.assign()
        makers = [self.assign, self.assign, self.store, self.set_global, self.call_statement, self.counted_loop,
                  self.counted_loop, self.search_loop, self.block, self.if_else, self.table_of_branches,
                  self.change_table, self.dead_code, self.below_operands, self.array_loop,
                  self.jump]
        if self.module.form:
            makers += [self.try_statement, self.try_statement, self.maybe_throw, self.keep_exception,
                       self.tail_call]
        return self.random.choice(makers)()

    def assign(self):
        valtype = self.pick(*TYPES, "funcref")
        value = self.value(valtype, 3)
        return f"(local.set {self.local_of(valtype, True)} {value})"

    def store(self):
        op = self.pick("i32.store", "i64.store", "v128.store", "v128.store16_lane 3")
        return f"({op} {self.address()} {self.value(op.partition('.')[0], 2)})"

    def set_global(self):
        valtype = self.pick(*TYPES)
        return f"(global.set ${valtype} {self.value(valtype, 2)})"

    def call_statement(self):
        number = self.random.randrange(N_FUNCS)
        results = self.module.signatures[number][1]
        sets = " ".join(f"(local.set {self.local_of(t, True)})" for t in reversed(results))
        return f"{self.call(number, 2)} {sets}"

    def block(self):
        label = self.enter(())
        text = f"(block {label} {self.statements(2)} (br_if {label} {self.condition()}) {self.statements(2)})"
        self.labels.pop()
        return text

    def if_else(self):
        condition = self.condition()
        label = self.enter(())
        arms = [self.statements(3) for _ in range(2)]
        self.labels.pop()
        return f"(if {label} {condition} (then {arms[0]})" + (f" (else {arms[1]}))" if arms[1] else ")")

    def below_operands(self):
        """Statements above operands, which are used afterwards."""
        types = [self.pick(*TYPES) for _ in range(self.random.randrange(1, 4))]
        values = " ".join(self.value(t, 2) for t in types)
        return f"{values} {self.statements(3)} " + \
               " ".join(f"(local.set {self.local_of(t, True)})" for t in reversed(types))

    def begin_counter(self, valtype="i32"):
        counter = self.new_local(valtype)
        self.reserved.add(counter)
        return counter, f"(local.set {counter} ({valtype}.const {self.random.randrange(1, 5)}))"

    def counted_loop(self):
        """Up or down, tested at the end, in the middle or first, by every kind of comparison."""
        if len(self.reserved) > 3:
            return self.assign()
        t = self.pick("i32", "i32", "i64")
        counter, count = self.begin_counter(t)
        n = self.random.randrange(1, 6)
        step = self.pick(1, 1, 2, 3)
        get, end = f"(local.get {counter})", f"({t}.const {n * step})"
        up = f"({t}.add {get} ({t}.const {step}))"
        down = f"({t}.add {get} ({t}.const -1))"
        tests = ((0, f"({t}.lt_u (local.tee {counter} {up}) {end})"), (0, f"({t}.ne (local.tee {counter} {up}) {end})"),
                 (0, f"({t}.gt_s {end} (local.tee {counter} {up}))"), (0, f"({t}.lt_s {up} {end})"),
                 (n, f"({t}.ne (local.tee {counter} {down}) ({t}.const 0))"),
                 (n, f"({t}.gt_s (local.tee {counter} {down}) ({t}.const 0))"),
                 (n, f"(i32.eqz ({t}.eqz (local.tee {counter} {down})))"))
        first, test = self.random.choice(tests)
        advance = "" if "tee" in test else f" (local.set {counter} {up})"
        count = f"(local.set {counter} ({t}.const {first}))"
        label = self.enter(None)
        body = self.statements(3)
        self.labels.pop()
        behind = self.assign()
        self.reserved.discard(counter)
        if advance:  # the test sees the next value: assign, then test what is there
            test = f"({t}.lt_s {get} {end})"
        form = self.pick("end", "middle")
        if form == "end":
            return f"{count} (loop {label} {body}{advance} (br_if {label} {test}))"
        self.n_labels += 1
        out = f"$l{self.n_labels}"
        return f"{count} (block {out} (loop {label} {body}{advance} (br_if {out} (i32.eqz {test})) " \
               f"{behind} (br {label})))"

    def array_loop(self):
        """Loads and stores whose addresses go up by a constant."""
        p, value, n = self.new_local("i32"), self.new_local("i32"), self.random.randrange(1, 40)
        size = self.pick(4, 8)
        first = 8 * self.random.randrange(200)
        store, load = self.pick("store", "store offset=8", "store8"), self.pick("load", "load16_u")
        if self.random.random() < 0.3:
            return self.vector_loop(p, first, n)
        return f"(local.set {p} (i32.const {first})) (loop $a (i32.{store} (local.get {p}) " \
               f"(local.tee {value} (i32.add (local.get {value}) (i32.{load} offset=16 (local.get {p}))))) " \
               f"(br_if $a (i32.ne (local.tee {p} (i32.add (local.get {p}) (i32.const {size}))) " \
               f"(i32.const {first + n * size})))) (local.set {self.local_of('i32', True)} (local.get {value}))"

    def vector_loop(self, p, first, n):
        value = self.new_local("v128")
        return f"(local.set {p} (i32.const {first})) (loop $a (v128.store offset=8 (local.get {p}) " \
               f"(local.tee {value} (i32x4.add (local.get {value}) (v128.load (local.get {p}))))) " \
               f"(br_if $a (i32.ne (local.tee {p} (i32.add (local.get {p}) (i32.const 16))) " \
               f"(i32.const {first + n * 16})))) (local.set {self.local_of('v128', True)} (local.get {value}))"

    def search_loop(self):
        """Goes on until something is found, or the counter ends."""
        if len(self.reserved) > 3:
            return self.assign()
        counter, count = self.begin_counter()
        label = self.enter(None)
        body, goes_on = self.statements(2), self.condition()
        self.labels.pop()
        self.reserved.discard(counter)
        return f"{count} (loop {label} {body} (local.set {counter} (i32.sub (local.get {counter}) (i32.const 1))) " \
               f"(br_if {label} (i32.and (i32.gt_s (local.get {counter}) (i32.const 0)) {goes_on})))"

    def jump(self):
        """Out of any block around; never back, for that could go on for ever."""
        outs = [label for label in self.labels if label[1] is not None]
        if not outs or self.random.random() < 0.1:
            values = " ".join(self.value(t, 1) for t in self.results)
            return f"(if {self.condition()} (then {values} (return)))"
        name, types = self.random.choice(outs)
        values = " ".join(self.value(t, 1) for t in types)
        if self.random.random() < 0.3:
            return f"(if {self.condition()} (then {self.statements(1)} (br {name} {values})))"
        return f"(br_if {name} {values} {self.condition()}){' drop' * len(types)}"

    def table_of_branches(self):
        """To labels that are no loops, and take nothing."""
        outs = [self.n_labels + i + 1 for i in range(self.random.randrange(1, 4))]
        self.n_labels += len(outs)
        text = f"(br_table {' '.join(f'$l{self.random.choice(outs)}' for _ in range(3))} " \
               f"{f'$l{outs[0]}'} (i32.and {self.value('i32', 2)} (i32.const 3)))"
        for out in outs:
            text = f"(block $l{out} {text}) {self.statements(2)}"
        return text

    def change_table(self):
        free, taken = self.random.randrange(N_FUNCS, N_FUNCS + 3), self.random.randrange(N_FUNCS)
        n_bytes = self.random.randrange(30)
        return self.pick(f"(table.set 0 (i32.const {free}) {self.value('funcref')})",
                         f"(table.copy (i32.const {N_FUNCS}) (i32.const {taken}) (i32.const 2))",
                         "(drop (memory.grow (i32.const 1)))",
                         f"(memory.fill {self.address()} {self.value('i32', 1)} (i32.const {n_bytes}))",
                         "(drop (table.grow 0 (ref.null func) (i32.const 1)))")

    def dead_code(self):
        label = self.enter(())
        text = f"(block {label} (br {label}) {self.call_statement()} {self.counted_loop()} {self.statements(2)})"
        self.labels.pop()
        return text

    def write(self, number):
        default = " ".join(literal(t, number + 1) for t in self.results)
        body = "\n    ".join(self.statement() for _ in range(self.random.randrange(2, 6)))
        results = " ".join(self.value(t, 3) for t in self.results)
        if self.results and self.random.random() < 0.3:
            results = f"(loop (result {' '.join(self.results)}) {results})"
        declared = " ".join(self.locals[len(self.params):])
        return f"""  (func $f{number} (type $s{SIGNATURES.index((self.params, self.results))}) (local {declared})
    (if (i32.le_s (global.get $fuel) (i32.const 0)) (then {default} (return)))
    (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
    {body}
    {results})"""


class Module:
    """A module of a seed."""

    def __init__(self, seed):
        self.form = (None, "legacy", "tables")[seed % 3]  # of exceptions
        self.random = random.Random(seed)
        self.signatures = [self.random.choice(SIGNATURES) for _ in range(N_FUNCS)]
        self.fuel = self.random.choice((3, 10, 30))

    def text(self):
        types = "\n".join(f"  (type $s{i} (func (param {' '.join(p)}) (result {' '.join(r)})))"
                          for i, (p, r) in enumerate(SIGNATURES))
        names = " ".join(f"$f{i}" for i in range(N_FUNCS))
        funcs = "\n".join(Function(self, *signature).write(i) for i, signature in enumerate(self.signatures))
        runs = " ".join(self.run_of(i) for i in range(N_FUNCS))
        return f"""(module
{types}
  (memory 1 3)
  (table {N_FUNCS + 4} 40 funcref)
  (elem (i32.const 0) func {names})
{random_exceptions.definitions(self.form)}
  (global $fuel (mut i32) (i32.const 0))
  (global $i32 (mut i32) (i32.const 1)) (global $i64 (mut i64) (i64.const 2))
  (global $f32 (mut f32) (f32.const 3)) (global $f64 (mut f64) (f64.const 4))
  (global $v128 (mut v128) (v128.const i64x2 5 6))
  (func $fold (param v128) (result i64)
    (i64.xor (i64x2.extract_lane 0 (local.get 0)) (i64.rotl (i64x2.extract_lane 1 (local.get 0)) (i64.const 7))))
  (func $mix (param i64) (global.set $i64 (i64.add (i64.mul (global.get $i64) (i64.const 31)) (local.get 0))))
{funcs}
  (func (export "run") (result i32 i64 i32 i64 i64 i64) (local $p i32) (local $sum i64)
    {runs}
    (loop $l
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 5)) (i64.load (local.get $p))))
      (br_if $l (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 8))) (i32.const 0x1010))))
    (global.get $i32) (global.get $i64) (i32.reinterpret_f32 (global.get $f32))
    (i64.reinterpret_f64 (global.get $f64)) (call $fold (global.get $v128)) (local.get $sum)))
"""

    def run_of(self, number):
        """Calls a function with some fuel, and mixes its results in."""
        params, results = self.signatures[number]
        args = " ".join(literal(t, number + 5) for t in params)
        mix = {"i32": "i64.extend_i32_s", "i64": "", "f32": "i32.reinterpret_f32 i64.extend_i32_s",
               "f64": "i64.reinterpret_f64", "v128": "(call $fold)"}
        call = f"(call $f{number} {args}) " + " ".join(f"{mix[t]} (call $mix)" for t in reversed(results))
        return f"(global.set $fuel (i32.const {self.fuel})) {random_exceptions.guarded(self.form, call)}"


def write_module(folder, seed):
    """m.wat, and m.wasm made of it."""
    text = Module(seed).text()
    with open(os.path.join(folder, "m.wat"), "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(folder, "m.wasm"), "wb") as file:
        file.write(folded.assemble_text(text))
