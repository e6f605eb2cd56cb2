#include <criterion/criterion.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_random, .init = wasi_setup, .fini = wasi_teardown);

Test(wasi_random, fills_exactly_what_was_asked_for)
{
    static const uint8_t zeros[64];
    uint32_t at = wasi_room(1024);
    cr_expect_eq(rt_wasi_random_get(guest, at, 960), WASI_OK);
    cr_expect_neq(memcmp(wasi_at(at), zeros, 64), 0);
    cr_expect_neq(memcmp(wasi_at(at + 896), zeros, 64), 0);
    cr_expect_eq(memcmp(wasi_at(at + 960), zeros, 64), 0);
    cr_expect_eq(rt_wasi_random_get(guest, 0, 2 * RT_PAGE_BYTES), WASI_OK);
    cr_expect_eq(rt_wasi_random_get(guest, 0, 0), WASI_OK);
    cr_expect_eq(rt_wasi_random_get(guest, 1, 2 * RT_PAGE_BYTES), WASI_EFAULT);
    cr_expect_eq(rt_wasi_random_get(guest, 0, UINT32_MAX), WASI_EFAULT);
}
