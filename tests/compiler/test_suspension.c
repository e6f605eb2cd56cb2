#include "compiler/suspension.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct suspension s;

/* Sections are NULL or contents; code is that of four bodies. Without others the types
 * are 0 [] -> [], 1 [i32] -> [], 2 [] -> [], and all functions are of type 0. */
struct sections {
    const char *types, *imports, *funcs, *tables, *globals, *exports, *start, *elems,
        *code;
};

static void put_section(uint8_t id, const char *contents)
{
    if (contents)
        wasm_section(&w, id, contents);
}

static void load(struct sections sections)
{
    wasm_begin(&w);
    wasm_section(&w, 1,
                 sections.types ? sections.types : "03 60 00 00 60 01 7f 00 60 00 00");
    put_section(2, sections.imports);
    wasm_section(&w, 3, sections.funcs ? sections.funcs : "04 00 00 00 00");
    put_section(4, sections.tables);
    put_section(6, sections.globals);
    put_section(7, sections.exports);
    put_section(8, sections.start);
    put_section(9, sections.elems);
    wasm_section(&w, 10, sections.code);
    cr_assert(wasm_load(&w), "%s", w.d.text);
    find_suspension(&s, &w.m, 2);
}

static bool polls(uint32_t caller, uint32_t callee)
{
    struct instr in = {.op = OP_Call, .imm.index = callee};
    return suspension_polls_before(&s, &w.m, caller, &in);
}

static bool polls_indirect(uint32_t caller, uint32_t type_index)
{
    struct instr in = {.op = OP_CallIndirect, .imm.pair.first = type_index};
    return suspension_polls_before(&s, &w.m, caller, &in);
}

static bool suspends_indirect(uint32_t type_index)
{
    struct instr in = {.op = OP_CallIndirect, .imm.pair.first = type_index};
    return suspension_of_call(&s, &w.m, &in);
}

/* Which of the functions can be suspended, as digits. */
static const char *suspended(void)
{
    static char text[16];
    char *p = text;
    for (uint32_t i = 0; i < w.m.n_funcs; i++)
        if (s.can_suspend[i])
            *p++ = (char)('0' + i);
    *p = '\0';
    return text;
}

/* ---- Direct calls ---- */

Test(suspension, loops_and_what_calls_them)
{
    /* call 1;  call 2;  loop;  call 3 is never made */
    load((struct sections){
        .code = "04 04 00 10 01 0b 04 00 10 02 0b 05 00 03 40 0b 0b 02 00 0b"});
    cr_expect_str_eq(suspended(), "012");
    struct instr in = {.op = OP_Call, .imm.index = 2};
    cr_expect(suspension_of_call(&s, &w.m, &in));
    in.imm.index = 3;
    cr_expect_not(suspension_of_call(&s, &w.m, &in));
    cr_expect_not(polls(0, 1));
    cr_expect_not(polls(1, 2));
}

Test(suspension, a_call_of_itself_polls)
{
    /* call 0;  call 0;  nothing;  call 2 */
    load((struct sections){
        .code = "04 04 00 10 00 0b 04 00 10 00 0b 02 00 0b 04 00 10 02 0b"});
    cr_expect_str_eq(suspended(), "01");
    cr_expect(polls(0, 0));
    cr_expect_not(polls(1, 0));
    cr_expect_not(polls(3, 2));
}

Test(suspension, mutual_recursion_polls_once)
{
    /* call 1;  call 2, call 3;  call 0;  nothing */
    load((struct sections){
        .code = "04 04 00 10 01 0b 06 00 10 02 10 03 0b 04 00 10 00 0b 02 00 0b"});
    cr_expect_str_eq(suspended(), "012");
    cr_expect_eq(polls(0, 1) + polls(1, 2) + polls(2, 0), 1);
    cr_expect_not(polls(1, 3));
}

Test(suspension, a_cycle_of_tail_calls_polls_once)
{
    /* return_call 1;  return_call 2;  return_call 0;  nothing */
    load((struct sections){
        .code = "04 04 00 12 01 0b 04 00 12 02 0b 04 00 12 00 0b 02 00 0b"});
    cr_expect_str_eq(suspended(), "012");
    cr_expect_eq(polls(0, 1) + polls(1, 2) + polls(2, 0), 1);
}

