/* Loads of linear memory whose value nobody needs. */
#ifndef COMPILER_DEAD_LOADS_H
#define COMPILER_DEAD_LOADS_H

#include <llvm-c/Core.h>

struct arena;

/* Makes every such load of the function volatile, so that it is performed, and traps, all
 * the same. The function is in SSA form. arena is scratch. */
void keep_dead_loads(LLVMValueRef fn, struct arena *arena);

#endif
