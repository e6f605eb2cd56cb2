#define _GNU_SOURCE
#include "runtime/restore.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/exn_heap.h"
#include "tests/runtime/suspendable.h"

#define TWO_PAGES ((size_t)2 * RT_PAGE_BYTES)

static char path[] = "/tmp/wanco-test-XXXXXX";
static const char *export_name;
static union rt_value argument;

/* Writes a snapshot when the guest was suspended n times. */
static bool write_it(void *context, struct rt_frames *frames, struct rt_error *error)
{
    uint32_t *n_left = context;
    struct rt_capture capture;
    if (--*n_left > 0)
        return rt_frames_of_records(frames, error);
    const struct rt_export *e = suspendable_module.exports;
    while (strcmp(e->name.chars, export_name) != 0)
        e++;
    struct rt_entry entry = {WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT, NULL, e->name,
                             &suspendable_module.types[e->index], &argument};
    cr_assert(rt_capture(&capture, &entry, error));
    cr_assert(snapshot_write(path, &capture.header, capture.memories, NULL,
                             &(struct snapshot_written){0}, error->text,
                             sizeof error->text),
              "%s", error->text);
    rt_capture_free(&capture);
    return rt_error_set(error, RT_ERROR_SUSPENDED, "saved");
}

static void set_up(void)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void tear_down(void)
{
    unlink(path);
}

TestSuite(restore, .init = set_up, .fini = tear_down);

/* Arguments of the host: it holds no exceptions. */
static bool is_exnref(const char *name)
{
    return strcmp(name, "hold") == 0;
}

/* Saves a call at its safepoint number n; the instance is gone afterwards. */
static void save(struct rt_instance *instance, const char *name, union rt_value arg,
                 uint32_t n)
{
    struct rt_error error;
    union rt_value results[2];
    export_name = name;
    argument = is_exnref(name) ? (union rt_value){.ref = NULL} : arg;
    rt_set_suspend_handler(write_it, &n);
    rt_safepoint_request(true);
    cr_assert_not(suspendable_call(instance, name, arg, results, &error));
    cr_assert_eq(error.kind, RT_ERROR_SUSPENDED);
    rt_safepoint_request(false);
    rt_instance_destroy(instance);
}

/* A new instance as the snapshot tells, and what it goes on with. */
static struct rt_instance *load(struct rt_frames *frames, union rt_value **results)
{
    struct rt_instance_config config = {.is_restored = true};
    struct rt_instance *instance;
    struct rt_error error;
    struct rt_entry entry;
    struct snapshot *s = snapshot_open(path, error.text, sizeof error.text);
    cr_assert_not_null(s, "%s", error.text);
    const Wanco__Snapshot__Header *header = snapshot_header(s);
    cr_assert(rt_restore_check(header, &suspendable_module, &error), "%s", error.text);
    cr_assert(rt_instance_create(&suspendable_module, &config, &instance, &error));
    struct rt_referents referents;
    cr_assert(rt_restore_exns(header, &instance, &referents, &error));
    cr_assert(rt_restore_state(s, &referents, 0, &error), "%s", error.text);
    cr_assert(rt_restore_entry(header, &referents, &entry, results, &error));
    cr_expect_eq(entry.export.n_bytes, strlen(export_name));
    cr_assert(rt_restore_frames(header->stacks[0], &referents, frames, &error));
    rt_referents_free(&referents);
    snapshot_close(s);
    return instance;
}

static union rt_value *resume(void)
{
    struct rt_frames frames;
    struct rt_error error;
    union rt_value *results;
    load(&frames, &results);
    cr_assert(rt_resume(&frames, results, &error));
    return results;
}

Test(restore, loop)
{
    save(suspendable_create(), "count", (union rt_value){.i32 = 100}, 50);
    cr_expect_eq(resume()->i32, 5050);
}

Test(restore, recursion)
{
    save(suspendable_create(), "sum", (union rt_value){.i32 = 1000}, 999);
    cr_expect_eq(resume()->i64, 500500);
}

Test(restore, operands_and_several_results)
{
    save(suspendable_create(), "both", (union rt_value){.i32 = 10}, 3);
    const union rt_value *results = resume();
    cr_expect_eq(results[0].i32, 55);
    cr_expect_eq(results[1].f64, 10.5);
}

