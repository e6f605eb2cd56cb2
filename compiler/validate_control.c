/* Checks of blocks, branches and exceptions (core 3.3.8): the stack of open blocks. */

#include "compiler/checker.h"

/* ---- Blocks ---- */

static struct func_type block_type(const struct checker *v, const struct instr *block,
                                   val_type *storage)
{
    return block ? module_block_type(v->m, block, storage) : v->type;
}

void open_block(struct checker *v, const struct instr *opener, const struct instr *block)
{
    if (v->n_controls == v->control_capacity)
        v->controls =
            arena_grow(v->arena, v->controls, &v->control_capacity, sizeof *v->controls);
    v->controls[v->n_controls++] = (struct control){
        .opener = opener, .block = block, .height = v->n_operands, .n_set = v->n_set};
}

/* Whether the block keeps its exception below its operands. */
static bool keeps_exception(const struct control *block)
{
    return block->opener && op_info(block->opener->op)->immediate == IMM_CATCH &&
           block->opener->imm.handler.is_rethrown;
}

/* Checks that the innermost block's results, and nothing else, are on the stack; takes
 * both away. */
static struct control close_block(struct checker *v)
{
    struct control block = *innermost(v);
    val_type storage;
    struct func_type type = block_type(v, block.block, &storage);
    pop_all(v, type.results, type.n_results);
    if (v->n_operands != block.height)
        fail(v, "type mismatch: values left on the stack at the end of the block: %u",
             v->n_operands - block.height);
    v->n_operands = block.height - keeps_exception(&block);
    v->n_controls--;
    while (v->n_set > block.n_set)
        v->is_set[v->set[--v->n_set]] = false;
    return block;
}

bool find_label(struct checker *v, uint32_t depth, struct label *label)
{
    if (depth >= v->n_controls) {
        fail(v, "unknown label %u", depth);
        return false;
    }
    const struct control *target = &v->controls[v->n_controls - 1 - depth];
    struct func_type type = block_type(v, target->block, &label->storage);
    bool is_loop = target->block && target->block->op == OP_Loop;
    label->types = is_loop ? type.params : type.results;
    label->n = is_loop ? type.n_params : type.n_results;
    return true;
}

static void check_block(struct checker *v)
{
    const struct instr *in = v->in;
    if (in->imm.block.type != NO_INDEX && in->imm.block.type >= v->m->n_types) {
        fail(v, "unknown type %u", in->imm.block.type);
        return;
    }
    if (in->op == OP_If)
        pop(v, TYPE_I32);
    val_type storage;
    struct func_type type = block_type(v, in, &storage);
    pop_all(v, type.params, type.n_params);
    open_block(v, in, in);
    push_all(v, type.params, type.n_params);
}

static void check_else(struct checker *v)
{
    struct control block = close_block(v);
    open_block(v, v->in, block.block);
    val_type storage;
    struct func_type type = block_type(v, block.block, &storage);
    push_all(v, type.params, type.n_params);
}

static void check_end(struct checker *v)
{
    struct control block = close_block(v);
    val_type storage;
    struct func_type type = block_type(v, block.block, &storage);
    /* An if without else hands on its parameters where the condition is zero. */
    if (block.opener && block.opener->op == OP_If &&
        (type.n_params != type.n_results ||
         !types_match(v->m, type.params, type.results, type.n_params)))
        fail(v,
             "type mismatch: the results of an if without else must be its parameters");
    push_all(v, type.results, type.n_results);
}

static void check_unreachable(struct checker *v)
{
    set_unreachable(v);
}

static void check_br(struct checker *v)
{
    struct label label;
    if (!find_label(v, v->in->imm.index, &label))
        return;
    pop_all(v, label.types, label.n);
    set_unreachable(v);
}

static void check_br_if(struct checker *v)
{
    struct label label;
    if (!find_label(v, v->in->imm.index, &label))
        return;
    pop(v, TYPE_I32);
    pop_all(v, label.types, label.n);
    push_all(v, label.types, label.n);
}

/* Checks the topmost operands against a label without taking them away, so that operands
 * of unknown type stay unknown for the next label. */
static void check_br_table_label(struct checker *v, const struct label *label)
{
    const struct control *block = innermost(v);
    uint32_t n_there = v->n_operands - block->height;
    if (label->n > n_there && !block->is_unreachable) {
        fail(v, "type mismatch: expected values for the label: %u, found: %u", label->n,
             n_there);
        return;
    }
    for (uint32_t i = 0; i < label->n && i < n_there; i++) {
        val_type expected = label->types[label->n - 1 - i];
        val_type found = v->operands[v->n_operands - 1 - i];
        expect(v, expected, found);
    }
}

