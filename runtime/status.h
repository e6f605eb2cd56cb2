/* What a running program tells `wanco checkpoint` about itself: a small file in memory
 * that it keeps open, found by its name below /proc/PID/fd. It says that the process
 * handles the signals, and where its last snapshot went. */
#ifndef RUNTIME_STATUS_H
#define RUNTIME_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/* The name given to memfd_create; its link reads "/memfd:NAME (deleted)". */
#define RT_STATUS_NAME "wanco-status-1"

struct rt_status {
    uint32_t can_suspend; /* 0: compiled with --no-checkpoint */
    /* Checkpoints that ended, well or not; the rest of the file is about the last one and
     * is written before. */
    uint32_t n_ended;
    uint32_t has_failed;
    uint32_t reserved;
    uint64_t n_bytes;     /* of the snapshot */
    uint64_t nanoseconds; /* from the signal until it was complete */
    char text[4096]; /* the snapshot's path, absolute if that is known; or what failed */
};

/* Publishes the status of this process; harmless if that is not possible. */
void rt_status_create(bool can_suspend);

/* Tells how a checkpoint ended. text: the snapshot's path, or what failed. */
void rt_status_set(bool has_failed, const char *text, uint64_t n_bytes,
                   uint64_t nanoseconds);

#endif
