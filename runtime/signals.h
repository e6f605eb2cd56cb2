/* Signals that ask for a checkpoint. Handlers only note the request; safepoints serve it.
 */
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/trap.h"

/* Of several that come before a safepoint, the last in this order is served. */
enum rt_request {
    RT_REQUEST_NONE,
    RT_REQUEST_AGAIN, /* --checkpoint-every; served like the next one */
    RT_REQUEST_GO_ON, /* SIGUSR2 */
    RT_REQUEST_END    /* SIGUSR1, --checkpoint-signal */
};

/* Installs the handlers of SIGUSR1 and SIGUSR2, then unblocks both, which whoever starts
 * the program may have blocked: the first thing main does. If the guest can't be
 * suspended, the handlers only say so. */
void rt_signals_install(bool can_suspend);

/* Makes another signal mean what SIGUSR1 does. False with error set. */
bool rt_signals_add(int signal_number, struct rt_error *error);

/* Makes the request RT_REQUEST_AGAIN every so often. False with error set. */
bool rt_signals_repeat(uint64_t period_ns, struct rt_error *error);

/* For tests: has the guest suspended after some time, once, with no request. */
void rt_signals_suspend_after(uint64_t nanoseconds);

/* The number of a signal with a name like TERM or SIGTERM, or a number; 0 if there is
 * none of that name, or if it can't mean a checkpoint. */
int rt_signal_of_name(const char *name);

/* Signals wait from begin to end, so that a checkpoint is not interrupted; so do SIGTERM
 * and others that end a program, which would leave half a file. begin answers what was
 * requested, and when on the monotonic clock; the request is then served. */
enum rt_request rt_signals_begin(uint64_t *requested_ns);
void rt_signals_end(void);

#endif