Test(suspension, instructions_on_long_ranges_and_what_calls_them)
{
    load((struct sections){.tables = "01 70 00 00",
                           .funcs = "04 01 00 01 00",
                           .code = "04 0b 00 41 00 d0 70 20 00 fc 11 00 0b "
                                   "06 00 41 00 10 00 0b "
                                   "0b 00 41 00 d0 70 41 09 fc 11 00 0b "
                                   "06 00 41 00 10 02 0b"});
    cr_expect(s.can_suspend[0]);
    cr_expect(s.can_suspend[1]);
    cr_expect_not(s.can_suspend[2]);
    cr_expect_not(s.can_suspend[3]);
}

Test(suspension, a_start_function_is_like_any_other)
{
    /* call 1;  call 2;  loop;  nothing */
    load((struct sections){
        .start = "00",
        .code = "04 04 00 10 01 0b 04 00 10 02 0b 05 00 03 40 0b 0b 02 00 0b"});
    cr_expect_str_eq(suspended(), "012");
}

/* ---- Imports ---- */

Test(suspension, wasi_def_says_what_imports_do)
{
    /* wasi_snapshot_preview1 . sched_yield, fd_sync: [] -> [] is not their type, but what
     * suspends goes by the name. Functions 2 to 5: call 0;  call 1;  nothing; nothing */
    load((struct sections){
        .imports =
            "02 16 77 61 73 69 5f 73 6e 61 70 73 68 6f 74 5f 70 72 65 76 69 65 77 31 "
            "0b 73 63 68 65 64 5f 79 69 65 6c 64 00 00"
            "16 77 61 73 69 5f 73 6e 61 70 73 68 6f 74 5f 70 72 65 76 69 65 77 31 "
            "07 66 64 5f 73 79 6e 63 00 00",
        .exports = "02 01 61 00 02 01 62 00 03",
        .code = "04 04 00 10 00 0b 04 00 10 01 0b 02 00 0b 02 00 0b"});
    cr_expect_str_eq(suspended(), "13");
    cr_expect_not(polls(2, 0), "WASI calls nothing back");
    cr_expect_not(polls(3, 1));
}

/* Import 0 is unknown. Functions 1 to 4: call 0;  call 1;  call 0;  nothing. */
static void load_callbacks(const char *exports)
{
    load((struct sections){
        .imports = "01 01 61 01 62 00 00",
        .exports = exports,
        .code = "04 04 00 10 00 0b 04 00 10 01 0b 04 00 10 00 0b 02 00 0b"});
    cr_expect_str_eq(suspended(), "0123");
}

Test(suspension, an_unknown_import_may_call_exports)
{
    load_callbacks("01 01 63 00 02");
    cr_expect(polls(1, 0), "function 2, exported, calls it");
    cr_expect_not(polls(2, 1));
    cr_expect_not(polls(3, 0), "the import does not get back there");
    load_callbacks("01 01 63 00 03");
    cr_expect_not(polls(1, 0));
    cr_expect(polls(3, 0));
    load_callbacks(NULL);
    cr_expect_not(polls(1, 0));
    cr_expect_not(polls(3, 0));
}

Test(suspension, the_start_function_cannot_be_called_back)
{
    load((struct sections){
        .imports = "01 01 61 01 62 00 00",
        .start = "01",
        .code = "04 04 00 10 00 0b 04 00 10 01 0b 04 00 10 00 0b 02 00 0b"});
    cr_expect_str_eq(suspended(), "0123");
    cr_expect_not(polls(1, 0));
}

/* ---- Indirect calls ---- */

/* i32.const 0, call_indirect type 0;  nothing;  nothing, of type [i32] -> [];  call 0 */
#define CALLS_INDIRECTLY "04 07 00 41 00 11 00 00 0b 02 00 0b 02 00 0b 04 00 10 00 0b"
#define ONE_TAKES_I32    "04 00 00 01 00"
#define PRIVATE_TABLE    "01 70 00 04"

