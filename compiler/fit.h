/* Whether a snapshot can be of a module: what the runtime checks before it restores one.
 */
#ifndef COMPILER_FIT_H
#define COMPILER_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/module.h"
#include "snapshot-format/snapshot.h"

/* Of a loaded module, which the snapshot's only instance is of: that globals, tables,
 * memories, segments and the entry are as it declares them, and that every frame is at
 * one of its resume points with values of the right types, in a call of the next. False
 * with a line in error (without newline), which begins with "its". */
bool snapshot_fits(const Wanco__Snapshot__Header *h, const struct module *m,
                   unsigned n_threads, char *error, size_t error_bytes);

#endif
