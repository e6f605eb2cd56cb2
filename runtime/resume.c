/* From frame records to a running guest.
 *
 * Frames are called from the outermost inwards, each by the `resume` function of its Wasm
 * function, which calls that of the next one. In place of the innermost stands a function
 * of this file: it sees that the stack is rebuilt, and how much of it is left. Frames
 * that are resumed are larger than those of the fast code, by no known factor, so the
 * guest gets a larger stack, and one larger still if that is too small: rebuilding has no
 * effect until its end, and can be done again. */
#include "runtime/resume.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/instance.h"

/* Of the stack's size at start. */
#define FIRST_GROWTH 4

static struct {
    rt_suspend_handler *handler;
    void *context;
    rt_rebuilt_handler *rebuilt_handler;
} resume;

/* ---- Records ---- */

const struct rt_func_points *rt_points_of(const struct rt_module *module,
                                          uint32_t func_index)
{
    if (module->func_points == NULL || func_index < module->n_imported_funcs ||
        func_index >= module->n_funcs)
        return NULL;
    return module->func_points[func_index - module->n_imported_funcs];
}

uint8_t rt_point_type(const struct rt_func_points *points, const struct rt_point *point,
                      uint32_t i)
{
    uint16_t code = points->values[point->first_value + i];
    return i < point->n_locals ? points->local_types[code] : (uint8_t)code;
}

size_t rt_point_words(const struct rt_func_points *points, const struct rt_point *point)
{
    size_t n = 0;
    for (uint32_t i = 0; i < point->n_locals + point->n_operands; i++)
        n += rt_words_of(rt_point_type(points, point, i));
    return n;
}

static bool owns_point(const struct rt_module *module, const struct rt_point *point)
{
    const struct rt_func_points *points = rt_points_of(module, point->func_index);
    return points != NULL && (uintptr_t)point >= (uintptr_t)points->points &&
           (uintptr_t)point < (uintptr_t)(points->points + points->n_points);
}

/* Any instance of the module that a point belongs to. */
static struct rt_instance *find_owner(const struct rt_point *point)
{
    struct rt_instance *i = rt_instance_next(NULL);
    while (!owns_point(i->module, point)) {
        i = rt_instance_next(i);
        assert(i != NULL); /* guest code wrote the record */
    }
    return i;
}

bool rt_record_next(struct rt_records *records, struct rt_record *record)
{
    if (records->n_bytes == 0)
        return false;
    const uint64_t *words = (const uint64_t *)(const void *)records->bytes;
    const uint64_t *at = words;
    size_t n_words;
    record->point = (const struct rt_point *)(uintptr_t)*at++;
    if (record->point == &rt_host_call_point) {
        record->instance = ((const struct rt_host_call *)at)->instance;
        n_words = sizeof(struct rt_host_call) / sizeof *at;
    } else {
        record->instance = find_owner(record->point);
        if (record->instance->module->only_instance == NULL)
            record->instance = (struct rt_instance *)(uintptr_t)*at++;
        n_words = rt_point_words(
            rt_points_of(record->instance->module, record->point->func_index),
            record->point);
    }
    record->values = at;
    size_t n_bytes = (size_t)(at + n_words - words) * sizeof *at;
    assert(n_bytes <= records->n_bytes);
    records->bytes += n_bytes;
    records->n_bytes -= n_bytes;
    return true;
}

/* ---- Frames ---- */

static void resume_host_call(const struct rt_frame *frame, union rt_value *results)
{
    const struct rt_host_call *call = (const struct rt_host_call *)frame->values;
    call->again(call, results);
}

struct rt_frame rt_host_frame(const struct rt_host_call *call)
{
    return (struct rt_frame){resume_host_call, call->instance, (const uint64_t *)call, 0};
}

static struct rt_frame frame_of(const struct rt_record *record)
{
    const struct rt_host_call *call = rt_record_host_call(record);
    if (call != NULL)
        return rt_host_frame(call);
    const struct rt_func_points *points =
        rt_points_of(record->instance->module, record->point->func_index);
    return (struct rt_frame){points->resume, record->instance, record->values,
                             (uint64_t)(record->point - points->points)};
}