Test(suspension, an_indirect_call_reaches_functions_of_its_type_in_tables)
{
    struct sections sections = {
        .funcs = ONE_TAKES_I32, .tables = PRIVATE_TABLE, .code = CALLS_INDIRECTLY};
    load(sections);
    cr_expect_str_eq(suspended(), "", "a call through an empty table traps");
    sections.elems = "01 00 41 00 0b 02 01 02";
    load(sections);
    cr_expect_str_eq(suspended(), "");
    cr_expect_not(suspends_indirect(0));
    sections.elems = "01 00 41 00 0b 01 03";
    load(sections);
    cr_expect_str_eq(suspended(), "03", "recursion through the table");
    cr_expect(suspends_indirect(0));
    cr_expect_not(suspends_indirect(1));
    cr_expect(polls_indirect(0, 0));
    cr_expect_not(polls(3, 0), "one poll per cycle");
    sections.elems = "01 00 41 00 0b 01 01";
    sections.exports = "01 01 61 00 03";
    load(sections);
    cr_expect_str_eq(suspended(), "", "what is exported is not in the table");
}

Test(suspension, equal_types_are_one)
{
    load((struct sections){.funcs = "04 00 00 01 02",
                           .tables = PRIVATE_TABLE,
                           .elems = "01 00 41 00 0b 01 03",
                           .code = CALLS_INDIRECTLY});
    cr_expect_str_eq(suspended(), "03");
    cr_expect(suspends_indirect(0));
    cr_expect(suspends_indirect(2));
    cr_expect(polls_indirect(0, 2));
}

Test(suspension, references_are_taken_everywhere)
{
    struct sections sections = {
        .funcs = ONE_TAKES_I32, .tables = PRIVATE_TABLE, .code = CALLS_INDIRECTLY};
    static const char *const elems[] = {"01 01 00 01 03", "01 05 70 01 d2 03 0b",
                                        "01 04 41 00 0b 02 d0 70 0b d2 03 0b"};
    for (size_t i = 0; i < sizeof elems / sizeof elems[0]; i++) {
        sections.elems = elems[i];
        load(sections);
        cr_expect_str_eq(suspended(), "03", "%s", elems[i]);
    }
    sections.elems = "01 03 00 01 03";
    load(sections);
    cr_expect_str_eq(suspended(), "", "declared only");
    sections.code =
        "04 07 00 41 00 11 00 00 0b 05 00 d2 03 1a 0b 02 00 0b 04 00 10 00 0b";
    load(sections);
    cr_expect_str_eq(suspended(), "03", "ref.func in a body");
    sections.elems = NULL;
    sections.code = CALLS_INDIRECTLY;
    sections.globals = "01 70 00 d2 03 0b";
    load(sections);
    cr_expect_str_eq(suspended(), "03", "a global");
    sections.globals = NULL;
    sections.tables = "01 40 00 70 00 04 d2 03 0b";
    load(sections);
    cr_expect_str_eq(suspended(), "03", "the initial value of a table's elements");
}

/* ---- References from outside ---- */

/* As CALLS_INDIRECTLY, but function 1 has table.set. */
#define SETS_AN_ELEMENT                                                                  \
    "04 07 00 41 00 11 00 00 0b 08 00 41 00 d0 70 26 00 0b 02 00 0b 04 00 10 00 0b"
#define FUNCREF_PARAMETER "04 60 00 00 60 01 7f 00 60 00 00 60 01 70 00"

Test(suspension, indirect_calls_reach_outside_if_references_come_in)
{
    static const struct sections open[] = {
        {.tables = PRIVATE_TABLE, .exports = "01 01 74 01 00", .code = CALLS_INDIRECTLY},
        {.imports = "01 01 61 01 74 01 70 00 04", .code = CALLS_INDIRECTLY},
        {.tables = PRIVATE_TABLE,
         .imports = "01 01 61 01 67 03 70 00",
         .code = CALLS_INDIRECTLY},
        {.types = FUNCREF_PARAMETER, .tables = PRIVATE_TABLE, .code = SETS_AN_ELEMENT},
        {.tables = PRIVATE_TABLE,
         .globals = "01 70 01 d0 70 0b",
         .exports = "01 01 67 03 00",
         .code = SETS_AN_ELEMENT},
    };
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        load(open[i]);
        cr_expect_str_eq(suspended(), "03", "%zu", i);
        cr_expect(suspends_indirect(0));
        cr_expect_not(polls_indirect(0, 0), "%zu: nothing calls back", i);
    }
}

