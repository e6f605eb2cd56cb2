/* Structured control: block, loop, if and the branches.
 *
 * Values that cross a branch become PHIs of the block it goes to; locals are allocas and
 * need none. After a branch that is always taken the code is dead until the end or else
 * that follows it. */
#include "compiler/codegen_advance.h"
#include "compiler/codegen_checkpoint.h"

#include <string.h>

#include "compiler/codegen_dispatch.h"
#include "runtime/abi.h"

static struct label *push_label(struct fn_gen *f)
{
    if (f->n_labels == f->label_capacity)
        f->labels =
            arena_grow(f->arena, f->labels, &f->label_capacity, sizeof *f->labels);
    struct label *label = &f->labels[f->n_labels++];
    *label = (struct label){0};
    return label;
}

LLVMValueRef *gen_phis(struct fn_gen *f, LLVMBasicBlockRef block, const val_type *types,
                       uint32_t n)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b);
    LLVMValueRef *phis = arena_array(f->arena, n, sizeof *phis);
    LLVMPositionBuilderAtEnd(f->b, block);
    for (uint32_t i = 0; i < n; i++)
        phis[i] = LLVMBuildPhi(f->b, gen_type(f->g, types[i]), "");
    LLVMPositionBuilderAtEnd(f->b, here);
    return phis;
}

void gen_edge(struct fn_gen *f, LLVMValueRef *phis, uint32_t n)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b);
    for (uint32_t i = 0; i < n; i++)
        LLVMAddIncoming(phis[i], &f->stack[f->sp - n + i], &here, 1);
}

static struct label *open_label(struct fn_gen *f, const struct instr *in,
                                const struct func_type *type)
{
    struct label *label = push_label(f);
    label->op = in->op;
    label->n_params = type->n_params;
    label->n_results = type->n_results;
    label->stack_height = f->sp - type->n_params;
    label->next = gen_new_block(f, "");
    label->next_phis = gen_phis(f, label->next, type->results, type->n_results);
    label->target = label->next;
    label->target_phis = label->next_phis;
    label->n_target_phis = type->n_results;
    if (f->is_cold && f->sp > 0)
        label->has_points = has_point_in(&f->points, f->position, in->imm.block.end);
    if (label->has_points)
        gen_store_slots(f);
    return label;
}

void gen_open_body(struct fn_gen *f)
{
    struct func_type type = {.n_results = f->type->n_results,
                             .results = f->type->results};
    static const struct instr body = {.op = OP_Block};
    open_label(f, &body, &type);
}

struct label *gen_open_label(struct fn_gen *f, const struct instr *in)
{
    val_type storage;
    struct func_type type = module_block_type(f->g->m, in, &storage);
    return open_label(f, in, &type);
}

void gen_block(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_open_label(f, in);
}

/* Branches to the loop's head become polls: they go to a block of their own, which is
 * finished when the loop ends. */
static void poll_on_the_way_back(struct fn_gen *f, const struct func_type *type,
                                 const struct point *point)
{
    struct label *label = &f->labels[f->n_labels - 1];
    label->point = point;
    label->head = label->target;
    label->head_phis = label->target_phis;
    label->target = gen_new_block(f, "poll");
    label->target_phis = gen_phis(f, label->target, type->params, type->n_params);
}

