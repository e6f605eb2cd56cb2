/* poll_oneoff: waits for clocks and descriptors at once. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/trap.h"
#include "runtime/wasi_internal.h"

#define EVENT_BYTES       32
#define MAX_SUBSCRIPTIONS (1u << 16)

enum eventtype { EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE };
enum { ABSTIME = 1 << 0, HANGUP = 1 << 0 };

/* struct subscription; wasi_unstable has one more number in those of clocks */
struct layout {
    uint32_t n_bytes, clock_at, timeout_at, flags_at;
    const char *function; /* of its calls */
};
static const struct layout preview1 = {48, 16, 24, 40, "poll_oneoff"};
static const struct layout unstable = {56, 24, 32, 48, "unstable_poll_oneoff"};

struct subscription {
    uint64_t userdata;
    uint64_t deadline; /* EVENT_CLOCK: on clock */
    uint32_t clock;    /* enum wasi_clockid */
    uint32_t pollfd;   /* EVENT_FD_*: index */
    uint16_t error;    /* known before the wait */
    uint8_t type;
};

struct wait {
    struct rt_wasi *wasi;
    const struct layout *layout;
    uint64_t since; /* on the monotonic clock: relative timeouts begin here */
    struct subscription *subs;
    struct pollfd *pollfds;
    uint32_t n_subs, n_pollfds;
};

/* A relative timeout does not change when the realtime clock is set: it counts on the
 * monotonic one. */
static uint16_t parse_clock(const uint8_t *in, const struct wait *wait,
                            struct subscription *sub)
{
    uint64_t timeout = rt_wasi_load64(in + wait->layout->timeout_at);
    bool is_absolute = rt_wasi_load16(in + wait->layout->flags_at) & ABSTIME;
    sub->clock = rt_wasi_load32(in + wait->layout->clock_at);
    if (sub->clock >= WASI_N_CLOCKS)
        return WASI_EINVAL;
    if (sub->clock != WASI_CLOCK_REALTIME && sub->clock != WASI_CLOCK_MONOTONIC)
        return WASI_ENOTSUP; /* CPU time does not pass while waiting */
    sub->deadline = timeout;
    if (is_absolute)
        return WASI_OK;
    sub->clock = WASI_CLOCK_MONOTONIC;
    if (__builtin_add_overflow(wait->since, timeout, &sub->deadline))
        sub->deadline = UINT64_MAX;
    return WASI_OK;
}

static uint16_t parse_fd(const uint8_t *in, struct wait *wait, struct subscription *sub)
{
    struct rt_wasi_fd *entry;
    bool reads = sub->type == EVENT_FD_READ;
    uint64_t rights =
        WASI_RIGHT_POLL_FD_READWRITE | (reads ? WASI_RIGHT_FD_READ : WASI_RIGHT_FD_WRITE);
    uint32_t error = rt_wasi_find(wait->wasi, rt_wasi_load32(in + 16), rights, &entry);
    if (error)
        return (uint16_t)error;
    sub->pollfd = wait->n_pollfds++;
    wait->pollfds[sub->pollfd] = (struct pollfd){
        .fd = entry->host_fd, .events = reads ? POLLIN | POLLRDHUP : POLLOUT};
    return WASI_OK;
}

static uint32_t parse(const uint8_t *in, struct wait *wait)
{
    for (uint32_t i = 0; i < wait->n_subs; i++, in += wait->layout->n_bytes) {
        struct subscription *sub = &wait->subs[i];
        sub->userdata = rt_wasi_load64(in);
        sub->type = in[8];
        if (sub->type > EVENT_FD_WRITE)
            return WASI_EINVAL;
        sub->error = sub->type == EVENT_CLOCK ? parse_clock(in, wait, sub)
                                              : parse_fd(in, wait, sub);
    }
    return WASI_OK;
}

static uint64_t time_left(const struct wait *wait, const struct subscription *sub)
{
    uint64_t now;
    if (rt_wasi_now(wait->wasi, sub->clock, &now) || now >= sub->deadline)
        return 0;
    return sub->deadline - now;
}

/* How long to wait at most; false for ever. */
static bool find_timeout(const struct wait *wait, struct timespec *timeout)
{
    bool found = false;
    uint64_t shortest = 0;
    for (uint32_t i = 0; i < wait->n_subs; i++) {
        const struct subscription *sub = &wait->subs[i];
        if (!sub->error && sub->type != EVENT_CLOCK)
            continue;
        uint64_t left = sub->error ? 0 : time_left(wait, sub);
        if (!found || left < shortest)
            shortest = left;
        found = true;
    }
    timeout->tv_sec = (time_t)(shortest / 1000000000u);
    timeout->tv_nsec = (long)(shortest % 1000000000u);
    return found;
}

