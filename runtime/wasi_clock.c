/* Clocks. */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "runtime/trap.h"
#include "runtime/wasi_internal.h"

bool rt_wasi_clock(uint32_t clock, int *host_clock)
{
    static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC,
                                 CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    if (clock >= sizeof clocks / sizeof *clocks)
        return false;
    *host_clock = clocks[clock];
    return true;
}

static uint64_t nanoseconds(struct timespec time)
{
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

bool rt_wasi_now(int host_clock, uint64_t *now)
{
    struct timespec time;
    if (clock_gettime(host_clock, &time) != 0)
        return false;
    *now = nanoseconds(time);
    return true;
}

uint32_t rt_wasi_clock_res_get(struct rt_instance *instance, uint32_t clock,
                               uint32_t resolution)
{
    rt_check_host_stack();
    int host_clock;
    struct timespec time;
    uint8_t *out = rt_wasi_at(instance, resolution, 8);
    if (!rt_wasi_clock(clock, &host_clock))
        return WASI_EINVAL;
    if (!out)
        return WASI_EFAULT;
    if (clock_getres(host_clock, &time) != 0)
        return rt_wasi_errno(errno);
    rt_wasi_store64(out, nanoseconds(time));
    return WASI_OK;
}

uint32_t rt_wasi_clock_time_get(struct rt_instance *instance, uint32_t clock,
                                uint64_t precision, uint32_t time)
{
    rt_check_host_stack();
    (void)precision; /* the exact time is as cheap */
    int host_clock;
    uint64_t now;
    uint8_t *out = rt_wasi_at(instance, time, 8);
    if (!rt_wasi_clock(clock, &host_clock))
        return WASI_EINVAL;
    if (!out)
        return WASI_EFAULT;
    if (!rt_wasi_now(host_clock, &now))
        return rt_wasi_errno(errno);
    rt_wasi_store64(out, now);
    return WASI_OK;
}
