/* Understood is a loop of one block with a canonical counter, as the fast versions of
 * counted loops are. If its stores, or the operands of its integer reductions, are equal
 * but for addresses that follow each other, and all else in it serves them, it becomes a
 * loop of one of them that runs as many times more often. Loads and stores keep their
 * order: a loop with stores whose parts overlap is left as it is. */
#include "compiler/reroll.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "compiler/arena.h"
#include "compiler/reroll_parts.h"

enum { LARGEST_BLOCK = 400, LARGEST_FACTOR = 32, MOST_LEAVES = 64, SIDE_BY_SIDE = 4 };

/* A reduction: the phi, what it becomes, and the values that are combined. */
struct reduction {
    LLVMValueRef phi, root, leaves[MOST_LEAVES];
    uint32_t n_leaves;
};

static LLVMOpcode opcode(LLVMValueRef v)
{
    return LLVMGetInstructionOpcode(v);
}

static LLVMValueRef incoming(const struct unrolled *l, LLVMValueRef phi, bool from_before)
{
    unsigned n = LLVMGetIncomingBlock(phi, 0) == l->before ? 0 : 1;
    return LLVMGetIncomingValue(phi, from_before ? n : 1 - n);
}

/* ---- Reductions ---- */

static bool is_reduction(LLVMValueRef v)
{
    LLVMOpcode op = opcode(v);
    return op == LLVMAdd || op == LLVMMul || op == LLVMAnd || op == LLVMOr ||
           op == LLVMXor || is_min_or_max(v);
}

/* Of the same kind as the root of a reduction. */
static bool is_of_kind(LLVMValueRef v, LLVMValueRef root)
{
    return opcode(v) == opcode(root) &&
           (opcode(v) != LLVMCall || LLVMGetCalledValue(v) == LLVMGetCalledValue(root));
}

/* The leaves of the tree of operations that ends in the root. */
static bool find_leaves(struct unrolled *l, struct reduction *r, LLVMValueRef root)
{
    LLVMValueRef nodes[2 * MOST_LEAVES] = {root};
    uint32_t n_nodes = 1;
    bool has_phi = false;
    for (uint32_t i = 0; i < n_nodes; i++) {
        LLVMValueRef v = nodes[i];
        bool is_node = unrolled_has(l, v) && is_of_kind(v, root) &&
                       (v == root || !LLVMGetNextUse(LLVMGetFirstUse(v)));
        if (v == r->phi) {
            has_phi = true;
        } else if (is_node && n_nodes + 2 <= 2 * MOST_LEAVES) {
            if (!unrolled_take(l, v, RESULT, NULL))
                return false;
            nodes[n_nodes++] = LLVMGetOperand(v, 0);
            nodes[n_nodes++] = LLVMGetOperand(v, 1);
        } else if (r->n_leaves < MOST_LEAVES && unrolled_load(l, v)) {
            r->leaves[r->n_leaves++] = v;
        } else {
            return false;
        }
    }
    return has_phi && !LLVMGetNextUse(LLVMGetFirstUse(r->phi));
}

/* Takes a phi that only counts: what it becomes may be used after the loop. */
static bool take_count(struct unrolled *l, LLVMValueRef phi)
{
    LLVMValueRef next = incoming(l, phi, false);
    if (!unrolled_has(l, next) || opcode(next) != LLVMAdd ||
        LLVMGetOperand(next, 0) != phi || !LLVMIsAConstantInt(LLVMGetOperand(next, 1)) ||
        LLVMGetNextUse(LLVMGetFirstUse(phi)))
        return false;
    return unrolled_take(l, phi, COUNT, NULL) && unrolled_take(l, next, RESULT, NULL);
}

static void sort_leaves(const struct unrolled *l, struct reduction *r)
{
    for (uint32_t i = 1; i < r->n_leaves; i++) {
        LLVMValueRef leaf = r->leaves[i];
        struct address a = unrolled_address(l, unrolled_pointer(unrolled_load(l, leaf)));
        uint32_t k = i;
        for (; k > 0; k--) {
            struct address b =
                unrolled_address(l, unrolled_pointer(unrolled_load(l, r->leaves[k - 1])));
            bool is_behind =
                a.step < 0 ? b.constant < a.constant : b.constant > a.constant;
            if (!is_behind)
                break;
            r->leaves[k] = r->leaves[k - 1];
        }
        r->leaves[k] = leaf;
    }
}

