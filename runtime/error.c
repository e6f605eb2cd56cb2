/* Errors the runtime hands to its caller, and the reasons to trap in words. */
#include <stdarg.h>
#include <stdio.h>

#include "runtime/trap.h"

bool rt_error_set(struct rt_error *error, enum rt_error_kind kind, const char *format,
                  ...)
{
    va_list args;
    va_start(args, format);
    error->kind = kind;
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}

const char *rt_trap_message(uint32_t code)
{
    static const char *const messages[RT_N_TRAPS] = {
        "no trap",
#define RT_TRAP(id, message) message,
#include "runtime/abi.def"
    };
    return code < RT_N_TRAPS ? messages[code] : "unknown trap";
}