static void check_br_table(struct checker *v)
{
    pop(v, TYPE_I32);
    const uint32_t *labels = v->in->imm.br_table.labels;
    uint32_t n_labels = v->in->imm.br_table.n_labels;
    struct label fallback, label;
    if (!find_label(v, labels[n_labels], &fallback))
        return;
    for (uint32_t i = 0; i <= n_labels; i++) {
        if (i > 0 && labels[i] == labels[i - 1])
            continue;
        if (!find_label(v, labels[i], &label))
            return;
        if (label.n != fallback.n)
            fail(v, "type mismatch: the labels of br_table take %u and %u values",
                 label.n, fallback.n);
        check_br_table_label(v, &label);
    }
    set_unreachable(v);
}

static void check_return(struct checker *v)
{
    pop_all(v, v->type.results, v->type.n_results);
    set_unreachable(v);
}

/* ---- Exceptions (core 3.3.8) ---- */

/* What exceptions of the tag carry, or NULL after a failure. */
static const struct func_type *tag_type(struct checker *v, uint32_t tag_index)
{
    if (tag_index < v->m->n_tags)
        return module_tag_type(v->m, tag_index);
    fail(v, "unknown tag %u", tag_index);
    return NULL;
}

static void check_throw(struct checker *v)
{
    const struct func_type *type = tag_type(v, v->in->imm.index);
    if (!type)
        return;
    pop_all(v, type->params, type->n_params);
    set_unreachable(v);
}

static void check_throw_ref(struct checker *v)
{
    pop(v, TYPE_EXNREF);
    set_unreachable(v);
}

/* Clauses follow their try_table at once, and their labels count from outside of it:
 * what they hand on is what the label takes. */
static void check_clause(struct checker *v)
{
    const struct instr *in = v->in;
    const struct func_type *tag = NULL;
    if (in->imm.handler.tag != NO_INDEX && !(tag = tag_type(v, in->imm.handler.tag)))
        return;
    struct label label;
    if (in->imm.handler.label >= v->n_controls - 1) {
        fail(v, "unknown label %u", in->imm.handler.label);
        return;
    }
    if (!find_label(v, in->imm.handler.label + 1, &label))
        return;
    uint32_t n_values = tag ? tag->n_params : 0;
    bool with_ref = in->op == OP_ClauseCatchRef || in->op == OP_ClauseCatchAllRef;
    if (label.n != n_values + with_ref) {
        fail(v, "type mismatch: %s hands on %u values, its label takes %u",
             op_info(in->op)->text, n_values + with_ref, label.n);
        return;
    }
    for (uint32_t i = 0; i < n_values; i++)
        expect(v, label.types[i], tag->params[i]);
    if (with_ref)
        expect(v, label.types[n_values], TYPE_EXNREF | TYPE_NON_NULL);
}

/* Legacy exceptions: the proposal "exception-handling", before try_table. */
static void check_catch(struct checker *v)
{
    const struct instr *in = v->in;
    struct control block = close_block(v);
    if (in->imm.handler.is_rethrown)
        push(v, TYPE_EXNREF | TYPE_NON_NULL);
    open_block(v, in, block.block);
    const struct func_type *type =
        in->op == OP_Catch ? tag_type(v, in->imm.handler.tag) : NULL;
    if (type)
        push_all(v, type->params, type->n_params);
}

static void check_rethrow(struct checker *v)
{
    uint32_t depth = v->in->imm.index;
    if (depth >= v->n_controls) {
        fail(v, "unknown label %u", depth);
        return;
    }
    if (!keeps_exception(&v->controls[v->n_controls - 1 - depth]))
        fail(v, "invalid rethrow label %u: it is not in a catch of that block", depth);
    set_unreachable(v);
}

/* Stands at the end of its try, outside of which labels count. */
static void check_delegate(struct checker *v)
{
    if (v->in->imm.index >= v->n_controls - 1)
        fail(v, "unknown label %u", v->in->imm.index);
}

/* ---- The checks of this file ---- */

check_function *const control_checks[N_OPCODES] = {
    [OP_Unreachable] = check_unreachable,
    [OP_Block] = check_block,
    [OP_Loop] = check_block,
    [OP_If] = check_block,
    [OP_Else] = check_else,
    [OP_End] = check_end,
    [OP_Br] = check_br,
    [OP_BrIf] = check_br_if,
    [OP_BrTable] = check_br_table,
    [OP_Return] = check_return,
    [OP_Try] = check_block,
    [OP_Catch] = check_catch,
    [OP_Throw] = check_throw,
    [OP_Rethrow] = check_rethrow,
    [OP_ThrowRef] = check_throw_ref,
    [OP_Delegate] = check_delegate,
    [OP_CatchAll] = check_catch,
    [OP_TryTable] = check_block,
    [OP_ClauseCatch] = check_clause,
    [OP_ClauseCatchRef] = check_clause,
    [OP_ClauseCatchAll] = check_clause,
    [OP_ClauseCatchAllRef] = check_clause,
};
