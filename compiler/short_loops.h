/* Loops, and nests of loops, that are known to be over soon whenever they are reached:
 * they need no polls. Their Wasm is carried out, with what is known of the i32 locals
 * before them, as far as the number of instructions goes that counts as soon. Thus
 * inner loops whose trips depend on an outer loop's counter are understood as well. */
#ifndef COMPILER_SHORT_LOOPS_H
#define COMPILER_SHORT_LOOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/module.h"

struct arena;

/* Instructions that a short loop runs at most, the loops in it included: microseconds. */
enum { SHORT_LOOP_INSTRS = 1 << 13 };

/* For each position of a valid body whether that is a short loop; in arena. */
const bool *find_short_loops(const struct body *body, uint32_t n_params,
                             struct arena *arena);

#endif
