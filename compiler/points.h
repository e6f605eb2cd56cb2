/* The resume points of a function body, and what is live at each. Decided by the Wasm
 * module alone: never by target, optimisation level, number of threads or poll interval.
 *
 * Points are the loops, the calls that can be suspended, and the places before the calls
 * that poll first and before instructions on ranges that may be long. What control cannot
 * reach has none: code behind a branch, return, throw or unreachable, and behind a block
 * that nothing leaves. All handlers of a try that is reached count as reached. */
#ifndef COMPILER_POINTS_H
#define COMPILER_POINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/module.h"
#include "compiler/suspension.h"
#include "runtime/abi.h"

struct arena;

struct point {
    uint32_t position; /* of its instruction in the body */
    enum rt_point_kind kind;
    bool is_covered; /* the frame has polled before it gets there: since it began, and in
                        the same iteration; if this is a loop, it goes round with that,
                        or is short */
    uint32_t n_locals;
    const uint32_t *locals; /* live ones, ascending */
    uint32_t n_operands;
    const val_type *operands; /* the whole operand stack, the bottom first */
};

struct points {
    struct point *points; /* by position, then kind */
    uint32_t n_points;
};

/* Fills points, in arena, for a valid body. None if the function can't be suspended. */
void find_points(struct points *points, const struct module *m,
                 const struct suspension *s, uint32_t func_index, const struct body *body,
                 struct arena *arena);

/* The point of this kind at a position, or NULL. */
const struct point *point_at(const struct points *points, uint32_t position,
                             enum rt_point_kind kind);

/* By which number the runtime knows one of them. */
static inline uint32_t point_number(const struct points *points,
                                    const struct point *point)
{
    return (uint32_t)(point - points->points);
}

/* Whether a point lies in [from, to). */
bool has_point_in(const struct points *points, uint32_t from, uint32_t to);

#endif
