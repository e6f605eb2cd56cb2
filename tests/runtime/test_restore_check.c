/* Snapshots that were made to deceive: one field at a time is changed in one that fits,
 * and each change is found out. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/restore.h"
#include "tests/runtime/suspendable.h"

static struct rt_instance *instance;
static struct rt_capture capture;
static Wanco__Snapshot__Header *header;
static Wanco__Snapshot__Frame *outer, *inner;

static bool keep(void *context, struct rt_frames *frames, struct rt_error *error)
{
    union rt_value arg = {.i32 = 9};
    struct rt_entry entry = {
        WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT, NULL, {"both", 4}, NULL, &arg};
    (void)context;
    (void)frames;
    entry.type = &suspendable_module.types[BOTH];
    cr_assert(rt_capture(&capture, &entry, error));
    return rt_error_set(error, RT_ERROR_SUSPENDED, "suspended");
}

static void set_up(void)
{
    struct rt_error error;
    union rt_value results[2];
    instance = suspendable_create();
    rt_set_suspend_handler(keep, NULL);
    rt_safepoint_request(true);
    suspendable_call(instance, "both", (union rt_value){.i32 = 9}, results, &error);
    header = &capture.header;
    outer = header->stacks[0]->frames[0];
    inner = header->stacks[0]->frames[1];
}

static void tear_down(void)
{
    rt_capture_free(&capture);
}

TestSuite(restore_check, .init = set_up, .fini = tear_down);

/* That the snapshot is refused, for a reason with these words. */
static void refused(const char *words)
{
    struct rt_error error = {.kind = RT_ERROR_NONE};
    cr_assert_not(rt_restore_check(header, &suspendable_module, &error), "%s", words);
    cr_expect_not_null(strstr(error.text, words), "%s, not %s", words, error.text);
    cr_expect_eq(error.kind, RT_ERROR_USAGE);
}

static void accepted(void)
{
    struct rt_error error = {.kind = RT_ERROR_NONE};
    cr_expect(rt_restore_check(header, &suspendable_module, &error), "%s", error.text);
}

/* That it is refused with this number in the place of another. */
#define REFUSED_WITH(place, number, words)                                               \
    do {                                                                                 \
        __typeof__(place) was = (place);                                                 \
        (place) = (number);                                                              \
        refused(words);                                                                  \
        (place) = was;                                                                   \
    } while (0)

Test(restore_check, what_was_captured_fits)
{
    accepted();
}

Test(restore_check, identity)
{
    struct rt_module other = suspendable_module;
    struct rt_error error;
    other.sha256[31] = 1;
    cr_expect_not(rt_restore_check(header, &other, &error));
    cr_expect_not_null(strstr(error.text, "another module"));
    other = suspendable_module;
    other.func_points = NULL;
    cr_expect_not(rt_restore_check(header, &other, &error));
    cr_expect_not_null(strstr(error.text, "--no-checkpoint"));
    REFUSED_WITH(header->modules[0]->resume_rules, 77, "resume rules 77");
    REFUSED_WITH(header->n_stacks, 0, "several instances");
    REFUSED_WITH(header->n_modules, 0, "several instances");
}

Test(restore_check, state)
{
    Wanco__Snapshot__Instance *in = header->instances[0];
    REFUSED_WITH(in->global_indices[0], 1, "global 0");
    REFUSED_WITH(in->n_global_indices, 0, "global 0");
    REFUSED_WITH(in->global_types.data[0], RT_TYPE_I32, "global 0");
    REFUSED_WITH(in->tables[0]->index, 1, "table 0");
    REFUSED_WITH(in->tables[0]->element_type, RT_TYPE_EXTERNREF, "table 0");
    REFUSED_WITH(in->tables[0]->run_lengths[0], 100, "table 0");
    REFUSED_WITH(in->tables[0]->n_run_lengths, 0, "table 0");
    REFUSED_WITH(in->tables[0]->run_words[0], snapshot_funcref(0, N_SUSPENDABLE),
                 "table 0");
    REFUSED_WITH(in->n_tables, 0, "table 0");
    REFUSED_WITH(header->n_memories, 0, "memory 0");
    REFUSED_WITH(header->memories[0]->n_pages, 0, "memory 0");
    REFUSED_WITH(header->memories[0]->n_pages, 4, "memory 0");
    REFUSED_WITH(header->memories[0]->page_bytes, 1, "memory 0");
    REFUSED_WITH(in->dropped_datas[0], 2, "data segment 2");
    REFUSED_WITH(in->dropped_elems[0], 2, "element segment 2");
    accepted();
}

Test(restore_check, entry)
{
    static uint8_t memory[] = "memory", count[] = "count";
    Wanco__Snapshot__Entry *entry = header->entry;
    ProtobufCBinaryData name = entry->export;
    entry->export = (ProtobufCBinaryData){6, memory};
    refused("does not export");
    entry->export = (ProtobufCBinaryData){5, count};
    refused("frame 0"); /* it is called by another */
    entry->export = name;
    REFUSED_WITH(entry->argument_types.len, 0, "arguments");
    REFUSED_WITH(entry->stage, WANCO__SNAPSHOT__ENTRY__STAGE__START_FUNCTION, "frame 0");
    REFUSED_WITH(entry->stage, WANCO__SNAPSHOT__ENTRY__STAGE__INITIALIZE, "frame 0");
    REFUSED_WITH(header->stacks[0]->n_frames, 0, "frame 0");
    accepted();
}

