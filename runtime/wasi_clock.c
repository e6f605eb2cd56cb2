/* Clocks. */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "runtime/instance.h"
#include "runtime/trap.h"
#include "runtime/wasi_internal.h"

static bool find_clock(uint32_t clock, clockid_t *host_clock)
{
    static const clockid_t clocks[WASI_N_CLOCKS] = {
        [WASI_CLOCK_REALTIME] = CLOCK_REALTIME,
        [WASI_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
        [WASI_CLOCK_PROCESS_CPUTIME] = CLOCK_PROCESS_CPUTIME_ID,
        [WASI_CLOCK_THREAD_CPUTIME] = CLOCK_THREAD_CPUTIME_ID,
    };
    if (clock >= WASI_N_CLOCKS)
        return false;
    *host_clock = clocks[clock];
    return true;
}

static uint64_t nanoseconds(struct timespec time)
{
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint32_t rt_wasi_now(const struct rt_wasi *wasi, uint32_t clock, uint64_t *now)
{
    clockid_t host_clock;
    struct timespec time;
    *now = 0;
    if (!find_clock(clock, &host_clock))
        return WASI_EINVAL;
    if (clock_gettime(host_clock, &time) != 0)
        return rt_wasi_errno(errno);
    *now = nanoseconds(time) + wasi->clock_offsets[clock];
    return WASI_OK;
}

uint32_t rt_wasi_set_clock(struct rt_wasi *wasi, uint32_t clock, uint64_t time)
{
    uint64_t now;
    uint32_t error = rt_wasi_now(wasi, clock, &now);
    if (!error)
        wasi->clock_offsets[clock] += time - now; /* may wrap around, as the sum does */
    return error;
}

uint32_t rt_wasi_clock_res_get(struct rt_instance *instance, uint32_t clock,
                               uint32_t resolution)
{
    rt_check_host_stack();
    clockid_t host_clock;
    struct timespec time;
    uint8_t *out = rt_wasi_at(instance, resolution, 8);
    if (!find_clock(clock, &host_clock))
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
    uint64_t now;
    uint8_t *out = rt_wasi_at(instance, time, 8);
    uint32_t error = rt_wasi_now(rt_instance_wasi(instance), clock, &now);
    if (error)
        return error;
    if (!out)
        return WASI_EFAULT;
    rt_wasi_store64(out, now);
    return WASI_OK;
}
