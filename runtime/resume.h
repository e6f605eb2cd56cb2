/* A guest that was suspended goes on from its frames. */
#ifndef RUNTIME_RESUME_H
#define RUNTIME_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/abi.h"
#include "runtime/safepoint.h"
#include "runtime/trap.h"

/* A frame record of the frame buffer. */
struct rt_record {
    const struct rt_point *point; /* &rt_host_call_point: values is a host call */
    struct rt_instance *instance;
    const uint64_t *values; /* in the order of the point's; of narrower types only the
                               lower bits count */
};

/* Takes the first record off the records. False if there is none left. */
bool rt_record_next(struct rt_records *records, struct rt_record *record);

static inline const struct rt_host_call *rt_record_host_call(const struct rt_record *r)
{
    return r->point == &rt_host_call_point ? (const struct rt_host_call *)r->values
                                           : NULL;
}

/* The points of a function of the module, or NULL: it can't be suspended. */
const struct rt_func_points *rt_points_of(const struct rt_module *module,
                                          uint32_t func_index);

/* The type of value i of a point: its locals', then its operands'. */
uint8_t rt_point_type(const struct rt_func_points *points, const struct rt_point *point,
                      uint32_t i);
/* The words of all its values. */
size_t rt_point_words(const struct rt_func_points *points, const struct rt_point *point);

/* Frames to go on from, outermost first. */
struct rt_frames {
    struct rt_frame *frames;
    uint32_t n_frames;
    uint64_t *values;  /* where those of all frames lie, or NULL: in the frame buffer */
    size_t n_words;    /* there */
    size_t n_buffered; /* bytes at its begin that the innermost frame takes */
};

/* The frame of a host call; the frame lends it. */
struct rt_frame rt_host_frame(const struct rt_host_call *call);

/* From the frame buffer, which must keep its content until the guest goes on. */
bool rt_frames_of_records(struct rt_frames *frames, struct rt_error *error);
void rt_frames_free(struct rt_frames *frames);

/* Called when the guest was suspended, and is entered no more: true with the frames to go
 * on from, or false with error set, and the guest is at its end. */
typedef bool rt_suspend_handler(void *context, struct rt_frames *frames,
                                struct rt_error *error);

/* Without a handler guests go on from the frame buffer. */
void rt_set_suspend_handler(rt_suspend_handler *handler, void *context);

/* Enters the guest, and whenever it is suspended goes on as the handler says. The results
 * of its outermost function are stored in results, once it was suspended. */
bool rt_run(void (*function)(void *argument), void *argument, union rt_value *results,
            struct rt_error *error);

/* Goes on from frames, which are freed. Their stack is a larger one, since frames that
 * are resumed are larger. */
bool rt_resume(struct rt_frames *frames, union rt_value *results, struct rt_error *error);

/* Called on the guest's stack whenever that is rebuilt, before the guest goes on. */
typedef void rt_rebuilt_handler(uint32_t n_frames, uint64_t nanoseconds);

void rt_set_rebuilt_handler(rt_rebuilt_handler *handler); /* or NULL */

#endif
