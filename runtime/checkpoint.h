/* What happens to a guest that was suspended: its snapshot is written, and it ends or
 * goes on. */
#ifndef RUNTIME_CHECKPOINT_H
#define RUNTIME_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/capture.h"
#include "snapshot-format/snapshot.h"

struct rt_checkpoint_config {
    const char *path; /* of the snapshot */
    struct snapshot_options format;
    bool reports; /* measurements, a line on stderr for each */
    /* For tests: at every safepoint (at some, once that has taken long) the guest goes on
     * from what a snapshot would say of its frames; at number end_at, from 1, it writes
     * one and ends. 0: it does not. */
    bool stresses;
    uint64_t end_at;
};

/* Makes config apply from now on, and entry be what snapshots tell of the host. Both are
 * lent; the entry may change while no guest runs. */
void rt_checkpoint_setup(const struct rt_checkpoint_config *config,
                         const struct rt_entry *entry);

#endif