Test(suspension, indirect_calls_stay_inside_if_references_do)
{
    static const struct sections closed[] = {
        {.tables = PRIVATE_TABLE, .code = CALLS_INDIRECTLY},
        {.tables = PRIVATE_TABLE, .code = SETS_AN_ELEMENT},
        {.tables = "02 70 00 04 6f 00 04",
         .exports = "01 01 74 01 01",
         .code = CALLS_INDIRECTLY},
        {.types = FUNCREF_PARAMETER, .tables = PRIVATE_TABLE, .code = CALLS_INDIRECTLY},
        {.tables = PRIVATE_TABLE,
         .globals = "01 70 01 d0 70 0b",
         .code = SETS_AN_ELEMENT},
        {.tables = PRIVATE_TABLE,
         .imports = "01 01 61 01 67 03 6f 00",
         .exports = "01 01 61 00 00",
         .code = SETS_AN_ELEMENT},
    };
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        load(closed[i]);
        cr_expect_str_eq(suspended(), "", "%zu", i);
    }
}

Test(suspension, a_call_through_a_shared_table_may_come_back)
{
    load((struct sections){.tables = PRIVATE_TABLE,
                           .exports = "02 01 74 01 00 01 61 00 03",
                           .code = CALLS_INDIRECTLY});
    cr_expect(polls_indirect(0, 0), "function 3, exported, calls 0");
    cr_expect_not(polls(3, 0));
}

/* Import 0 is unknown; functions 1 to 4: call 0;  nothing; nothing; nothing. */
Test(suspension, the_outside_may_call_what_it_has_references_to)
{
    struct sections sections = {.imports = "01 01 61 01 62 00 00",
                                .tables = PRIVATE_TABLE,
                                .elems = "01 00 41 00 0b 01 01",
                                .code = "04 04 00 10 00 0b 02 00 0b 02 00 0b 02 00 0b"};
    load(sections);
    cr_expect_not(polls(1, 0));
    sections.exports = "01 01 74 01 00";
    load(sections);
    cr_expect(polls(1, 0));
}

/* ---- Exceptions ---- */

Test(suspension, throws_and_what_calls_them)
{
    /* call 1;  call 2;  throw;  call_indirect of type 0, which reaches 1 */
    struct sections sections = {
        .tables = "01 70 00 01",
        .elems = "01 00 41 00 0b 01 01",
        .code = "04 04 00 10 01 0b 04 00 10 02 0b 05 00 d0 69 0a 0b 07 00 41 00 11 00 00 "
                "0b"};
    load(sections);
    cr_expect(s.can_throw[0] && s.can_throw[1] && s.can_throw[2] && s.can_throw[3]);
    struct instr in = {.op = OP_Call, .imm.index = 2};
    cr_expect(throws_of_call(&s, &w.m, &in));
    in = (struct instr){.op = OP_CallIndirect, .imm.pair.first = 0};
    cr_expect(throws_of_call(&s, &w.m, &in));
    in.imm.pair.first = 1;
    cr_expect_not(throws_of_call(&s, &w.m, &in));
    cr_expect_str_eq(suspended(), "");
}

Test(suspension, recursion_alone_throws_nothing)
{
    load((struct sections){
        .code = "04 04 00 10 01 0b 04 00 10 00 0b 02 00 0b 05 00 d0 69 0a 0b"});
    cr_expect_not(s.can_throw[0] || s.can_throw[1] || s.can_throw[2]);
    cr_expect(s.can_throw[3]);
}

Test(suspension, the_outside_may_throw_but_not_wasi)
{
    /* "m" "f", and "wasi_snapshot_preview1" "sched_yield", which returns a number */
    load((struct sections){
        .types = "02 60 00 00 60 00 01 7f",
        .imports = "02 01 6d 01 66 00 00 16 77 61 73 69 5f 73 6e 61 70 73 68 6f 74 5f 70 "
                   "72 65 76 69 65 77 31 0b 73 63 68 65 64 5f 79 69 65 6c 64 00 01",
        .funcs = "02 00 00",
        .code = "02 04 00 10 00 0b 05 00 10 01 1a 0b"});
    cr_expect(s.can_throw[0] && s.can_throw[2]);
    cr_expect_not(s.can_throw[1] || s.can_throw[3]);
}
