#include <criterion/criterion.h>

#include "tests/runtime/guest.h"

static struct rt_instance *instance;

static void set_up(void)
{
    instance = guest_create();
}

TestSuite(call, .init = set_up);

Test(call, one_result_is_returned)
{
    union rt_value args[] = {{.i32 = 40}, {.i32 = UINT32_MAX}}, result;
    struct rt_error error;
    cr_assert(guest_call(instance, "add", args, &result, &error));
    cr_expect_eq(result.i32, 39);
}

Test(call, several_results_are_stored)
{
    union rt_value args[] = {{.f32 = 0.5f}, {.f64 = -2.0}, {.i64 = UINT64_C(1) << 40}},
                   results[3];
    struct rt_error error;
    cr_assert(guest_call(instance, "echo", args, results, &error));
    cr_expect_eq(results[0].i64, UINT64_C(1) << 40);
    cr_expect_eq(results[1].f64, -2.0);
    cr_expect_eq(results[2].f32, 0.5f);
}

Test(call, trap_is_an_error_and_the_instance_stays_usable)
{
    union rt_value args[] = {{.i32 = 3}, {.i32 = 4}}, result;
    struct rt_error error;
    for (int i = 0; i < 3; i++) {
        cr_expect_not(guest_call(instance, "outer", NULL, NULL, &error));
        cr_expect_eq(error.kind, RT_ERROR_TRAP);
        cr_expect_eq(error.trap, RT_TRAP_DIVIDE_BY_ZERO);
        cr_expect_str_eq(error.text, "integer divide by zero");
    }
    cr_expect(guest_call(instance, "add", args, &result, &error));
    cr_expect_eq(error.kind, RT_ERROR_NONE);
}

Test(call, nests_through_a_host_function)
{
    union rt_value arg = {.i32 = 16}, result;
    struct rt_error error;
    cr_assert(guest_call(instance, "nest", &arg, &result, &error));
    cr_expect_eq(result.i32, 'h' + 1);
    arg.i32 = RT_PAGE_BYTES;
    cr_expect_not(guest_call(instance, "nest", &arg, &result, &error));
    cr_expect_eq(error.trap, RT_TRAP_MEMORY_BOUNDS);
}
