/* Calls of WASI functions that a checkpoint interrupted. */
#ifndef RUNTIME_WASI_SUSPEND_H
#define RUNTIME_WASI_SUSPEND_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/safepoint.h"

/* The function of a row of wasi.def that satisfies an import, or NULL: the host supplies
 * it, or it is no function. */
const char *rt_wasi_function_of(const struct rt_import *import);

/* Whether a call, which may come from a snapshot, names a function that can be suspended
 * and that the module imports, with arguments of its type. */
bool rt_wasi_can_call_again(const struct rt_host_call *call);

/* Makes such a call again and stores its result. It may be suspended again, and trap. */
void rt_wasi_call_again(const struct rt_host_call *call, union rt_value *results);

#endif
