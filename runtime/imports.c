/* Imports: found by the embedder's resolver, matched against their declared types, stored
 * in the instance's slots. */
#include "runtime/imports.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/host.h"
#include "runtime/private.h"

static const char *const kind_names[] = {"function", "table", "memory", "global", "tag"};

/* How much of a name a message shows. */
static int shown_bytes(struct rt_string name)
{
    return name.n_bytes < 100 ? (int)name.n_bytes : 100;
}

/* "unknown import wasi.fd_foo (function)"; always false. */
static bool import_error(const struct rt_import *import, const char *what,
                         const char *why, struct rt_error *error)
{
    return rt_error_set(error, RT_ERROR_LINK, "%s %.*s.%.*s (%s)%s", what,
                        shown_bytes(import->module), import->module.chars,
                        shown_bytes(import->name), import->name.chars,
                        kind_names[import->kind], why);
}

/* Matching of limits (core 3.3.11 to 3.3.13): the minimum is what the object has now. */
static bool limits_match(uint64_t size, uint64_t declared_max, uint64_t is_64,
                         const struct rt_limits *expected)
{
    return size >= expected->min && declared_max <= expected->max &&
           is_64 == expected->is_64;
}

/* core 3.3.12: a mutable global has just one type. */
static bool global_matches(const struct rt_extern *found, uint32_t expected)
{
    return found->global_is_mutable ? found->global_type == expected
                                    : rt_type_matches(found->global_type, expected);
}

static void *slot_at(struct rt_instance *instance, uint64_t slot)
{
    return (uint8_t *)instance + slot;
}

static void fill_func(struct rt_instance *instance, uint32_t func_index,
                      const struct rt_func *func)
{
    struct rt_func_slot *slot =
        slot_at(instance, instance->module->func_slots[func_index]);
    *slot = (struct rt_func_slot){func->code, func->instance, func->tail_code};
    instance->private->imported_funcs[func_index] = func;
}

/* A function of the host. It belongs to this instance. */
static void fill_host_func(struct rt_instance *instance, const struct rt_import *import,
                           const void *code)
{
    struct rt_func *func = &instance->funcs[import->index];
    uint32_t type_index = instance->module->func_types[import->index];
    *func = (struct rt_func){code, instance, instance->type_ids[type_index],
                             import->index, NULL};
    fill_func(instance, import->index, func);
}

/* A function of the host that is called through the import's adapter. */
static bool fill_supplied(struct rt_instance *instance, const struct rt_import *import,
                          const struct wanco_host_function *supplied,
                          struct rt_error *error)
{
    const struct rt_module *m = instance->module;
    const struct rt_type *type = &m->types[m->func_types[import->index]];
    char signature[2 * WANCO_MAX_VALUES], why[512];
    if (type->n_params > WANCO_MAX_VALUES || type->n_results > WANCO_MAX_VALUES)
        return import_error(import, "incompatible import type",
                            ": it has more parameters or results than a function of the "
                            "host can have",
                            error);
    if (!rt_host_signature_matches(supplied->signature, type)) {
        rt_host_signature(type, signature, sizeof signature);
        snprintf(why, sizeof why, ": the module wants %s, the host has %.100s", signature,
                 supplied->signature);
        return import_error(import, "incompatible import type", why, error);
    }
    instance->private->host_funcs[import->index] = supplied;
    fill_host_func(instance, import, import->adapter);
    return true;
}

/* False if what was found has another type than declared; else its slot is filled. */
static bool fill(struct rt_instance *instance, const struct rt_import *import,
                 const struct rt_extern *found)
{
    const struct rt_module *m = instance->module;
    uint32_t i = import->index;
    if (found->kind != import->kind)
        return false;
    switch ((enum rt_extern_kind)import->kind) {
    case RT_EXTERN_FUNC:
        if (!rt_type_is_sub(found->func->type_id, instance->type_ids[m->func_types[i]]))
            return false;
        instance->funcs[i] = *found->func;
        fill_func(instance, i, found->func);
        return true;
    case RT_EXTERN_TABLE:
        if (found->table->full_type !=
                rt_type_with_id(m->tables[i].element_type, instance->type_ids) ||
            !limits_match(found->table->n_elements, found->table->declared_max,
                          found->table->is_64, &m->tables[i].limits))
            return false;
        *(struct rt_table **)slot_at(instance, m->tables[i].slot) = found->table;
        return true;
    case RT_EXTERN_MEMORY:
        if (found->memory->page_bits != m->memories[i].page_bits ||
            !limits_match(found->memory->n_bytes >> found->memory->page_bits,
                          found->memory->declared_max, found->memory->is_64,
                          &m->memories[i].limits))
            return false;
        *(struct rt_memory **)slot_at(instance, m->memories[i].slot) = found->memory;
        return true;
    case RT_EXTERN_GLOBAL:
        if (found->global_is_mutable != m->globals[i].is_mutable ||
            !global_matches(found,
                            rt_type_with_id(m->globals[i].type, instance->type_ids)))
            return false;
        *(union rt_value **)slot_at(instance, m->globals[i].slot) = found->global;
        return true;
    case RT_EXTERN_TAG: /* core 3.3.14: of the same type, not of a subtype */
        if (found->tag->type_id != instance->type_ids[m->tags[i].type_index])
            return false;
        *(const struct rt_tag **)slot_at(instance, m->tags[i].slot) = found->tag;
        return true;
    }
    return false;
}

static bool resolve(struct rt_instance *instance, const struct rt_import *import,
                    const struct rt_instance_config *config, struct rt_error *error)
{
    struct rt_extern found = {0};
    const struct wanco_host_function *supplied;
    if (import->host_func != NULL) {
        /* Linked by the compiler, which also checked its type. */
        fill_host_func(instance, import, import->host_func);
        return true;
    }
    if (config->resolve != NULL &&
        config->resolve(config->resolve_context, import, &found))
        return fill(instance, import, &found) ||
               import_error(import, "incompatible import type",
                            ": what is given under this name is of another type", error);
    if (import->kind == RT_EXTERN_FUNC &&
        (supplied = rt_host_find(import, config->host_tables, config->n_host_tables)) !=
            NULL)
        return fill_supplied(instance, import, supplied, error);
    return import_error(import, "unknown import", "", error);
}

bool rt_resolve_imports(struct rt_instance *instance,
                        const struct rt_instance_config *config, struct rt_error *error)
{
    for (uint32_t i = 0; i < instance->module->n_imports; i++)
        if (!resolve(instance, &instance->module->imports[i], config, error))
            return false;
    return true;
}
