/* An instruction with a 32-bit result clears the upper half of its register, on both
 * ISAs, so that extending the result costs nothing. But instructions are selected block
 * by block, and in another block it is a mov each time. An address in a loop is mostly a
 * phi, where nothing tells what it is made of.
 *
 * So each extension goes right behind the instruction whose result it extends, and where
 * that is a phi, there is a phi of extended values instead. This comes last: LLVM's
 * passes would bring it back into its canonical form. */
#include "compiler/extend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/arena.h"
#include "compiler/value_set.h"

struct extender {
    LLVMBuilderRef b;
    LLVMTypeRef i32, i64;
    LLVMValueRef fn;
    struct value_set values; /* to be extended */
    LLVMValueRef *extended;  /* the same, extended */
};

static bool is_extension(const struct extender *e, LLVMValueRef instruction)
{
    return LLVMGetInstructionOpcode(instruction) == LLVMZExt &&
           LLVMTypeOf(instruction) == e->i64 &&
           LLVMTypeOf(LLVMGetOperand(instruction, 0)) == e->i32;
}

/* The result of an invoke that enters the phi's block by the edge from the invoke can be
 * extended nowhere before. */
static bool has_place_before(LLVMValueRef phi)
{
    for (unsigned k = 0; k < LLVMCountIncoming(phi); k++) {
        LLVMValueRef invoke = LLVMIsAInvokeInst(LLVMGetIncomingValue(phi, k));
        if (invoke && LLVMGetInstructionParent(invoke) == LLVMGetIncomingBlock(phi, k))
            return false;
    }
    return true;
}

/* Whether extending the value is free right behind it: what calls return, and what is
 * part of something else, is in a register as it comes. */
static bool is_extended_early(LLVMValueRef value)
{
    if (!LLVMIsAInstruction(value))
        return false;
    switch (LLVMGetInstructionOpcode(value)) {
    case LLVMCall:
    case LLVMInvoke:
    case LLVMTrunc:
    case LLVMExtractValue:
    case LLVMExtractElement:
    case LLVMBitCast:
    case LLVMFreeze:
        return false;
    case LLVMPHI:
        return has_place_before(value);
    default:
        return true;
    }
}

/* A parameter comes in a register, too; but if the function begins by extending it, that
 * may as well come first. */
static bool is_extended_at_once(const struct extender *e, LLVMValueRef extension)
{
    return LLVMIsAArgument(LLVMGetOperand(extension, 0)) &&
           LLVMGetInstructionParent(extension) == LLVMGetEntryBasicBlock(e->fn);
}

static void find_extensions(struct extender *e)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(e->fn); b;
         b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
             i = LLVMGetNextInstruction(i))
            if (is_extension(e, i) &&
                (is_extended_early(LLVMGetOperand(i, 0)) || is_extended_at_once(e, i)))
                value_set_add(&e->values, LLVMGetOperand(i, 0));
    /* What phis are made of, too. */
    for (uint32_t n = 0; n < e->values.n; n++) {
        LLVMValueRef phi = LLVMIsAPHINode(e->values.values[n]);
        for (unsigned k = 0; phi && k < LLVMCountIncoming(phi); k++) {
            LLVMValueRef value = LLVMGetIncomingValue(phi, k);
            if (is_extended_early(value))
                value_set_add(&e->values, value);
        }
    }
}

static LLVMValueRef first_place_in(LLVMBasicBlockRef block)
{
    LLVMValueRef i = LLVMGetFirstInstruction(block);
    while (LLVMIsAPHINode(i) || LLVMIsALandingPadInst(i))
        i = LLVMGetNextInstruction(i);
    return i;
}

static LLVMValueRef begin_extended(struct extender *e, LLVMValueRef value)
{
    if (LLVMIsAPHINode(value)) {
        LLVMPositionBuilderBefore(e->b, value);
        return LLVMBuildPhi(e->b, e->i64, "");
    }
    LLVMPositionBuilderBefore(e->b,
                              LLVMIsAArgument(value)
                                  ? LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(e->fn))
                                  : LLVMGetNextInstruction(value));
    return LLVMBuildZExt(e->b, value, e->i64, "");
}

/* At the end of a block: one for all edges from there to a phi, which must agree. */
static LLVMValueRef extended_at_end(struct extender *e, LLVMValueRef value,
                                    LLVMBasicBlockRef block)
{
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block), i = end;
    while ((i = LLVMGetPreviousInstruction(i)) && is_extension(e, i))
        if (LLVMGetOperand(i, 0) == value)
            return i;
    LLVMPositionBuilderBefore(e->b, end);
    return LLVMBuildZExt(e->b, value, e->i64, "");
}

