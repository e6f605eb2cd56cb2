/* The convention of functions that make tail calls.
 *
 * LLVM guarantees that a call takes the place of its caller's frame (musttail) between
 * functions of one LLVM type and the C convention. So all of these have the same one,
 * whatever they are in Wasm: registers for numbers and addresses, registers for the rest,
 * as both ISAs have them, and memory of the runtime's for what finds no room. An
 * argument that a function does not have is poison, and costs nothing. The other
 * conventions with guaranteed tail calls make every call slower, and with arguments on
 * the stack they move the stack under landing pads.
 *
 * Others enter such a function through its entry, which has the convention of abi.h; in
 * the same module they call it directly. Functions that make no tail calls are not
 * concerned: a tail call of one is a call, whose frame stays until that returns. */
#include "compiler/codegen.h"

#include "runtime/abi.h"

enum {
    N_WORDS = 5, /* behind the instance: x86_64 has 6 registers */
    N_VECTORS = 8,
    N_ARGS = 1 + N_WORDS + N_VECTORS
};

/* Hands out places, in the order of the parameters. */
struct places {
    unsigned n_words, n_vectors, n_in_memory;
};

/* The argument that a value of the type goes to, or N_ARGS: the next place in memory. */
static unsigned take_place(struct places *p, LLVMTypeRef type)
{
    LLVMTypeKind kind = LLVMGetTypeKind(type);
    bool is_word = kind == LLVMIntegerTypeKind || kind == LLVMPointerTypeKind;
    if (is_word && p->n_words < N_WORDS)
        return 1 + p->n_words++;
    if (!is_word && p->n_vectors < N_VECTORS)
        return 1 + N_WORDS + p->n_vectors++;
    return N_ARGS;
}

static LLVMTypeRef vector_type(const struct mod_gen *g)
{
    return LLVMVectorType(g->f32, 4);
}

static LLVMTypeRef returned_type(const struct mod_gen *g)
{
    LLVMTypeRef members[] = {g->i64, vector_type(g)};
    return LLVMStructTypeInContext(g->context, members, 2, false);
}

LLVMTypeRef gen_tail_type(const struct mod_gen *g)
{
    LLVMTypeRef params[N_ARGS] = {g->ptr};
    for (unsigned i = 1; i < N_ARGS; i++)
        params[i] = i <= N_WORDS ? g->i64 : vector_type(g);
    return LLVMFunctionType(returned_type(g), params, N_ARGS, false);
}

/* A vector whose first element has this type. */
static LLVMTypeRef vector_of(const struct mod_gen *g, LLVMTypeRef type)
{
    return LLVMVectorType(type, type == g->f64 ? 2 : 4);
}

/* The value as its register has it: i64, or a vector. */
static LLVMValueRef to_register(struct fn_gen *f, LLVMValueRef value)
{
    const struct mod_gen *g = f->g;
    LLVMTypeRef type = LLVMTypeOf(value);
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind:
        return LLVMBuildZExt(f->b, value, g->i64, "");
    case LLVMPointerTypeKind:
        return LLVMBuildPtrToInt(f->b, value, g->i64, "");
    case LLVMVectorTypeKind:
        return LLVMBuildBitCast(f->b, value, vector_type(g), "");
    default:
        value = LLVMBuildInsertElement(f->b, LLVMGetPoison(vector_of(g, type)), value,
                                       gen_i32(g, 0), "");
        return LLVMBuildBitCast(f->b, value, vector_type(g), "");
    }
}

static LLVMValueRef from_register(struct fn_gen *f, LLVMValueRef value, LLVMTypeRef type)
{
    const struct mod_gen *g = f->g;
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind:
        return LLVMBuildTrunc(f->b, value, type, "");
    case LLVMPointerTypeKind:
        return LLVMBuildIntToPtr(f->b, value, type, "");
    case LLVMVectorTypeKind:
        return LLVMBuildBitCast(f->b, value, type, "");
    default:
        value = LLVMBuildBitCast(f->b, value, vector_of(g, type), "");
        return LLVMBuildExtractElement(f->b, value, gen_i32(g, 0), "");
    }
}

