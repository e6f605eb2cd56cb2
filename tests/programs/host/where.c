/* For a guest that asks for checkpoints, and wants to know which code of its runs. */
#include <signal.h>
#include <unwind.h>

#include "wanco/host.h"

static enum wanco_outcome interrupt(struct wanco_call *call, union wanco_value *values)
{
    (void)call;
    (void)values;
    raise(SIGUSR2);
    return WANCO_DONE;
}

static enum wanco_outcome end(struct wanco_call *call, union wanco_value *values)
{
    (void)call;
    (void)values;
    raise(SIGUSR1);
    return WANCO_DONE;
}

struct search {
    int n_left; /* frames that are still to come */
    uintptr_t address;
};

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument)
{
    struct search *search = argument;
    search->address = (uintptr_t)_Unwind_GetIP(context);
    return search->n_left-- > 0 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* Where in the native code a frame stands: this one is number 0. */
static enum wanco_outcome where(struct wanco_call *call, union wanco_value *values)
{
    struct search search = {.n_left = values[0].i32};
    (void)call;
    _Unwind_Backtrace(visit, &search);
    values[0].i64 = (int64_t)search.address;
    return WANCO_DONE;
}

const struct wanco_host_function wanco_host_functions[] = {
    {"host", "end", "v()", end},
    {"host", "interrupt", "v()", interrupt},
    {"host", "where", "I(i)", where},
    {0},
};
