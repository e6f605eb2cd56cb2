#include <criterion/criterion.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_env, .init = wasi_setup, .fini = wasi_teardown);

static uint32_t load(uint32_t address)
{
    return rt_wasi_load32(wasi_at(address));
}

Test(wasi_env, hands_out_arguments)
{
    uint32_t n_args = wasi_room(4), n_bytes = wasi_room(4), argv = wasi_room(12),
             chars = wasi_room(32);
    cr_expect_eq(rt_wasi_args_sizes_get(guest, n_args, n_bytes), WASI_OK);
    cr_expect_eq(load(n_args), 3);
    cr_expect_eq(load(n_bytes), sizeof "program\0\0last argument");
    cr_expect_eq(rt_wasi_args_get(guest, argv, chars), WASI_OK);
    cr_expect_eq(load(argv), chars);
    cr_expect_eq(load(argv + 4), chars + 8);
    cr_expect_eq(load(argv + 8), chars + 9);
    cr_expect_eq(memcmp(wasi_at(chars), "program\0\0last argument", load(n_bytes)), 0);
}

Test(wasi_env, hands_out_the_environment)
{
    uint32_t n_vars = wasi_room(4), n_bytes = wasi_room(4), vars = wasi_room(4),
             chars = wasi_room(16);
    cr_expect_eq(rt_wasi_environ_sizes_get(guest, n_vars, n_bytes), WASI_OK);
    cr_expect_eq(load(n_vars), 1);
    cr_expect_eq(load(n_bytes), 9);
    cr_expect_eq(rt_wasi_environ_get(guest, vars, chars), WASI_OK);
    cr_expect_eq(load(vars), chars);
    cr_expect_str_eq((const char *)wasi_at(chars), "HOME=/rw");
}

Test(wasi_env, checks_addresses)
{
    const uint32_t end = 2 * RT_PAGE_BYTES;
    cr_expect_eq(rt_wasi_args_get(guest, end - 11, 16), WASI_EFAULT);
    cr_expect_eq(rt_wasi_args_get(guest, 16, end - 8), WASI_EFAULT);
    cr_expect_eq(rt_wasi_args_sizes_get(guest, end - 3, 16), WASI_EFAULT);
    cr_expect_eq(rt_wasi_args_sizes_get(guest, 16, UINT32_MAX), WASI_EFAULT);
    cr_expect_eq(rt_wasi_environ_get(guest, UINT32_MAX, 16), WASI_EFAULT);
    cr_expect_eq(rt_wasi_environ_sizes_get(guest, end, 16), WASI_EFAULT);
}
