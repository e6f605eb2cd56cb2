/* Memory whose pages lie in the snapshot it came from until the guest writes to them.
 * That file must not change meanwhile, so a lease is taken on it (fcntl(2), F_SETLEASE):
 * whoever opens it to write, or cuts it off, waits until the pages have been copied. */
#ifndef RUNTIME_MAPPED_H
#define RUNTIME_MAPPED_H

#include <stdbool.h>

#include "runtime/abi.h"
#include "snapshot-format/snapshot.h"

/* From now on memories may be mapped from s, whose file stays open then until the process
 * ends. Not if there is no lease to be had: the file is somebody else's, or open for
 * writing, or on a system that has none. */
void rt_mapped_allow(const struct snapshot *s);

/* Loads memory number `number` of s, and maps of it what may and can be. */
bool rt_mapped_load(const struct snapshot *s, uint32_t number,
                    const struct rt_memory *memory, char *error, size_t error_bytes);

/* What is mapped of a memory. */
struct snapshot_runs rt_mapped_runs(const struct rt_memory *memory);

#endif
