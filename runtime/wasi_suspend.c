/* Calls that wait. One that a signal interrupts before any progress suspends the guest in
 * the call; when the guest goes on, here or restored elsewhere, the call is made again
 * with the same arguments. */
#include "runtime/wasi_suspend.h"

#include <assert.h>
#include <errno.h>

#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

bool rt_wasi_retry(void)
{
    return errno == EINTR && !rt_checkpoint_pending();
}

_Noreturn void rt_wasi_suspend(struct rt_instance *instance, const char *name,
                               uint32_t n_args, const uint64_t *args, uint64_t state)
{
    struct rt_host_call call = {.instance = instance,
                                .name = name,
                                .n_args = n_args,
                                .state = {state},
                                .again = rt_wasi_call_again};
    memcpy(call.args, args, n_args * sizeof *args);
    rt_suspend_host_call(&call);
}

static const struct row {
    const char *module, *name, *function, *signature;
    bool suspends;
} rows[] = {
#define HOST(module, name, function, signature, suspends)                                \
    {#module, #name, #function, signature, suspends},
#include "runtime/wasi.def"
#undef HOST
};
#define N_ROWS (sizeof rows / sizeof *rows)

static bool equal(struct rt_string a, const char *b)
{
    return a.n_bytes == strlen(b) && memcmp(a.chars, b, a.n_bytes) == 0;
}

const char *rt_wasi_function_of(const struct rt_import *import)
{
    if (import->kind != RT_EXTERN_FUNC || !import->host_func)
        return NULL;
    for (size_t i = 0; i < N_ROWS; i++)
        if (equal(import->module, rows[i].module) && equal(import->name, rows[i].name))
            return rows[i].function;
    return NULL;
}

/* The type of a function that can be suspended, as wasi.def writes it, or NULL. */
static const char *find_signature(const char *function)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].suspends && strcmp(rows[i].function, function) == 0)
            return rows[i].signature;
    return NULL;
}

/* The function as the module has linked it: others are not in the executable. */
static const void *find_code(const struct rt_module *module, const char *function)
{
    for (uint32_t i = 0; i < module->n_imports; i++) {
        const char *found = rt_wasi_function_of(&module->imports[i]);
        if (found && strcmp(found, function) == 0)
            return module->imports[i].host_func;
    }
    return NULL;
}

bool rt_wasi_can_call_again(const struct rt_host_call *call)
{
    const char *signature = find_signature(call->name);
    if (!signature || !find_code(call->instance->module, call->name))
        return false;
    const char *params = strchr(signature, '(') + 1;
    if (call->n_args != strlen(params) - 1)
        return false;
    for (uint32_t i = 0; i < call->n_args; i++)
        if (params[i] == 'i' && call->args[i] > UINT32_MAX)
            return false;
    return true;
}

/* ---- A caller for each type of a function that can be suspended ---- */

static uint32_t low(uint64_t arg)
{
    return (uint32_t)arg;
}

#define I  struct rt_instance *
#define u4 uint32_t
#define u8 uint64_t
/* CALLER(name, "type", its parameters in C, the arguments) */
#define CALLERS                                                                          \
    CALLER(call_i, "i(i)", (I, u4), (p, low(a[0])))                                      \
    CALLER(call_iI, "i(iI)", (I, u4, u8), (p, low(a[0]), a[1]))                          \
    CALLER(call_iII, "i(iII)", (I, u4, u8, u8), (p, low(a[0]), a[1], a[2]))              \
    CALLER(call_iii, "i(iii)", (I, u4, u4, u4), (p, low(a[0]), low(a[1]), low(a[2])))    \
    CALLER(call_iiii, "i(iiii)", (I, u4, u4, u4, u4),                                    \
           (p, low(a[0]), low(a[1]), low(a[2]), low(a[3])))                              \
    CALLER(call_iiiIi, "i(iiiIi)", (I, u4, u4, u4, u8, u4),                              \
           (p, low(a[0]), low(a[1]), low(a[2]), a[3], low(a[4])))                        \
    CALLER(call_iiiii, "i(iiiii)", (I, u4, u4, u4, u4, u4),                              \
           (p, low(a[0]), low(a[1]), low(a[2]), low(a[3]), low(a[4])))                   \
    CALLER(call_iiiiii, "i(iiiiii)", (I, u4, u4, u4, u4, u4, u4),                        \
           (p, low(a[0]), low(a[1]), low(a[2]), low(a[3]), low(a[4]), low(a[5])))        \
    CALLER(call_iiiiiIIii, "i(iiiiiIIii)", (I, u4, u4, u4, u4, u4, u8, u8, u4, u4),      \
           (p, low(a[0]), low(a[1]), low(a[2]), low(a[3]), low(a[4]), a[5], a[6],        \
            low(a[7]), low(a[8])))

/* NOLINTBEGIN(bugprone-macro-parentheses): params and arguments are lists */
#define CALLER(function, type, params, arguments)                                        \
    static uint32_t function(const void *code, struct rt_instance *p, const uint64_t *a) \
    {                                                                                    \
        return ((uint32_t(*) params)(uintptr_t)code)arguments;                           \
    }
CALLERS
#undef CALLER
/* NOLINTEND(bugprone-macro-parentheses) */

void rt_wasi_call_again(const struct rt_host_call *call, union rt_value *results)
{
    static const struct {
        const char *type;
        uint32_t (*function)(const void *code, struct rt_instance *instance,
                             const uint64_t *args);
    } callers[] = {
#define CALLER(function, type, params, arguments) {type, function},
        CALLERS
#undef CALLER
    };
    const char *type = find_signature(call->name);
    const void *code = find_code(call->instance->module, call->name);
    size_t i = 0;
    while (strcmp(callers[i].type, type) != 0) {
        i++;
        assert(i < sizeof callers / sizeof *callers);
    }
    struct rt_wasi *wasi = rt_instance_wasi(call->instance);
    wasi->poll_since = call->state[0];
    results->i32 = callers[i].function(code, call->instance, call->args);
    wasi->poll_since = 0;
}
