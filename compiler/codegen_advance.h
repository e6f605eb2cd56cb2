/* Loops that advance (advance.h), for the instructions that they are made of. */
#ifndef COMPILER_CODEGEN_ADVANCE_H
#define COMPILER_CODEGEN_ADVANCE_H

#include <stdbool.h>

#include "compiler/codegen.h"

/* Before the loop in work, whose label this is: whether it advances. */
bool gen_begin_advance(struct fn_gen *f, struct label *loop);
/* In place of a br_if to the label. False, and nothing done, if no loop advances there.
 */
bool gen_advance_test(struct fn_gen *f, struct label *loop, LLVMValueRef condition);
/* In place of a poll of such a loop. */
void gen_advance_poll(struct fn_gen *f, const struct label *loop);

#endif
