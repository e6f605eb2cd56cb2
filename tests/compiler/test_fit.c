/* Whether a snapshot fits a module: one that does, with one thing wrong at a time. */
#define _GNU_SOURCE
#include "compiler/fit.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static char error[256];

/* Offsets of instructions, found when the module is made. */
static uint32_t loop_offset, call_offset, indirect_offset;

/* Function 0 is fd_read; 1 (i32) -> i64 has a loop; 2, "run" (i32) -> i64, calls it
 * directly, then through table 0; 3 (), "_initialize", calls nothing. A mutable and an
 * immutable global, a memory of 1 to 4 pages, a tag with i32 and exnref. */
static void make_module(void)
{
    wasm_begin(&w);
    wasm_section(&w, 1,
                 "04 60 01 7f 01 7e 60 00 00 60 04 7f 7f 7f 7f 01 7f 60 02 7f 69 00");
    wasm_section(&w, 2,
                 "01 16 77 61 73 69 5f 73 6e 61 70 73 68 6f 74 5f 70 72 65 76 69 65 77 31"
                 "07 66 64 5f 72 65 61 64 00 02");
    wasm_section(&w, 3, "03 00 00 01");
    wasm_section(&w, 4, "01 70 00 03");
    wasm_section(&w, 5, "01 01 01 04");
    wasm_section(&w, 13, "01 00 03");
    wasm_section(&w, 6, "02 7e 01 42 07 0b 7f 00 41 01 0b");
    wasm_section(&w, 7, "02 03 72 75 6e 00 02 0b 5f 69 6e 69 74 69 61 6c 69 7a 65 00 03");
    wasm_section(&w, 9, "01 00 41 00 0b 01 01");
    w.bytes[w.n_bytes++] = 10;
    size_t section = w.n_bytes;
    wasm_put(&w, "03");
    size_t body = w.n_bytes;
    /* local 1: i64; loop: local 1 += 1; local 0 -= 1; br_if 0; end; local.get 1 */
    wasm_put(&w, "01 01 7e 03 40 20 01 42 01 7c 21 01 20 00 41 01 6b 22 00 0d 00 0b"
                 "20 01 0b");
    wasm_close(&w, body);
    body = w.n_bytes;
    /* (call 1 (local.get 0)) (call_indirect (local.get 0) (i32.const 0)) i64.add */
    wasm_put(&w, "00 20 00 10 01 20 00 41 00 11 00 00 7c 0b");
    wasm_close(&w, body);
    wasm_put(&w, "02 00 0b");
    wasm_close(&w, section);
    wasm_section(&w, 11, "01 00 41 00 0b 01 2a");
    cr_assert(wasm_load(&w), "%s", w.d.text);
    loop_offset = w.m.funcs[1].body_offset + 3;
    call_offset = w.m.funcs[2].body_offset + 3;
    indirect_offset = w.m.funcs[2].body_offset + 9;
}

static Wanco__Snapshot__Header header = WANCO__SNAPSHOT__HEADER__INIT;
static Wanco__Snapshot__Module module_;
static Wanco__Snapshot__Instance instance;
static Wanco__Snapshot__Table table;
static Wanco__Snapshot__Memory memory;
static Wanco__Snapshot__Entry entry;
static Wanco__Snapshot__Stack stack;
static Wanco__Snapshot__Frame outer, inner;
static Wanco__Snapshot__Exception exceptions[2];
static Wanco__Snapshot__Module *modules[] = {&module_};
static Wanco__Snapshot__Instance *instances[] = {&instance};
static Wanco__Snapshot__Table *tables[] = {&table};
static Wanco__Snapshot__Memory *memories[] = {&memory};
static Wanco__Snapshot__Stack *stacks[] = {&stack};
static Wanco__Snapshot__Frame *frames[] = {&outer, &inner};
static Wanco__Snapshot__Exception *thrown[] = {&exceptions[0], &exceptions[1]};

