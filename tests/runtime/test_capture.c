#include "runtime/capture.h"

#include <criterion/criterion.h>
#include <string.h>

#include "runtime/exn_heap.h"
#include "runtime/resume.h"
#include "tests/runtime/suspendable.h"

#define TWO_PAGES ((size_t)2 * RT_PAGE_BYTES)

static struct rt_instance *instance;
static struct rt_capture capture;
static struct rt_error error;

static struct rt_entry entry = {
    .stage = WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT,
    .export = {"both", 4},
    .args = (union rt_value[]){{.i32 = 9}},
};

/* Captures the guest while it is suspended. */
static bool capture_it(void *context, struct rt_frames *frames, struct rt_error *why)
{
    bool (*function)(struct rt_capture *) = context;
    (void)frames;
    cr_assert(function(&capture));
    return rt_error_set(why, RT_ERROR_SUSPENDED, "suspended");
}

static bool all(struct rt_capture *c)
{
    return rt_capture(c, &entry, &error);
}

static bool stack(struct rt_capture *c)
{
    return rt_capture_stack(c, &error);
}

static const Wanco__Snapshot__Header *capture_of(const char *name, union rt_value arg,
                                                 bool (*function)(struct rt_capture *))
{
    struct rt_error suspended;
    union rt_value results[2];
    rt_set_suspend_handler(capture_it, (void *)function);
    rt_safepoint_request(true);
    cr_assert_not(suspendable_call(instance, name, arg, results, &suspended));
    cr_assert_eq(suspended.kind, RT_ERROR_SUSPENDED);
    return &capture.header;
}

static bool requires(const Wanco__Snapshot__Header *header, uint32_t feature)
{
    size_t i = 0;
    while (i < header->n_required_features && header->required_features[i] != feature)
        i++;
    return i < header->n_required_features;
}

static void set_up(void)
{
    instance = suspendable_create();
    entry.type = &suspendable_module.types[BOTH];
}

static void tear_down(void)
{
    rt_capture_free(&capture);
}

TestSuite(capture, .init = set_up, .fini = tear_down);

Test(capture, frames_are_outermost_first)
{
    const Wanco__Snapshot__Header *header =
        capture_of("both", (union rt_value){.i32 = 9}, stack);
    cr_assert_eq(header->n_stacks, 1);
    cr_assert_eq(header->stacks[0]->n_frames, 2);
    const Wanco__Snapshot__Frame *outer = header->stacks[0]->frames[0];
    const Wanco__Snapshot__Frame *inner = header->stacks[0]->frames[1];

    cr_expect_eq(outer->func_index, BOTH);
    cr_expect_eq(outer->code_offset, BOTH_CALL);
    cr_expect_eq(outer->kind, WANCO__SNAPSHOT__FRAME__KIND__CALL);
    cr_assert_eq(outer->n_local_indices, 1);
    cr_assert_eq(outer->n_words, 2);
    cr_expect_eq(outer->types.data[0], RT_TYPE_I32);
    cr_expect_eq(outer->words[0], 9);
    cr_expect_eq(outer->types.data[1], RT_TYPE_F64);
    cr_expect_eq(outer->words[1], (union rt_value){.f64 = 9.5}.i64);

    cr_expect_eq(inner->func_index, COUNT);
    cr_expect_eq(inner->code_offset, COUNT_LOOP);
    cr_expect_eq(inner->kind, WANCO__SNAPSHOT__FRAME__KIND__LOOP);
    cr_assert_eq(inner->n_local_indices, 3);
    cr_expect_eq(inner->local_indices[2], 2);
    cr_expect_eq(inner->words[1], 1);
}

Test(capture, references_are_numbers)
{
    const Wanco__Snapshot__Header *header =
        capture_of("pass", (union rt_value){.ref = &instance->funcs[SUM]}, stack);
    uint32_t number, func_index;
    uint64_t word = header->stacks[0]->frames[0]->words[0];
    cr_assert(snapshot_funcref_parts(word, &number, &func_index));
    cr_expect_eq(number, 0);
    cr_expect_eq(func_index, SUM);
}

Test(capture, memory_whose_pages_are_bytes)
{
    struct rt_memory *memory = rt_instance_memory(instance, 0);
    memory->page_bits = 0;
    memory->n_bytes = 70001;
    memory->max_pages = 80000;
    const Wanco__Snapshot__Header *header =
        capture_of("both", (union rt_value){.i32 = 9}, all);
    cr_expect(requires(header, SNAPSHOT_FEATURE_PAGE_SIZES));
    cr_expect_eq(header->memories[0]->page_bytes, 1);
    cr_expect_eq(header->memories[0]->n_pages, 70001);
    cr_expect_eq(header->memories[0]->max_pages, 80000);
    cr_expect_eq(capture.memories[0].n_bytes, 70001);
}