/* ---- The loop ---- */

/* The block's instructions; false if it is not the only block of a loop that a canonical
 * counter of 64 bits ends. */
static bool find_loop(struct unrolled *l, LLVMBasicBlockRef block)
{
    l->block = block;
    l->branch = LLVMGetBasicBlockTerminator(block);
    l->counter = NULL;
    LLVMValueRef first = LLVMGetFirstInstruction(block);
    if (!LLVMIsAPHINode(first) || LLVMCountIncoming(first) != 2 ||
        opcode(l->branch) != LLVMBr || !LLVMIsConditional(l->branch) ||
        (LLVMGetSuccessor(l->branch, 0) != block &&
         LLVMGetSuccessor(l->branch, 1) != block))
        return false;
    unsigned own = LLVMGetIncomingBlock(first, 0) == block ? 0 : 1;
    l->before = LLVMGetIncomingBlock(first, 1 - own);
    l->compare = LLVMGetCondition(l->branch);
    if (!LLVMIsAICmpInst(l->compare) || LLVMGetInstructionParent(l->compare) != block ||
        LLVMGetNextUse(LLVMGetFirstUse(l->compare)))
        return false;
    /* Equality ends the loop. */
    unsigned stays = LLVMGetSuccessor(l->branch, 0) == block ? 0 : 1;
    if (LLVMGetICmpPredicate(l->compare) != (stays == 0 ? LLVMIntNE : LLVMIntEQ))
        return false;
    for (LLVMValueRef i = first; i; i = LLVMGetNextInstruction(i)) {
        if (l->instrs.n == LARGEST_BLOCK)
            return false;
        value_set_add(&l->instrs, i);
    }
    return true;
}

static bool find_counter(struct unrolled *l)
{
    LLVMValueRef tested = LLVMGetOperand(l->compare, 0);
    if (unrolled_has(l, LLVMGetOperand(l->compare, 1)))
        return false;
    for (uint32_t i = 0; i < l->instrs.n && LLVMIsAPHINode(l->instrs.values[i]); i++) {
        LLVMValueRef phi = l->instrs.values[i], next = incoming(l, phi, false);
        if ((phi != tested && next != tested) || !unrolled_has(l, next) ||
            opcode(next) != LLVMAdd || LLVMGetOperand(next, 0) != phi ||
            !LLVMIsAConstantInt(LLVMGetOperand(next, 1)) ||
            LLVMGetIntTypeWidth(LLVMTypeOf(next)) != 64 ||
            LLVMConstIntGetZExtValue(LLVMGetOperand(next, 1)) != 1 || !LLVMGetNSW(next))
            continue;
        l->counter = phi;
        l->next = next;
        LLVMValueRef control[] = {phi, next, l->compare, l->branch};
        for (int k = 0; k < 4; k++)
            unrolled_take(l, control[k], CONTROL, NULL);
        return true;
    }
    return false;
}

static uint32_t bytes_of(LLVMTypeRef type)
{
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind:
        return LLVMGetIntTypeWidth(type) / 8;
    case LLVMFloatTypeKind:
        return 4;
    case LLVMDoubleTypeKind:
        return 8;
    default:
        return 0;
    }
}

/* How many neighbours an iteration passes, by the access that passes fewest: others may
 * go by rows of a table. LLVM rarely vectorises loops with such rows, but what four or
 * more rows have in common where it finds them side by side: those are left. */
static uint32_t factor_of(const struct unrolled *l)
{
    int64_t fewest = 0, most = 0;
    for (uint32_t i = 0; i < l->instrs.n; i++) {
        LLVMValueRef v = l->instrs.values[i];
        if (opcode(v) != LLVMLoad && opcode(v) != LLVMStore)
            continue;
        LLVMTypeRef type = LLVMTypeOf(opcode(v) == LLVMLoad ? v : LLVMGetOperand(v, 0));
        int64_t step = llabs(unrolled_address(l, unrolled_pointer(v)).step);
        uint32_t size = bytes_of(type);
        if (step == 0)
            continue;
        if (size == 0 || step % size != 0)
            return 0;
        int64_t passed = step / size;
        fewest = fewest == 0 || passed < fewest ? passed : fewest;
        most = passed > most ? passed : most;
    }
    if (fewest > LARGEST_FACTOR || (fewest >= SIDE_BY_SIDE && most > LARGEST_FACTOR))
        return 0;
    return (uint32_t)fewest;
}

