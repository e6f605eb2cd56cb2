/* One function: its frame, the operand stack, the instruction loop, and the instructions
 * that only move values about. */
#include "compiler/codegen_checkpoint.h"

#include <assert.h>
#include <string.h>

#include "compiler/diag.h"
#include "compiler/passes.h"
#include "runtime/abi.h"

void gen_push(struct fn_gen *f, LLVMValueRef value)
{
    if (f->sp == f->stack_capacity) {
        uint32_t capacity = f->stack_capacity ? 2 * f->stack_capacity : 64;
        LLVMValueRef *stack = arena_array(f->arena, capacity, sizeof *stack);
        uint32_t *words = arena_array(f->arena, (size_t)capacity + 1, sizeof *words);
        if (f->sp) {
            memcpy(stack, f->stack, f->sp * sizeof *stack);
            memcpy(words, f->stack_words, ((size_t)f->sp + 1) * sizeof *words);
        }
        f->stack = stack;
        f->stack_words = words;
        f->stack_capacity = capacity;
    }
    f->stack[f->sp++] = value;
    f->stack_words[f->sp] = f->stack_words[f->sp - 1] + gen_words(f->g, value);
}

/* The address of an element of an array of union rt_value. */
static LLVMValueRef value_at(struct fn_gen *f, LLVMValueRef array, uint32_t i)
{
    return gen_offset(f->g, f->b, array, i * sizeof(union rt_value));
}

void gen_push_values(struct fn_gen *f, const val_type *types, uint32_t n,
                     LLVMValueRef array)
{
    for (uint32_t i = 0; i < n; i++)
        gen_push(f, gen_load_value(f->g, f->b, gen_type(f->g, types[i]),
                                   value_at(f, array, i)));
}

void gen_store_values(struct fn_gen *f, uint32_t n, LLVMValueRef array)
{
    for (uint32_t i = 0; i < n; i++)
        gen_store_value(f->g, f->b, f->stack[f->sp - n + i], value_at(f, array, i));
}

LLVMValueRef gen_load_local(struct fn_gen *f, uint32_t local, LLVMValueRef place)
{
    return gen_load_value(f->g, f->b, gen_type(f->g, f->body.locals[local]), place);
}

LLVMValueRef gen_pop(struct fn_gen *f)
{
    assert(f->sp > 0); /* the validator proved it */
    return f->stack[--f->sp];
}

LLVMValueRef gen_u64(struct fn_gen *f, LLVMValueRef value)
{
    return LLVMTypeOf(value) == f->g->i64 ? value
                                          : LLVMBuildZExt(f->b, value, f->g->i64, "");
}

LLVMValueRef gen_pop_u64(struct fn_gen *f)
{
    return gen_u64(f, gen_pop(f));
}

void gen_push_size(struct fn_gen *f, LLVMValueRef size, const struct limits *limits)
{
    gen_push(f, limits->is_64 ? size : LLVMBuildTrunc(f->b, size, f->g->i32, ""));
}

LLVMBasicBlockRef gen_new_block(struct fn_gen *f, const char *name)
{
    return LLVMAppendBasicBlockInContext(f->g->context, f->fn, name);
}

LLVMBasicBlockRef gen_trap_block(struct fn_gen *f, uint32_t trap_code)
{
    if (!f->trap_blocks[trap_code]) {
        LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b);
        f->trap_blocks[trap_code] = gen_new_block(f, "trap");
        LLVMPositionBuilderAtEnd(f->b, f->trap_blocks[trap_code]);
        LLVMValueRef code = gen_i32(f->g, trap_code);
        gen_runtime_call(f->g, f->b, CALL_rt_trap, &code);
        LLVMBuildUnreachable(f->b);
        LLVMPositionBuilderAtEnd(f->b, here);
    }
    return f->trap_blocks[trap_code];
}

void gen_trap_if(struct fn_gen *f, LLVMValueRef condition, uint32_t trap_code)
{
    LLVMBasicBlockRef next = gen_new_block(f, "");
    LLVMBuildCondBr(f->b, condition, gen_trap_block(f, trap_code), next);
    LLVMPositionBuilderAtEnd(f->b, next);
}

LLVMValueRef gen_entry_alloca(struct fn_gen *f, LLVMTypeRef type)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b);
    LLVMValueRef first = LLVMGetFirstInstruction(f->entry);
    if (first)
        LLVMPositionBuilderBefore(f->b, first);
    LLVMValueRef memory = LLVMBuildAlloca(f->b, type, "");
    LLVMPositionBuilderAtEnd(f->b, here);
    return memory;
}

/* The object in a slot: the slot itself, or what the pointer in it leads to. */
static LLVMValueRef slot_object(struct fn_gen *f, uint32_t slot, bool is_imported)
{
    if (is_imported)
        return gen_load_field(f->g, f->b, f->g->ptr, f->instance, slot, REGION_INSTANCE,
                              true);
    return gen_offset(f->g, f->b, f->instance, slot);
}

