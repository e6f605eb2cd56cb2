/* Exceptions: throwing, and the handlers of tries.
 *
 * A try costs nothing until something is thrown in it: its calls are invokes, whose
 * landing pads lead to its handler, one block for all of its body. That compares the
 * exception's tag with those the try names, in their order, and branches to the label or
 * catch of the first that matches; if none does, on to the handler of the next try
 * around. What no try of the function handles is thrown anew, from there. A throw within
 * a try is a branch to its handler. */
#include "compiler/codegen_checkpoint.h"

#include "runtime/abi.h"

bool gen_can_throw(const struct mod_gen *g, uint32_t func_index)
{
    return g->options->throwing && g->options->throwing->can_throw[func_index];
}

bool gen_call_throws(const struct fn_gen *f)
{
    const struct suspension *throwing = f->g->options->throwing;
    return throwing && throws_of_call(throwing, f->g->m, &f->body.instrs[f->position]);
}

bool gen_has_try(const struct fn_gen *f)
{
    return f->g->m->funcs[f->func_index].has_try;
}

struct label *gen_enclosing_try(struct fn_gen *f, uint32_t n_labels)
{
    while (n_labels-- > 0)
        if (f->labels[n_labels].handles)
            return &f->labels[n_labels];
    return NULL;
}

void gen_throw_from(struct fn_gen *f, uint32_t n_labels, LLVMValueRef exception)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b);
    struct label *try = gen_enclosing_try(f, n_labels);
    if (!try) {
        gen_runtime_call(f->g, f->b, CALL_rt_throw, &exception);
        LLVMBuildUnreachable(f->b);
        return;
    }
    if (!try->handler) {
        try->handler = gen_new_block(f, "handler");
        LLVMPositionBuilderAtEnd(f->b, try->handler);
        try->exception = LLVMBuildPhi(f->b, f->g->ptr, "");
        LLVMPositionBuilderAtEnd(f->b, here);
    }
    LLVMAddIncoming(try->exception, &exception, &here, 1);
    LLVMBuildBr(f->b, try->handler);
}

/* ---- Handlers ---- */

static LLVMValueRef load_tag(struct fn_gen *f, uint32_t tag_index)
{
    return gen_load_field(f->g, f->b, f->g->ptr, f->instance,
                          f->g->layout->tag_slots[tag_index], REGION_INSTANCE, true);
}

/* Goes on where the exception has this tag; answers where it has not. No tag
 * (NO_INDEX): it always goes on, and the answer is NULL. */
static LLVMBasicBlockRef gen_match(struct fn_gen *f, LLVMValueRef exception,
                                   uint32_t tag_index)
{
    if (tag_index == NO_INDEX)
        return NULL;
    LLVMBasicBlockRef match = gen_new_block(f, "catch"), other = gen_new_block(f, "");
    LLVMValueRef place = gen_offset(f->g, f->b, exception, offsetof(struct rt_exn, tag));
    LLVMValueRef tag = gen_load_value(f->g, f->b, f->g->ptr, place);
    LLVMValueRef is_it = LLVMBuildICmp(f->b, LLVMIntEQ, tag, load_tag(f, tag_index), "");
    LLVMBuildCondBr(f->b, is_it, match, other);
    LLVMPositionBuilderAtEnd(f->b, match);
    return other;
}

/* Pushes what an exception of the tag carries. */
static void push_carried(struct fn_gen *f, LLVMValueRef exception, uint32_t tag_index)
{
    if (tag_index == NO_INDEX)
        return;
    const struct func_type *type = module_tag_type(f->g->m, tag_index);
    gen_push_values(f, type->params, type->n_params,
                    gen_offset(f->g, f->b, exception, offsetof(struct rt_exn, values)));
}

/* Ends the body, or the last catch, of the try whose label is the innermost. What is not
 * caught is thrown within the outermost n labels. */
static void finish_try(struct fn_gen *f, uint32_t n_labels)
{
    struct label *try = &f->labels[f->n_labels - 1];
    LLVMBasicBlockRef handler = try->handler;
    LLVMValueRef exception = try->exception;
    uint32_t height = try->stack_height;
    try->handles = false;
    try->handler = NULL;
    for (const struct instr *in = try->clauses;
         handler && in && op_info(in->op)->immediate == IMM_CLAUSE; in++) {
        LLVMPositionBuilderAtEnd(f->b, handler);
        handler = gen_match(f, exception, in->imm.handler.tag);
        f->sp = height;
        push_carried(f, exception, in->imm.handler.tag);
        if (in->op == OP_ClauseCatchRef || in->op == OP_ClauseCatchAllRef)
            gen_push(f, exception);
        gen_branch(f, in->imm.handler.label + 1);
    }
    if (!handler)
        return;
    LLVMPositionBuilderAtEnd(f->b, handler);
    gen_throw_from(f, n_labels, exception);
}

void gen_finish_try(struct fn_gen *f)
{
    finish_try(f, f->n_labels - 1);
}

/* ---- Instructions ---- */

void gen_try_table(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    struct label *label = gen_open_label(f, in);
    label->handles = true;
    label->clauses = in + 1;
}

/* The try_table has seen to it. */
void gen_clause(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)f, (void)in, (void)argument;
}

void gen_legacy_try(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_open_label(f, in)->handles = true;
}

/* The handler's blocks come one after the other, with the catches. */
void gen_legacy_catch(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    struct label *try = &f->labels[f->n_labels - 1];
    gen_fall_through(f, try);
    try->handles = false;
    f->is_dead = !try->handler;
    if (f->is_dead)
        return;
    LLVMPositionBuilderAtEnd(f->b, try->handler);
    try->handler = gen_match(f, try->exception, in->imm.handler.tag);
    gen_start_part(f, try);
    if (in->imm.handler.is_rethrown)
        gen_push(f, try->exception);
    push_carried(f, try->exception, in->imm.handler.tag);
}

/* A try without a catch, whose end follows: the handler is that of a label around it. */
void gen_delegate(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_finish_body(f);
    finish_try(f, f->n_labels - 1 - in->imm.index);
}

void gen_throw(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    struct mod_gen *g = f->g;
    uint32_t n = module_tag_type(g->m, in->imm.index)->n_params;
    LLVMValueRef values = LLVMConstNull(g->ptr);
    if (n > 0)
        values = gen_entry_alloca(f, LLVMArrayType2(g->i64, 2 * (uint64_t)n));
    gen_store_values(f, n, values);
    f->sp -= n;
    LLVMValueRef args[] = {load_tag(f, in->imm.index), values};
    LLVMValueRef exception = gen_runtime_call(g, f->b, CALL_rt_exn_new, args);
    gen_throw_from(f, f->n_labels, exception);
    f->is_dead = true;
}

void gen_throw_ref(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    LLVMValueRef exception = gen_pop(f);
    gen_trap_if(f, LLVMBuildIsNull(f->b, exception, ""), RT_TRAP_NULL_EXN_REFERENCE);
    gen_throw_from(f, f->n_labels, exception);
    f->is_dead = true;
}

void gen_rethrow(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    uint32_t at = f->labels[f->n_labels - 1 - in->imm.index].stack_height;
    LLVMValueRef exception = f->stack[at];
    if (!exception) /* the catch is around the loop of which this is a clean copy */
        exception = gen_load_slot(f, at, f->g->ptr);
    gen_throw_from(f, f->n_labels, exception);
    f->is_dead = true;
}
