/* Undoes the unrolling of loops by the compiler that made the Wasm, so that LLVM
 * vectorises them as it would have done then. */
#ifndef COMPILER_REROLL_H
#define COMPILER_REROLL_H

#include <llvm-c/Core.h>

struct arena;

/* In a function that has been simplified, before its loops are vectorised. */
void reroll_loops(LLVMValueRef fn, struct arena *arena);

#endif
