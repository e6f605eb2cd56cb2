/* Calls of host functions, and what they may ask for.
 *
 * The compiler has an adapter for each imported function: it stores the arguments in an
 * array and calls rt_call_host, so that one prototype serves functions of every type.
 * What a host function wants to happen to the guest happens here, after it has returned:
 * no frame of it is ever unwound. */
#include "runtime/host.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/instance.h"
#include "runtime/private.h"
#include "runtime/trap.h"
#include "snapshot-format/snapshot.h"

_Static_assert(sizeof(union wanco_value) == sizeof(union rt_value), "one is the other");
_Static_assert((int)WANCO_ERROR_NONE == (int)RT_ERROR_NONE &&
                   (int)WANCO_ERROR_TRAP == (int)RT_ERROR_TRAP &&
                   (int)WANCO_ERROR_EXCEPTION == (int)RT_ERROR_EXCEPTION,
               "one is the other");

struct wanco_call {
    struct rt_instance *instance;
    uint32_t func_index;
    bool is_trap; /* of the function's own: error tells its line */
    bool has_error;
    uint64_t state[2];
    struct rt_error error; /* to leave the guest with */
};

/* ---- Signatures ---- */

/* The letter of exnref, which only guests can hold, and of references that not every
 * value of their code is, which nobody checks a host's values to be: no signature
 * matches. */
#define NOT_FOR_HOSTS '-'

static char letter_of(const struct rt_type *type, uint32_t value)
{
    uint8_t code = type->codes[value];
    if (type->types != NULL && type->types[value] != code)
        return NOT_FOR_HOSTS;
    switch (code) {
    case RT_TYPE_I32:
        return 'i';
    case RT_TYPE_I64:
        return 'I';
    case RT_TYPE_F32:
        return 'f';
    case RT_TYPE_F64:
        return 'F';
    case RT_TYPE_V128:
        return 'V';
    case RT_TYPE_FUNCREF:
        return 'P';
    case RT_TYPE_EXTERNREF:
        return 'p';
    default:
        return NOT_FOR_HOSTS;
    }
}

/* Whether letters begin with those of n values of the type. */
static bool begins_with(const char *letters, const struct rt_type *type, uint32_t first,
                        uint32_t n)
{
    uint32_t i = 0;
    while (i < n && letters[i] == letter_of(type, first + i) &&
           letters[i] != NOT_FOR_HOSTS)
        i++;
    return i == n;
}

bool rt_host_signature_matches(const char *signature, const struct rt_type *type)
{
    const char *params = strchr(signature, '(');
    size_t n_results = type->n_results > 0 ? type->n_results : 1;
    return params != NULL && (size_t)(params - signature) == n_results &&
           (type->n_results > 0 || signature[0] == 'v') &&
           begins_with(signature, type, type->n_params, type->n_results) &&
           strlen(params) == (size_t)type->n_params + 2 &&
           begins_with(params + 1, type, 0, type->n_params) &&
           params[type->n_params + 1] == ')';
}

void rt_host_signature(const struct rt_type *type, char *text, size_t text_bytes)
{
    size_t n = 0;
    uint32_t n_codes = type->n_params + type->n_results;
    if (type->n_results == 0 && n + 1 < text_bytes)
        text[n++] = 'v';
    for (uint32_t i = type->n_params; i < n_codes && n + 1 < text_bytes; i++)
        text[n++] = letter_of(type, i);
    if (n + 1 < text_bytes)
        text[n++] = '(';
    for (uint32_t i = 0; i < type->n_params && n + 1 < text_bytes; i++)
        text[n++] = letter_of(type, i);
    if (n + 1 < text_bytes)
        text[n++] = ')';
    text[n] = '\0';
}

static bool equal(struct rt_string a, const char *b)
{
    return strlen(b) == a.n_bytes && memcmp(a.chars, b, a.n_bytes) == 0;
}

const struct wanco_host_function *
rt_host_find(const struct rt_import *import,
             const struct wanco_host_function *const *tables, size_t n_tables)
{
    for (size_t i = 0; i < n_tables; i++)
        for (const struct wanco_host_function *f = tables[i]; f->module != NULL; f++)
            if (equal(import->module, f->module) && equal(import->name, f->name))
                return f;
    return NULL;
}

/* ---- Calls ---- */

static const struct rt_type *type_of(const struct wanco_call *call)
{
    const struct rt_module *m = call->instance->module;
    return &m->types[m->func_types[call->func_index]];
}

size_t rt_host_n_words(const struct rt_type *type)
{
    size_t n = 0;
    for (uint32_t i = 0; i < type->n_params; i++)
        n += snapshot_words_of(type->codes[i]);
    return n;
}

_Noreturn static void suspend(const struct wanco_call *call, const union rt_value *args)
{
    const struct rt_type *type = type_of(call);
    struct rt_host_call suspended = {.instance = call->instance,
                                     .func_index = call->func_index,
                                     .state = {call->state[0], call->state[1]},
                                     .again = rt_host_call_again};
    for (uint32_t i = 0; i < type->n_params; i++) {
        size_t n_words = snapshot_words_of(type->codes[i]);
        bool is_narrow = type->codes[i] == RT_TYPE_I32 || type->codes[i] == RT_TYPE_F32;
        uint64_t *word = &suspended.args[suspended.n_args];
        memcpy(word, &args[i], is_narrow ? sizeof(uint32_t) : n_words * sizeof *word);
        suspended.n_args += (uint32_t)n_words;
    }
    rt_suspend_host_call(&suspended);
}

_Noreturn static void fail(struct wanco_call *call,
                           const struct wanco_host_function *function)
{
    if (!call->has_error)
        wanco_trap(call, "the host function %s.%s failed", function->module,
                   function->name);
    if (call->is_trap)
        rt_trap_host(call->error.text);
    rt_leave_with(&call->error);
}

