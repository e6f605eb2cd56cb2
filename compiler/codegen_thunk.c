/* Calls from C of functions with vectors: libffi knows no type that the C convention
 * passes as it does those, so each such function type has a function that calls with
 * arguments and results in memory. */
#include "compiler/codegen.h"

#include <stdio.h>

#include "runtime/abi.h"

static bool has_v128(const struct func_type *type)
{
    for (uint32_t i = 0; i < type->n_params; i++)
        if (type->params[i] == TYPE_V128)
            return true;
    for (uint32_t i = 0; i < type->n_results; i++)
        if (type->results[i] == TYPE_V128)
            return true;
    return false;
}

static LLVMValueRef add_thunk(struct mod_gen *g, uint32_t type_index)
{
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s.call.%u", g->options->module_symbol, type_index);
    LLVMTypeRef params[] = {g->ptr, g->ptr, g->ptr, g->ptr};
    LLVMValueRef thunk = LLVMAddFunction(
        g->llvm, symbol, LLVMFunctionType(g->void_type, params, 4, false));
    LLVMSetLinkage(thunk, LLVMInternalLinkage);
    gen_set_attribute(g, thunk, "uwtable", 2);
    gen_set_string_attribute(g, thunk, "target-cpu", g->options->cpu);
    LLVMPositionBuilderAtEnd(g->b, LLVMAppendBasicBlockInContext(g->context, thunk, ""));
    return thunk;
}

LLVMValueRef gen_call_thunk(struct mod_gen *g, uint32_t type_index)
{
    const struct func_type *type = &g->m->types[type_index];
    if (!has_v128(type))
        return NULL;
    LLVMValueRef thunk = add_thunk(g, type_index);
    LLVMValueRef code = LLVMGetParam(thunk, 0), args = LLVMGetParam(thunk, 2);
    LLVMValueRef results = LLVMGetParam(thunk, 3);
    uint32_t n = type->n_params + 1;
    LLVMValueRef *values = arena_array(g->arena, (size_t)n + 1, sizeof *values);
    values[0] = LLVMGetParam(thunk, 1);
    for (uint32_t i = 0; i < type->n_params; i++)
        values[i + 1] =
            gen_load_value(g, g->b, gen_type(g, type->params[i]),
                           gen_offset(g, g->b, args, i * sizeof(union rt_value)));
    if (type->n_results >= 2)
        values[n++] = results;
    LLVMValueRef value =
        LLVMBuildCall2(g->b, gen_func_type(g, type), code, values, n, "");
    if (type->n_results == 1)
        gen_store_value(g, g->b, value, results);
    LLVMBuildRetVoid(g->b);
    return thunk;
}
