/* Calls of Wasm functions from C, whatever their type: libffi follows the convention of
 * abi.h, but for vectors; functions with those bring code for it. */
#include <assert.h>
#include <ffi.h>
#include <stdlib.h>

#include "runtime/instance.h"
#include "runtime/resume.h"

union rt_value rt_tail_args[RT_MAX_PARAMS];

struct call {
    const struct rt_func *func;
    ffi_cif cif;
    void **values;
    union rt_value *results;
};

static ffi_type *ffi_type_of(uint8_t code)
{
    switch ((enum rt_val_type)code) {
    case RT_TYPE_I32:
        return &ffi_type_uint32;
    case RT_TYPE_I64:
        return &ffi_type_uint64;
    case RT_TYPE_F32:
        return &ffi_type_float;
    case RT_TYPE_F64:
        return &ffi_type_double;
    case RT_TYPE_FUNCREF:
    case RT_TYPE_EXTERNREF:
    case RT_TYPE_EXNREF:
        return &ffi_type_pointer;
    case RT_TYPE_V128: /* the type has an rt_call_function */
        break;
    }
    assert(false); /* the compiler writes no other */
    return NULL;
}

static void perform(void *argument)
{
    struct call *call = argument;
    void (*code)(void) = (void (*)(void))(uintptr_t)call->func->code;
    union rt_value result; /* the only one */
    ffi_call(&call->cif, code, &result, call->values);
    if (call->cif.rtype != &ffi_type_void)
        call->results[0] = result;
}

/* A call that the compiler has written for the type. */
struct typed_call {
    rt_call_function *call;
    const struct rt_func *func;
    const union rt_value *args;
    union rt_value *results;
};

static void perform_typed(void *argument)
{
    const struct typed_call *c = argument;
    c->call(c->func->code, c->func->instance, c->args, c->results);
}

static bool call_by_ffi(const struct rt_func *func, const struct rt_type *type,
                        const union rt_value *args, union rt_value *results,
                        struct rt_error *error)
{
    bool has_results_pointer = type->n_results > 1;
    unsigned n_args = 1 + type->n_params + (has_results_pointer ? 1 : 0);
    struct rt_instance *instance = func->instance;
    struct call call = {.func = func, .results = results};
    /* Two arrays in one: types and addresses of the arguments. */
    void **arrays = calloc(n_args, 2 * sizeof *arrays);
    if (arrays == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    ffi_type **types = (ffi_type **)arrays;
    call.values = arrays + n_args;

    types[0] = &ffi_type_pointer;
    call.values[0] = &instance;
    for (uint32_t i = 0; i < type->n_params; i++) {
        types[1 + i] = ffi_type_of(type->codes[i]);
        call.values[1 + i] = (void *)(uintptr_t)&args[i];
    }
    if (has_results_pointer) {
        types[n_args - 1] = &ffi_type_pointer;
        call.values[n_args - 1] = &results;
    }
    ffi_type *returned =
        type->n_results == 1 ? ffi_type_of(type->codes[type->n_params]) : &ffi_type_void;
    ffi_status status = ffi_prep_cif(&call.cif, FFI_DEFAULT_ABI, n_args, returned, types);
    assert(status == FFI_OK);

    bool has_returned = rt_run(perform, &call, results, error);
    free(arrays);
    return has_returned;
}

bool rt_call(const struct rt_func *func, const union rt_value *args,
             union rt_value *results, struct rt_error *error)
{
    const struct rt_module *m = func->instance->module;
    uint32_t type_index = m->func_types[func->func_index];
    struct typed_call typed = {m->type_calls != NULL ? m->type_calls[type_index] : NULL,
                               func, args, results};
    if (typed.call != NULL)
        return rt_run(perform_typed, &typed, results, error);
    return call_by_ffi(func, &m->types[type_index], args, results, error);
}