static LLVMValueRef extended(struct extender *e, LLVMValueRef value,
                             LLVMBasicBlockRef from)
{
    uint32_t n = value_set_find(&e->values, value);
    if (n != NO_VALUE)
        return e->extended[n];
    if (LLVMIsUndef(value) || LLVMIsPoison(value))
        return LLVMConstNull(e->i64);
    if (LLVMIsAConstantInt(value))
        return LLVMConstInt(e->i64, LLVMConstIntGetZExtValue(value), false);
    return extended_at_end(e, value, from);
}

static void finish_phi(struct extender *e, LLVMValueRef phi, LLVMValueRef wide)
{
    for (unsigned k = 0; k < LLVMCountIncoming(phi); k++) {
        LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi, k);
        LLVMValueRef value = extended(e, LLVMGetIncomingValue(phi, k), from);
        LLVMAddIncoming(wide, &value, &from, 1);
    }
}

static void replace_extensions(struct extender *e)
{
    LLVMValueRef next;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(e->fn); b;
         b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = next) {
            next = LLVMGetNextInstruction(i);
            uint32_t n = is_extension(e, i)
                             ? value_set_find(&e->values, LLVMGetOperand(i, 0))
                             : NO_VALUE;
            if (n == NO_VALUE || e->extended[n] == i)
                continue;
            LLVMReplaceAllUsesWith(i, e->extended[n]);
            LLVMInstructionEraseFromParent(i);
        }
}

static bool is_statepoint(LLVMValueRef user)
{
    static const char name[] = "llvm.experimental.gc.statepoint";
    return LLVMIsACallInst(user) && LLVMGetIntrinsicID(LLVMGetCalledValue(user)) ==
                                        LLVMLookupIntrinsicID(name, sizeof name - 1);
}

/* Whether it is used as it is, elsewhere than where it is made, by more than records. */
static bool is_wanted_short(LLVMValueRef value, LLVMBasicBlockRef made)
{
    for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (LLVMGetInstructionParent(user) != made && !is_statepoint(user))
            return true;
    }
    return false;
}

/* Frames' records list the value extended, if nothing else keeps it as it is, lest it
 * take a register more. Of an i32 in a record only the lower half is read. */
static void list_extended(LLVMValueRef value, LLVMValueRef extended)
{
    if (is_wanted_short(value, LLVMGetInstructionParent(extended)))
        return;
    for (LLVMUseRef use = LLVMGetFirstUse(value), next; use; use = next) {
        LLVMValueRef user = LLVMGetUser(use);
        next = LLVMGetNextUse(use);
        for (int k = 0; is_statepoint(user) && k < LLVMGetNumOperands(user); k++)
            if (LLVMGetOperand(user, (unsigned)k) == value)
                LLVMSetOperand(user, (unsigned)k, extended);
    }
}

static void replace_phi(struct extender *e, LLVMValueRef phi, LLVMValueRef wide)
{
    LLVMPositionBuilderBefore(e->b, first_place_in(LLVMGetInstructionParent(phi)));
    LLVMReplaceAllUsesWith(phi, LLVMBuildTrunc(e->b, wide, e->i32, ""));
    LLVMInstructionEraseFromParent(phi);
}

void extend_early(LLVMValueRef fn, struct arena *arena)
{
    LLVMContextRef context = LLVMGetModuleContext(LLVMGetGlobalParent(fn));
    struct extender e = {.b = LLVMCreateBuilderInContext(context),
                         .i32 = LLVMInt32TypeInContext(context),
                         .i64 = LLVMInt64TypeInContext(context),
                         .fn = fn,
                         .values = {.arena = arena}};
    find_extensions(&e);
    e.extended = arena_array(arena, e.values.n, sizeof(LLVMValueRef));
    for (uint32_t n = 0; n < e.values.n; n++)
        e.extended[n] = begin_extended(&e, e.values.values[n]);
    for (uint32_t n = 0; n < e.values.n; n++)
        if (LLVMIsAPHINode(e.values.values[n]))
            finish_phi(&e, e.values.values[n], e.extended[n]);
    replace_extensions(&e);
    for (uint32_t n = 0; n < e.values.n; n++)
        list_extended(e.values.values[n], e.extended[n]);
    for (uint32_t n = 0; n < e.values.n; n++)
        if (LLVMIsAPHINode(e.values.values[n]))
            replace_phi(&e, e.values.values[n], e.extended[n]);
    LLVMDisposeBuilder(e.b);
}