/* Stores come part by part: in each as many as the factor divides them into. */
static bool match_stores(struct unrolled *l, const struct value_set *stores)
{
    if (stores->n % l->factor != 0)
        return false;
    uint32_t n_each = stores->n / l->factor;
    for (uint32_t i = 0; i < stores->n; i++)
        if (!unrolled_match(l, stores->values[i % n_each], stores->values[i],
                            (int32_t)(i / n_each)))
            return false;
    return true;
}

static bool match_reduction(struct unrolled *l, struct reduction *r)
{
    r->root = incoming(l, r->phi, false);
    if (!unrolled_take(l, r->phi, CONTROL, NULL) || !unrolled_has(l, r->root) ||
        !is_reduction(r->root) || !find_leaves(l, r, r->root) || r->n_leaves != l->factor)
        return false;
    sort_leaves(l, r);
    for (uint32_t i = 0; i < r->n_leaves; i++)
        if (!unrolled_match(l, r->leaves[0], r->leaves[i], (int32_t)i))
            return false;
    return true;
}

static bool is_used_outside(const struct unrolled *l, LLVMValueRef v)
{
    for (LLVMUseRef use = LLVMGetFirstUse(v); use; use = LLVMGetNextUse(use))
        if (!unrolled_has(l, LLVMGetUser(use)))
            return true;
    return false;
}

/* Whether a use of the counter is an address or the end of the loop. */
static bool is_counting(const struct unrolled *l)
{
    for (LLVMUseRef use = LLVMGetFirstUse(l->counter); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (user != l->next && user != l->compare && !unrolled_is_address(l, user))
            return false;
    }
    return true;
}

/* Loads and stores come part by part, in each in the same order. */
static bool keeps_order(const struct unrolled *l, struct arena *arena)
{
    struct value_set accesses = {.arena = arena};
    for (uint32_t i = 0; i < l->instrs.n; i++) {
        LLVMValueRef v = l->instrs.values[i];
        if (opcode(v) == LLVMLoad || opcode(v) == LLVMStore)
            value_set_add(&accesses, v);
    }
    uint32_t n_each = accesses.n / l->factor;
    for (uint32_t i = 0; i < accesses.n; i++) {
        uint32_t number = value_set_find(&l->instrs, accesses.values[i]);
        if (l->parts[number] != (int32_t)(i / n_each) ||
            l->matches[number] != accesses.values[i % n_each])
            return false;
    }
    return true;
}

/* All instructions are understood. */
static bool is_complete(struct unrolled *l)
{
    for (uint32_t i = 0; i < l->instrs.n; i++) {
        LLVMValueRef v = l->instrs.values[i];
        if (l->parts[i] == NO_PART && unrolled_is_address(l, v))
            l->parts[i] = ADDRESS;
        bool is_root = l->parts[i] == RESULT;
        if (l->parts[i] == NO_PART || (!is_root && is_used_outside(l, v)))
            return false;
    }
    return is_counting(l);
}

/* ---- The new loop ---- */

static LLVMValueRef times(LLVMBuilderRef b, LLVMValueRef v, uint32_t factor,
                          uint32_t more)
{
    LLVMTypeRef i64 = LLVMTypeOf(v);
    v = LLVMBuildMul(b, v, LLVMConstInt(i64, factor, false), "");
    return LLVMBuildAdd(b, v, LLVMConstInt(i64, more, false), "");
}

