/* Clean copies of loops, for frames that are resumed: code with one way in, the head of
 * its loop, which holds locals and operands as values and is optimised as fast bodies
 * are. It returns the number of the way out by which the loop was left; what the loop
 * changed is in the image then.
 *
 * LLVM spends as much on a small function as such as on what is in it. So copies share
 * functions, groups, that enter the one whose number they are given. */
#include "compiler/codegen_resume.h"

#include <stdio.h>
#include <string.h>

#include "runtime/abi.h"

/* Of a group, in all: enough that the function costs little, and few enough that what
 * takes more than its share in a large function does not. */
enum { GROUP_INSTRS = 300 };

/* A label around a clean copy, as a way out of it; or the handler of a try around it. */
struct way_out {
    LLVMBasicBlockRef block;
    LLVMValueRef *phis; /* the values that the branch carries */
    uint32_t n_values;
    uint32_t height; /* of the operand stack below them */
};

/* One for each label, and one for exceptions from each that is a try. */
static uint32_t n_ways_out(const struct fn_gen *f)
{
    return 2 * f->n_labels;
}

static void begin_throws_out(struct fn_gen *f, struct way_out *ways)
{
    for (uint32_t i = 0; i < f->n_labels; i++) {
        struct label *label = &f->labels[i];
        label->handler = label->pad = NULL;
        if (!label->handles)
            continue;
        struct way_out *way = &ways[i];
        way->n_values = 1;
        way->height = label->stack_height;
        way->block = gen_new_block(f, "out");
        LLVMPositionBuilderAtEnd(f->b, way->block);
        label->exception = LLVMBuildPhi(f->b, f->g->ptr, "");
        way->phis = arena_array(f->arena, 1, sizeof *way->phis);
        way->phis[0] = label->exception;
        label->handler = way->block;
    }
}

static void begin_ways_out(struct fn_gen *f, struct way_out *ways)
{
    uint32_t own = f->n_labels - 1;
    begin_throws_out(f, ways + f->n_labels);
    for (uint32_t i = 0; i <= own; i++) {
        struct label *label = &f->labels[i];
        LLVMValueRef *values = i == own ? label->next_phis : label->target_phis;
        struct way_out *way = &ways[i];
        way->n_values = i == own ? label->n_results : label->n_target_phis;
        way->height = label->stack_height;
        way->phis = arena_array(f->arena, way->n_values, sizeof *way->phis);
        way->block = gen_new_block(f, "out");
        LLVMPositionBuilderAtEnd(f->b, way->block);
        for (uint32_t k = 0; k < way->n_values; k++)
            way->phis[k] = LLVMBuildPhi(f->b, LLVMTypeOf(values[k]), "");
        label->target = label->next = way->block;
        label->target_phis = label->next_phis = way->phis;
    }
}

/* Which locals the loop at f->position sets, and which it uses at all. */
static void find_locals(const struct fn_gen *f, bool *is_changed, bool *is_used)
{
    uint32_t end = f->body.instrs[f->position].imm.block.end;
    for (uint32_t i = f->position; i < end; i++) {
        const struct instr *in = &f->body.instrs[i];
        if (op_info(in->op)->immediate != IMM_LOCAL)
            continue;
        is_used[in->imm.index] = true;
        if (in->op != OP_LocalGet)
            is_changed[in->imm.index] = true;
    }
}

/* A way out puts what the loop changed into the image, and returns its number. */
static void finish_way_out(struct fn_gen *f, const struct way_out *way, uint32_t number)
{
    LLVMPositionBuilderAtEnd(f->b, way->block);
    uint32_t words_below = f->stack_words[way->height];
    for (uint32_t i = 0; i < way->n_values; i++) {
        gen_store_value(f->g, f->b, way->phis[i], gen_operand_slot(f, words_below));
        words_below += gen_words(f->g, way->phis[i]);
    }
    for (uint32_t i = 0; i < f->body.n_locals; i++)
        if (f->resume->is_changed[i])
            gen_store_value(f->g, f->b, gen_load_local(f, i, f->locals[i]),
                            gen_local_slot(f, i));
    LLVMBuildRet(f->b, gen_i32(f->g, number));
}

static LLVMTypeRef group_type(const struct mod_gen *g)
{
    LLVMTypeRef params[] = {g->ptr, g->ptr, g->i32};
    return LLVMFunctionType(g->i32, params, 3, false);
}

/* The function: from instance, image and number of the copy to the number of a way out.
 * It is named after its first copy. */
