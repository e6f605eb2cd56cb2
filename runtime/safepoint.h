/* Safepoints: where guest code lets itself be suspended, and how it is. */
#ifndef RUNTIME_SAFEPOINT_H
#define RUNTIME_SAFEPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/abi.h"

/* A value of v128 takes two words, all others one. */
#define RT_HOST_CALL_WORDS 128

/* A call of a host function that blocks, as a frame of its own: it is made again when
 * the guest is resumed. */
struct rt_host_call {
    struct rt_instance *instance;
    const char *name;    /* of its row in wasi.def; NULL: func_index tells it */
    uint32_t func_index; /* in the instance */
    uint32_t n_args;
    uint64_t args[RT_HOST_CALL_WORDS];
    uint64_t state[2]; /* its own, such as a deadline; 0 in a first call */
    /* Makes the call again and stores its results. */
    void (*again)(const struct rt_host_call *call, union rt_value *results);
};

/* Suspends the guest inside a host function that was interrupted (EINTR) before it made
 * any progress, while rt_checkpoint_pending. Frames of C functions are simply left: the
 * caller gives back what it holds before. */
_Noreturn void rt_suspend_host_call(const struct rt_host_call *call);

/* Whether the guest is to be suspended as soon as it can be. */
bool rt_checkpoint_pending(void);

/* Makes polls raise from now on, or not. Polls only raise where no host frame lies
 * between guest frames; elsewhere they do once that frame is gone. False if there is no
 * memory for frame records. Async-signal-safe. */
bool rt_safepoint_request(bool pending);

/* Requests wait while held. */
void rt_safepoint_hold(bool held);

/* rt_enter tells how many of its calls are in progress. */
void rt_safepoint_set_depth(uint32_t depth);

/* Unwinds from the innermost frame, whose record ends at the cursor. */
_Noreturn void rt_raise(uint8_t *cursor);

/* The frame records of the guest that was suspended last, the innermost first; valid
 * until rt_safepoint_forget. */
struct rt_records {
    const uint8_t *bytes;
    size_t n_bytes;
};
struct rt_records rt_safepoint_records(void);

/* Makes copied records those of the guest that was suspended last, while no guest runs.
 * False if there is no memory for them. */
bool rt_safepoint_put(struct rt_records records);

/* Nanoseconds on the monotonic clock: now, and when the guest was suspended last. The
 * former is async-signal-safe. */
uint64_t rt_monotonic_ns(void);
uint64_t rt_safepoint_time(void);

/* Makes the frame buffer empty, and gives memory back if it was large; the first n_kept
 * bytes stay what they are until the next record is written. */
void rt_safepoint_forget(size_t n_kept);

/* Whether an address lies behind the frame buffer, where a record that does not fit is
 * written. Async-signal-safe. */
bool rt_safepoint_overflows(const void *address);

/* The point of a record that rt_suspend_host_call wrote; struct rt_host_call follows. */
extern const struct rt_point rt_host_call_point;

#endif