LLVMValueRef gen_table(struct fn_gen *f, uint32_t table_index)
{
    return slot_object(f, f->g->layout->table_slots[table_index],
                       table_index < f->g->m->n_imported_tables);
}

LLVMValueRef gen_memory(struct fn_gen *f, uint32_t memory_index)
{
    return slot_object(f, f->g->layout->memory_slots[memory_index],
                       memory_index < f->g->m->n_imported_memories);
}

LLVMValueRef gen_global_address(struct fn_gen *f, uint32_t global_index)
{
    return slot_object(f, f->g->layout->global_slots[global_index],
                       global_index < f->g->m->n_imported_globals);
}

/* Whether memory 0 is used, and stays where it is. */
static bool uses_memory0(const struct module *m, const struct body *body)
{
    if (m->n_memories == 0 || m->memories[0].type.limits.is_64)
        return false;
    for (uint32_t i = 0; i < body->n_instrs; i++)
        if (op_info(body->instrs[i].op)->immediate == IMM_MEMARG &&
            body->instrs[i].memory == 0)
            return true;
    return false;
}

/* A frame that is resumed has its locals, as LLVM has them, in its image. */
static void gen_image(struct fn_gen *f)
{
    /* The number of words is set at the end. */
    f->image = LLVMBuildArrayAlloca(f->b, f->g->i64, gen_i32(f->g, 1), "image");
    for (uint32_t i = 0; i < f->body.n_locals; i++)
        f->locals[i] = gen_offset(f->g, f->b, f->image, 8 * (uint64_t)f->local_words[i]);
}

/* The parameters as values, and where results go. */
static void gen_params(struct fn_gen *f)
{
    uint32_t n = f->type->n_params;
    f->params = arena_array(f->arena, n, sizeof *f->params);
    if (f->g->m->funcs[f->func_index].makes_tail_calls) {
        gen_tail_params(f);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        f->params[i] = LLVMGetParam(f->fn, i + 1);
    if (f->type->n_results >= 2)
        f->results = LLVMGetParam(f->fn, n + 1);
}

static void gen_locals(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    f->locals = arena_array(f->arena, f->body.n_locals, sizeof *f->locals);
    f->local_words =
        arena_array(f->arena, (size_t)f->body.n_locals + 1, sizeof *f->local_words);
    for (uint32_t i = 0; i < f->body.n_locals; i++)
        f->local_words[i + 1] = f->local_words[i] + rt_words_of(f->body.locals[i]);
    if (f->is_cold) {
        gen_image(f);
        return;
    }
    for (uint32_t i = 0; i < f->body.n_locals; i++)
        f->locals[i] = LLVMBuildAlloca(f->b, gen_type(g, f->body.locals[i]), "");
    gen_params(f);
    for (uint32_t i = 0; i < f->body.n_locals; i++) {
        LLVMValueRef initial = i < f->type->n_params
                                   ? f->params[i]
                                   : LLVMConstNull(gen_type(g, f->body.locals[i]));
        LLVMBuildStore(f->b, initial, f->locals[i]);
    }
}

static void gen_return_values(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    uint32_t n = f->type->n_results;
    LLVMValueRef only = n == 1 && !f->resume ? f->stack[f->sp - 1] : NULL;
    if (!only)
        gen_store_values(f, n, f->results);
    if (!f->resume && g->m->funcs[f->func_index].makes_tail_calls)
        gen_tail_return(f, only);
    else if (only)
        LLVMBuildRet(f->b, only);
    else
        LLVMBuildRetVoid(f->b);
}

static LLVMValueRef own_instance(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    if (g->options->is_only_instance)
        return gen_only_instance(g);
    if (f->resume)
        return gen_load_field(g, f->b, g->ptr, LLVMGetParam(f->fn, 0),
                              offsetof(struct rt_frame, instance), REGION_INSTANCE, true);
    return LLVMGetParam(f->fn, 0);
}

void gen_load_memory_base(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    if (!uses_memory0(g->m, &f->body))
        return;
    f->memory_base = g->options->memory0
                         ? gen_memory0(g)
                         : gen_load_field(g, f->b, g->ptr, f->instance,
                                          offsetof(struct rt_instance, memory0),
                                          REGION_INSTANCE, true);
}

void gen_begin_body(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    struct diag none = DIAG_INIT;
    bool decoded = decode_body(g->m, f->func_index, &f->body, f->arena, &none);
    assert(decoded);
    (void)decoded;
    gen_begin_suspendable(f);
    if (gen_has_try(f))
        gen_set_personality(g, f->fn);
    f->entry = gen_new_block(f, "entry");
    LLVMPositionBuilderAtEnd(f->b, f->entry);
    f->instance = own_instance(f);
    gen_locals(f);
    gen_load_memory_base(f);
}

void gen_whole_body(struct fn_gen *f)
{
    gen_open_body(f);
    gen_range(f, 0, f->body.n_instrs);
    assert(f->n_labels == 0);
    if (!f->is_dead)
        gen_return_values(f);
}

void gen_function(struct mod_gen *g, uint32_t func_index, bool is_copy,
                  struct arena *arena)
{
    struct fn_gen f = {.g = g, .func_index = func_index, .b = g->b, .arena = arena};
    f.type = module_func_type(g->m, func_index);
    f.fn = gen_func(g, func_index);
    gen_function_attributes(g, f.fn);
    if (is_copy)
        LLVMSetLinkage(f.fn, LLVMAvailableExternallyLinkage);
    gen_begin_body(&f);
    gen_begin_entries(&f);
    gen_whole_body(&f);
    if (g->m->funcs[func_index].makes_tail_calls)
        gen_tail_entry(g, func_index, arena);
}

/* NOLINTNEXTLINE(readability-function-size): a row of the table is two statements */
void gen_instr(struct fn_gen *f, const struct instr *in)
{
    switch ((enum opcode)in->op) {
#define OP(code, id, text, imm, sig, flags, family, arg)                                 \
    case OP_##id:                                                                        \
        gen_##family(f, in, (int)(arg));                                                 \
        break;
#include "compiler/opcodes.def"
#undef OP
    case N_OPCODES:
        assert(false);
    }
}

/* Whether what follows may be reached, even if what comes before can't be. */
static bool ends_part(enum opcode op)
{
    return op == OP_End || op == OP_Else || op == OP_Catch || op == OP_CatchAll ||
           op == OP_Delegate;
}

void gen_range(struct fn_gen *f, uint32_t from, uint32_t to)
{
    f->position = from;
    while (f->position < to) {
        const struct instr *in = &f->body.instrs[f->position];
        enum opcode op = in->op;
        if (!f->is_dead || ends_part(op))
            gen_instr(f, in);
        else if (op_opens_block(op))
            f->position = in->imm.block.end; /* nothing in it can be reached */
        f->position++;
    }
}

LLVMValueRef gen_const_expr(struct fn_gen *f, const struct const_expr *expr)
{
    for (uint32_t i = 0; i + 1 < expr->n_instrs; i++)
        gen_instr(f, &expr->instrs[i]);
    return gen_pop(f);
}

void gen_nop(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)f, (void)in, (void)argument;
}

