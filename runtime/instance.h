/* Instances: created from the constant data the compiler wrote, linked, called,
 * destroyed. */
#ifndef RUNTIME_INSTANCE_H
#define RUNTIME_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/abi.h"
#include "runtime/trap.h"

struct rt_wasi;
struct wanco_host_function;

/* What can be imported and exported. Everything is owned by the instance that defines it.
 */
struct rt_extern {
    uint32_t kind; /* enum rt_extern_kind */
    const struct rt_func *func;
    struct rt_table *table;
    struct rt_memory *memory;
    union rt_value *global;
    uint32_t global_type;
    uint32_t global_is_mutable;
    const struct rt_tag *tag;
};

/* Finds what an import names; false if there is none. Its type is checked by the caller.
 */
typedef bool rt_resolver(void *context, const struct rt_import *import,
                         struct rt_extern *found);

struct rt_instance_config {
    rt_resolver *resolve; /* may be NULL */
    void *resolve_context;
    /* Where functions are looked for that resolve does not find; rows of wanco/host.h. */
    const struct wanco_host_function *const *host_tables;
    size_t n_host_tables;
    void *host_data;      /* wanco_data */
    struct rt_wasi *wasi; /* lent to the instance; NULL if it calls no WASI function */
    uint64_t max_memory_bytes; /* upper limit of each memory; 0: only the type's own */
    bool is_restored; /* the start function has been called before, in another process */
};

/* Links, allocates and initializes an instance and runs its start function (core 4.5.4),
 * unless it is restored.
 * Messages of link errors begin with the specification's words "unknown import" or
 * "incompatible import type". After a trap or exit it returns false, yet *instance is set
 * and stays allocated, since other instances' tables may refer to it; after any other
 * error *instance is NULL. */
bool rt_instance_create(const struct rt_module *module,
                        const struct rt_instance_config *config,
                        struct rt_instance **instance, struct rt_error *error);

/* The caller must know that no table or global refers to it any more. */
void rt_instance_destroy(struct rt_instance *instance);

/* All live instances, one after another, from NULL to NULL. Async-signal-safe. */
struct rt_instance *rt_instance_next(const struct rt_instance *after);

/* False if it exports nothing under this name. */
bool rt_instance_export(struct rt_instance *instance, const char *name, size_t n_bytes,
                        struct rt_extern *found);

/* The function that a module exports under this name, NULL if there is none. */
const struct rt_export *rt_exported_func(const struct rt_module *m, const void *name,
                                         size_t n_bytes);

/* Under which a module exports it, else empty. Async-signal-safe. */
struct rt_string rt_export_name(const struct rt_module *m, uint32_t kind, uint32_t index);

/* Own or imported; the index is of the module. */
struct rt_memory *rt_instance_memory(struct rt_instance *instance, uint32_t memory_index);
struct rt_table *rt_instance_table(struct rt_instance *instance, uint32_t table_index);
union rt_value *rt_instance_global(struct rt_instance *instance, uint32_t global_index);
const struct rt_tag *rt_instance_tag(struct rt_instance *instance, uint32_t tag_index);
struct rt_wasi *rt_instance_wasi(const struct rt_instance *instance);
/* What WASI functions read and write: the memory that is exported as "memory", or else
 * memory 0; NULL without memories. */
struct rt_memory *rt_instance_wasi_memory(const struct rt_instance *instance);

/* The type of a function reference, as its instance's module declares it. */
const struct rt_type *rt_func_type(const struct rt_func *func);

/* Type index of the module -> an id that equal types share across all modules of the
 * process; never 0. False: out of memory. */
bool rt_type_ids(const struct rt_module *module, uint32_t *ids);

/* A value type of a module, whose ids these are, as one that names types by ids. */
uint32_t rt_type_with_id(uint32_t type, const uint32_t *ids);

/* Of value types that name types by ids: whether a value of one type is one of another.
 */
bool rt_type_matches(uint32_t type, uint32_t other);

/* Whether references to functions of a type can be of this value type. */
bool rt_type_admits(uint32_t type, uint32_t func_type_id);

/* Calls a function with one argument per parameter; results has room for all results.
 * libffi builds the call. False with error set when it trapped or ended itself. */
bool rt_call(const struct rt_func *func, const union rt_value *args,
             union rt_value *results, struct rt_error *error);

#endif