static uint32_t global_indices[] = {0, 5}, inner_locals[] = {0, 1}, dropped[] = {0};
static uint8_t global_types[] = {0x7e, 0x7e}, i32[] = {0x7f}, i32_i64[] = {0x7f, 0x7e};
static uint8_t four_i32[] = {0x7f, 0x7f, 0x7f, 0x7f, 0x7f};
static uint8_t i32_exnref[] = {0x7f, 0x69};
static uint8_t run[] = "run";
static uint64_t words[] = {7, 8, 0, 0, 0}, run_lengths[] = {1, 2}, run_words[] = {0, 0};

static void set_state(void)
{
    wanco__snapshot__module__init(&module_);
    wanco__snapshot__instance__init(&instance);
    wanco__snapshot__table__init(&table);
    wanco__snapshot__memory__init(&memory);
    instance.n_global_indices = 1;
    instance.global_indices = global_indices;
    instance.global_types = (ProtobufCBinaryData){1, global_types};
    instance.n_global_words = 1;
    instance.global_words = words;
    instance.n_tables = 1;
    instance.tables = tables;
    instance.dropped_datas = dropped;
    instance.n_dropped_datas = 1;
    instance.dropped_elems = dropped;
    instance.n_dropped_elems = 1;
    table.element_type = 0x70;
    table.max_elements = SNAPSHOT_NO_LIMIT;
    table.run_lengths = run_lengths;
    table.run_words = run_words;
    table.n_run_lengths = table.n_run_words = 2;
    run_words[0] = snapshot_funcref(0, 1);
    memory.n_pages = 2;
    memory.max_pages = 4;
}

/* run is in its direct call of 1, which is at its loop. */
static void set_frames(void)
{
    wanco__snapshot__entry__init(&entry);
    wanco__snapshot__stack__init(&stack);
    wanco__snapshot__frame__init(&outer);
    wanco__snapshot__frame__init(&inner);
    entry.stage = WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT;
    entry.export = (ProtobufCBinaryData){3, run};
    entry.argument_types = (ProtobufCBinaryData){1, i32};
    entry.n_argument_words = 1;
    entry.argument_words = words;
    stack.frames = frames;
    stack.n_frames = 2;
    outer.kind = WANCO__SNAPSHOT__FRAME__KIND__CALL;
    outer.func_index = 2;
    outer.code_offset = call_offset;
    outer.n_local_indices = 1;
    outer.local_indices = inner_locals;
    outer.types = (ProtobufCBinaryData){1, i32};
    outer.n_words = 1;
    outer.words = words;
    inner.kind = WANCO__SNAPSHOT__FRAME__KIND__LOOP;
    inner.func_index = 1;
    inner.code_offset = loop_offset;
    inner.n_local_indices = 2;
    inner.local_indices = inner_locals;
    inner.types = (ProtobufCBinaryData){2, i32_i64};
    inner.n_words = 2;
    inner.words = words;
}

static void set_exceptions(void)
{
    for (size_t i = 0; i < 2; i++) {
        wanco__snapshot__exception__init(&exceptions[i]);
        exceptions[i].types = (ProtobufCBinaryData){2, i32_exnref};
        exceptions[i].words = words;
        exceptions[i].n_words = 2;
    }
    header.exceptions = thrown;
    header.n_exceptions = 2;
}

static void set_header(void)
{
    make_module();
    set_state();
    set_frames();
    set_exceptions();
    header.n_modules = header.n_instances = header.n_stacks = header.n_memories = 1;
    header.modules = modules;
    header.instances = instances;
    header.stacks = stacks;
    header.memories = memories;
    header.entry = &entry;
}

static bool fits(void)
{
    return snapshot_fits(&header, &w.m, 1, error, sizeof error);
}

TestSuite(fit, .init = set_header);

Test(fit, one_of_the_module_fits)
{
    cr_assert(fits(), "%s", error);
}

/* In the indirect call the result of the first call is on the stack. */
Test(fit, an_indirect_call_fits)
{
    outer.code_offset = indirect_offset;
    outer.n_local_indices = 0;
    outer.types = (ProtobufCBinaryData){1, global_types};
    cr_assert(fits(), "%s", error);
    outer.types = (ProtobufCBinaryData){1, i32};
    cr_expect_not(fits());
}