static LLVMValueRef next_in_memory(struct mod_gen *g, LLVMBuilderRef b, struct places *p)
{
    LLVMTypeRef type = LLVMArrayType2(g->i8, sizeof rt_tail_args);
    return gen_offset(g, b, gen_runtime_object(g, type, "rt_tail_args"),
                      p->n_in_memory++ * sizeof(union rt_value));
}

LLVMValueRef *gen_tail_args(struct fn_gen *f, const struct func_type *type,
                            LLVMValueRef instance, const LLVMValueRef *values,
                            LLVMValueRef results, unsigned *n)
{
    struct mod_gen *g = f->g;
    struct places places = {0};
    LLVMValueRef *args = arena_array(f->arena, N_ARGS, sizeof *args);
    args[0] = instance;
    for (unsigned i = 1; i < N_ARGS; i++)
        args[i] = LLVMGetPoison(i <= N_WORDS ? g->i64 : vector_type(g));
    if (type->n_results >= 2)
        args[take_place(&places, g->ptr)] = to_register(f, results);
    for (uint32_t i = 0; i < type->n_params; i++) {
        unsigned place = take_place(&places, LLVMTypeOf(values[i]));
        if (place < N_ARGS)
            args[place] = to_register(f, values[i]);
        else
            gen_store_value(g, f->b, values[i], next_in_memory(g, f->b, &places));
    }
    *n = N_ARGS;
    return args;
}

void gen_tail_params(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    struct places places = {0};
    if (f->type->n_results >= 2)
        f->results =
            from_register(f, LLVMGetParam(f->fn, take_place(&places, g->ptr)), g->ptr);
    for (uint32_t i = 0; i < f->type->n_params; i++) {
        LLVMTypeRef type = gen_type(g, f->type->params[i]);
        unsigned place = take_place(&places, type);
        f->params[i] = place < N_ARGS ? from_register(f, LLVMGetParam(f->fn, place), type)
                                      : gen_load_value(g, f->b, type,
                                                       next_in_memory(g, f->b, &places));
    }
}

static unsigned result_member(LLVMTypeRef type)
{
    struct places places = {0};
    return take_place(&places, type) > N_WORDS ? 1 : 0;
}

LLVMValueRef gen_tail_result(struct fn_gen *f, const struct func_type *type,
                             LLVMValueRef returned)
{
    LLVMTypeRef wanted = gen_type(f->g, type->results[0]);
    unsigned member = result_member(wanted);
    return from_register(f, LLVMBuildExtractValue(f->b, returned, member, ""), wanted);
}

void gen_tail_return(struct fn_gen *f, LLVMValueRef result)
{
    LLVMValueRef returned = LLVMGetPoison(returned_type(f->g));
    if (result)
        returned = LLVMBuildInsertValue(f->b, returned, to_register(f, result),
                                        result_member(LLVMTypeOf(result)), "");
    LLVMBuildRet(f->b, returned);
}

void gen_tail_entry(struct mod_gen *g, uint32_t func_index, struct arena *arena)
{
    const struct func_type *type = module_func_type(g->m, func_index);
    struct fn_gen f = {.g = g, .func_index = func_index, .b = g->b, .arena = arena};
    f.fn = gen_func_entry(g, func_index);
    gen_function_attributes(g, f.fn);
    LLVMPositionBuilderAtEnd(f.b, gen_new_block(&f, "entry"));
    LLVMValueRef *values = arena_array(arena, type->n_params, sizeof *values);
    for (uint32_t i = 0; i < type->n_params; i++)
        values[i] = LLVMGetParam(f.fn, i + 1);
    LLVMValueRef results =
        type->n_results >= 2 ? LLVMGetParam(f.fn, type->n_params + 1) : NULL;
    unsigned n;
    LLVMValueRef *args =
        gen_tail_args(&f, type, LLVMGetParam(f.fn, 0), values, results, &n);
    LLVMValueRef returned =
        LLVMBuildCall2(f.b, gen_tail_type(g), gen_func(g, func_index), args, n, "");
    if (type->n_results == 1)
        LLVMBuildRet(f.b, gen_tail_result(&f, type, returned));
    else
        LLVMBuildRetVoid(f.b);
}
