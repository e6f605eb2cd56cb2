/* Counted innermost loops, recognised on the Wasm: how often they run, and which
 * addresses they touch.
 *
 * Recognised is a loop without parameters and results (but one that is never reached),
 * whose only way back is the last instruction: a `br_if` that tests whether it goes on (a
 * `br` out of the loop may follow), or a `br` after a `br_if` that leaves it. Blocks,
 * ifs, further ways out and calls of brief functions may lie in it, no loops; what
 * ways_out.h describes is not of the loop. A value in it is followed as an affine
 * function of the integer locals at the start of the iteration; locals that each
 * iteration changes by a constant are induction variables, and for the test those, too,
 * that it increases by what it leaves alone. A loop with further ways out is counted, but
 * LLVM does not vectorise it, so its accesses are not planned. */
#ifndef COMPILER_LOOPS_H
#define COMPILER_LOOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/iteration.h"
#include "compiler/module.h"

enum { LOOP_GROUPS = 24, LOOP_LAGS = 4, LOOP_LONGEST_STEP = 1 << 30 };

/* When the loop goes on after an iteration. */
enum loop_test {
    LOOP_NOT_ZERO,   /* while value != 0 */
    LOOP_INCREASING, /* while value < limit, or <= */
    LOOP_DECREASING, /* while value > limit, or >= */
};

/* An access of the body whose address is understood. */
struct loop_access {
    uint32_t position; /* of its instruction */
    uint32_t group;
    uint64_t offset; /* from the group's address, memarg offset included */
};

/* Accesses whose addresses differ by constants. In iteration t its address is
 * base + step * t, without wrapping as long as the group's bounds hold. */
struct loop_group {
    struct affine base;
    int32_t step;
    uint64_t end; /* offset of the first byte behind all accesses */
    bool has_store;
};

/* A condition at the start of the loop: local == leader + difference. */
struct loop_lag {
    uint32_t local;
    uint32_t leader;
    uint64_t difference; /* modulo 2^32 if the local is an i32 */
};

struct loop_plan {
    uint32_t test_position; /* of the br_if that decides whether the loop goes on */
    uint32_t test_end;      /* where an iteration goes on after it */
    uint32_t back_position; /* of the branch back, the body's last instruction but for a
                               branch out of the loop */
    bool is_tested_inside;  /* the test comes before it, and leaves the loop; the part of
                               the body before the test runs once more than the rest */
    enum loop_test test;
    bool is_signed, is_inclusive; /* of increasing and decreasing tests */
    struct affine value, limit;   /* as they are at the test of the first iteration, both
                                     wide or neither */
    int32_t step;         /* of value, per iteration; 0: it is increased by stride, */
    struct affine stride; /* which no iteration changes; the plan is right for 1 to
                             LOOP_LONGEST_STEP */
    uint32_t n_instrs;    /* of an iteration, at most; callees' included */
    uint32_t n_groups, n_accesses; /* 0 if pointers in place of addresses would not pay */
    struct loop_group groups[LOOP_GROUPS];
    struct loop_access accesses[ITERATION_ACCESSES]; /* by position */
    uint32_t n_lags;
    struct loop_lag lags[LOOP_LAGS]; /* without which the plan is wrong */
};

/* Fills plan for the loop instruction at a position of a valid body. False if it is not
 * of the kind described above. */
bool plan_loop(struct loop_plan *plan, const struct callees *callees,
               const struct body *body, uint32_t loop_position);

#endif
