/* Calls of WASI functions that a checkpoint interrupted. */
#ifndef RUNTIME_WASI_SUSPEND_H
#define RUNTIME_WASI_SUSPEND_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/safepoint.h"

/* Whether a call, which may come from a snapshot, names a function that can be suspended
 * and that the module imports, with arguments of its type. */
bool rt_wasi_can_call_again(const struct rt_host_call *call);

/* Makes such a call again and stores its result. It may be suspended again, and trap. */
void rt_wasi_call_again(const struct rt_host_call *call, union rt_value *results);

#endif