static uint64_t readable_bytes(int host_fd)
{
    struct stat st;
    int n = 0;
    if (fstat(host_fd, &st) == 0 && S_ISREG(st.st_mode)) {
        off_t position = lseek(host_fd, 0, SEEK_CUR);
        return position < st.st_size ? (uint64_t)(st.st_size - position) : 0;
    }
    return ioctl(host_fd, FIONREAD, &n) == 0 && n > 0 ? (uint64_t)n : 0;
}

/* Writes the event of a subscription if it has occurred. */
static bool put_event(const struct wait *wait, const struct subscription *sub,
                      uint8_t *out)
{
    uint16_t error = sub->error;
    uint64_t n_bytes = 0;
    uint16_t flags = 0;
    if (!error && sub->type == EVENT_CLOCK && time_left(wait, sub) > 0)
        return false;
    if (!error && sub->type != EVENT_CLOCK) {
        const struct pollfd *p = &wait->pollfds[sub->pollfd];
        if (!p->revents)
            return false;
        error = p->revents & POLLNVAL ? WASI_EBADF : WASI_OK;
        flags = p->revents & (POLLHUP | POLLRDHUP | POLLERR) ? HANGUP : 0;
        n_bytes = sub->type == EVENT_FD_READ ? readable_bytes(p->fd) : 0;
    }
    memset(out, 0, EVENT_BYTES);
    rt_wasi_store64(out, sub->userdata);
    rt_wasi_store16(out + 8, error);
    out[10] = sub->type;
    rt_wasi_store64(out + 16, n_bytes);
    rt_wasi_store16(out + 24, flags);
    return true;
}

static uint32_t wait_for_events(const struct wait *wait, uint8_t *events,
                                uint32_t *n_events)
{
    for (*n_events = 0; *n_events == 0;) {
        struct timespec timeout;
        bool is_bounded = find_timeout(wait, &timeout);
        if (ppoll(wait->pollfds, wait->n_pollfds, is_bounded ? &timeout : NULL, NULL) <
            0) {
            if (!rt_wasi_retry())
                return rt_wasi_errno(errno);
            continue;
        }
        for (uint32_t i = 0; i < wait->n_subs; i++)
            *n_events +=
                put_event(wait, &wait->subs[i], events + (size_t)*n_events * EVENT_BYTES);
    }
    return WASI_OK;
}

/* A wait that was interrupted by a checkpoint goes on: what has passed counts. */
static uint32_t begin(struct wait *wait)
{
    wait->subs = calloc(wait->n_subs, sizeof *wait->subs);
    wait->pollfds = calloc(wait->n_subs, sizeof *wait->pollfds);
    if (!wait->subs || !wait->pollfds)
        return WASI_ENOMEM;
    wait->since = wait->wasi->poll_since;
    wait->wasi->poll_since = 0;
    if (wait->since != 0)
        return WASI_OK;
    return rt_wasi_now(wait->wasi, WASI_CLOCK_MONOTONIC, &wait->since);
}

static uint32_t poll_oneoff(struct rt_instance *instance, const struct layout *layout,
                            uint32_t subscriptions, uint32_t events,
                            uint32_t n_subscriptions, uint32_t n_events)
{
    rt_check_host_stack();
    const uint8_t *in =
        rt_wasi_at(instance, subscriptions, (uint64_t)n_subscriptions * layout->n_bytes);
    uint8_t *out = rt_wasi_at(instance, events, (uint64_t)n_subscriptions * EVENT_BYTES);
    uint8_t *n_events_at = rt_wasi_at(instance, n_events, 4);
    if (!in || !out || !n_events_at)
        return WASI_EFAULT;
    if (n_subscriptions == 0 || n_subscriptions > MAX_SUBSCRIPTIONS)
        return WASI_EINVAL;
    struct wait wait = {
        .wasi = rt_instance_wasi(instance), .layout = layout, .n_subs = n_subscriptions};
    uint32_t n = 0, error = begin(&wait);
    if (!error)
        error = parse(in, &wait);
    if (!error)
        error = wait_for_events(&wait, out, &n);
    free(wait.subs);
    free(wait.pollfds);
    if (error == WASI_EINTR)
        rt_wasi_suspend(instance, layout->function, 4,
                        (uint64_t[]){subscriptions, events, n_subscriptions, n_events},
                        wait.since);
    if (!error)
        rt_wasi_store32(n_events_at, n);
    return error;
}

uint32_t rt_wasi_poll_oneoff(struct rt_instance *instance, uint32_t subscriptions,
                             uint32_t events, uint32_t n_subscriptions, uint32_t n_events)
{
    return poll_oneoff(instance, &preview1, subscriptions, events, n_subscriptions,
                       n_events);
}

uint32_t rt_wasi_unstable_poll_oneoff(struct rt_instance *instance,
                                      uint32_t subscriptions, uint32_t events,
                                      uint32_t n_subscriptions, uint32_t n_events)
{
    return poll_oneoff(instance, &unstable, subscriptions, events, n_subscriptions,
                       n_events);
}
