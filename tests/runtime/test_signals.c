#define _GNU_SOURCE
#include "runtime/signals.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/safepoint.h"

static uint64_t requested_ns;

static enum rt_request serve(void)
{
    enum rt_request request = rt_signals_begin(&requested_ns);
    rt_signals_end();
    return request;
}

static void set_up(void)
{
    struct rt_error error;
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGUSR1);
    sigaddset(&both, SIGUSR2);
    sigprocmask(SIG_BLOCK, &both, NULL);
    cr_assert(rt_trap_setup(1 << 20, &error));
}

TestSuite(signals, .init = set_up);

Test(signals, names)
{
    cr_expect_eq(rt_signal_of_name("TERM"), SIGTERM);
    cr_expect_eq(rt_signal_of_name("sigterm"), SIGTERM);
    cr_expect_eq(rt_signal_of_name("15"), SIGTERM);
    cr_expect_eq(rt_signal_of_name("USR2"), SIGUSR2);
    cr_expect_eq(rt_signal_of_name("KILL"), 0);
    cr_expect_eq(rt_signal_of_name("9"), 0);
    cr_expect_eq(rt_signal_of_name("SEGV"), 0);
    cr_expect_eq(rt_signal_of_name("0"), 0);
    cr_expect_eq(rt_signal_of_name("15x"), 0);
    cr_expect_eq(rt_signal_of_name("1000000"), 0);
    cr_expect_eq(rt_signal_of_name(""), 0);
    cr_expect_eq(rt_signal_of_name("SIG"), 0);
}

Test(signals, one_that_came_early_waits)
{
    raise(SIGUSR1); /* blocked */
    rt_signals_install(true);
    cr_expect_eq(serve(), RT_REQUEST_END);
    cr_expect_gt(requested_ns, 0);
    cr_expect_eq(serve(), RT_REQUEST_NONE);
}

Test(signals, end_outranks_go_on)
{
    rt_signals_install(true);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR2);
    cr_expect_eq(serve(), RT_REQUEST_END);
    raise(SIGUSR2);
    raise(SIGUSR2);
    cr_expect_eq(serve(), RT_REQUEST_GO_ON);
    cr_expect_eq(serve(), RT_REQUEST_NONE);
}

Test(signals, polls_raise_in_the_guest_alone)
{
    rt_signals_install(true);
    raise(SIGUSR1);
    cr_expect_not(rt_checkpoint_pending());
    rt_safepoint_set_depth(1);
    cr_expect(rt_checkpoint_pending());
    cr_expect_eq(serve(), RT_REQUEST_END);
    cr_expect_not(rt_checkpoint_pending());
    raise(SIGUSR2);
    cr_expect(rt_checkpoint_pending());
}

Test(signals, wait_during_a_checkpoint)
{
    rt_signals_install(true);
    raise(SIGUSR2);
    cr_expect_eq(rt_signals_begin(&requested_ns), RT_REQUEST_GO_ON);
    raise(SIGUSR1);
    cr_expect_not(rt_checkpoint_pending());
    rt_signals_end();
    cr_expect_eq(serve(), RT_REQUEST_END);
}

Test(signals, added_one_ends)
{
    struct rt_error error;
    rt_signals_install(true);
    cr_assert(rt_signals_add(SIGTERM, &error));
    raise(SIGTERM);
    cr_expect_eq(serve(), RT_REQUEST_END);
}

/* A system call that began just after the signal is interrupted as well. */
Test(signals, blocking_calls_are_interrupted_until_it_is_served, .timeout = 20)
{
    rt_signals_install(true);
    raise(SIGUSR1);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(pause(), -1);
    cr_expect_eq(serve(), RT_REQUEST_END);
    struct timespec time = {.tv_nsec = 20000000};
    cr_expect_eq(nanosleep(&time, NULL), 0); /* and then no more */
}

Test(signals, repeats, .timeout = 20)
{
    struct rt_error error;
    rt_signals_install(true);
    cr_assert(rt_signals_repeat(5000000, &error));
    for (int i = 0; i < 3; i++) {
        rt_safepoint_set_depth(1);
        while (!rt_checkpoint_pending())
            pause();
        cr_expect_eq(serve(), RT_REQUEST_AGAIN);
    }
}

/* Half a snapshot is not left behind. */
Test(signals, one_that_ends_the_program_waits)
{
    int ends[2], status;
    char byte;
    cr_assert_eq(pipe(ends), 0);
    rt_signals_install(true);
    pid_t pid = fork();
    if (pid == 0) {
        rt_signals_begin(&requested_ns);
        raise(SIGTERM);
        if (write(ends[1], "x", 1) != 1)
            _exit(1);
        rt_signals_end();
        _exit(0);
    }
    close(ends[1]);
    cr_expect_eq(read(ends[0], &byte, 1), 1);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status));
    cr_expect_eq(WTERMSIG(status), SIGTERM);
}

/* What the process says on stderr, from here to told(). */
static int said, own_stderr;

static void listen_to_stderr(void)
{
    own_stderr = dup(STDERR_FILENO);
    said = memfd_create("stderr", 0);
    cr_assert_geq(said, 0);
    dup2(said, STDERR_FILENO);
}

static const char *told(void)
{
    static char text[1024];
    dup2(own_stderr, STDERR_FILENO);
    ssize_t n = pread(said, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static int n_lines(const char *text)
{
    int n = 0;
    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        n++;
    }
    return n;
}

/* Compiled without checkpoints: one line on stderr for each signal. */
Test(signals, are_only_answered_if_the_guest_cannot_be_suspended)
{
    rt_signals_install(false);
    listen_to_stderr();
    raise(SIGUSR1);
    const char *text = told();
    cr_expect_not_null(strstr(text, "--no-checkpoint"));
    cr_expect_eq(n_lines(text), 1);
    cr_expect_eq(serve(), RT_REQUEST_NONE);
}

/* Once, when they come of themselves; who sends one is answered. */
Test(signals, are_answered_if_there_is_no_address_space, .timeout = 20)
{
    struct rt_error error;
    const struct rlimit none = {0, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    rt_signals_install(true);
    cr_assert_eq(setrlimit(RLIMIT_AS, &none), 0);
    listen_to_stderr();
    cr_assert(rt_signals_repeat(1000000, &error));
    for (int i = 0; i < 3; i++)
        pause();
    raise(SIGUSR1);
    cr_assert_eq(setrlimit(RLIMIT_AS, &all), 0);
    const char *text = told();
    cr_expect_not_null(strstr(text, "address space"));
    cr_expect_eq(n_lines(text), 2, "%s", text);
}
