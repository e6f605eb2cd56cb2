"""What random_module writes about exceptions, in one of two forms: "legacy" (try, rethrow, delegate) and "tables"
(try_table and exnref)."""

TAGS = {"$none": (), "$i32": ("i32",), "$wide": ("i64", "v128"), "$three": ("f64", "i32", "f32")}


def definitions(form):
    tags = "\n".join(f"  (tag {name} (param {' '.join(params)}))" for name, params in TAGS.items())
    if form != "tables":
        return tags if form else ""
    return tags + "\n  (global $exn (mut exnref) (ref.null exn))\n  (table $exns 4 exnref)"


def guarded(form, call):
    """The call, or nothing of its results if it throws."""
    if form == "legacy":
        return f"(try (do {call}) (catch_all (call $mix (i64.const 77))))"
    if form == "tables":
        return f"(block $end (block $caught (try_table (catch_all $caught) {call}) (br $end))" \
               " (call $mix (i64.const 77)))"
    return call


class Throwing:
    """A part of random_module.Function."""

    def throw(self):
        tag = self.pick(*TAGS)
        text = f"(throw {tag} {' '.join(self.value(t, 1) for t in TAGS[tag])})"
        again = [label for label, is_handler in self.tries if is_handler]
        if self.module.form == "legacy" and again and self.random.random() < 0.5:
            text = f"(rethrow {self.random.choice(again)})"
        if self.module.form == "tables" and self.random.random() < 0.5:
            kept = self.local_of("exnref")
            text = f"(if (i32.eqz (ref.is_null (local.get {kept}))) (then (throw_ref (local.get {kept}))))"
        return f"(if {self.condition()} (then {self.statements(1)} {text}))"

    def maybe_throw(self):
        return self.throw() if self.random.random() < (0.6 if self.tries else 0.1) else self.assign()

    def keep_exception(self):
        """In form of tables: moves one from place to place."""
        if self.module.form != "tables":
            return self.assign()
        read = self.pick(f"(local.get {self.local_of('exnref')})", "(global.get $exn)",
                         f"(table.get $exns (i32.const {self.random.randrange(4)}))", "(ref.null exn)")
        return self.pick(f"(local.set {self.local_of('exnref')} {read})", f"(global.set $exn {read})",
                         f"(table.set $exns (i32.const {self.random.randrange(4)}) {read})")

    def tail_call(self):
        """Leaves the tries around, too."""
        numbers = [i for i, (_, results) in enumerate(self.module.signatures) if results == self.results]
        return f"(if {self.condition()} (then (return_{self.call(self.random.choice(numbers), 1)[1:]}))"

    def take_values(self, types):
        return " ".join(f"(local.set {self.local_of(t, True)})" for t in reversed(types))

    def body_of_try(self, valtype):
        value = f" {self.value(valtype, 2)}" if valtype else ""
        return f"{self.statements(3)} {self.maybe_throw()} {self.statements(1)}{value}"

    def handler(self, types, valtype):
        value = f" {self.value(valtype, 2)}" if valtype else ""
        return f"{self.take_values(types)} {self.statements(2)}{value}"

    def try_statement(self):
        return self.try_something(None)

    def try_value(self, valtype, _depth):
        return self.try_something(valtype)

    def try_something(self, valtype):
        if self.budget <= 0 or len(self.tries) > 3:
            return self.value(valtype, 0) if valtype else self.assign()
        self.budget -= 2
        return self.legacy_try(valtype) if self.module.form == "legacy" else self.try_table(valtype)

    def legacy_try(self, valtype):
        result = f"(result {valtype})" if valtype else ""
        outer = [label for label, types in self.labels if types is not None]
        label = self.enter((valtype,) if valtype else ())
        self.tries.append((label, False))
        text = f"(try {label} {result} (do {self.body_of_try(valtype)})"
        self.tries.pop()
        if outer and self.random.random() < 0.2:
            self.labels.pop()
            return f"{text} (delegate {self.random.choice(outer)}))"
        self.tries.append((label, True))
        for _ in range(self.random.randrange(3)):
            tag = self.pick(*TAGS)
            text += f" (catch {tag} {self.handler(TAGS[tag], valtype)})"
        if self.random.random() < 0.6:
            text += f" (catch_all {self.handler((), valtype)})"
        self.tries.pop()
        self.labels.pop()
        return text + ")"

    def try_table(self, valtype):
        """Blocks whose ends are the handlers, around a try_table; some clauses lead further out."""
        results = (valtype,) if valtype else ()
        out = self.enter(results)
        outer = [label for label, types in self.labels[:-1] if types == ()]
        clauses, handlers = [], []
        for _ in range(self.random.randrange(1, 4)):
            tag = self.pick(*TAGS, None)
            with_ref = self.random.random() < 0.5
            types = TAGS.get(tag, ()) + (("exnref",) if with_ref else ())
            label = self.random.choice(outer) if not types and outer and self.random.random() < 0.4 else None
            if label is None:
                label = self.enter(types)
                handlers.append((label, types))
            name = ("catch" if tag else "catch_all") + ("_ref" if with_ref else "")
            clauses.append(f"({name} {tag or ''} {label})")
        inner = self.enter(results)
        self.tries.append((inner, False))
        result = f"(result {valtype})" if valtype else ""
        text = f"(try_table {inner} {result} {' '.join(clauses)} {self.body_of_try(valtype)}) (br {out})"
        self.tries.pop()
        self.labels.pop()
        for label, types in reversed(handlers):
            self.labels.pop()
            text = f"(block {label} (result {' '.join(types)}) {text}) {self.handler(types, valtype)} (br {out})"
        self.labels.pop()
        return f"(block {out} {result} {text})"
