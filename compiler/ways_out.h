/* What lies in a loop but is not of it: instructions that are only reached to leave it.
 * Compilers put there what follows a loop, up to the rest of the function:
 *
 *     loop  …  block  (br_if 0 (goes on))  …  (br 3)  end  …  (br 0)  end */
#ifndef COMPILER_WAYS_OUT_H
#define COMPILER_WAYS_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/module.h"

/* If a br_if skips a way out: where it leads to, the end of the block that is open around
 * it, the innermost of depth constructs in the loop, none of them a try. Else 0. */
uint32_t way_out_end(const struct body *body, uint32_t position, uint32_t block,
                     uint32_t depth);

/* Whether an iteration of the loop at a position can meet another loop, or a call that
 * may be suspended. */
bool suspends_in_iteration(const struct body *body, uint32_t loop_position);

#endif
