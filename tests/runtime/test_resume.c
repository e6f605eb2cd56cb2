#include "runtime/resume.h"

#include <criterion/criterion.h>

#include "tests/runtime/suspendable.h"

static struct rt_instance *instance;

static void set_up(void)
{
    instance = suspendable_create();
}

TestSuite(resume, .init = set_up);

/* Suspends the guest again at its n_left next safepoints. */
struct interrupter {
    uint32_t n_left;
    uint32_t n_frames; /* when it was last suspended */
};

static bool interrupt(void *context, struct rt_frames *frames, struct rt_error *error)
{
    struct interrupter *i = context;
    i->n_left--;
    rt_safepoint_request(i->n_left > 0);
    bool ok = rt_frames_of_records(frames, error);
    i->n_frames = frames->n_frames;
    return ok;
}

static void call(const char *name, uint32_t n, struct interrupter *interrupter,
                 union rt_value *results)
{
    struct rt_error error = {.kind = RT_ERROR_NONE};
    rt_set_suspend_handler(interrupt, interrupter);
    rt_safepoint_request(true);
    cr_assert(
        suspendable_call(instance, name, (union rt_value){.i32 = n}, results, &error),
        "%s: %s", name, error.text);
    rt_safepoint_request(false);
    rt_set_suspend_handler(NULL, NULL);
}

Test(resume, loop_at_every_poll)
{
    union rt_value result;
    struct interrupter interrupter = {.n_left = 99};
    call("count", 100, &interrupter, &result);
    cr_expect_eq(result.i32, 5050);
    cr_expect_eq(interrupter.n_left, 0);
    cr_expect_eq(interrupter.n_frames, 1);
}

Test(resume, recursion_at_every_poll)
{
    union rt_value result;
    struct interrupter interrupter = {.n_left = 100};
    call("sum", 100, &interrupter, &result);
    cr_expect_eq(result.i64, 5050);
    cr_expect_eq(interrupter.n_left, 0);
    cr_expect_eq(interrupter.n_frames, 100);
}

Test(resume, operands_and_several_results)
{
    union rt_value results[2];
    struct interrupter interrupter = {.n_left = 3};
    call("both", 7, &interrupter, results);
    cr_expect_eq(results[0].i32, 28);
    cr_expect_eq(results[1].f64, 7.5);
    cr_expect_eq(interrupter.n_frames, 2);
}

/* The deepest recursion that the fast functions can do, suspended at its end: there is
 * hardly any stack left to unwind on, and not enough for the frames that are resumed. */
Test(resume, at_the_end_of_the_stack)
{
    struct rt_error error;
    union rt_value result;
    uint32_t depth = 0;
    for (uint32_t step = 1 << 16; step > 0; step /= 2)
        if (suspendable_call(instance, "sum", (union rt_value){.i32 = depth + step},
                             &result, &error))
            depth += step;
    cr_assert_gt(depth, 1000);
    suspendable_sum_polls_at = 3;
    struct interrupter interrupter = {.n_left = 3};
    call("sum", depth, &interrupter, &result);
    cr_expect_eq(interrupter.n_left, 0);
    cr_expect_eq(interrupter.n_frames, depth);
    cr_expect_eq(result.i64, (uint64_t)depth * (depth + 1) / 2);
    /* The stack has grown, but not for those who come later. */
    cr_expect_not(suspendable_call(instance, "sum", (union rt_value){.i32 = depth + 1},
                                   &result, &error));
}

static uint32_t n_calls;

static void again(const struct rt_host_call *call, union rt_value *results)
{
    struct rt_host_call next = *call;
    n_calls++;
    next.state[0]++;
    if (rt_checkpoint_pending())
        rt_suspend_host_call(&next);
    results->i32 = (uint32_t)(call->args[0] + call->state[0]);
}

static void wait_in_host(void *argument)
{
    rt_suspend_host_call(argument);
}

Test(resume, host_call_is_made_again)
{
    struct rt_host_call host_call = {.instance = instance,
                                     .name = "fd_read",
                                     .n_args = 1,
                                     .args = {7},
                                     .again = again};
    struct interrupter interrupter = {.n_left = 5};
    struct rt_error error;
    union rt_value result;
    rt_set_suspend_handler(interrupt, &interrupter);
    rt_safepoint_request(true);
    cr_assert(rt_run(wait_in_host, &host_call, &result, &error));
    cr_expect_eq(n_calls, 5);
    cr_expect_eq(result.i32, 7 + 4);
}

static uint32_t n_rebuilt;

static void count_rebuilt(uint32_t n_frames, uint64_t nanoseconds)
{
    cr_expect_eq(n_frames, 1);
    cr_expect_gt(nanoseconds, 0);
    n_rebuilt++;
}

Test(resume, without_a_handler_the_guest_goes_on)
{
    struct rt_error error;
    union rt_value result;
    rt_safepoint_request(true);
    rt_set_suspend_handler(NULL, NULL);
    rt_set_rebuilt_handler(count_rebuilt);
    cr_assert(suspendable_call(instance, "pass", (union rt_value){.ref = instance->funcs},
                               &result, &error));
    cr_expect_eq(result.ref, instance->funcs);
    cr_expect_eq(n_rebuilt, 3);
    rt_safepoint_request(false);
}

static bool end(void *context, struct rt_frames *frames, struct rt_error *error)
{
    (void)context;
    (void)frames;
    return rt_error_set(error, RT_ERROR_SUSPENDED, "saved");
}

Test(resume, handler_may_end_the_guest)
{
    struct rt_error error;
    union rt_value result;
    rt_safepoint_request(true);
    rt_set_suspend_handler(end, NULL);
    cr_assert_not(
        suspendable_call(instance, "sum", (union rt_value){.i32 = 5}, &result, &error));
    cr_expect_eq(error.kind, RT_ERROR_SUSPENDED);
    cr_expect_str_eq(error.text, "saved");
}
