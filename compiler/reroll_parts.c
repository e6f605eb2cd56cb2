#include "compiler/reroll_parts.h"

#include <stddef.h>
#include <string.h>

static LLVMOpcode opcode(LLVMValueRef v)
{
    return LLVMGetInstructionOpcode(v);
}

static uint32_t number(const struct unrolled *l, LLVMValueRef v)
{
    return value_set_find(&l->instrs, v);
}

bool unrolled_has(const struct unrolled *l, LLVMValueRef v)
{
    return number(l, v) != NO_VALUE;
}

/* ---- Addresses ---- */

bool unrolled_multiple(const struct unrolled *l, LLVMValueRef v, int64_t *factor)
{
    *factor = 1;
    if (v == l->counter)
        return true;
    if (!unrolled_has(l, v) || (opcode(v) != LLVMMul && opcode(v) != LLVMShl) ||
        LLVMGetOperand(v, 0) != l->counter || !LLVMIsAConstantInt(LLVMGetOperand(v, 1)))
        return false;
    int64_t constant = LLVMConstIntGetSExtValue(LLVMGetOperand(v, 1));
    if (constant < -(INT64_C(1) << 32) || constant > INT64_C(1) << 32)
        return false;
    if (opcode(v) == LLVMShl && (constant < 0 || constant > 32))
        return false;
    *factor = opcode(v) == LLVMMul ? constant : INT64_C(1) << constant;
    return true;
}

static bool is_byte_offset(LLVMValueRef v)
{
    LLVMValueRef gep = LLVMIsAGetElementPtrInst(v);
    if (!gep || LLVMGetNumOperands(v) != 2)
        return false;
    LLVMTypeRef type = LLVMGetGEPSourceElementType(v);
    return LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) == 8;
}

struct address unrolled_address(const struct unrolled *l, LLVMValueRef pointer)
{
    struct address a = {.base = pointer};
    while (is_byte_offset(a.base)) {
        LLVMValueRef index = LLVMGetOperand(a.base, 1);
        int64_t factor;
        if (LLVMIsAConstantInt(index))
            a.constant += LLVMConstIntGetSExtValue(index);
        else if (a.step == 0 && unrolled_multiple(l, index, &factor))
            a.step = factor;
        else
            break;
        a.base = LLVMGetOperand(a.base, 0);
    }
    return a;
}

LLVMValueRef unrolled_pointer(LLVMValueRef access)
{
    return LLVMGetOperand(access, opcode(access) == LLVMStore ? 1 : 0);
}

/* Whether an access is what another becomes so many parts later. */
static bool follows(const struct unrolled *l, LLVMValueRef first, LLVMValueRef other,
                    int64_t part)
{
    struct address a = unrolled_address(l, unrolled_pointer(first));
    struct address b = unrolled_address(l, unrolled_pointer(other));
    if (LLVMGetVolatile(first) || LLVMGetVolatile(other) || unrolled_has(l, a.base) ||
        a.base != b.base || a.step != b.step || a.step % (int64_t)l->factor != 0 ||
        b.constant - a.constant != part * (a.step / (int64_t)l->factor))
        return false;
    if (LLVMGetAlignment(other) < LLVMGetAlignment(first))
        LLVMSetAlignment(first, LLVMGetAlignment(other));
    return true;
}

/* ---- Equal parts ---- */

bool is_min_or_max(LLVMValueRef v)
{
    static const char *const names[] = {"llvm.smax", "llvm.smin", "llvm.umax",
                                        "llvm.umin"};
    LLVMValueRef callee = opcode(v) == LLVMCall ? LLVMGetCalledValue(v) : NULL;
    unsigned id = callee ? LLVMGetIntrinsicID(callee) : 0;
    for (int i = 0; id != 0 && i < 4; i++)
        if (id == LLVMLookupIntrinsicID(names[i], strlen(names[i])))
            return true;
    return false;
}