static void begin_group(const struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    struct clean_group *group = &g->clean_group;
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s.%u.resume.%u", g->options->module_symbol,
             f->func_index, f->body.instrs[f->position].offset);
    *group = (struct clean_group){.fn = LLVMAddFunction(g->llvm, symbol, group_type(g))};
    LLVMSetLinkage(group->fn, LLVMInternalLinkage);
    gen_function_attributes(g, group->fn);
    gen_set_attribute(g, group->fn, "noinline", 0);
    gen_set_suspendable(g, group->fn);
    LLVMSetSection(group->fn, RESUME_SECTION);
    group->entry = LLVMAppendBasicBlockInContext(g->context, group->fn, "entry");
    LLVMBasicBlockRef none = LLVMAppendBasicBlockInContext(g->context, group->fn, "");
    LLVMPositionBuilderAtEnd(f->b, group->entry);
    group->copies = LLVMBuildSwitch(f->b, LLVMGetParam(group->fn, 2), none, 0);
    LLVMPositionBuilderAtEnd(f->b, none);
    LLVMBuildUnreachable(f->b);
}

/* Goes on where the next copy of a group begins, of the loop at f->position. */
static void add_clean_copy(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    struct clean_group *group = &g->clean_group;
    uint64_t n_instrs = f->body.instrs[f->position].imm.block.end - f->position;
    if (!group->fn || group->n_instrs + n_instrs > GROUP_INSTRS)
        begin_group(f);
    group->n_instrs += n_instrs;
    f->fn = group->fn;
    f->entry = group->entry;
    LLVMBasicBlockRef start = gen_new_block(f, "copy");
    LLVMAddCase(group->copies, gen_i32(g, group->n_copies++), start);
    LLVMPositionBuilderAtEnd(f->b, start);
}

/* Locals that the loop uses become values. The others stay in the image; what is not
 * live at the loop's head is zero, and never read. */
static void load_locals(struct fn_gen *f, const struct point *point)
{
    uint32_t n = f->body.n_locals;
    bool *is_changed = arena_array(f->arena, n, sizeof *is_changed);
    bool *is_used = arena_array(f->arena, n, sizeof *is_used);
    find_locals(f, is_changed, is_used);
    f->resume->is_changed = is_changed;
    f->locals = arena_array(f->arena, n, sizeof *f->locals);
    for (uint32_t i = 0; i < n; i++)
        f->locals[i] = gen_entry_alloca(f, gen_type(f->g, f->body.locals[i]));
    for (uint32_t i = 0, k = 0; i < n; i++) {
        LLVMTypeRef type = gen_type(f->g, f->body.locals[i]);
        bool is_live = k < point->n_locals && point->locals[k] == i;
        k += is_live;
        is_live = is_live && is_used[i];
        gen_store_value(f->g, f->b,
                        is_live ? gen_load_local(f, i, gen_local_slot(f, i))
                                : LLVMConstNull(type),
                        f->locals[i]);
    }
}

/* Begins a copy of what the cold copy's innermost label, a loop, contains. */
static void begin_clean_copy(struct fn_gen *f, const struct fn_gen *cold,
                             struct resume_gen *resume, const struct point *point,
                             const struct func_type *type)
{
    struct mod_gen *g = cold->g;
    *f = *cold;
    f->resume = resume;
    f->is_cold = false;
    f->fuel = NULL;
    memset(f->trap_blocks, 0, sizeof f->trap_blocks);
    f->labels = arena_array(f->arena, f->n_labels, sizeof *f->labels);
    memcpy(f->labels, cold->labels, f->n_labels * sizeof *f->labels);
    f->label_capacity = f->n_labels;
    add_clean_copy(f);
    if (!g->options->is_only_instance)
        f->instance = LLVMGetParam(f->fn, 0);
    f->image = LLVMGetParam(f->fn, 1);
    resume->height = point->n_operands - type->n_params;
    resume->position = f->position;
    load_locals(f, point);
    gen_load_memory_base(f);
    f->stack_capacity = point->n_operands;
    f->stack = arena_array(f->arena, point->n_operands, sizeof *f->stack);
    f->stack_words =
        arena_array(f->arena, (size_t)point->n_operands + 1, sizeof *f->stack_words);
    f->sp = resume->height;
    if (f->sp > 0)
        memcpy(f->stack_words, cold->stack_words,
               ((size_t)f->sp + 1) * sizeof *f->stack_words);
    for (uint32_t i = f->sp; i < point->n_operands; i++)
        gen_push(f, gen_load_slot(f, i, gen_type(g, point->operands[i])));
}

bool gen_is_rest(const struct fn_gen *f)
{
    return f->resume && !f->is_cold && f->resume->position == f->position;
}

