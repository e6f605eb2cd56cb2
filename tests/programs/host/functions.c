/* What host_functions.wat imports. */
#include <string.h>

#include "wanco/host.h"

static enum wanco_outcome add(struct wanco_call *call, union wanco_value *values)
{
    (void)call;
    values[0].i32 = values[0].i32 + values[1].i32;
    return WANCO_DONE;
}

/* (i32 i64 f32 f64) -> (f64 f32 i64 i32) */
static enum wanco_outcome reverse(struct wanco_call *call, union wanco_value *values)
{
    union wanco_value in[4] = {values[0], values[1], values[2], values[3]};
    (void)call;
    for (int i = 0; i < 4; i++)
        values[i] = in[3 - i];
    return WANCO_DONE;
}

/* The sum of n bytes at an address. */
static enum wanco_outcome sum(struct wanco_call *call, union wanco_value *values)
{
    uint32_t at = (uint32_t)values[0].i32, n = (uint32_t)values[1].i32;
    const uint8_t *bytes = wanco_memory(wanco_caller(call), at, n);
    if (bytes == NULL)
        return wanco_trap(call, "%u bytes at %u are not all in memory", n, at);
    values[0].i32 = 0;
    for (uint32_t i = 0; i < n; i++)
        values[0].i32 += bytes[i];
    return WANCO_DONE;
}

/* The sum of the guest's `square` of 1 to n. */
static enum wanco_outcome squares(struct wanco_call *call, union wanco_value *values)
{
    int32_t n = values[0].i32, total = 0;
    for (int32_t i = 1; i <= n; i++) {
        struct wanco_error error;
        union wanco_value value = {.i32 = i};
        if (!wanco_invoke(wanco_caller(call), "square", "i(i)", &value, &error))
            return wanco_fail(call, &error);
        total += value.i32;
    }
    values[0].i32 = total;
    return WANCO_DONE;
}

/* Comes to its end when it was called n times. */
static enum wanco_outcome wait(struct wanco_call *call, union wanco_value *values)
{
    uint64_t *n_calls = wanco_state(call);
    int64_t n = values[0].i64;
    values[0].i64 = -1; /* the next call has the argument again */
    if (++*n_calls < (uint64_t)n)
        return WANCO_AGAIN;
    values[0].i64 = (int64_t)*n_calls;
    return WANCO_DONE;
}

static enum wanco_outcome same(struct wanco_call *call, union wanco_value *values)
{
    uint64_t *state = wanco_state(call);
    (void)values;
    return state[1]++ < 2 ? WANCO_AGAIN : WANCO_DONE;
}

/* The two halves of a vector, at the third call. */
static enum wanco_outcome halves(struct wanco_call *call, union wanco_value *values)
{
    union wanco_value vector = values[0];
    memset(values, 0xff, 2 * sizeof *values);
    if (wanco_state(call)[0]++ < 2)
        return WANCO_AGAIN;
    memcpy(&values[0].i64, vector.v128, 8);
    memcpy(&values[1].i64, vector.v128 + 8, 8);
    return WANCO_DONE;
}

static enum wanco_outcome refuse(struct wanco_call *call, union wanco_value *values)
{
    return wanco_trap(call, "no such device: %d", values[0].i32);
}

static enum wanco_outcome forget(struct wanco_call *call, union wanco_value *values)
{
    (void)call;
    (void)values;
    return WANCO_FAILED;
}

const struct wanco_host_function wanco_host_functions[] = {
    {"math", "add", "i(ii)", add},        {"math", "reverse", "FfIi(iIfF)", reverse},
    {"guest", "sum", "i(ii)", sum},       {"guest", "squares", "i(i)", squares},
    {"guest", "wait", "I(I)", wait},      {"guest", "same", "P(P)", same},
    {"guest", "halves", "II(V)", halves}, {"device", "refuse", "v(i)", refuse},
    {"device", "forget", "v()", forget},  {0},
};
