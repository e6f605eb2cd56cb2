/* Serves the requests of signals, and those of tests.
 *
 * Failure never harms the guest: it goes on from the frames in memory, after a line that
 * tells why there is no snapshot. */
#define _GNU_SOURCE
#include "runtime/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/points_taken.h"
#include "runtime/restore.h"
#include "runtime/resume.h"
#include "runtime/safepoint.h"
#include "runtime/signals.h"
#include "runtime/status.h"

/* Stress stops at every safepoint until it has rebuilt so many frames, of which each stop
 * counts for some more; then the guest gets so much of the time. */
#define STRESS_FRAMES     400000
#define STRESS_STOP       20
#define STRESS_MIN_NS     1000000u
#define STRESS_GUEST_PART 5

static struct {
    const struct rt_checkpoint_config *config;
    const struct rt_entry *entry;
    uint64_t n_safepoints;
    uint64_t n_stressed;  /* frames, as STRESS_FRAMES counts them */
    struct rt_error told; /* why the last checkpoint failed; empty if it did not */
} checkpoint;

/* Of one checkpoint, on the monotonic clock. */
struct times {
    uint64_t requested, raised, unwound, written;
};

static double microseconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1000;
}

static void report(size_t n_frames, const struct snapshot_written *written,
                   const struct times *t)
{
    fprintf(stderr,
            "checkpoint: %zu frames, %" PRIu64 " bytes, %" PRIu64
            " of pages, to safepoint %.1f us, unwind %.1f us, write %.1f us, "
            "of that disk %.1f us\n",
            n_frames, written->n_bytes, written->page_bytes,
            microseconds(t->raised - t->requested), microseconds(t->unwound - t->raised),
            microseconds(t->written - t->unwound), microseconds(written->disk_ns));
}

static void report_rebuild(uint32_t n_frames, uint64_t nanoseconds)
{
    fprintf(stderr, "resume: %" PRIu32 " frames, %.1f us\n", n_frames,
            microseconds(nanoseconds));
}

/* ---- Snapshots ---- */

static bool write_snapshot(struct times *t, struct snapshot_written *written,
                           struct rt_error *error)
{
    const struct rt_checkpoint_config *config = checkpoint.config;
    struct rt_capture capture;
    if (!rt_capture(&capture, checkpoint.entry, error))
        return false;
    error->kind = RT_ERROR_SYSTEM;
    bool ok = snapshot_write(config->path, &capture.header, capture.memories,
                             &config->format, written, error->text, sizeof error->text);
    t->written = rt_monotonic_ns();
    if (ok && config->reports)
        report(capture.header.stacks[0]->n_frames, written, t);
    rt_capture_free(&capture);
    return ok;
}

/* False if there is none; then people have been told why: once, if the same keeps
 * happening every so often. */
static bool save(enum rt_request request, struct times *t)
{
    struct snapshot_written written;
    struct rt_error error;
    if (write_snapshot(t, &written, &error)) {
        checkpoint.told.text[0] = '\0';
        rt_status_set(false, checkpoint.config->path, written.n_bytes,
                      t->written - t->requested);
        return true;
    }
    if (request != RT_REQUEST_AGAIN || strcmp(error.text, checkpoint.told.text) != 0)
        fprintf(stderr, "%s: no checkpoint: %s; the program goes on\n",
                program_invocation_short_name, error.text);
    checkpoint.told = error;
    rt_status_set(true, error.text, 0, 0);
    return false;
}

/* ---- Going on ---- */

/* The frames as a snapshot would restore them, if one could. */
static bool restored_frames(struct rt_frames *frames, struct rt_error *error)
{
    struct rt_capture capture;
    if (!rt_capture_stack(&capture, error))
        return rt_frames_of_records(frames, error);
    const Wanco__Snapshot__Stack *stack = capture.header.stacks[0];
    const struct rt_referents referents = {capture.instances, capture.exns};
    bool ok = rt_restore_check_stack(stack, capture.instances, error) &&
              rt_restore_frames(stack, &referents, frames, error);
    rt_capture_free(&capture);
    return ok;
}

/* Has the guest suspended once more. The deeper its stack, the longer it goes on before:
 * else deep recursion would take quadratic time. */
static void stress_on(const struct rt_frames *frames, const struct times *t)
{
    checkpoint.n_stressed += frames->n_frames + STRESS_STOP;
    if (checkpoint.n_stressed <= STRESS_FRAMES)
        rt_safepoint_request(true);
    else
        rt_signals_suspend_after(STRESS_MIN_NS +
                                 STRESS_GUEST_PART * (rt_monotonic_ns() - t->raised));
}

static bool on_suspended(void *context, struct rt_frames *frames, struct rt_error *error)
{
    const struct rt_checkpoint_config *config = checkpoint.config;
    struct times t = {.raised = rt_safepoint_time(), .unwound = rt_monotonic_ns()};
    enum rt_request request = rt_signals_begin(&t.requested);
    (void)context;
    checkpoint.n_safepoints++;
    rt_points_taken_note();
    if (config->end_at != 0 && checkpoint.n_safepoints == config->end_at) {
        request = RT_REQUEST_END;
        t.requested = t.raised;
    }
    bool is_saved = request != RT_REQUEST_NONE && save(request, &t);
    bool goes_on = !(is_saved && request == RT_REQUEST_END);
    if (!goes_on)
        rt_error_set(error, RT_ERROR_SUSPENDED, "saved in %s", config->path);
    else
        goes_on = config->stresses ? restored_frames(frames, error)
                                   : rt_frames_of_records(frames, error);
    if (config->stresses && goes_on)
        stress_on(frames, &t);
    if (goes_on)
        rt_signals_end(); /* else no signal changes the status it ends with */
    return goes_on;
}

void rt_checkpoint_setup(const struct rt_checkpoint_config *config,
                         const struct rt_entry *entry)
{
    checkpoint.config = config;
    checkpoint.entry = entry;
    rt_set_suspend_handler(on_suspended, NULL);
    rt_set_rebuilt_handler(config->reports ? report_rebuild : NULL);
    if (config->stresses)
        rt_safepoint_request(true);
}
