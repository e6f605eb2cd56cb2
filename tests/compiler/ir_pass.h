/* For tests of one pass over LLVM IR, with begin_ir and end_ir as fixtures. */
#ifndef TESTS_COMPILER_IR_PASS_H
#define TESTS_COMPILER_IR_PASS_H

#include <llvm-c/Analysis.h>

#include "compiler/arena.h"
#include "tests/compiler/ir_text.h"

static LLVMContextRef context;
static LLVMModuleRef module;
static char *after; /* the function, as text */

static inline void begin_ir(void)
{
    context = LLVMContextCreate();
}

static inline void end_ir(void)
{
    LLVMDisposeMessage(after);
    LLVMDisposeModule(module);
    LLVMContextDispose(context);
}

/* Runs the pass on @f of a module. */
static inline const char *run_pass(const char *text,
                                   void (*pass)(LLVMValueRef fn, struct arena *arena))
{
    module = parse_ir(context, text);
    LLVMValueRef fn = LLVMGetNamedFunction(module, "f");
    struct arena arena = {0};
    pass(fn, &arena);
    arena_free(&arena);
    cr_assert_not(LLVMVerifyFunction(fn, LLVMPrintMessageAction));
    return after = LLVMPrintValueToString(fn);
}

#endif
