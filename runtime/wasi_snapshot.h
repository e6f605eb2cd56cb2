/* The state of a guest's WASI, into a snapshot and out of it. */
#ifndef RUNTIME_WASI_SNAPSHOT_H
#define RUNTIME_WASI_SNAPSHOT_H

#include <stddef.h>

#include "runtime/wasi.h"
#include "snapshot-format/snapshot.h"

/* What a snapshot must know to go on elsewhere, for wanco__snapshot__wasi__free_unpacked.
 * Files that the guest has written and has open are on the disk by then. NULL with a line
 * in error (without newline), such as "descriptor 5 ('/data/x') is an unlinked file", if
 * something can't be moved. The guest's state does not change. */
Wanco__Snapshot__Wasi *rt_wasi_save(struct rt_wasi *wasi, char *error,
                                    size_t error_bytes);

/* The same state in a new process. A snapshot grants nothing: files are opened below the
 * preopens that are given here, which are matched by guest name; listeners are matched by
 * their order. The message may hold anything that a snapshot file can. NULL with a line
 * in error, and no file has been changed. */
struct rt_wasi *rt_wasi_restore(const Wanco__Snapshot__Wasi *saved,
                                const struct rt_wasi_grants *grants, char *error,
                                size_t error_bytes);

/* Whether only readers that know SNAPSHOT_FEATURE_MOVES may read this. */
bool rt_wasi_needs_moves(const Wanco__Snapshot__Wasi *saved);

#endif
