/* The equal parts of a loop's body, and what else is in it: found for reroll.c. */
#ifndef COMPILER_REROLL_PARTS_H
#define COMPILER_REROLL_PARTS_H

#include <llvm-c/Core.h>
#include <stdbool.h>
#include <stdint.h>

#include "compiler/value_set.h"

/* What an instruction is for, if it is part of none of the equal parts. */
enum { NO_PART = -1, CONTROL = -2, ADDRESS = -3, RESULT = -4, COUNT = -5 };

struct address {
    LLVMValueRef base;
    int64_t step, constant; /* base + step * counter + constant */
};

struct unrolled {
    LLVMBasicBlockRef block, before;
    LLVMValueRef counter, next, compare, branch;
    struct value_set instrs; /* of the block, in order */
    int32_t *parts;          /* the number of the part it belongs to, or what it is for */
    LLVMValueRef *matches;   /* the same in part 0 */
    uint32_t factor;         /* parts */
};

/* Whether the instruction is in the loop. */
bool unrolled_has(const struct unrolled *l, LLVMValueRef v);

/* What a value is of the counter: a constant factor. */
bool unrolled_multiple(const struct unrolled *l, LLVMValueRef v, int64_t *factor);

/* Whether it may be an address, or the offset of one. */
bool unrolled_is_address(const struct unrolled *l, LLVMValueRef v);
struct address unrolled_address(const struct unrolled *l, LLVMValueRef pointer);
/* Of a load or store. */
LLVMValueRef unrolled_pointer(LLVMValueRef access);

/* Makes an instruction one of a part, which does there what match does in part 0. False
 * if it is of another already, or does something else there. */
bool unrolled_take(struct unrolled *l, LLVMValueRef v, int32_t part, LLVMValueRef match);

/* Whether v is in a part what first is in part 0; takes it, and what it is computed from.
 */
bool unrolled_match(struct unrolled *l, LLVMValueRef first, LLVMValueRef v, int32_t part);

/* Whether it is the smaller or the larger of two integers. */
bool is_min_or_max(LLVMValueRef v);

/* A load that a value is computed from; NULL: there may be none. */
LLVMValueRef unrolled_load(const struct unrolled *l, LLVMValueRef value);

/* Moves the builder to a new block on the way out of the loop. */
void unrolled_start_exit(const struct unrolled *l, LLVMBuilderRef b);

#endif
