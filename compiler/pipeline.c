/* The pass pipelines. Locals become values first; then loads that must stay are marked,
 * before any pass can remove them. */
#include "compiler/pipeline.h"

#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/arena.h"
#include "compiler/dead_loads.h"

static void run_passes(LLVMModuleRef llvm, LLVMTargetMachineRef machine,
                       const char *passes)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(llvm, passes, machine, options);
    if (error) {
        char *message = LLVMGetErrorMessage(error);
        fprintf(stderr, "wanco: internal error: %s\n", message);
        abort();
    }
    LLVMDisposePassBuilderOptions(options);
}

void optimise(LLVMModuleRef llvm, LLVMTargetMachineRef machine, int opt_level)
{
    static const char *const pipelines[] = {NULL, "default<O1>", "default<O2>",
                                            "default<O3>"};
    run_passes(llvm, machine, "function(sroa)");
    struct arena arena = {0};
    for (LLVMValueRef fn = LLVMGetFirstFunction(llvm); fn; fn = LLVMGetNextFunction(fn)) {
        keep_dead_loads(fn, &arena);
        arena_reset(&arena);
    }
    arena_free(&arena);
    if (opt_level > 0)
        run_passes(llvm, machine, pipelines[opt_level]);
}
