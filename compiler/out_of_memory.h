/* The end of a compiler that gets no more memory. */
#ifndef COMPILER_OUT_OF_MEMORY_H
#define COMPILER_OUT_OF_MEMORY_H

/* Says so, removes what at_quick_exit knows of, and ends the process with status 1, while
 * other threads may be at work. */
_Noreturn void out_of_memory(void);

/* Has LLVM, once it is loaded, end the process in the same way. */
void out_of_memory_in_llvm(void);

#endif