Test(restore, references_are_those_of_the_new_instance)
{
    struct rt_instance *old = suspendable_create();
    struct rt_frames frames;
    struct rt_error error;
    union rt_value *results;
    save(old, "pass", (union rt_value){.ref = &old->funcs[SUM]}, 2);
    const struct rt_instance *instance = load(&frames, &results);
    cr_assert(rt_resume(&frames, results, &error));
    cr_expect_eq(results->ref, &instance->funcs[SUM]);
}

Test(restore, exceptions)
{
    struct rt_instance *old = suspendable_create();
    struct rt_frames frames;
    struct rt_error error;
    union rt_value *results;
    struct rt_exn *cause = rt_exn_create(rt_instance_tag(old, 0)),
                  *exn = rt_exn_create(rt_instance_tag(old, 0));
    cause->values[0].i64 = 77;
    exn->values[1].v128[1] = UINT64_MAX;
    exn->values[2].ref = rt_instance_global(old, 1)->ref = cause;
    save(old, "hold", (union rt_value){.ref = exn}, 2);
    struct rt_instance *instance = load(&frames, &results);
    cr_assert(rt_resume(&frames, results, &error));
    const struct rt_exn *held = results->ref;
    cr_assert_neq(held, exn);
    cr_expect_eq(held->tag, rt_instance_tag(instance, 0));
    cr_expect_eq(held->values[1].v128[1], UINT64_MAX);
    cr_assert_eq(held->values[2].ref, rt_instance_global(instance, 1)->ref);
    cr_expect_eq(((const struct rt_exn *)held->values[2].ref)->values[0].i64, 77);
}

Test(restore, state)
{
    struct rt_instance *old = suspendable_create();
    struct rt_frames frames;
    union rt_value *results;
    struct rt_memory *memory = rt_instance_memory(old, 0);
    rt_memory_grow(memory, 1);
    memset(memory->base + 16, 0, 5); /* "hello", which instantiation puts there */
    memcpy(memory->base + TWO_PAGES - 4, "last", 4);
    rt_instance_global(old, 0)->i64 = 1234567890123;
    rt_table_grow(rt_instance_table(old, 0), 2, &old->funcs[BOTH]);
    rt_table_set(rt_instance_table(old, 0), 0, NULL);
    rt_data_drop(old, 1);
    save(old, "count", (union rt_value){.i32 = 5}, 1);

    struct rt_instance *instance = load(&frames, &results);
    rt_frames_free(&frames);
    memory = rt_instance_memory(instance, 0);
    cr_expect_eq(memory->n_bytes, TWO_PAGES);
    cr_expect_arr_eq(memory->base + 16, "\0\0\0\0\0", 5);
    cr_expect_arr_eq(memory->base + TWO_PAGES - 4, "last", 4);
    cr_expect_eq(rt_instance_global(instance, 0)->i64, 1234567890123);
    const struct rt_table *table = rt_instance_table(instance, 0);
    cr_assert_eq(table->n_elements, 6);
    cr_expect_null(rt_table_get(table, 0));
    cr_expect_null(rt_table_get(table, 3));
    cr_expect_eq(rt_table_get(table, 5), &instance->funcs[BOTH]);
}

/* What a later compiler does not know to be live is zero, and what an earlier one knew
 * beyond is ignored. */
Test(restore, missing_locals_are_zero)
{
    struct rt_frames frames;
    struct rt_error error;
    uint32_t indices[] = {0, 2};
    uint8_t types[] = {RT_TYPE_I32, RT_TYPE_I32};
    uint64_t words[] = {5, 100};
    Wanco__Snapshot__Frame frame = WANCO__SNAPSHOT__FRAME__INIT;
    Wanco__Snapshot__Frame *list[] = {&frame};
    Wanco__Snapshot__Stack stack = WANCO__SNAPSHOT__STACK__INIT;
    struct rt_instance *instance = suspendable_create();
    union rt_value result;
    frame.func_index = COUNT;
    frame.code_offset = COUNT_LOOP;
    frame.kind = WANCO__SNAPSHOT__FRAME__KIND__LOOP;
    frame.local_indices = indices;
    frame.n_local_indices = 2;
    frame.types = (ProtobufCBinaryData){2, types};
    frame.words = words;
    frame.n_words = 2;
    stack.n_frames = 1;
    stack.frames = list;
    cr_assert(rt_restore_check_stack(&stack, &instance, &error), "%s", error.text);
    struct rt_referents referents = {&instance, NULL};
    cr_assert(rt_restore_frames(&stack, &referents, &frames, &error));
    cr_assert(rt_resume(&frames, &result, &error));
    cr_expect_eq(result.i32, 100 + 15); /* i begins at 0 */
}
