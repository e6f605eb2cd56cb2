/* The pass pipelines. Locals become values first; then loads that must stay are marked,
 * before any pass can remove them; at the end, what later passes would undo. */
#include "compiler/pipeline.h"

#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/arena.h"
#include "compiler/dead_loads.h"
#include "compiler/extend.h"
#include "compiler/reroll.h"

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

/* LLVM verifies by default that one round of instcombine suffices; it need not. */
#define COMBINE "instcombine<no-verify-fixpoint>"

#define EARLY "function(early-cse<memssa>,simplifycfg," COMBINE ")"

#define INLINE "cgscc(inline,function-attrs)"

#define SIMPLIFY                                                                         \
    "sroa,early-cse<memssa>,jump-threading,correlated-propagation,simplifycfg," COMBINE  \
    ",reassociate,loop-mssa(loop-rotate,licm,simple-loop-unswitch<nontrivial>),"         \
    "simplifycfg," COMBINE ",loop(loop-idiom,indvars,loop-deletion,loop-unroll-full),"   \
    "gvn,sccp,bdce,dse,adce,simplifycfg," COMBINE

#define VECTORISE                                                                        \
    "loop-vectorize,slp-vectorizer,vector-combine," COMBINE                              \
    ",loop-unroll,loop-mssa(licm),simplifycfg"

/* What follows the early passes, by level. The input has been through an optimiser
 * already, mostly, so that once over everything is enough: against LLVM's default<O3>
 * this takes a quarter less time to compile sqlite3, and the code is as fast. */
static const char *const pipelines[] = {
    NULL,
    "function(loop-mssa(loop-rotate,licm),simplifycfg,early-cse<memssa>," COMBINE
    ",adce)",
    INLINE ",function(" SIMPLIFY ")",
    INLINE ",function(" SIMPLIFY ")",
};

/* With a function and memory that it may use as long as it works on it. */
static void for_each_function(LLVMModuleRef llvm,
                              void (*work)(LLVMValueRef fn, struct arena *arena))
{
    struct arena arena = {0};
    for (LLVMValueRef fn = LLVMGetFirstFunction(llvm); fn; fn = LLVMGetNextFunction(fn)) {
        work(fn, &arena);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

static unsigned attribute_kind(const char *name)
{
    return LLVMGetEnumAttributeKindForName(name, strlen(name));
}

/* Cold functions get no passes but the early ones, and the fast way to select
 * instructions. They take less than half the time then, and a third more text. */
static void finish_if_cold(LLVMValueRef fn, struct arena *arena)
{
    (void)arena;
    LLVMContextRef context = LLVMGetModuleContext(LLVMGetGlobalParent(fn));
    LLVMAttributeIndex index = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
    if (!LLVMIsDeclaration(fn) &&
        LLVMGetEnumAttributeAtIndex(fn, index, attribute_kind("cold")))
        LLVMAddAttributeAtIndex(
            fn, index, LLVMCreateEnumAttribute(context, attribute_kind("optnone"), 0));
}

/* The fast way to select instructions leaves blocks that are never reached. If one ends
 * in a tail call, the unwind tables that LLVM makes for aarch64 are wrong behind it. */
static bool makes_tail_calls(LLVMModuleRef llvm)
{
    for (LLVMValueRef fn = LLVMGetFirstFunction(llvm); fn; fn = LLVMGetNextFunction(fn))
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b;
             b = LLVMGetNextBasicBlock(b)) {
            LLVMValueRef call =
                LLVMGetPreviousInstruction(LLVMGetBasicBlockTerminator(b));
            if (call && LLVMIsACallInst(call) &&
                LLVMGetTailCallKind(call) == LLVMTailCallKindMustTail)
                return true;
        }
    return false;
}

void optimise(LLVMModuleRef llvm, LLVMTargetMachineRef machine, int opt_level)
{
    run_passes(llvm, machine, "function(sroa)");
    for_each_function(llvm, keep_dead_loads);
    if (opt_level == 0) {
        if (makes_tail_calls(llvm))
            run_passes(llvm, machine, "function(instsimplify,simplifycfg)");
        return;
    }
    run_passes(llvm, machine, EARLY);
    for_each_function(llvm, finish_if_cold);
    run_passes(llvm, machine, pipelines[opt_level]);
    if (opt_level == 1)
        return;
    for_each_function(llvm, reroll_loops);
    run_passes(llvm, machine, "function(" VECTORISE ")");
    for_each_function(llvm, extend_early);
}