void gen_start_loop(struct fn_gen *f, const struct func_type *type)
{
    uint32_t own = f->n_labels - 1;
    const struct point *point = gen_poll_point(f, RT_POINT_LOOP);
    f->labels[own].n_target_phis = type->n_params; /* branches lead to the head */
    bool is_slow = !f->is_cold && gen_fast_versions(f, f->position, f->labels[own].next);
    struct label *label = &f->labels[own];
    bool dispatches = gen_begin_dispatch(f, label);
    bool polls_rarely = point && !f->is_cold && !dispatches;
    bool burns_fuel = polls_rarely && (is_slow || !gen_begin_advance(f, label));
    label->fuel = burns_fuel ? gen_loop_fuel(f, f->position) : 0;
    if (label->fuel)
        gen_fill_fuel(f, label->fuel);
    label->is_slow = is_slow;
    label->target = gen_new_block(f, "loop");
    label->target_phis = gen_phis(f, label->target, type->params, type->n_params);
    gen_edge(f, label->target_phis, type->n_params);
    LLVMBuildBr(f->b, label->target);
    LLVMPositionBuilderAtEnd(f->b, label->target);
    f->sp -= type->n_params;
    if (f->is_cold)
        gen_reload_stack(f);
    for (uint32_t i = 0; i < type->n_params; i++)
        gen_push(f, label->target_phis[i]);
    if (!f->is_cold && !f->g->options->suspension)
        gen_keep_stores(f);
    if (point)
        poll_on_the_way_back(f, type, point);
}

void gen_loop(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    val_type storage;
    struct func_type type = module_block_type(f->g->m, in, &storage);
    open_label(f, in, &type);
    if (f->is_cold) {
        gen_cold_loop(f, &type);
        return;
    }
    if (f->entries && gen_is_entered(f, f->position))
        gen_entry(f);
    gen_start_loop(f, &type);
}

void gen_if(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef condition =
        LLVMBuildICmp(f->b, LLVMIntNE, gen_pop(f), gen_i32(f->g, 0), "");
    val_type storage;
    struct func_type type = module_block_type(f->g->m, in, &storage);
    struct label *label = open_label(f, in, &type);
    LLVMBasicBlockRef then_block = gen_new_block(f, "");
    label->else_block = gen_new_block(f, "");
    label->params = arena_array(f->arena, type.n_params, sizeof *label->params);
    if (type.n_params)
        memcpy(label->params, &f->stack[label->stack_height],
               type.n_params * sizeof *label->params);
    LLVMBuildCondBr(f->b, condition, then_block, label->else_block);
    LLVMPositionBuilderAtEnd(f->b, then_block);
}

void gen_fall_through(struct fn_gen *f, struct label *label)
{
    if (f->is_dead)
        return;
    gen_edge(f, label->next_phis, label->n_results);
    LLVMBuildBr(f->b, label->next);
}

static bool is_used(LLVMBasicBlockRef block)
{
    return LLVMGetFirstUse(LLVMBasicBlockAsValue(block)) != NULL;
}

/* Finishes the block where a loop polls on its way back. */
static void finish_poll(struct fn_gen *f, struct label *label)
{
    if (!is_used(label->target)) {
        LLVMDeleteBasicBlock(label->target);
        return;
    }
    LLVMMoveBasicBlockAfter(label->target, LLVMGetLastBasicBlock(f->fn));
    LLVMPositionBuilderAtEnd(f->b, label->target);
    f->sp = label->stack_height;
    if (f->is_cold)
        gen_reload_stack(f);
    for (uint32_t i = 0; i < label->n_target_phis; i++)
        gen_push(f, label->target_phis[i]);
    if (label->advance)
        gen_advance_poll(f, label);
    else if (label->fuel)
        gen_fueled_poll(f, label->point, label->fuel);
    else
        gen_poll(f, label->point);
    gen_edge(f, label->head_phis, label->n_target_phis);
    LLVMValueRef branch = LLVMBuildBr(f->b, label->head);
    if (label->is_slow)
        gen_slow_metadata(f, branch);
}

void gen_finish_body(struct fn_gen *f)
{
    struct label *label = &f->labels[f->n_labels - 1];
    gen_fall_through(f, label);
    if (label->point)
        finish_poll(f, label);
    f->is_dead = true;
}

void gen_start_part(struct fn_gen *f, const struct label *label)
{
    f->sp = label->stack_height;
    if (label->has_points)
        gen_reload_stack(f);
    f->is_dead = false;
}

static void start_else(struct fn_gen *f, struct label *label)
{
    LLVMPositionBuilderAtEnd(f->b, label->else_block);
    label->else_block = NULL;
    gen_start_part(f, label);
    for (uint32_t i = 0; i < label->n_params; i++)
        gen_push(f, label->params[i]);
}

