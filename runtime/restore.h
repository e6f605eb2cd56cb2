/* From a snapshot to a guest that goes on. Everything is checked before anything is
 * built. */
#ifndef RUNTIME_RESTORE_H
#define RUNTIME_RESTORE_H

#include "runtime/capture.h"
#include "runtime/instance.h"
#include "runtime/resume.h"
#include "snapshot-format/snapshot.h"

/* Whether what a snapshot holds fits the module: it is of this module, and every index,
 * type and size in it is possible there. The state of WASI, which rt_wasi_restore checks,
 * and the content of memories are left. False with error set. */
bool rt_restore_check(const Wanco__Snapshot__Header *header,
                      const struct rt_module *module, struct rt_error *error);

/* Whether the frames can be on a stack of these instances (number -> instance; of each
 * only `module` and `type_ids` are read), each called by the one before. False with error
 * set. */
bool rt_restore_check_stack(const Wanco__Snapshot__Stack *stack,
                            struct rt_instance *const *instances, struct rt_error *error);

/* The point of a frame that has been checked, and is no host call. */
const struct rt_point *rt_restore_point(const Wanco__Snapshot__Frame *frame,
                                        const struct rt_func_points *points);

/* The row of wasi.def that a frame's function is, or NULL: the host supplies it. */
const char *rt_restore_host_name(const Wanco__Snapshot__Frame *frame,
                                 const struct rt_module *module);

/* What a snapshot's references are to. */
struct rt_referents {
    struct rt_instance *const *instances; /* by their numbers */
    struct rt_exn *const *exns;           /* by their places */
};

/* Makes the exceptions; the array is allocated. They last until they are found
 * unreachable: when guests run again, they must be referred to. False with error set. */
bool rt_restore_exns(const Wanco__Snapshot__Header *header,
                     struct rt_instance *const *instances, struct rt_referents *referents,
                     struct rt_error *error);
void rt_referents_free(struct rt_referents *referents);

/* Memories, globals, tables and segments into a new instance, the first of the
 * referents'. max_memory_bytes as in struct rt_instance_config; 0: the limits that were
 * in force stay so. False with error set if there is not enough memory, or if the content
 * of a memory is damaged. */
bool rt_restore_state(const struct snapshot *s, const struct rt_referents *referents,
                      uint64_t max_memory_bytes, struct rt_error *error);

/* The frames of a stack that has been checked, in its order; allocated, to be freed by
 * rt_frames_free. False with error set. */
bool rt_restore_frames(const Wanco__Snapshot__Stack *stack,
                       const struct rt_referents *referents, struct rt_frames *frames,
                       struct rt_error *error);

/* What the host had called. The arguments are allocated, with room for the results behind
 * them. */
bool rt_restore_entry(const Wanco__Snapshot__Header *header,
                      const struct rt_referents *referents, struct rt_entry *entry,
                      union rt_value **results, struct rt_error *error);

#endif