void gen_drop(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    gen_pop(f);
}

void gen_select(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    LLVMValueRef condition = gen_pop(f);
    LLVMValueRef otherwise = gen_pop(f);
    LLVMValueRef value = gen_pop(f);
    LLVMValueRef is_true =
        LLVMBuildICmp(f->b, LLVMIntNE, condition, gen_i32(f->g, 0), "");
    gen_push(f, LLVMBuildSelect(f->b, is_true, value, otherwise, ""));
}

void gen_local_get(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    uint32_t i = in->imm.index;
    gen_push(f, gen_load_local(f, i, f->locals[i]));
}

void gen_local_set(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_store_value(f->g, f->b, gen_pop(f), f->locals[in->imm.index]);
}

void gen_local_tee(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_store_value(f->g, f->b, f->stack[f->sp - 1], f->locals[in->imm.index]);
}

/* The value of an immutable own global that a constant initializes, else NULL. */
static LLVMValueRef constant_global(struct fn_gen *f, const struct global *global)
{
    if (global->type.is_mutable || global->import_index != NO_INDEX ||
        global->init.n_instrs != 2 ||
        op_info(global->init.instrs[0].op)->immediate < IMM_I32 ||
        op_info(global->init.instrs[0].op)->immediate > IMM_V128)
        return NULL;
    return gen_const_expr(f, &global->init);
}

void gen_global_get(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    const struct global *global = &f->g->m->globals[in->imm.index];
    LLVMValueRef value = constant_global(f, global);
    if (!value)
        value = gen_load_field(f->g, f->b, gen_type(f->g, global->type.type),
                               gen_global_address(f, in->imm.index), 0, REGION_INSTANCE,
                               false);
    gen_push(f, value);
}

void gen_global_set(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef value = gen_pop(f);
    LLVMValueRef place = gen_global_address(f, in->imm.index);
    gen_set_region(f->g, gen_store_value(f->g, f->b, value, place), REGION_INSTANCE);
}

void gen_ref_null(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    gen_push(f, LLVMConstNull(f->g->ptr));
}

void gen_ref_is_null(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    LLVMValueRef is_null = LLVMBuildIsNull(f->b, gen_pop(f), "");
    gen_push(f, LLVMBuildZExt(f->b, is_null, f->g->i32, ""));
}

void gen_ref_as_non_null(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    gen_trap_if(f, LLVMBuildIsNull(f->b, f->stack[f->sp - 1], ""),
                RT_TRAP_NULL_REFERENCE);
}

void gen_ref_func(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef args[] = {f->instance, gen_i32(f->g, in->imm.index)};
    gen_push(f, gen_runtime_call(f->g, f->b, CALL_rt_ref_func, args));
}