bool rt_frames_of_records(struct rt_frames *frames, struct rt_error *error)
{
    struct rt_records records = rt_safepoint_records();
    struct rt_record record;
    *frames = (struct rt_frames){.n_frames = 0};
    while (rt_record_next(&records, &record))
        if (frames->n_frames++ == 0)
            frames->n_buffered = (size_t)(records.bytes - rt_safepoint_records().bytes);
    assert(frames->n_frames > 0); /* the poll or call that raised has written one */
    frames->frames = calloc(frames->n_frames, sizeof *frames->frames);
    if (frames->frames == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    records = rt_safepoint_records();
    for (uint32_t i = frames->n_frames; rt_record_next(&records, &record);)
        frames->frames[--i] = frame_of(&record);
    return true;
}

void rt_frames_free(struct rt_frames *frames)
{
    free(frames->frames);
    free(frames->values);
    *frames = (struct rt_frames){.n_frames = 0};
}

/* ---- Rebuilding the stack ---- */

static struct rebuild {
    const struct rt_frames *frames;
    union rt_value *results;
    void (*innermost)(const struct rt_frame *frame, union rt_value *results);
    bool is_silent; /* as it was before */
    bool is_done;
    uint64_t started;
} * rebuild;

/* In place of the innermost frame. */
static void finish_rebuild(const struct rt_frame *frame, union rt_value *results)
{
    void (*innermost)(const struct rt_frame *, union rt_value *) = rebuild->innermost;
    if (rt_stack_is_short())
        rt_trap(RT_TRAP_STACK_EXHAUSTED); /* and once more with a larger one */
    rt_trap_set_backtrace(!rebuild->is_silent);
    rebuild->is_done = true;
    rt_safepoint_forget(rebuild->frames->n_buffered);
    if (resume.rebuilt_handler != NULL)
        resume.rebuilt_handler(rebuild->frames->n_frames,
                               rt_monotonic_ns() - rebuild->started);
    innermost(frame, results);
}

static void start_rebuild(void *argument)
{
    const struct rebuild *r = argument;
    const struct rt_frame *outermost = r->frames->frames;
    outermost->resume(outermost, r->results);
}

/* Enters the frames once. */
static bool enter_frames(struct rebuild *r, struct rt_error *error)
{
    struct rt_frame *innermost = &r->frames->frames[r->frames->n_frames - 1];
    rebuild = r;
    r->innermost = innermost->resume;
    innermost->resume = finish_rebuild;
    r->is_silent = !rt_trap_set_backtrace(false);
    bool is_done = rt_enter(start_rebuild, r, error);
    if (!r->is_done) {
        innermost->resume = r->innermost;
        rt_trap_set_backtrace(!r->is_silent);
    }
    return is_done;
}

static bool resume_once(struct rt_frames *frames, union rt_value *results,
                        struct rt_error *error)
{
    union rt_value none; /* of a function without results */
    struct rebuild r = {.frames = frames,
                        .results = results != NULL ? results : &none,
                        .started = rt_monotonic_ns()};
    for (unsigned growth = FIRST_GROWTH;; growth *= 2) {
        if (!rt_stack_enlarge(growth, error))
            return false;
        if (enter_frames(&r, error))
            return true;
        if (r.is_done || error->kind != RT_ERROR_TRAP)
            return false;
    }
}

/* ---- Running to the end ---- */

void rt_set_suspend_handler(rt_suspend_handler *handler, void *context)
{
    resume.handler = handler;
    resume.context = context;
}

void rt_set_rebuilt_handler(rt_rebuilt_handler *handler)
{
    resume.rebuilt_handler = handler;
}

bool rt_resume(struct rt_frames *frames, union rt_value *results, struct rt_error *error)
{
    for (;;) {
        bool is_done = resume_once(frames, results, error);
        rt_frames_free(frames);
        if (is_done || error->kind != RT_ERROR_SUSPENDED)
            return is_done;
        if (!(resume.handler != NULL ? resume.handler(resume.context, frames, error)
                                     : rt_frames_of_records(frames, error)))
            return false;
    }
}

bool rt_run(void (*function)(void *argument), void *argument, union rt_value *results,
            struct rt_error *error)
{
    struct rt_frames frames;
    if (!rt_stack_reset(error))
        return false;
    if (rt_enter(function, argument, error))
        return true;
    if (error->kind != RT_ERROR_SUSPENDED)
        return false;
    return (resume.handler != NULL ? resume.handler(resume.context, &frames, error)
                                   : rt_frames_of_records(&frames, error)) &&
           rt_resume(&frames, results, error);
}
