/* A request is noted by the handler of its signal, and makes polls raise from then on.
 *
 * A host call that blocks is interrupted by the signal, since SA_RESTART is not set. The
 * signal may come just before the system call, though, when it is too late to look at the
 * request and too early to interrupt: so a timer interrupts again and again until the
 * guest is suspended. */
#define _GNU_SOURCE
#include "runtime/signals.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "runtime/safepoint.h"

#define RETRY_NS 2000000u

static struct {
    volatile enum rt_request request;
    volatile uint64_t requested_ns; /* when its first signal came */
    bool can_suspend;
    bool is_told; /* that there is no address space; until there is */
    bool has_retry_timer;
    bool has_suspend_timer;
    timer_t retry_timer;
    timer_t suspend_timer;
    sigset_t set;    /* of all signals that make requests */
    sigset_t before; /* what was blocked when rt_signals_begin was called */
} signals;

static const char cannot_suspend[] =
    ": no checkpoint: the program was compiled with --no-checkpoint; it goes on\n";
static const char no_memory[] =
    ": no checkpoint: there is no address space for frame records; it goes on\n";

/* Async-signal-safe. */
static void complain(const char *text, size_t n_bytes)
{
    char *program = program_invocation_short_name;
    struct iovec line[] = {{program, strlen(program)},
                           {(void *)(uintptr_t)text, n_bytes}};
    ssize_t ignored = writev(STDERR_FILENO, line, 2);
    (void)ignored; /* nowhere to tell */
}

/* What the expiry of a timer wants: the value of its signal. */
enum expiry {
    EXPIRY_REQUESTS, /* rt_signals_repeat */
    EXPIRY_RETRIES,  /* only to interrupt */
    EXPIRY_SUSPENDS, /* rt_signals_suspend_after */
};

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
}

static void set_timer(timer_t timer, uint64_t first_ns, uint64_t period_ns)
{
    struct itimerspec times = {.it_interval = timespec_of(period_ns),
                               .it_value = timespec_of(first_ns)};
    timer_settime(timer, 0, &times, NULL);
}

/* A timer of which every expiry is a SIGUSR2. */
static bool create_timer(timer_t *timer, enum expiry expiry)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR2,
                             .sigev_value.sival_int = expiry};
    return timer_create(CLOCK_MONOTONIC, &event, timer) == 0;
}

static void note(enum rt_request request)
{
    if (signals.request == RT_REQUEST_NONE)
        signals.requested_ns = rt_monotonic_ns();
    if (request > signals.request)
        signals.request = request;
}

static void make_request(enum rt_request request)
{
    if (!signals.can_suspend) {
        complain(cannot_suspend, sizeof cannot_suspend - 1);
    } else if (!rt_safepoint_request(true)) {
        if (request != RT_REQUEST_AGAIN || !signals.is_told)
            complain(no_memory, sizeof no_memory - 1);
        signals.is_told = true;
    } else {
        signals.is_told = false;
        note(request);
        if (signals.has_retry_timer)
            set_timer(signals.retry_timer, RETRY_NS, RETRY_NS);
    }
}

static void on_signal(int signal_number, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    (void)context;
    if (info->si_code != SI_TIMER)
        make_request(signal_number == SIGUSR2 ? RT_REQUEST_GO_ON : RT_REQUEST_END);
    else if (info->si_value.sival_int == EXPIRY_REQUESTS)
        make_request(RT_REQUEST_AGAIN);
    else if (info->si_value.sival_int == EXPIRY_SUSPENDS)
        rt_safepoint_request(true);
    errno = saved_errno;
}

/* All signals of the set wait while one is handled. */
static bool handle(int signal_number)
{
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaddset(&signals.set, signal_number);
    action.sa_mask = signals.set;
    return sigaction(signal_number, &action, NULL) == 0;
}

void rt_signals_install(bool can_suspend)
{
    signals.can_suspend = can_suspend;
    sigemptyset(&signals.set);
    sigaddset(&signals.set, SIGUSR1);
    handle(SIGUSR2);
    handle(SIGUSR1);
    signals.has_retry_timer = create_timer(&signals.retry_timer, EXPIRY_RETRIES);
    sigprocmask(SIG_UNBLOCK, &signals.set, NULL);
}

bool rt_signals_add(int signal_number, struct rt_error *error)
{
    if (handle(signal_number))
        return true;
    return rt_error_set(error, RT_ERROR_SYSTEM, "cannot handle the signal %s: %s",
                        sigabbrev_np(signal_number), strerror(errno));
}

bool rt_signals_repeat(uint64_t period_ns, struct rt_error *error)
{
    timer_t timer;
    if (!create_timer(&timer, EXPIRY_REQUESTS))
        return rt_error_set(error, RT_ERROR_SYSTEM, "cannot create a timer: %s",
                            strerror(errno));
    set_timer(timer, period_ns, period_ns);
    return true;
}

void rt_signals_suspend_after(uint64_t nanoseconds)
{
    if (!signals.has_suspend_timer)
        signals.has_suspend_timer = create_timer(&signals.suspend_timer, EXPIRY_SUSPENDS);
    if (signals.has_suspend_timer)
        set_timer(signals.suspend_timer, nanoseconds, 0);
}

/* Those that faults raise, that can't be handled, or that WASI wants ignored. */
static bool may_request(int signal_number)
{
    static const int others[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS,  SIGILL,
                                 SIGFPE,  SIGTRAP, SIGABRT, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] == signal_number)
            return false;
    return sigabbrev_np(signal_number) != NULL;
}

int rt_signal_of_name(const char *name)
{
    char *end;
    long number = isdigit((unsigned char)*name) ? strtol(name, &end, 10) : 0;
    if (number > 0 && number < NSIG && *end == '\0')
        return may_request((int)number) ? (int)number : 0;
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    for (int i = 1; i < NSIG; i++)
        if (sigabbrev_np(i) != NULL && strcasecmp(sigabbrev_np(i), name) == 0)
            return may_request(i) ? i : 0;
    return 0;
}

enum rt_request rt_signals_begin(uint64_t *requested_ns)
{
    sigset_t blocked = signals.set;
    sigaddset(&blocked, SIGHUP);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGQUIT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &signals.before);
    enum rt_request request = signals.request;
    *requested_ns = signals.requested_ns;
    signals.request = RT_REQUEST_NONE;
    if (signals.has_retry_timer)
        set_timer(signals.retry_timer, 0, 0);
    rt_safepoint_request(false);
    return request;
}

void rt_signals_end(void)
{
    sigprocmask(SIG_SETMASK, &signals.before, NULL);
}