/* Instructions without effect that compute the same from the same operands. */
static bool is_pure(LLVMValueRef v)
{
    switch (opcode(v)) {
    case LLVMAdd:
    case LLVMSub:
    case LLVMMul:
    case LLVMAnd:
    case LLVMOr:
    case LLVMXor:
    case LLVMShl:
    case LLVMLShr:
    case LLVMAShr:
    case LLVMFAdd:
    case LLVMFSub:
    case LLVMFMul:
    case LLVMFDiv:
    case LLVMFNeg:
    case LLVMFPExt:
    case LLVMFPTrunc:
    case LLVMZExt:
    case LLVMSExt:
    case LLVMTrunc:
    case LLVMSIToFP:
    case LLVMUIToFP:
    case LLVMSelect:
        return true;
    case LLVMCall:
        return is_min_or_max(v);
    default:
        return false;
    }
}

bool unrolled_take(struct unrolled *l, LLVMValueRef v, int32_t part, LLVMValueRef match)
{
    uint32_t n = number(l, v);
    if (l->parts[n] != NO_PART)
        return l->parts[n] == part && l->matches[n] == match;
    l->parts[n] = part;
    l->matches[n] = match;
    return true;
}

bool unrolled_match(struct unrolled *l, LLVMValueRef first, LLVMValueRef v, int32_t part)
{
    if (!unrolled_has(l, first) || !unrolled_has(l, v))
        return first == v;
    bool is_known = l->parts[number(l, v)] == part;
    if (!unrolled_take(l, first, 0, first) || !unrolled_take(l, v, part, first))
        return false;
    if (is_known)
        return true;
    if (opcode(first) != opcode(v) || LLVMTypeOf(first) != LLVMTypeOf(v))
        return false;
    if (opcode(v) == LLVMLoad)
        return follows(l, first, v, part);
    if (opcode(v) == LLVMStore)
        return follows(l, first, v, part) &&
               unrolled_match(l, LLVMGetOperand(first, 0), LLVMGetOperand(v, 0), part);
    if (!is_pure(v))
        return false;
    for (int i = 0; i < LLVMGetNumOperands(v); i++)
        if (!unrolled_match(l, LLVMGetOperand(first, (unsigned)i),
                            LLVMGetOperand(v, (unsigned)i), part))
            return false;
    return true;
}

LLVMValueRef unrolled_load(const struct unrolled *l, LLVMValueRef value)
{
    while (unrolled_has(l, value) && opcode(value) != LLVMLoad) {
        if (!is_pure(value))
            return NULL;
        value = LLVMGetOperand(value, 0);
    }
    return unrolled_has(l, value) ? value : NULL;
}

bool unrolled_is_address(const struct unrolled *l, LLVMValueRef v)
{
    int64_t factor;
    return is_byte_offset(v) || (v != l->counter && unrolled_multiple(l, v, &factor));
}

/* ---- The way out ---- */

/* A phi with another incoming block in place of one. */
static void move_incoming(LLVMBuilderRef b, LLVMValueRef phi, LLVMBasicBlockRef from,
                          LLVMBasicBlockRef to)
{
    LLVMPositionBuilderBefore(b, phi);
    LLVMValueRef moved = LLVMBuildPhi(b, LLVMTypeOf(phi), "");
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
        LLVMValueRef value = LLVMGetIncomingValue(phi, i);
        LLVMBasicBlockRef block = LLVMGetIncomingBlock(phi, i);
        block = block == from ? to : block;
        LLVMAddIncoming(moved, &value, &block, 1);
    }
    LLVMReplaceAllUsesWith(phi, moved);
    LLVMInstructionEraseFromParent(phi);
}

void unrolled_start_exit(const struct unrolled *l, LLVMBuilderRef b)
{
    unsigned out = LLVMGetSuccessor(l->branch, 0) == l->block ? 1 : 0;
    LLVMBasicBlockRef after = LLVMGetSuccessor(l->branch, out);
    LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(l->counter));
    LLVMBasicBlockRef block = LLVMInsertBasicBlockInContext(context, after, "");
    LLVMSetSuccessor(l->branch, out, block);
    LLVMValueRef v = LLVMGetFirstInstruction(after), next;
    for (; LLVMIsAPHINode(v); v = next) {
        next = LLVMGetNextInstruction(v);
        move_incoming(b, v, l->block, block);
    }
    LLVMPositionBuilderAtEnd(b, block);
    LLVMPositionBuilderBefore(b, LLVMBuildBr(b, after));
}
