/* Which locals are live where: whose values may still be read. */
#ifndef COMPILER_LIVENESS_H
#define COMPILER_LIVENESS_H

#include <stdint.h>

#include "compiler/module.h"

struct arena;

struct live_locals {
    const uint32_t *locals; /* ascending */
    uint32_t n;
};

/* Of a valid body, what is live just before each of the instructions at these positions,
 * which ascend; at a loop that is what is live at its head. Where finding out would take
 * too long it says of more locals than need be, at worst of all, that they are live: as
 * it may of all that is not reached. The answer is in arena, and depends on the body
 * alone. */
const struct live_locals *find_live_locals(const struct body *body,
                                           const uint32_t *positions, uint32_t n,
                                           struct arena *arena);

#endif