static void perform(struct wanco_call *call, union rt_value *values)
{
    const struct wanco_host_function *function =
        call->instance->private->host_funcs[call->func_index];
    size_t n_bytes = type_of(call)->n_params * sizeof *values;
    union rt_value args[WANCO_MAX_VALUES]; /* it may have overwritten them */
    memcpy(args, values, n_bytes);
    for (;;) {
        enum wanco_outcome outcome =
            function->function(call, (union wanco_value *)values);
        if (outcome == WANCO_DONE)
            return;
        if (outcome != WANCO_AGAIN)
            fail(call, function);
        if (rt_checkpoint_pending())
            suspend(call, args);
        memcpy(values, args, n_bytes);
    }
}

void rt_call_host(struct rt_instance *instance, uint32_t func_index,
                  union rt_value *values)
{
    struct wanco_call call = {.instance = instance, .func_index = func_index};
    rt_check_host_stack();
    perform(&call, values);
}

void rt_host_call_again(const struct rt_host_call *suspended, union rt_value *results)
{
    struct wanco_call call = {.instance = suspended->instance,
                              .func_index = suspended->func_index,
                              .state = {suspended->state[0], suspended->state[1]}};
    const struct rt_type *type = type_of(&call);
    union rt_value values[WANCO_MAX_VALUES] = {0};
    const uint64_t *word = suspended->args;
    for (uint32_t i = 0; i < type->n_params; i++) {
        size_t n_words = snapshot_words_of(type->codes[i]);
        memcpy(&values[i], word, n_words * sizeof *word);
        word += n_words;
    }
    rt_check_host_stack();
    perform(&call, values);
    memcpy(results, values, type->n_results * sizeof *results);
}

/* ---- What host functions call ---- */

static struct rt_instance *guest_of(struct wanco_instance *instance)
{
    return (struct rt_instance *)instance;
}

struct wanco_instance *wanco_caller(struct wanco_call *call)
{
    return (struct wanco_instance *)call->instance;
}

enum wanco_outcome wanco_trap(struct wanco_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    call->has_error = call->is_trap = true;
    vsnprintf(call->error.text, sizeof call->error.text, format, args);
    va_end(args);
    return WANCO_FAILED;
}

enum wanco_outcome wanco_fail(struct wanco_call *call, const struct wanco_error *error)
{
    call->has_error = true;
    call->is_trap = false;
    call->error.kind = (enum rt_error_kind)error->kind;
    call->error.trap = RT_TRAP_HOST;
    call->error.exit_status = error->exit_status;
    snprintf(call->error.text, sizeof call->error.text, "%s", error->text);
    return WANCO_FAILED;
}

bool wanco_checkpoint_wanted(struct wanco_call *call)
{
    (void)call;
    return rt_checkpoint_pending();
}

uint64_t *wanco_state(struct wanco_call *call)
{
    return call->state;
}

/* Memory 0, or NULL. */
static const struct rt_memory *memory_of(struct wanco_instance *instance)
{
    struct rt_instance *guest = guest_of(instance);
    return guest->module->n_memories > 0 ? rt_instance_memory(guest, 0) : NULL;
}

void *wanco_memory(struct wanco_instance *instance, uint64_t at, uint64_t n_bytes)
{
    const struct rt_memory *memory = memory_of(instance);
    return memory != NULL && rt_in_bounds(at, n_bytes, memory->n_bytes)
               ? memory->base + at
               : NULL;
}

uint64_t wanco_memory_bytes(struct wanco_instance *instance)
{
    const struct rt_memory *memory = memory_of(instance);
    return memory != NULL ? memory->n_bytes : 0;
}

void wanco_set_data(struct wanco_instance *instance, void *data)
{
    guest_of(instance)->private->host_data = data;
}

void *wanco_data(struct wanco_instance *instance)
{
    return guest_of(instance)->private->host_data;
}

/* ---- Calling the guest ---- */

static const struct rt_func *find_func(struct rt_instance *instance, const char *name,
                                       const char *signature, struct rt_error *error)
{
    char type[2 * WANCO_MAX_VALUES];
    struct rt_extern found;
    if (!rt_instance_export(instance, name, strlen(name), &found) ||
        found.kind != RT_EXTERN_FUNC) {
        rt_error_set(error, RT_ERROR_USAGE, "there is no exported function %.200s", name);
        return NULL;
    }
    if (rt_host_signature_matches(signature, rt_func_type(found.func)))
        return found.func;
    rt_host_signature(rt_func_type(found.func), type, sizeof type);
    rt_error_set(error, RT_ERROR_USAGE, "the function %.200s is %s, not %.100s", name,
                 type, signature);
    return NULL;
}

void rt_host_error(struct wanco_error *to, const struct rt_error *from)
{
    to->kind = (enum wanco_error_kind)from->kind;
    to->exit_status = from->exit_status;
    memcpy(to->text, from->text, sizeof to->text);
}

bool wanco_invoke(struct wanco_instance *instance, const char *export,
                  const char *signature, union wanco_value *values,
                  struct wanco_error *error)
{
    struct rt_error e = {.kind = RT_ERROR_NONE};
    union rt_value *v = (union rt_value *)values;
    struct rt_instance *guest = guest_of(instance);
    const struct rt_func *func = find_func(guest, export, signature, &e);
    bool ok = false;
    if (func != NULL && rt_guest_depth() == 0 && guest->private->invoke != NULL)
        ok = guest->private->invoke(guest, func, v, &e);
    else if (func != NULL)
        ok = rt_call(func, v, v, &e);
    rt_host_error(error, &e);
    return ok;
}
