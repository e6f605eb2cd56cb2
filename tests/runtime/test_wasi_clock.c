#include <criterion/criterion.h>
#include <time.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_clock, .init = wasi_setup, .fini = wasi_teardown);

static uint64_t now(uint32_t clock)
{
    uint32_t out = wasi_room(8);
    cr_assert_eq(rt_wasi_clock_time_get(guest, clock, 1, out), WASI_OK);
    return rt_wasi_load64(wasi_at(out));
}

Test(wasi_clock, all_four_run)
{
    uint32_t out = wasi_room(8);
    for (uint32_t clock = 0; clock < 4; clock++) {
        cr_expect_eq(rt_wasi_clock_res_get(guest, clock, out), WASI_OK);
        cr_expect_gt(rt_wasi_load64(wasi_at(out)), 0);
        uint64_t before = now(clock);
        cr_expect_leq(before, now(clock));
    }
    uint64_t seconds = (uint64_t)time(NULL);
    cr_expect_leq(now(0) / 1000000000 - seconds, 1);
}

Test(wasi_clock, checks_what_the_guest_passes)
{
    cr_expect_eq(rt_wasi_clock_time_get(guest, 4, 0, 16), WASI_EINVAL);
    cr_expect_eq(rt_wasi_clock_res_get(guest, UINT32_MAX, 16), WASI_EINVAL);
    cr_expect_eq(rt_wasi_clock_time_get(guest, 0, 0, 2 * RT_PAGE_BYTES - 7), WASI_EFAULT);
    cr_expect_eq(rt_wasi_clock_res_get(guest, 0, UINT32_MAX), WASI_EFAULT);
}

Test(wasi_clock, can_be_set)
{
    for (uint32_t clock = 1; clock < 4; clock++) {
        const uint64_t times[] = {0, 5, UINT64_C(1) << 63};
        for (size_t i = 0; i < 3; i++) {
            cr_expect_eq(rt_wasi_set_clock(wasi, clock, times[i]), WASI_OK);
            uint64_t time = now(clock);
            cr_expect(time >= times[i] && time - times[i] < 1000000000);
        }
    }
    cr_expect_eq(rt_wasi_set_clock(wasi, 4, 0), WASI_EINVAL);
}
