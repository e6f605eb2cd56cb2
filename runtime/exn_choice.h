/* The exceptions that a snapshot is of. */
#ifndef RUNTIME_EXN_CHOICE_H
#define RUNTIME_EXN_CHOICE_H

#include "runtime/instance.h"

/* Numbers the exceptions (exn_heap.h) that the frames in the frame buffer and the objects
 * of an instance, or of all if it is NULL, refer to, directly or through others. Answers
 * how many there are. */
uint32_t rt_exns_choose(struct rt_instance *instance);

#endif
