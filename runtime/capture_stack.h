/* The frames of suspended guests, as a snapshot tells them. */
#ifndef RUNTIME_CAPTURE_STACK_H
#define RUNTIME_CAPTURE_STACK_H

#include "runtime/builder.h"

/* Describes the frames that are in the frame buffer, of the builder's instances. */
void rt_describe_stack(struct rt_builder *b, Wanco__Snapshot__Header *header);

/* An upper limit of what rt_describe_stack takes of the builder, in bytes, but for a few
 * messages. */
size_t rt_measure_stack(void);

#endif