Test(restore_check, chain_of_frames)
{
    REFUSED_WITH(outer->func_index, SUM, "frame 0");
    REFUSED_WITH(outer->code_offset, BOTH_CALL + 1, "frame 0");
    REFUSED_WITH(outer->kind, WANCO__SNAPSHOT__FRAME__KIND__LOOP, "frame 0");
    REFUSED_WITH(outer->kind, WANCO__SNAPSHOT__FRAME__KIND__BEFORE, "frame 0");
    REFUSED_WITH(outer->kind, WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL, "frame 0");
    REFUSED_WITH(header->stacks[0]->n_frames, 1, "frame 0"); /* in a call of nothing */
    REFUSED_WITH(inner->func_index, PASS, "frame 0");        /* it calls another */
    REFUSED_WITH(inner->func_index, UINT32_MAX, "frame 0");
    REFUSED_WITH(inner->code_offset, 0, "frame 1");
    REFUSED_WITH(inner->kind, WANCO__SNAPSHOT__FRAME__KIND__CALL, "frame 1");
    REFUSED_WITH(inner->kind, WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL, "frame 1");
    accepted();
}

/* What makes tail calls gives way to functions with its results only. */
Test(restore_check, chain_of_frames_with_tail_calls)
{
    const void *const tail_code[N_SUSPENDABLE] = {
        [COUNT] = tail_code, [BOTH] = tail_code};
    struct rt_module other = suspendable_module;
    struct rt_error error;
    other.func_tail_code = tail_code;
    cr_expect(rt_restore_check(header, &other, &error), "%s", error.text);
    inner->func_index = PASS;
    cr_expect_not(rt_restore_check(header, &other, &error));
    inner->func_index = COUNT;
    outer->func_index = SUM;
    cr_expect_not(rt_restore_check(header, &other, &error));
}

Test(restore_check, values)
{
    REFUSED_WITH(outer->types.data[1], RT_TYPE_I64, "frame 0"); /* the operand */
    REFUSED_WITH(outer->types.data[0], RT_TYPE_I64, "frame 0"); /* the local */
    REFUSED_WITH(outer->local_indices[0], 1, "frame 0");
    REFUSED_WITH(outer->n_local_indices, 0, "frame 0"); /* two operands */
    REFUSED_WITH(outer->types.len, 1, "frame 0");
    REFUSED_WITH(inner->local_indices[2], 3, "frame 1");
    accepted();
}

/* A later compiler may find fewer values live, or an earlier one more. */
Test(restore_check, fewer_locals_are_accepted)
{
    inner->n_local_indices = inner->types.len = inner->n_words = 2;
    accepted();
}

/* The only exception of the snapshot. */
static Wanco__Snapshot__Exception *add_exception(void)
{
    static uint8_t types[] = {RT_TYPE_I64, RT_TYPE_V128, RT_TYPE_EXNREF};
    static uint64_t words[] = {1, 2, 3, 0};
    static Wanco__Snapshot__Exception exception, *list[] = {&exception};
    wanco__snapshot__exception__init(&exception);
    exception.types = (ProtobufCBinaryData){3, types};
    exception.words = words;
    exception.n_words = 4;
    header->exceptions = list;
    header->n_exceptions = 1;
    return &exception;
}

Test(restore_check, exceptions)
{
    Wanco__Snapshot__Exception *exception = add_exception();
    header->instances[0]->global_words[1] = 1;
    accepted();
    REFUSED_WITH(exception->tag_index, 1, "exception 0");
    REFUSED_WITH(exception->types.len, 2, "exception 0");
    REFUSED_WITH(exception->types.data[0], RT_TYPE_F64, "exception 0");
    accepted();
}

/* It would be kept where no collection finds it. */
Test(restore_check, no_argument_is_an_exception)
{
    static uint8_t exnref[] = {RT_TYPE_EXNREF}, hold[] = "hold";
    uint64_t argument = 1;
    add_exception();
    header->entry->export = (ProtobufCBinaryData){4, hold};
    header->entry->argument_types = (ProtobufCBinaryData){1, exnref};
    header->entry->argument_words = &argument;
    refused("argument 0");
    argument = 0;
    refused("frame 0"); /* it is called by another */
}

/* As full types say: a reference that is never null, and one that always is. */
Test(restore_check, types_of_exceptions)
{
    struct rt_global_desc globals[] = {suspendable_module.globals[0],
                                       suspendable_module.globals[1]};
    struct rt_module other = suspendable_module;
    struct rt_error error;
    uint64_t *word = &header->instances[0]->global_words[1];
    other.globals = globals;
    globals[1].type = RT_TYPE_EXNREF | RT_TYPE_NON_NULL;
    cr_expect_not(rt_restore_check(header, &other, &error));
    *word = 1;
    cr_expect(rt_restore_check(header, &other, &error), "%s", error.text);
    globals[1].type = RT_TYPE_EXNREF | RT_TYPE_NO_HEAP << RT_TYPE_HEAP_SHIFT;
    cr_expect_not(rt_restore_check(header, &other, &error));
    *word = 0;
    cr_expect(rt_restore_check(header, &other, &error), "%s", error.text);
}
