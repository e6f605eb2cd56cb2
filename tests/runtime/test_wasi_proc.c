#include <criterion/criterion.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_proc, .init = wasi_setup, .fini = wasi_teardown);

struct call {
    uint32_t argument, result;
};

static void exit_guest(void *argument)
{
    rt_wasi_proc_exit(guest, ((struct call *)argument)->argument);
}

static void raise_signal(void *argument)
{
    struct call *call = argument;
    call->result = rt_wasi_proc_raise(guest, call->argument);
}

Test(wasi_proc, exit_leaves_the_guest)
{
    struct rt_error error;
    struct call call = {42, 0};
    cr_expect_not(rt_enter(exit_guest, &call, &error));
    cr_expect_eq(error.kind, RT_ERROR_EXIT);
    cr_expect_eq(error.exit_status, 42);
}

Test(wasi_proc, signals_do_what_they_do_by_default)
{
    struct rt_error error;
    const struct call abort_call = {6, 0};
    struct call call = abort_call;
    cr_expect_not(rt_enter(raise_signal, &call, &error));
    cr_expect_eq(error.kind, RT_ERROR_EXIT);
    cr_expect_eq(error.exit_status, 134);
    call.argument = 15;
    cr_expect_not(rt_enter(raise_signal, &call, &error));
    cr_expect_eq(error.exit_status, 143);
    cr_expect_eq(rt_wasi_proc_raise(guest, 0), WASI_OK);
    cr_expect_eq(rt_wasi_proc_raise(guest, 16), WASI_OK, "SIGCHLD");
    cr_expect_eq(rt_wasi_proc_raise(guest, 18), WASI_ENOTSUP, "SIGSTOP");
    cr_expect_eq(rt_wasi_proc_raise(guest, 31), WASI_EINVAL);
}

Test(wasi_proc, yields)
{
    cr_expect_eq(rt_wasi_sched_yield(guest), WASI_OK);
}
