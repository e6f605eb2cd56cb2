/* Loops that advance: each iteration moves a local towards a limit that none changes, by
 * an amount that differs, and the only way back is a br_if that compares the two. Parsers
 * and decoders are such loops:
 *
 *     loop  …  p += 1, 2, 3 or 4  …  (br_if 0 (i32.lt_u p end))  …  end
 *
 * How often they run is not known, but to get so far takes no more than so many
 * iterations. */
#ifndef COMPILER_ADVANCE_H
#define COMPILER_ADVANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/module.h"

enum { ADVANCE_MOST = 1 << 16 };

struct advance {
    uint32_t test_position;    /* of the br_if */
    uint32_t local;            /* i32 or i64, as it is at the test */
    const struct instr *limit; /* a constant, or a local's value */
    bool is_up; /* goes on while local < limit, else while local > limit, */
    bool is_inclusive, is_signed; /* or <=, or >= */
    uint32_t least, most; /* by how much an iteration moves it; 1 to ADVANCE_MOST */
};

/* False if the loop instruction at a position of a valid body does not start one. */
bool find_advance(struct advance *advance, const struct body *body,
                  uint32_t loop_position);

#endif
