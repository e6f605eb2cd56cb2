/* What a trap tells people. */
#ifndef RUNTIME_BACKTRACE_H
#define RUNTIME_BACKTRACE_H

#include "runtime/abi.h"

/* Of the name section, else under which it is exported, else empty. */
struct rt_string rt_func_name(const struct rt_module *module, uint32_t func_index);

/* Under which the tag is exported, else empty. */
struct rt_string rt_tag_name(const struct rt_tag *tag);

/* Writes `wasm trap: REASON` and the names of the Wasm functions on the stack to stderr.
 * Works on the guest stack and in a signal handler. */
void rt_backtrace_print(const char *reason);

#endif
