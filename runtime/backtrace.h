/* What a trap tells people. */
#ifndef RUNTIME_BACKTRACE_H
#define RUNTIME_BACKTRACE_H

/* Writes `wasm trap: REASON` and the names of the Wasm functions on the stack to stderr.
 * Works on the guest stack and in a signal handler. */
void rt_backtrace_print(const char *reason);

#endif
