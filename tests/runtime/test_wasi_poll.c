#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_poll, .init = wasi_setup, .fini = wasi_teardown, .timeout = 10);

enum { CLOCK, FD_READ, FD_WRITE };
enum { REALTIME, MONOTONIC, CPUTIME };
enum { ABSTIME = 1 };
#define MILLISECOND 1000000u

static uint32_t subs, n_subs, events, n_events_at;

static uint8_t *add(uint8_t type, uint64_t userdata)
{
    if (!subs) {
        subs = wasi_room(48 * 8);
        events = wasi_room(32 * 8);
        n_events_at = wasi_room(4);
    }
    uint8_t *p = wasi_at(subs + 48 * n_subs++);
    memset(p, 0, 48);
    rt_wasi_store64(p, userdata);
    p[8] = type;
    return p;
}

static void add_clock(uint64_t userdata, uint32_t clock, uint64_t timeout, uint16_t flags)
{
    uint8_t *p = add(CLOCK, userdata);
    rt_wasi_store32(p + 16, clock);
    rt_wasi_store64(p + 24, timeout);
    rt_wasi_store16(p + 40, flags);
}

static void add_fd(uint64_t userdata, uint8_t type, uint32_t fd)
{
    rt_wasi_store32(add(type, userdata) + 16, fd);
}

/* Number of events. */
static uint32_t poll_all(void)
{
    cr_assert_eq(rt_wasi_poll_oneoff(guest, subs, events, n_subs, n_events_at), WASI_OK);
    n_subs = 0;
    return rt_wasi_load32(wasi_at(n_events_at));
}

static void expect_event(uint32_t i, uint64_t userdata, uint32_t error, uint8_t type,
                         uint64_t n_bytes, uint32_t flags)
{
    const uint8_t *p = wasi_at(events + 32 * i);
    cr_expect_eq(rt_wasi_load64(p), userdata);
    cr_expect_eq(rt_wasi_load16(p + 8), error);
    cr_expect_eq(p[10], type);
    cr_expect_eq(rt_wasi_load64(p + 16), n_bytes);
    cr_expect_eq(rt_wasi_load16(p + 24), flags);
}

static uint32_t inherit(int host_fd)
{
    uint32_t fd;
    cr_assert_eq(rt_wasi_inherit(wasi, host_fd, &fd), WASI_OK);
    return fd;
}

static uint64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

Test(wasi_poll, sleeps)
{
    uint64_t before = now(CLOCK_MONOTONIC);
    add_clock(7, MONOTONIC, 20 * MILLISECOND, 0);
    add_clock(8, REALTIME, 10000u * (uint64_t)MILLISECOND, 0);
    cr_expect_eq(poll_all(), 1);
    expect_event(0, 7, WASI_OK, CLOCK, 0, 0);
    uint64_t slept = now(CLOCK_MONOTONIC) - before;
    cr_expect(slept >= 20 * MILLISECOND && slept < 5000u * (uint64_t)MILLISECOND);
}

/* An array of two, of 56 bytes each: a clock after a descriptor. */
Test(wasi_poll, unstable_has_larger_subscriptions)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    uint32_t at = wasi_room(2 * 56), event = wasi_room(2 * 32), n = wasi_room(4);
    rt_wasi_store64(wasi_at(at), 1);
    wasi_at(at)[8] = FD_READ;
    rt_wasi_store32(wasi_at(at + 16), inherit(ends[0]));
    rt_wasi_store64(wasi_at(at + 56), 2);
    rt_wasi_store64(wasi_at(at + 56 + 16), UINT64_MAX);
    rt_wasi_store32(wasi_at(at + 56 + 24), MONOTONIC);
    rt_wasi_store64(wasi_at(at + 56 + 32), 20 * MILLISECOND);
    uint64_t since = now(CLOCK_MONOTONIC);
    cr_expect_eq(rt_wasi_unstable_poll_oneoff(guest, at, event, 2, n), WASI_OK);
    cr_expect_geq(now(CLOCK_MONOTONIC) - since, 20 * MILLISECOND);
    cr_expect_eq(rt_wasi_load32(wasi_at(n)), 1);
    cr_expect_eq(rt_wasi_load64(wasi_at(event)), 2);
    rt_wasi_store16(wasi_at(at + 56 + 48), ABSTIME); /* has passed long ago */
    cr_assert_eq(write(ends[1], "x", 1), 1);
    cr_expect_eq(rt_wasi_unstable_poll_oneoff(guest, at, event, 2, n), WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(n)), 2);
    uint32_t end = (uint32_t)rt_instance_memory(guest, 0)->n_bytes;
    cr_expect_eq(rt_wasi_unstable_poll_oneoff(guest, end - 111, event, 2, n),
                 WASI_EFAULT);
}

