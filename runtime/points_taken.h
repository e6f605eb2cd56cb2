/* For tests: at which resume points frames were suspended. */
#ifndef RUNTIME_POINTS_TAKEN_H
#define RUNTIME_POINTS_TAKEN_H

#include "runtime/trap.h"

/* From now on rt_points_taken_note notes; when the process ends, it writes to the file
 * `safepoints N`, how often a guest was suspended, then all points of the module, one a
 * line: `FUNC OFFSET KIND TAKEN`, where KIND is an rt_point_kind and TAKEN 0 or 1. The
 * path is lent. False with error set. */
bool rt_points_taken_setup(const char *path, const struct rt_module *module,
                           struct rt_error *error);

/* Notes the points of all records in the frame buffer. */
void rt_points_taken_note(void);

#endif
