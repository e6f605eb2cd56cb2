/* Locals that differ by constants where a loop begins. Compilers compute addresses like
 * p + 4, p + 8 before a loop and keep each in a local: to the loop they look as if they
 * had nothing to do with each other. */
#ifndef COMPILER_DISTANCES_H
#define COMPILER_DISTANCES_H

#include <stdint.h>

#include "compiler/iteration.h"
#include "compiler/module.h"
#include "compiler/symbols.h"

struct distances {
    uint32_t n;
    struct {
        uint32_t local, origin;
        uint32_t bytes; /* local == origin + bytes, modulo 2^32 */
    } rows[ITERATION_LOCALS];
};

/* What the code tells that leads from the start of the construct around the loop to it.
 * Those that differ from one another have one origin. */
void find_distances(struct distances *d, const struct callees *callees,
                    const struct body *body, uint32_t loop_position);

/* Brings addresses that differ by constants to the same terms: of locals that stay as far
 * apart, since the iteration adds the same constant to each, it leaves one. That is one
 * of an address, too; for what the loop does not look at is not kept at its resume point.
 */
void apply_distances(const struct distances *d, struct iteration *it);

#endif