Test(capture, state_of_the_instance)
{
    struct rt_memory *memory = rt_instance_memory(instance, 0);
    struct rt_table *table = rt_instance_table(instance, 0);
    rt_instance_global(instance, 0)->i64 = UINT64_MAX;
    rt_memory_grow(memory, 1);
    rt_table_grow(table, 1, &instance->funcs[BOTH]);
    rt_elem_drop(instance, 1);
    const Wanco__Snapshot__Header *header =
        capture_of("both", (union rt_value){.i32 = 9}, all);
    cr_assert_eq(header->n_modules, 1);
    cr_expect_arr_eq(header->modules[0]->sha256.data, suspendable_module.sha256, 32);
    cr_expect_eq(header->modules[0]->resume_rules, RT_RESUME_RULES);

    cr_assert_eq(header->n_instances, 1);
    const Wanco__Snapshot__Instance *in = header->instances[0];
    cr_assert_eq(in->n_global_words, 2); /* the other is no exception */
    cr_expect_eq(in->global_words[0], UINT64_MAX);
    cr_expect_eq(in->n_dropped_datas, 1);
    cr_expect_eq(in->n_dropped_elems, 2);

    cr_assert_eq(in->n_tables, 1);
    const Wanco__Snapshot__Table *t = in->tables[0];
    cr_assert_eq(t->n_run_words, 3); /* count, three times null, both */
    cr_expect_eq(t->run_words[0], snapshot_funcref(0, COUNT));
    cr_expect_eq(t->run_lengths[1], 3);
    cr_expect_eq(t->run_words[1], 0);
    cr_expect_eq(t->run_words[2], snapshot_funcref(0, BOTH));

    cr_assert_eq(header->n_memories, 1);
    cr_expect_eq(header->memories[0]->n_pages, 2);
    cr_expect_eq(header->memories[0]->max_pages, 3);
    cr_expect_eq(header->memories[0]->page_bytes, 0);
    cr_expect_not(requires(header, SNAPSHOT_FEATURE_MOVES));
    cr_expect_not(requires(header, SNAPSHOT_FEATURE_PAGE_SIZES));
    cr_expect_eq(capture.memories[0].base, memory->base);
    cr_expect_eq(capture.memories[0].n_bytes, TWO_PAGES);

    cr_expect_eq(header->entry->stage, WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT);
    cr_assert_eq(header->entry->n_argument_words, 1);
    cr_expect_eq(header->entry->argument_words[0], 9);
    cr_assert_eq(header->n_names, 2); /* of count and both, which are exported */
    cr_expect_eq(header->names[0]->func_index, COUNT);
    cr_expect_arr_eq(header->names[1]->name.data, "both", 4);
    cr_expect_null(header->wasi);
}

static struct rt_exn *make_exn(uint64_t number, const void *cause)
{
    struct rt_exn *exn = rt_exn_create(rt_instance_tag(instance, 0));
    exn->values[0].i64 = number;
    exn->values[1].v128[1] = 5;
    exn->values[2].ref = cause;
    return exn;
}

Test(capture, exceptions_come_after_those_they_refer_to)
{
    struct rt_exn *cause = make_exn(1, NULL);
    make_exn(2, cause); /* which nothing refers to */
    struct rt_exn *caught = make_exn(3, cause);
    rt_instance_global(instance, 1)->ref = cause;
    entry.type = &suspendable_module.types[HOLD];
    entry.args[0].ref = NULL;
    const Wanco__Snapshot__Header *header =
        capture_of("hold", (union rt_value){.ref = caught}, all);
    cr_assert_eq(header->n_exceptions, 2);
    const Wanco__Snapshot__Exception *first = header->exceptions[0],
                                     *second = header->exceptions[1];
    cr_expect_eq(first->tag_index, 0);
    cr_assert_eq(first->types.len, 3);
    cr_expect_eq(first->types.data[2], RT_TYPE_EXNREF);
    cr_assert_eq(first->n_words, 4);
    cr_expect_arr_eq(first->words, ((uint64_t[]){1, 0, 5, 0}), 4 * sizeof(uint64_t));
    cr_expect_arr_eq(second->words, ((uint64_t[]){3, 0, 5, 1}), 4 * sizeof(uint64_t));
    cr_expect_eq(header->stacks[0]->frames[0]->words[0], 2);
    cr_expect_eq(header->instances[0]->global_words[1], 1);
    cr_expect(requires(header, SNAPSHOT_FEATURE_EXCEPTIONS));
    cr_expect_eq(capture.exns[1], caught);
}
