/* Loops that dispatch (dispatch.h): in place of each branch back is what the head does.
 *
 * So each case ends in an indirect jump of its own, which the processor predicts by what
 * usually follows that case, and in one jump less. LLVM does the same where it may, but
 * not where the index must be compared with the length of a table first.
 *
 * A poll there costs one instruction: the flag, which is all ones when a checkpoint is
 * wanted, makes any index too large, and all that are go to the loop's poll, with the
 * locals as they were at the branch, and from there to the head as it is. */
#include "compiler/codegen_dispatch.h"

#include <string.h>

#include "compiler/codegen_checkpoint.h"
#include "compiler/dispatch.h"
#include "runtime/abi.h"

struct dispatch {
    uint32_t loop, table; /* positions */
    struct label *labels; /* open at the table, once it has been generated; else NULL */
    uint32_t n_labels;
    LLVMValueRef cases; /* constant array of blocks, by index */
};

/* Not in a copy for inlining: LLVM does not inline what jumps indirectly, and the table
 * would be of blocks that are nowhere. */
static bool may_dispatch(const struct fn_gen *f, const struct label *loop)
{
    return !f->is_cold && f->g->options->has_optimizer && loop->n_params == 0 &&
           LLVMGetLinkage(f->fn) != LLVMAvailableExternallyLinkage;
}

bool gen_begin_dispatch(struct fn_gen *f, struct label *loop)
{
    uint32_t table = 0;
    if (may_dispatch(f, loop))
        table = find_dispatch(&f->body, f->position);
    if (table == 0)
        return false;
    loop->dispatch = arena_array(f->arena, 1, sizeof *loop->dispatch);
    *loop->dispatch = (struct dispatch){.loop = f->position, .table = table};
    return true;
}

/* The innermost loop, if it dispatches by the instruction in work; else NULL. */
static struct dispatch *dispatch_in_work(const struct fn_gen *f)
{
    uint32_t i = f->n_labels - 1;
    while (i > 0 && f->labels[i].op == OP_Block)
        i--;
    struct dispatch *d = f->labels[i].dispatch;
    return d && d->table == f->position ? d : NULL;
}

void gen_first_dispatch(struct fn_gen *f, const struct instr *in)
{
    struct dispatch *d = dispatch_in_work(f);
    if (!d)
        return;
    d->labels = arena_array(f->arena, f->n_labels, sizeof *d->labels);
    memcpy(d->labels, f->labels, f->n_labels * sizeof *d->labels);
    d->n_labels = f->n_labels;
    uint32_t n = in->imm.br_table.n_labels;
    LLVMValueRef *blocks = arena_array(f->arena, n, sizeof *blocks);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t depth = in->imm.br_table.labels[i];
        blocks[i] = LLVMBlockAddress(f->fn, gen_branch_target(f, depth)->target);
    }
    LLVMValueRef cases = LLVMConstArray2(f->g->ptr, blocks, n);
    d->cases = LLVMAddGlobal(f->g->llvm, LLVMTypeOf(cases), "cases");
    LLVMSetInitializer(d->cases, cases);
    LLVMSetGlobalConstant(d->cases, true);
    LLVMSetLinkage(d->cases, LLVMPrivateLinkage);
    LLVMSetUnnamedAddress(d->cases, LLVMGlobalUnnamedAddr);
}

static bool is_repeated(const uint32_t *depths, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (depths[k] == depths[i])
            return true;
    return false;
}

/* An indirect jump. LLVM leaves its edges alone, but may split those of a switch, to put
 * there what only some cases need: a jump more. */
static void gen_jump(struct fn_gen *f, const struct dispatch *d, const struct instr *in,
                     LLVMValueRef index)
{
    struct mod_gen *g = f->g;
    const uint32_t *depths = in->imm.br_table.labels;
    uint32_t n = in->imm.br_table.n_labels;
    LLVMValueRef wide = LLVMBuildZExt(f->b, index, g->i64, "");
    LLVMValueRef place = LLVMBuildInBoundsGEP2(f->b, g->ptr, d->cases, &wide, 1, "");
    LLVMValueRef block = LLVMBuildLoad2(f->b, g->ptr, place, "");
    LLVMValueRef jump = LLVMBuildIndirectBr(f->b, block, n);
    for (uint32_t i = 0; i < n; i++) {
        if (is_repeated(depths, i))
            continue;
        struct label *label = gen_branch_target(f, depths[i]);
        LLVMAddDestination(jump, label->target);
        gen_edge(f, label->target_phis, label->n_target_phis);
    }
}

/* A block that polls, with the locals as they are now: the head is about to set some. */
static LLVMBasicBlockRef gen_undo(struct fn_gen *f, const struct dispatch *d,
                                  LLVMBasicBlockRef poll)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b), undo = gen_new_block(f, "undo");
    LLVMPositionBuilderAtEnd(f->b, undo);
    LLVMValueRef end = LLVMBuildBr(f->b, poll);
    for (uint32_t i = d->loop; i < d->table; i++) {
        const struct instr *in = &f->body.instrs[i];
        if (in->op != OP_LocalSet && in->op != OP_LocalTee)
            continue;
        LLVMValueRef local = f->locals[in->imm.index];
        LLVMTypeRef type = gen_type(f->g, f->body.locals[in->imm.index]);
        LLVMPositionBuilderAtEnd(f->b, here);
        LLVMValueRef value = gen_load_value(f->g, f->b, type, local);
        LLVMPositionBuilderBefore(f->b, end);
        gen_store_value(f->g, f->b, value, local);
    }
    LLVMPositionBuilderAtEnd(f->b, here);
    return undo;
}

/* An index that is too large goes to undo, or where the br_table says if that is NULL. */
static void gen_cases(struct fn_gen *f, const struct dispatch *d, LLVMBasicBlockRef undo)
{
    struct mod_gen *g = f->g;
    const struct instr *in = &f->body.instrs[d->table];
    uint32_t n = in->imm.br_table.n_labels;
    LLVMValueRef index = gen_pop(f);
    if (undo)
        index = LLVMBuildOr(f->b, index, gen_load_flag(f), "");
    LLVMBasicBlockRef large = gen_new_block(f, ""), fits = gen_new_block(f, "");
    LLVMValueRef is_large = LLVMBuildICmp(f->b, LLVMIntUGE, index, gen_i32(g, n), "");
    gen_rare_branch(f, is_large, large, fits);
    LLVMPositionBuilderAtEnd(f->b, large);
    if (undo)
        LLVMBuildBr(f->b, undo);
    else
        gen_branch(f, in->imm.br_table.labels[n]);
    LLVMPositionBuilderAtEnd(f->b, fits);
    gen_jump(f, d, in, index);
}

bool gen_next_dispatch(struct fn_gen *f, const struct label *loop)
{
    const struct dispatch *d = loop->dispatch;
    if (!d || !d->labels)
        return false;
    struct label *labels = f->labels;
    uint32_t n_labels = f->n_labels, position = f->position;
    LLVMBasicBlockRef undo = loop->point ? gen_undo(f, d, loop->target) : NULL;
    f->labels = d->labels;
    f->n_labels = d->n_labels;
    for (f->position = d->loop + 1; f->position < d->table; f->position++)
        if (f->body.instrs[f->position].op != OP_Block)
            gen_instr(f, &f->body.instrs[f->position]);
    gen_cases(f, d, undo);
    f->labels = labels;
    f->n_labels = n_labels;
    f->position = position;
    return true;
}
