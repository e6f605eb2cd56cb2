/* One iteration of an innermost loop, followed symbolically: what it does to the locals,
 * which addresses it accesses, and what it leaves the loop by. */
#ifndef COMPILER_ITERATION_H
#define COMPILER_ITERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/module.h"
#include "compiler/symbols.h"

enum { ITERATION_LOCALS = 128, ITERATION_ACCESSES = 64, ITERATION_INSTRS = 1200 };

/* A local that the iteration sets, and its value in the end. */
struct changed_local {
    uint32_t local;
    struct symbol value;
};

/* An access of memory 0 whose address is affine. */
struct met_access {
    uint32_t position;
    struct affine address;
    uint64_t offset; /* memarg */
    uint32_t n_bytes;
    bool is_store;
};

/* What is known of the functions that may be called in it. */
struct callees {
    const struct module *module;
    const uint32_t *n_brief; /* as in struct survey */
};

struct iteration {
    struct changed_local changed[ITERATION_LOCALS];
    uint32_t n_changed;
    struct met_access met[ITERATION_ACCESSES]; /* by position */
    uint32_t n_met;
    uint32_t n_opaque;       /* further accesses */
    uint32_t n_exits;        /* ways out of the loop */
    struct symbol exit_test; /* whether the last br_if out of the loop is not taken */
    uint32_t exit_position; /* of that br_if; 0: there is none that all iterations meet */
    uint32_t exit_end;      /* where the iteration goes on then */
    uint32_t n_called;      /* instructions of what it calls */
    uint32_t n_operands;    /* that it leaves */
    struct symbol operand;  /* if that is one */
};

/* Follows the instructions [from, to) of a valid body: a loop's, up to its way back.
 * False if the iteration may go on elsewhere than at `to`, or if there is in it a loop, a
 * call of a function that is not brief, or too much of anything. */
bool follow_iteration(struct iteration *it, const struct callees *callees,
                      const struct body *body, uint32_t from, uint32_t to);
/* Follows the instructions before a loop in the same way, from the start of the construct
 * that it is in, which has no parameters. It does not matter where branches out of that
 * go. */
bool follow_way_to(struct iteration *it, const struct callees *callees,
                   const struct body *body, uint32_t from, uint32_t to);
/* What is said of the local; NULL: the iteration does not set it. */
const struct changed_local *find_changed(const struct iteration *it, uint32_t local);

#endif
