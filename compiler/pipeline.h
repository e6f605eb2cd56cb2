/* LLVM's passes over one generated module. */
#ifndef COMPILER_PIPELINE_H
#define COMPILER_PIPELINE_H

#include <llvm-c/TargetMachine.h>

/* Optimises in place; opt_level 0 to 3. Loads that trap keep trapping even if their value
 * is unused. */
void optimise(LLVMModuleRef llvm, LLVMTargetMachineRef machine, int opt_level);

#endif
