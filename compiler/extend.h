/* 32-bit addresses extended to 64 bits where they are computed. */
#ifndef COMPILER_EXTEND_H
#define COMPILER_EXTEND_H

#include <llvm-c/Core.h>

struct arena;

/* Moves the zero extensions of the function's i32 values from where they are used to
 * where the values are made. arena is scratch. */
void extend_early(LLVMValueRef fn, struct arena *arena);

#endif