void gen_else(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    struct label *label = &f->labels[f->n_labels - 1];
    gen_fall_through(f, label);
    start_else(f, label);
}

void gen_end(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    struct label *label = &f->labels[f->n_labels - 1];
    gen_finish_body(f);
    if (label->else_block) { /* an if without else hands its parameters on */
        start_else(f, label);
        gen_fall_through(f, label);
    }
    gen_finish_try(f);
    f->n_labels--;
    f->sp = label->stack_height;
    f->is_dead = !is_used(label->next);
    if (f->is_dead) {
        LLVMDeleteBasicBlock(label->next);
        return;
    }
    LLVMMoveBasicBlockAfter(label->next, LLVMGetLastBasicBlock(f->fn));
    LLVMPositionBuilderAtEnd(f->b, label->next);
    gen_start_part(f, label);
    for (uint32_t i = 0; i < label->n_results; i++)
        gen_push(f, label->next_phis[i]);
}

struct label *gen_branch_target(struct fn_gen *f, uint32_t depth)
{
    return &f->labels[f->n_labels - 1 - depth];
}

void gen_branch(struct fn_gen *f, uint32_t depth)
{
    struct label *label = gen_branch_target(f, depth);
    gen_edge(f, label->target_phis, label->n_target_phis);
    LLVMBuildBr(f->b, label->target);
}

void gen_br(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    if (!gen_next_dispatch(f, gen_branch_target(f, in->imm.index)))
        gen_branch(f, in->imm.index);
    f->is_dead = true;
}

/* A branch with the topmost values of the stack; else goes on. */
static void gen_conditional_branch(struct fn_gen *f, const struct instr *in,
                                   LLVMValueRef condition)
{
    struct label *label = gen_branch_target(f, in->imm.index);
    gen_edge(f, label->target_phis, label->n_target_phis);
    LLVMBasicBlockRef next = gen_new_block(f, "");
    LLVMValueRef branch = LLVMBuildCondBr(f->b, condition, label->target, next);
    if (label->is_slow && !label->point)
        gen_slow_metadata(f, branch);
    LLVMPositionBuilderAtEnd(f->b, next);
}

void gen_br_if(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef condition =
        LLVMBuildICmp(f->b, LLVMIntNE, gen_pop(f), gen_i32(f->g, 0), "");
    if (!gen_advance_test(f, gen_branch_target(f, in->imm.index), condition))
        gen_conditional_branch(f, in, condition);
}

void gen_br_on_null(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef ref = gen_pop(f);
    gen_conditional_branch(f, in, LLVMBuildIsNull(f->b, ref, ""));
    gen_push(f, ref);
}

void gen_br_on_non_null(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_conditional_branch(f, in, LLVMBuildIsNotNull(f->b, f->stack[f->sp - 1], ""));
    gen_pop(f);
}

void gen_br_table(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    uint32_t n = in->imm.br_table.n_labels;
    const uint32_t *depths = in->imm.br_table.labels;
    LLVMValueRef index = gen_pop(f);
    gen_first_dispatch(f, in);
    struct label *otherwise = gen_branch_target(f, depths[n]);
    LLVMValueRef table = LLVMBuildSwitch(f->b, index, otherwise->target, n);
    gen_edge(f, otherwise->target_phis, otherwise->n_target_phis);
    for (uint32_t i = 0; i < n; i++) {
        struct label *label = gen_branch_target(f, depths[i]);
        LLVMAddCase(table, gen_i32(f->g, i), label->target);
        gen_edge(f, label->target_phis, label->n_target_phis);
    }
    f->is_dead = true;
}

void gen_return(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    struct label *body = &f->labels[0];
    gen_edge(f, body->target_phis, body->n_target_phis);
    LLVMBuildBr(f->b, body->target);
    f->is_dead = true;
}

void gen_unreachable(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    LLVMBuildBr(f->b, gen_trap_block(f, RT_TRAP_UNREACHABLE));
    f->is_dead = true;
}
