/* Loops that dispatch (dispatch.h), for the instructions that they are made of. */
#ifndef COMPILER_CODEGEN_DISPATCH_H
#define COMPILER_CODEGEN_DISPATCH_H

#include <stdbool.h>

#include "compiler/codegen.h"

/* Whether the loop in work, whose label this is, dispatches. */
bool gen_begin_dispatch(struct fn_gen *f, struct label *loop);
/* Before any br_table, whose index has been taken. */
void gen_first_dispatch(struct fn_gen *f, const struct instr *in);
/* In place of a branch to the label: ends the block as the loop's head would. False, and
 * nothing done, if it is no loop that dispatches. */
bool gen_next_dispatch(struct fn_gen *f, const struct label *loop);

#endif