Test(fit, a_function_may_have_given_way_to_another)
{
    inner.func_index = 2; /* at its call, of the same type as function 1 */
    inner.code_offset = call_offset;
    inner.kind = WANCO__SNAPSHOT__FRAME__KIND__CALL;
    inner.n_local_indices = 0;
    inner.types.len = inner.n_words = 0;
    cr_expect_not(fits());
    w.m.funcs[1].makes_tail_calls = true;
    cr_expect(fits(), "%s", error);
    inner.func_index = 0; /* has other results */
    cr_expect_not(fits());
}

Test(fit, a_host_call_fits)
{
    inner = outer;
    inner.code_offset = 0;
    inner.n_local_indices = 0;
    inner.kind = WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL;
    inner.func_index = 0;
    inner.types = (ProtobufCBinaryData){4, four_i32};
    inner.n_words = 4;
    /* run does not call it */
    cr_expect_not(fits());
    cr_expect_str_eq(error, "its frame 0 does not fit the module");
    inner.types.len = 5;
    cr_expect_not(fits());
}

Test(fit, missing_locals_are_fine)
{
    inner.n_local_indices = 1;
    inner.types.len = 1;
    inner.n_words = 1;
    cr_expect(fits(), "%s", error);
}

#define REFUSED(name, words_, ...)                                                       \
    Test(fit, name)                                                                      \
    {                                                                                    \
        __VA_ARGS__;                                                                     \
        cr_expect_not(fits());                                                           \
        cr_expect_not_null(strstr(error, words_), "%s", error);                          \
    }

REFUSED(stack_without_frames, "frame 0", stack.n_frames = 0)
REFUSED(two_instances, "several instances", header.n_instances = 2)
REFUSED(no_global, "global 0", instance.n_global_indices = 0)
REFUSED(another_global, "global 5", instance.n_global_indices = 2;
        instance.global_types.len = 2; instance.n_global_words = 2)
REFUSED(immutable_global, "global 0", global_indices[0] = 1)
REFUSED(global_of_another_type, "global 0", global_types[0] = 0x7f)
REFUSED(no_table, "table 0", instance.n_tables = 0)
REFUSED(other_table, "table 0", table.index = 1)
REFUSED(small_table, "table 0", run_lengths[1] = 1)
REFUSED(table_of_another_type, "table 0", table.element_type = 0x6f)
REFUSED(unknown_function, "table 0", run_words[0] = snapshot_funcref(0, 4))
REFUSED(unknown_tag, "exception 1", exceptions[1].tag_index = 1)
REFUSED(values_missing, "exception 0", exceptions[0].types.len = 1)
REFUSED(value_of_another_type, "exception 0", exceptions[0].types.data = i32_i64)
REFUSED(no_memory, "memory 0", header.n_memories = 0)
REFUSED(small_memory, "memory 0", memory.n_pages = 0)
REFUSED(large_memory, "memory 0", memory.n_pages = 5)
REFUSED(memory_of_other_pages, "memory 0", memory.page_bytes = 1)
REFUSED(unknown_data, "data segment 1", dropped[0] = 1)
REFUSED(unknown_export, "does not export", entry.export.len = 2)
REFUSED(no_argument, "arguments", entry.argument_types.len = 0)
REFUSED(wrong_argument, "arguments", entry.argument_types.data = global_types)
REFUSED(other_entry, "frame 0", outer.func_index = 1)
REFUSED(unknown_point, "frame 1", inner.code_offset++)
REFUSED(point_of_another_kind, "frame 1",
        inner.kind = WANCO__SNAPSHOT__FRAME__KIND__BEFORE)
REFUSED(function_that_cannot_be_suspended, "frame 0", inner.func_index = 3)
REFUSED(function_that_is_not_there, "frame 0", inner.func_index = 4)
REFUSED(imported_function, "frame 0", inner.func_index = 0)
REFUSED(unknown_local, "frame 1", inner_locals[1] = 2)
REFUSED(local_of_another_type, "frame 1", i32_i64[1] = 0x7f)
REFUSED(operand_that_is_not_there, "frame 1", inner.n_local_indices = 1)
