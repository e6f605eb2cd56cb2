/* The guest as a process: its end, its signals to itself, its turn on the processor. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>

#include "runtime/trap.h"
#include "runtime/wasi_internal.h"

/* Added to the number of the signal that ended a process, as shells do. */
#define SIGNAL_STATUS 128

enum action { IGNORE, END, STOP };

struct signal_row {
    int host_signal;
    enum action action; /* by default, since a guest cannot handle signals */
};

static const struct signal_row signals[] = {
    {0, IGNORE},       {SIGHUP, END},     {SIGINT, END},    {SIGQUIT, END},
    {SIGILL, END},     {SIGTRAP, END},    {SIGABRT, END},   {SIGBUS, END},
    {SIGFPE, END},     {SIGKILL, END},    {SIGUSR1, END},   {SIGSEGV, END},
    {SIGUSR2, END},    {SIGPIPE, END},    {SIGALRM, END},   {SIGTERM, END},
    {SIGCHLD, IGNORE}, {SIGCONT, IGNORE}, {SIGSTOP, STOP},  {SIGTSTP, STOP},
    {SIGTTIN, STOP},   {SIGTTOU, STOP},   {SIGURG, IGNORE}, {SIGXCPU, END},
    {SIGXFSZ, END},    {SIGVTALRM, END},  {SIGPROF, END},   {SIGWINCH, IGNORE},
    {SIGIO, END},      {SIGPWR, END},     {SIGSYS, END},
};

void rt_wasi_proc_exit(struct rt_instance *instance, uint32_t status)
{
    (void)instance;
    rt_check_host_stack();
    rt_exit_guest(status);
}

/* The process may hold more than this guest: only the guest ends, with the status of such
 * a death. */
uint32_t rt_wasi_proc_raise(struct rt_instance *instance, uint32_t signal)
{
    (void)instance;
    rt_check_host_stack();
    if (signal >= sizeof signals / sizeof *signals)
        return WASI_EINVAL;
    if (signals[signal].action == END)
        rt_exit_guest(SIGNAL_STATUS + (uint32_t)signals[signal].host_signal);
    return signals[signal].action == STOP ? WASI_ENOTSUP : WASI_OK;
}

uint32_t rt_wasi_sched_yield(struct rt_instance *instance)
{
    (void)instance;
    rt_check_host_stack();
    sched_yield();
    return WASI_OK;
}
