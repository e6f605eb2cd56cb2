/* What a suspended guest is, in the terms of a snapshot. */
#ifndef RUNTIME_CAPTURE_H
#define RUNTIME_CAPTURE_H

#include "runtime/instance.h"
#include "snapshot-format/snapshot.h"

/* What the host had called when the guest was suspended, and will call yet. */
struct rt_entry {
    Wanco__Snapshot__Entry__Stage stage;
    struct rt_instance *instance; /* NULL: the only one there is */
    struct rt_string export;      /* that is called in the end */
    const struct rt_type *type;   /* its type */
    union rt_value *args;
};

struct rt_capture {
    Wanco__Snapshot__Header header;
    struct snapshot_memory *memories; /* parallel to header.memories */
    struct rt_instance **instances;   /* by their numbers */
    struct rt_exn **exns;             /* likewise */
    void *arena;                      /* holds all of it but header.wasi */
    size_t arena_bytes;
};

/* Describes the guest whose frames are in the frame buffer: the entry's instance, which
 * is not changed, and must not be until the capture is freed. False with error set if it
 * can't be saved. */
bool rt_capture(struct rt_capture *capture, const struct rt_entry *entry,
                struct rt_error *error);
void rt_capture_free(struct rt_capture *capture);

/* The frames alone, of any number of instances, numbered in the order of their creation.
 */
bool rt_capture_stack(struct rt_capture *capture, struct rt_error *error);

#endif
