#include "runtime/safepoint.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/resume.h"
#include "tests/runtime/suspendable.h"

static struct rt_instance *instance;

/* The guest stays suspended. */
static bool stay(void *context, struct rt_frames *frames, struct rt_error *error)
{
    (void)context;
    (void)frames;
    return rt_error_set(error, RT_ERROR_SUSPENDED, "suspended");
}

static void set_up(void)
{
    rt_set_suspend_handler(stay, NULL);
    instance = suspendable_create();
}

TestSuite(safepoint, .init = set_up);

/* Calls a function that is to be suspended. */
static void suspend(const char *name, uint32_t n)
{
    struct rt_error error;
    union rt_value results[2];
    cr_assert(rt_safepoint_request(true));
    cr_assert_not(
        suspendable_call(instance, name, (union rt_value){.i32 = n}, results, &error));
    cr_assert_eq(error.kind, RT_ERROR_SUSPENDED);
    cr_assert(rt_safepoint_request(false));
}

/* The word at a place in the records. */
static uint64_t word(struct rt_records records, size_t i)
{
    uint64_t value;
    memcpy(&value, records.bytes + i * 8, sizeof value);
    return value;
}

static const struct rt_point *point(struct rt_records records, size_t i)
{
    return (const struct rt_point *)(uintptr_t)word(records, i);
}

Test(safepoint, flag_is_set_in_guest_code_only)
{
    cr_expect_eq(rt_poll_flag, 0);
    rt_safepoint_request(true);
    cr_expect_eq(rt_poll_flag, 0);
    rt_safepoint_set_depth(1);
    cr_expect_eq(rt_poll_flag, UINT32_MAX);
    cr_expect(rt_checkpoint_pending());
    rt_safepoint_set_depth(2);
    cr_expect_eq(rt_poll_flag, 0);
    cr_expect_not(rt_checkpoint_pending());
    rt_safepoint_set_depth(1);
    cr_expect_eq(rt_poll_flag, UINT32_MAX);
    rt_safepoint_request(false);
    cr_expect_eq(rt_poll_flag, 0);
    rt_safepoint_set_depth(0);
}

Test(safepoint, poll_writes_the_innermost_record)
{
    suspend("count", 5);
    struct rt_records records = rt_safepoint_records();
    cr_assert_eq(records.n_bytes, 5 * sizeof(uint64_t));
    cr_expect_eq(point(records, 0)->code_offset, COUNT_LOOP);
    cr_expect_eq(word(records, 1), (uintptr_t)instance);
    cr_expect_eq(word(records, 2), 5);
    cr_expect_eq(word(records, 3), 1);
    cr_expect_eq(word(records, 4), 1);
    rt_safepoint_forget(0);
    cr_expect_eq(rt_safepoint_records().n_bytes, 0);
}

Test(safepoint, pads_write_the_callers_records)
{
    suspend("both", 9);
    struct rt_records records = rt_safepoint_records();
    cr_assert_eq(records.n_bytes, 9 * sizeof(uint64_t));
    cr_expect_eq(point(records, 0)->func_index, COUNT);
    cr_expect_eq(point(records, 5)->func_index, BOTH);
    cr_expect_eq((union rt_value){.i64 = word(records, 8)}.f64, 9.5);
    rt_safepoint_forget(0);
}

Test(safepoint, unrequested_code_just_runs)
{
    struct rt_error error;
    union rt_value results[2];
    cr_assert(
        suspendable_call(instance, "both", (union rt_value){.i32 = 4}, results, &error));
    cr_expect_eq(results[0].i32, 10);
    cr_expect_eq(results[1].f64, 4.5);
}

static void wait_in_host(void *argument)
{
    rt_suspend_host_call(argument);
}

Test(safepoint, host_call_is_a_record)
{
    struct rt_host_call call = {
        .instance = instance, .name = "fd_read", .n_args = 4, .args = {0, 8, 1, 16}};
    struct rt_error error;
    rt_safepoint_request(true);
    cr_assert_not(rt_enter(wait_in_host, &call, &error));
    cr_assert_eq(error.kind, RT_ERROR_SUSPENDED);
    rt_safepoint_request(false);
    struct rt_records records = rt_safepoint_records();
    cr_assert_eq(records.n_bytes, 8 + sizeof call);
    cr_expect_eq(point(records, 0), &rt_host_call_point);
    cr_expect_arr_eq(records.bytes + 8, &call, sizeof call);
    rt_safepoint_forget(0);
}

/* Recursion whose records take more than the first frame buffer holds does not occur on
 * this stack; what is written beyond the buffer ends the guest. */
static void write_beyond(void *argument)
{
    (void)argument;
    uint8_t *end = rt_unwind.cursor;
    while (!rt_safepoint_overflows(end))
        end += 4096;
    *(volatile uint8_t *)end = 1;
}

Test(safepoint, overflow_is_an_error)
{
    struct rt_error error;
    rt_safepoint_request(true);
    cr_assert_not(rt_enter(write_beyond, NULL, &error));
    cr_expect_eq(error.kind, RT_ERROR_SYSTEM);
    cr_expect_str_eq(error.text, "the guest's frames do not fit the memory that is left "
                                 "for them, and are lost");
}

Test(safepoint, requests_wait_while_held)
{
    union rt_value result;
    struct rt_error error;
    rt_safepoint_hold(true);
    rt_safepoint_request(true);
    cr_expect(
        suspendable_call(instance, "count", (union rt_value){.i32 = 5}, &result, &error));
    rt_safepoint_hold(false);
    suspend("count", 5);
}

/* As many as the buffer holds at first, and more. */
Test(safepoint, records_are_put_back)
{
    static const size_t copies[] = {1, 2000000};
    suspend("sum", 5);
    struct rt_records records = rt_safepoint_records();
    size_t n_bytes = records.n_bytes;
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        uint8_t *copy = calloc(copies[i], n_bytes);
        cr_assert_not_null(copy);
        memcpy(copy, records.bytes, n_bytes);
        rt_safepoint_forget(0);
        cr_expect(rt_safepoint_put((struct rt_records){copy, copies[i] * n_bytes}));
        records = rt_safepoint_records();
        cr_expect_eq(records.n_bytes, copies[i] * n_bytes);
        cr_expect_arr_eq(records.bytes, copy, n_bytes);
        free(copy);
    }
}