/* Generates the clean copy of the loop that is the cold copy's innermost label, as the
 * last of its group. Tells which ways out it has. */
static void gen_clean_copy(const struct fn_gen *cold, const struct point *point,
                           const struct func_type *type, struct way_out *ways)
{
    struct fn_gen f;
    struct resume_gen resume = {.n_slot_words = cold->resume->n_slot_words};
    LLVMBasicBlockRef here = LLVMGetInsertBlock(cold->b);
    begin_clean_copy(&f, cold, &resume, point, type);
    uint32_t n_ways = n_ways_out(&f);
    LLVMBasicBlockRef start = LLVMGetInsertBlock(f.b);
    begin_ways_out(&f, ways);
    LLVMPositionBuilderAtEnd(f.b, start);
    uint32_t end = f.body.instrs[f.position].imm.block.end;
    gen_start_loop(&f, type);
    gen_range(&f, f.position + 1, end);
    gen_finish_body(&f);
    for (uint32_t i = 0; i < n_ways; i++) {
        if (!ways[i].block)
            continue;
        if (LLVMGetFirstUse(LLVMBasicBlockAsValue(ways[i].block))) {
            finish_way_out(&f, &ways[i], i);
        } else {
            LLVMDeleteBasicBlock(ways[i].block);
            ways[i].block = NULL;
        }
    }
    LLVMPositionBuilderAtEnd(cold->b, here);
    cold->resume->n_slot_words = resume.n_slot_words;
}

/* Leaves for a label with the values that a clean copy put into their slots. */
static void gen_way_on(struct fn_gen *f, uint32_t label_index, const struct way_out *way,
                       uint32_t words_below)
{
    const struct label *label = &f->labels[label_index];
    bool is_own = label_index == f->n_labels - 1;
    LLVMValueRef *phis = is_own ? label->next_phis : label->target_phis;
    f->sp = way->height;
    for (uint32_t k = 0; k < way->n_values; k++) {
        gen_push(f, gen_load_value(f->g, f->b, LLVMTypeOf(phis[k]),
                                   gen_operand_slot(f, words_below)));
        words_below += gen_words(f->g, phis[k]);
    }
    gen_edge(f, phis, way->n_values);
    LLVMBuildBr(f->b, is_own ? label->next : label->target);
}

/* The cold copy goes on by the branch that left the clean copy. */
static void gen_ways_on(struct fn_gen *f, LLVMValueRef number, const struct way_out *ways)
{
    uint32_t own = f->n_labels - 1, height = f->labels[own].stack_height;
    LLVMValueRef *below = arena_array(f->arena, height, sizeof *below);
    uint32_t *words = arena_array(f->arena, (size_t)height + 1, sizeof *words);
    if (height > 0) {
        memcpy(below, f->stack, height * sizeof *below);
        memcpy(words, f->stack_words, ((size_t)height + 1) * sizeof *words);
    }
    LLVMBasicBlockRef none = gen_new_block(f, "");
    LLVMValueRef branch = LLVMBuildSwitch(f->b, number, none, f->n_labels);
    LLVMPositionBuilderAtEnd(f->b, none);
    LLVMBuildUnreachable(f->b);
    for (uint32_t i = 0; i < n_ways_out(f); i++) {
        if (!ways[i].block)
            continue;
        LLVMBasicBlockRef on = gen_new_block(f, "");
        uint32_t words_below = words[ways[i].height];
        LLVMAddCase(branch, gen_i32(f->g, i), on);
        LLVMPositionBuilderAtEnd(f->b, on);
        if (i <= own)
            gen_way_on(f, i, &ways[i], words_below);
        else
            gen_throw_from(
                f, i - own,
                gen_load_value(f->g, f->b, f->g->ptr, gen_operand_slot(f, words_below)));
    }
    f->sp = 0;
    for (uint32_t i = 0; i < height; i++)
        gen_push(f, below[i]);
}

void gen_clean_loop(struct fn_gen *f, const struct point *point,
                    const struct func_type *type)
{
    struct way_out *ways = arena_array(f->arena, n_ways_out(f), sizeof *ways);
    gen_clean_copy(f, point, type, ways);
    struct mod_gen *g = f->g;
    const struct clean_group *group = &g->clean_group;
    LLVMValueRef args[] = {g->options->is_only_instance ? LLVMGetPoison(g->ptr)
                                                        : f->instance,
                           f->image, gen_i32(g, group->n_copies - 1)};
    LLVMValueRef number = LLVMBuildCall2(f->b, group_type(g), group->fn, args, 3, "");
    gen_ways_on(f, number, ways);
}