/* What a phi that counts has become at the end is known before the loop. */
static void end_count(struct unrolled *l, LLVMBuilderRef b, LLVMValueRef phi)
{
    LLVMPositionBuilderBefore(b, LLVMGetBasicBlockTerminator(l->before));
    LLVMValueRef next = incoming(l, phi, false), end = LLVMGetOperand(l->compare, 1);
    LLVMTypeRef type = LLVMTypeOf(phi), i64 = LLVMTypeOf(end);
    bool tests_next = LLVMGetOperand(l->compare, 0) == l->next;
    LLVMValueRef n = LLVMBuildSub(b, end, incoming(l, l->counter, true), "");
    n = LLVMBuildAdd(b, n, LLVMConstInt(i64, !tests_next, false), "");
    n = LLVMBuildIntCast2(b, n, type, false, "");
    n = LLVMBuildMul(b, n, LLVMGetOperand(next, 1), "");
    LLVMReplaceAllUsesWith(next, LLVMBuildAdd(b, incoming(l, phi, true), n, ""));
}

/* The counter runs as many times further. */
static void scale_counter(struct unrolled *l, LLVMBuilderRef b)
{
    LLVMPositionBuilderBefore(b, LLVMGetBasicBlockTerminator(l->before));
    unsigned n = LLVMGetIncomingBlock(l->counter, 0) == l->before ? 0 : 1;
    LLVMValueRef start = times(b, LLVMGetIncomingValue(l->counter, n), l->factor, 0);
    bool tests_next = LLVMGetOperand(l->compare, 0) == l->next;
    LLVMValueRef end = times(b, LLVMGetOperand(l->compare, 1), l->factor,
                             tests_next ? 0 : l->factor - 1);
    LLVMSetOperand(l->counter, n, start);
    LLVMSetOperand(l->compare, 1, end);
}

/* Addresses move by less each time. */
static void scale_addresses(struct unrolled *l, LLVMBuilderRef b)
{
    for (uint32_t i = 0; i < l->instrs.n; i++) {
        LLVMValueRef v = l->instrs.values[i];
        int64_t factor;
        if (v == l->counter || !unrolled_multiple(l, v, &factor))
            continue;
        LLVMPositionBuilderBefore(b, v);
        LLVMValueRef step =
            LLVMConstInt(LLVMTypeOf(v), (uint64_t)(factor / (int64_t)l->factor), true);
        LLVMReplaceAllUsesWith(v, LLVMBuildNSWMul(b, l->counter, step, ""));
    }
}

/* What is known of one part's values need not hold for the others. */
static void forget_flags(LLVMValueRef v)
{
    switch (opcode(v)) {
    case LLVMAdd:
    case LLVMSub:
    case LLVMMul:
    case LLVMShl:
    case LLVMTrunc:
        LLVMSetNUW(v, false);
        LLVMSetNSW(v, false);
        break;
    case LLVMLShr:
    case LLVMAShr:
        LLVMSetExact(v, false);
        break;
    case LLVMOr:
        LLVMSetIsDisjoint(v, false);
        break;
    case LLVMZExt:
    case LLVMUIToFP:
        LLVMSetNNeg(v, false);
        break;
    default:
        break;
    }
}

/* The operation on extended values gives the extension of what it gives on narrow ones:
 * the extension of the leaves, if so, else NULL. */
static LLVMValueRef extension(const struct reduction *r)
{
    LLVMOpcode op = opcode(r->root), leaf = opcode(r->leaves[0]);
    return (op == LLVMAnd || op == LLVMOr || op == LLVMXor) &&
                   (leaf == LLVMZExt || leaf == LLVMSExt)
               ? r->leaves[0]
               : NULL;
}

/* Bytes are combined as bytes, as many as a vector holds, and extended after the loop. */
static void combine_narrow(struct unrolled *l, LLVMBuilderRef b,
                           const struct reduction *r, LLVMValueRef extended)
{
    LLVMOpcode op = opcode(r->root);
    LLVMValueRef leaf = LLVMGetOperand(extended, 0), start = incoming(l, r->phi, true);
    LLVMTypeRef type = LLVMTypeOf(leaf);
    LLVMPositionBuilderBefore(b, r->phi);
    LLVMValueRef phi = LLVMBuildPhi(b, type, "");
    LLVMPositionBuilderBefore(b, l->branch);
    LLVMValueRef root = LLVMBuildBinOp(b, op, phi, leaf, "");
    LLVMValueRef values[] = {op == LLVMAnd ? LLVMConstAllOnes(type) : LLVMConstNull(type),
                             root};
    LLVMBasicBlockRef blocks[] = {l->before, l->block};
    LLVMAddIncoming(phi, values, blocks, 2);
    unrolled_start_exit(l, b);
    LLVMValueRef wide = LLVMBuildCast(b, opcode(extended), root, LLVMTypeOf(r->root), "");
    LLVMReplaceAllUsesWith(r->phi, start);
    LLVMReplaceAllUsesWith(r->root, LLVMBuildBinOp(b, op, start, wide, ""));
    LLVMInstructionEraseFromParent(r->phi);
    l->parts[value_set_find(&l->instrs, extended)] = RESULT; /* unused, maybe */
}

