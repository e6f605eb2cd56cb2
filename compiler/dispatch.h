/* Loops that dispatch, as those of interpreters and state machines do: from the loop's
 * head straight to a br_table, whose cases mostly branch back. */
#ifndef COMPILER_DISPATCH_H
#define COMPILER_DISPATCH_H

#include <stdint.h>

#include "compiler/module.h"

/* The position of that br_table, if dispatching anew in each branch back is possible and
 * worth the code; else 0. Between the loop and it there are then only blocks that begin,
 * and instructions that can be repeated: they change locals and operands alone. */
uint32_t find_dispatch(const struct body *body, uint32_t loop_position);

#endif
