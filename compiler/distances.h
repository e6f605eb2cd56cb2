/* Locals that differ by constants where a loop begins. Compilers compute addresses like
 * p + 4, p + 8 before a loop and keep each in a local: to the loop they look as if they
 * had nothing to do with each other. */
#ifndef COMPILER_DISTANCES_H
#define COMPILER_DISTANCES_H

#include <stdint.h>

#include "compiler/iteration.h"
#include "compiler/module.h"

/* Brings addresses of an iteration that differ by constants to the same terms: of locals
 * that differ so before the loop, as the code from the start of the construct around it
 * tells, and that the iteration adds the same to, one stands for all. It is one of an
 * address, too; for what the loop does not look at is not kept at its resume point. */
void apply_distances(struct iteration *it, const struct callees *callees,
                     const struct body *body, uint32_t loop_position);

#endif
