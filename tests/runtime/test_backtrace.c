#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

#include "tests/runtime/guest.h"

/* What a call that traps writes to stderr. */
static const char *backtrace_of(const char *name, uint32_t arg)
{
    static char text[16384];
    struct rt_instance *instance = guest_create();
    union rt_value result, value = {.i32 = arg};
    struct rt_error error;
    cr_redirect_stderr();
    rt_trap_set_backtrace(true);
    cr_expect_not(guest_call(instance, name, &value, &result, &error));
    size_t n = fread(text, 1, sizeof text - 1, cr_get_redirected_stderr());
    text[n] = '\0';
    const char *start =
        strstr(text, "wasm trap: "); /* a sanitizer's warnings may precede it */
    return start != NULL ? start : text;
}

Test(backtrace, names_the_functions)
{
    cr_expect_str_eq(
        backtrace_of("outer", 0),
        "wasm trap: integer divide by zero\n      0: inner\n      1: outer\n");
}

Test(backtrace, goes_through_the_signal_frame)
{
    cr_expect_str_eq(backtrace_of("load", UINT32_MAX),
                     "wasm trap: out of bounds memory access\n      0: load\n");
}

Test(backtrace, function_without_a_name)
{
    cr_expect_str_eq(backtrace_of("nameless", 0),
                     "wasm trap: unreachable\n      0: func[9]\n      1: nameless\n");
}

Test(backtrace, deep_recursion_is_cut)
{
    const char *text = backtrace_of("recurse", 99);
    cr_expect_not_null(
        strstr(text, "\n     29: recurse\n    ... 60 more\n     90: recurse\n"), "%s",
        text);
    cr_expect_not_null(strstr(text, "\n     99: recurse\n"));
}

Test(backtrace, short_recursion_is_not_cut)
{
    const char *text = backtrace_of("recurse", 39);
    cr_expect_null(strstr(text, "more"));
    cr_expect_not_null(strstr(text, "\n     29: recurse\n     30: recurse\n"));
    cr_expect_not_null(strstr(text, "\n     39: recurse\n"));
}

static void trap_at_length(void *reason)
{
    rt_trap_host(reason);
}

Test(backtrace, a_long_reason_is_told_whole)
{
    char reason[301] = "", text[1024];
    struct rt_error error;
    memset(reason, 'r', sizeof reason - 1);
    guest_create();
    cr_redirect_stderr();
    rt_trap_set_backtrace(true);
    cr_expect_not(rt_enter(trap_at_length, reason, &error));
    size_t n = fread(text, 1, sizeof text - 1, cr_get_redirected_stderr());
    text[n] = '\0';
    const char *line = strstr(text, "wasm trap: ");
    cr_assert_not_null(line);
    cr_expect_eq(strcspn(line, "\n"), 11 + strlen(reason));
}