Test(wasi_poll, sleeps_until)
{
    const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
    for (uint32_t clock = REALTIME; clock <= MONOTONIC; clock++) {
        uint64_t until = now(clocks[clock]) + 10 * MILLISECOND;
        add_clock(9, clock, until, ABSTIME);
        cr_expect_eq(poll_all(), 1);
        cr_expect_geq(now(clocks[clock]), until);
        add_clock(9, clock, 5, ABSTIME);
        cr_expect_eq(poll_all(), 1, "is past");
    }
}

Test(wasi_poll, never_ends_early_on_overflow)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    add_clock(1, MONOTONIC, UINT64_MAX, 0);
    add_clock(2, REALTIME, UINT64_MAX, ABSTIME);
    add_clock(3, MONOTONIC, MILLISECOND, 0);
    cr_expect_eq(poll_all(), 1);
    expect_event(0, 3, WASI_OK, CLOCK, 0, 0);
}

Test(wasi_poll, clocks_that_cannot_be_waited_for)
{
    add_clock(1, CPUTIME, 1, 0);
    add_clock(2, 77, 1, 0);
    add_clock(3, MONOTONIC, 10000u * (uint64_t)MILLISECOND, 0);
    cr_expect_eq(poll_all(), 2);
    expect_event(0, 1, WASI_ENOTSUP, CLOCK, 0, 0);
    expect_event(1, 2, WASI_EINVAL, CLOCK, 0, 0);
}

Test(wasi_poll, waits_for_pipes)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    uint32_t in = inherit(ends[0]), out = inherit(ends[1]);
    add_fd(1, FD_READ, in);
    add_fd(2, FD_WRITE, out);
    cr_expect_eq(poll_all(), 1);
    expect_event(0, 2, WASI_OK, FD_WRITE, 0, 0);
    cr_assert_eq(write(ends[1], "abc", 3), 3);
    add_fd(1, FD_READ, in);
    add_clock(3, MONOTONIC, 0, 0);
    cr_expect_eq(poll_all(), 2);
    expect_event(0, 1, WASI_OK, FD_READ, 3, 0);
    expect_event(1, 3, WASI_OK, CLOCK, 0, 0);
    rt_wasi_fd_close(guest, out);
    add_fd(1, FD_READ, in);
    cr_expect_eq(poll_all(), 1);
    expect_event(0, 1, WASI_OK, FD_READ, 3, 1);
}

Test(wasi_poll, files_are_always_ready)
{
    uint32_t fd = wasi_create_file("file", "0123456789"), at = wasi_room(8);
    rt_wasi_fd_seek(guest, fd, 4, 0, at);
    add_fd(1, FD_READ, fd);
    add_fd(2, FD_WRITE, fd);
    cr_expect_eq(poll_all(), 2);
    expect_event(0, 1, WASI_OK, FD_READ, 6, 0);
    expect_event(1, 2, WASI_OK, FD_WRITE, 0, 0);
}

Test(wasi_poll, answers_bad_descriptors_by_events)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    uint32_t in = inherit(ends[0]);
    add_fd(1, FD_READ, 99);
    add_fd(2, FD_WRITE, in);
    add_fd(3, FD_READ, in);
    cr_expect_eq(poll_all(), 2);
    expect_event(0, 1, WASI_EBADF, FD_READ, 0, 0);
    expect_event(1, 2, WASI_ENOTCAPABLE, FD_WRITE, 0, 0);
}

Test(wasi_poll, checks_what_the_guest_passes)
{
    const uint32_t end = 2 * RT_PAGE_BYTES;
    add(3, 1);
    cr_expect_eq(rt_wasi_poll_oneoff(guest, subs, events, 1, n_events_at), WASI_EINVAL);
    cr_expect_eq(rt_wasi_poll_oneoff(guest, subs, events, 0, n_events_at), WASI_EINVAL);
    cr_expect_eq(rt_wasi_poll_oneoff(guest, end - 47, events, 1, n_events_at),
                 WASI_EFAULT);
    cr_expect_eq(rt_wasi_poll_oneoff(guest, subs, end - 31, 1, n_events_at), WASI_EFAULT);
    cr_expect_eq(rt_wasi_poll_oneoff(guest, subs, events, 1, end - 3), WASI_EFAULT);
    cr_expect_eq(rt_wasi_poll_oneoff(guest, 0, 0, UINT32_MAX, n_events_at), WASI_EFAULT);
    cr_expect_eq(rt_wasi_poll_oneoff(guest, 0, 0, 0x05555556, n_events_at), WASI_EFAULT);
}

static void on_alarm(int signal)
{
    (void)signal;
}

Test(wasi_poll, signals_do_not_shorten_or_stretch_the_wait)
{
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {{0, 3000}, {0, 3000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    uint64_t before = now(CLOCK_MONOTONIC);
    add_clock(7, MONOTONIC, 30 * MILLISECOND, 0);
    cr_expect_eq(poll_all(), 1);
    uint64_t slept = now(CLOCK_MONOTONIC) - before;
    cr_expect(slept >= 30 * MILLISECOND && slept < 3000u * (uint64_t)MILLISECOND);
}