static void combine(struct unrolled *l, LLVMBuilderRef b, const struct reduction *r)
{
    LLVMValueRef extended = extension(r);
    if (extended) {
        combine_narrow(l, b, r, extended);
        return;
    }
    LLVMPositionBuilderBefore(b, l->branch);
    LLVMValueRef operands[] = {r->phi, r->leaves[0]}, root;
    if (opcode(r->root) == LLVMCall)
        root = LLVMBuildCall2(b, LLVMGetCalledFunctionType(r->root),
                              LLVMGetCalledValue(r->root), operands, 2, "");
    else
        root = LLVMBuildBinOp(b, opcode(r->root), operands[0], operands[1], "");
    LLVMReplaceAllUsesWith(r->root, root);
}

static void erase_rest(struct unrolled *l)
{
    for (uint32_t i = l->instrs.n; i-- > 0;) {
        LLVMValueRef v = l->instrs.values[i];
        if (l->parts[i] == 0)
            forget_flags(v);
        else if (l->parts[i] != CONTROL && !LLVMGetFirstUse(v))
            LLVMInstructionEraseFromParent(v);
    }
}

static void reroll(struct unrolled *l, struct arena *arena)
{
    enum { MOST_REDUCTIONS = 4 };
    struct reduction reductions[MOST_REDUCTIONS];
    uint32_t n_reductions = 0;
    struct value_set stores = {.arena = arena};
    for (uint32_t i = 0; i < l->instrs.n; i++) {
        LLVMValueRef v = l->instrs.values[i];
        if (opcode(v) == LLVMStore)
            value_set_add(&stores, v);
        if (!LLVMIsAPHINode(v) || v == l->counter)
            continue;
        if (LLVMGetTypeKind(LLVMTypeOf(v)) != LLVMIntegerTypeKind)
            return;
        if (take_count(l, v))
            continue;
        if (n_reductions == MOST_REDUCTIONS)
            return;
        struct reduction *r = &reductions[n_reductions++];
        *r = (struct reduction){.phi = v};
        if (!match_reduction(l, r))
            return;
    }
    if (stores.n + n_reductions == 0 || !match_stores(l, &stores) || !is_complete(l) ||
        (stores.n > 0 && !keeps_order(l, arena)))
        return;
    LLVMBuilderRef b =
        LLVMCreateBuilderInContext(LLVMGetTypeContext(LLVMTypeOf(l->counter)));
    for (uint32_t i = 0; i < l->instrs.n; i++)
        if (l->parts[i] == COUNT)
            end_count(l, b, l->instrs.values[i]);
    scale_counter(l, b);
    scale_addresses(l, b);
    for (uint32_t i = 0; i < n_reductions; i++)
        combine(l, b, &reductions[i]);
    erase_rest(l);
    LLVMDisposeBuilder(b);
}

void reroll_loops(LLVMValueRef fn, struct arena *arena)
{
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(fn); block;
         block = LLVMGetNextBasicBlock(block)) {
        struct unrolled l = {.instrs = {.arena = arena}};
        if (!find_loop(&l, block))
            continue;
        l.parts = arena_array(arena, l.instrs.n, sizeof *l.parts);
        l.matches = arena_array(arena, l.instrs.n, sizeof(LLVMValueRef));
        for (uint32_t i = 0; i < l.instrs.n; i++)
            l.parts[i] = NO_PART;
        if (!find_counter(&l))
            continue;
        l.factor = factor_of(&l);
        if (l.factor >= 2)
            reroll(&l, arena);
    }
}
