/* Instances: allocation, linking, initialization (core 4.5.4), exports, destruction. */
#include "runtime/instance.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/arch.h"
#include "runtime/imports.h"
#include "runtime/memory.h"
#include "runtime/private.h"
#include "runtime/resume.h"
#include "runtime/table.h"

static struct rt_instance *instances; /* all live ones, the newest first */

struct rt_instance *rt_instance_next(const struct rt_instance *after)
{
    return after == NULL ? instances : after->private->next;
}

/* ---- The index spaces: imported objects lie behind a pointer in their slot ---- */

static void *object_at(struct rt_instance *instance, uint64_t slot, bool is_imported)
{
    uint8_t *object = (uint8_t *)instance + slot;
    return is_imported ? *(void **)object : object;
}

struct rt_table *rt_instance_table(struct rt_instance *instance, uint32_t table_index)
{
    const struct rt_module *m = instance->module;
    return object_at(instance, m->tables[table_index].slot,
                     table_index < m->n_imported_tables);
}

struct rt_memory *rt_instance_memory(struct rt_instance *instance, uint32_t memory_index)
{
    const struct rt_module *m = instance->module;
    return object_at(instance, m->memories[memory_index].slot,
                     memory_index < m->n_imported_memories);
}

union rt_value *rt_instance_global(struct rt_instance *instance, uint32_t global_index)
{
    const struct rt_module *m = instance->module;
    return object_at(instance, m->globals[global_index].slot,
                     global_index < m->n_imported_globals);
}

const struct rt_tag *rt_instance_tag(struct rt_instance *instance, uint32_t tag_index)
{
    return object_at(instance, instance->module->tags[tag_index].slot, true);
}

const void *rt_ref_func(struct rt_instance *instance, uint32_t func_index)
{
    return func_index < instance->module->n_imported_funcs
               ? instance->private->imported_funcs[func_index]
               : &instance->funcs[func_index];
}

struct rt_wasi *rt_instance_wasi(const struct rt_instance *instance)
{
    return instance->private->wasi;
}

struct rt_memory *rt_instance_wasi_memory(const struct rt_instance *instance)
{
    return instance->private->wasi_memory;
}

const struct rt_type *rt_func_type(const struct rt_func *func)
{
    const struct rt_module *m = func->instance->module;
    return &m->types[m->func_types[func->func_index]];
}

/* ---- Exports ---- */

static const struct rt_export *find_export(const struct rt_module *m, const void *name,
                                           size_t n_bytes)
{
    for (uint32_t i = 0; i < m->n_exports; i++)
        if (m->exports[i].name.n_bytes == n_bytes &&
            memcmp(m->exports[i].name.chars, name, n_bytes) == 0)
            return &m->exports[i];
    return NULL;
}

const struct rt_export *rt_exported_func(const struct rt_module *m, const void *name,
                                         size_t n_bytes)
{
    const struct rt_export *e = find_export(m, name, n_bytes);
    return e != NULL && e->kind == RT_EXTERN_FUNC ? e : NULL;
}

struct rt_string rt_export_name(const struct rt_module *m, uint32_t kind, uint32_t index)
{
    for (uint32_t i = 0; i < m->n_exports; i++)
        if (m->exports[i].kind == kind && m->exports[i].index == index)
            return m->exports[i].name;
    return (struct rt_string){NULL, 0};
}

bool rt_instance_export(struct rt_instance *instance, const char *name, size_t n_bytes,
                        struct rt_extern *found)
{
    const struct rt_module *m = instance->module;
    const struct rt_export *e = find_export(m, name, n_bytes);
    if (e == NULL)
        return false;
    *found = (struct rt_extern){.kind = e->kind};
    switch ((enum rt_extern_kind)e->kind) {
    case RT_EXTERN_FUNC:
        found->func = rt_ref_func(instance, e->index);
        break;
    case RT_EXTERN_TABLE:
        found->table = rt_instance_table(instance, e->index);
        break;
    case RT_EXTERN_MEMORY:
        found->memory = rt_instance_memory(instance, e->index);
        break;
    case RT_EXTERN_GLOBAL:
        found->global = rt_instance_global(instance, e->index);
        found->global_type =
            rt_type_with_id(m->globals[e->index].type, instance->type_ids);
        found->global_is_mutable = m->globals[e->index].is_mutable;
        break;
    case RT_EXTERN_TAG:
        found->tag = rt_instance_tag(instance, e->index);
        break;
    }
    return true;
}

/* ---- Creation ---- */

static void *new_array(size_t n, size_t element_bytes)
{
    return calloc(n > 0 ? n : 1, element_bytes); /* NULL only for want of memory */
}

static void free_elem_items(struct rt_instance_private *p, uint32_t n_elems)
{
    for (uint32_t i = 0; p->elem_items != NULL && i < n_elems; i++)
        free(p->elem_items[i]);
    free(p->elem_items);
}

/* Frees what allocate_parts got. */
static void free_parts(struct rt_instance *instance)
{
    struct rt_instance_private *p = instance->private;
    if (p != NULL) {
        free_elem_items(p, instance->module->n_elems);
        free(p->elem_lengths);
        free(p->data_bytes);
        free(p->imported_funcs);
        free(p->host_funcs);
        free(p->tags);
        free(p);
    }
    free(instance->funcs);
    free((void *)(uintptr_t)instance->type_ids);
    if (instance == instance->module->only_instance)
        memset(instance, 0, instance->module->instance_bytes);
    else
        free(instance);
}

static bool allocate_segments(struct rt_instance_private *p, const struct rt_module *m)
{
    p->data_bytes = new_array(m->n_datas, sizeof *p->data_bytes);
    p->elem_lengths = new_array(m->n_elems, sizeof *p->elem_lengths);
    p->elem_items = new_array(m->n_elems, sizeof *p->elem_items);
    if (p->data_bytes == NULL || p->elem_lengths == NULL || p->elem_items == NULL)
        return false;
    for (uint32_t i = 0; i < m->n_datas; i++)
        p->data_bytes[i] = m->datas[i].n_bytes;
    for (uint32_t i = 0; i < m->n_elems; i++) {
        p->elem_lengths[i] = m->elems[i].n_items;
        if (m->elems[i].func_indices != NULL)
            continue;
        p->elem_items[i] = new_array(m->elems[i].n_items, sizeof(void *));
        if (p->elem_items[i] == NULL)
            return false;
    }
    return true;
}

static bool allocate_imports(struct rt_instance_private *p, const struct rt_module *m)
{
    p->imported_funcs = new_array(m->n_imported_funcs, sizeof *p->imported_funcs);
    p->host_funcs = new_array(m->n_imported_funcs, sizeof *p->host_funcs);
    return p->imported_funcs != NULL && p->host_funcs != NULL;
}

static bool allocate_tags(struct rt_instance_private *p, const struct rt_module *m)
{
    p->tags = new_array(m->n_tags - m->n_imported_tags, sizeof *p->tags);
    return p->tags != NULL;
}

static bool allocate_types(struct rt_instance *instance, const struct rt_module *m)
{
    uint32_t *ids = new_array(m->n_types, sizeof *ids);
    instance->type_ids = ids;
    return ids != NULL && rt_type_ids(m, ids);
}

/* The instance with all its arrays, or NULL: out of memory. */
static struct rt_instance *allocate_parts(const struct rt_module *m)
{
    struct rt_instance *instance =
        m->only_instance != NULL ? m->only_instance : calloc(1, m->instance_bytes);
    if (instance == NULL)
        return NULL;
    instance->module = m;
    struct rt_instance_private *p = instance->private = calloc(1, sizeof *p);
    instance->funcs = new_array(m->n_funcs, sizeof *instance->funcs);
    if (p != NULL && instance->funcs != NULL && allocate_imports(p, m) &&
        allocate_tags(p, m) && allocate_segments(p, m) && allocate_types(instance, m))
        return instance;
    free_parts(instance);
    return NULL;
}

static void define_funcs(struct rt_instance *instance)
{
    const struct rt_module *m = instance->module;
    for (uint32_t i = m->n_imported_funcs; i < m->n_funcs; i++) {
        uint32_t own_index = i - m->n_imported_funcs;
        instance->funcs[i] = (struct rt_func){
            .code = m->func_code[own_index],
            .instance = instance,
            .type_id = instance->type_ids[m->func_types[i]],
            .func_index = i,
            .tail_code = m->func_tail_code != NULL ? m->func_tail_code[own_index] : NULL};
    }
}

static void define_tags(struct rt_instance *instance)
{
    const struct rt_module *m = instance->module;
    for (uint32_t i = m->n_imported_tags; i < m->n_tags; i++) {
        struct rt_tag *tag = &instance->private->tags[i - m->n_imported_tags];
        uint32_t type_index = m->tags[i].type_index;
        *tag = (struct rt_tag){.instance = instance,
                               .type = &m->types[type_index],
                               .type_id = instance->type_ids[type_index],
                               .tag_index = i};
        *(struct rt_tag **)((uint8_t *)instance + m->tags[i].slot) = tag;
    }
}

static struct rt_memory *find_wasi_memory(struct rt_instance *instance)
{
    static const char name[] = "memory";
    struct rt_extern found;
    if (rt_instance_export(instance, name, sizeof name - 1, &found) &&
        found.kind == RT_EXTERN_MEMORY)
        return found.memory;
    return instance->module->n_memories > 0 ? rt_instance_memory(instance, 0) : NULL;
}

static bool create_objects(struct rt_instance *instance, uint64_t max_memory_bytes,
                           struct rt_error *error)
{
    const struct rt_module *m = instance->module;
    for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++)
        if (!rt_table_create(
                rt_instance_table(instance, i),
                rt_type_with_id(m->tables[i].element_type, instance->type_ids),
                &m->tables[i].limits, error))
            return false;
    for (uint32_t i = m->n_imported_memories; i < m->n_memories; i++)
        if (!rt_memory_create(rt_instance_memory(instance, i), &m->memories[i],
                              max_memory_bytes, error))
            return false;
    if (m->n_memories > 0 && !rt_instance_memory(instance, 0)->is_64)
        instance->memory0 = rt_instance_memory(instance, 0)->base;
    instance->private->wasi_memory = find_wasi_memory(instance);
    return true;
}

/* Objects that were not created are all zero, and destroyed as such. */
static void destroy_objects(struct rt_instance *instance)
{
    const struct rt_module *m = instance->module;
    for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++)
        rt_table_destroy(rt_instance_table(instance, i));
    for (uint32_t i = m->n_imported_memories; i < m->n_memories; i++)
        rt_memory_destroy(rt_instance_memory(instance, i));
}

/* On the guest stack: segments, then the start function. */
static void initialize(void *argument)
{
    struct rt_instance *instance = argument;
    instance->module->initialize(instance);
}

static void initialize_and_start(void *argument)
{
    struct rt_instance *instance = argument;
    const struct rt_module *m = instance->module;
    m->initialize(instance);
    if (m->start_func == UINT32_MAX)
        return;
    const struct rt_func *start = rt_ref_func(instance, m->start_func);
    ((void (*)(struct rt_instance *))(uintptr_t)start->code)(start->instance);
}

bool rt_instance_create(const struct rt_module *module,
                        const struct rt_instance_config *config,
                        struct rt_instance **instance, struct rt_error *error)
{
    *instance = NULL;
    if (module->abi_version != RT_ABI_VERSION)
        return rt_error_set(error, RT_ERROR_LINK,
                            "the module was compiled for runtime version %u, not %u; "
                            "compile it again",
                            module->abi_version, RT_ABI_VERSION);
    if (!rt_arch_is_cpu(module->cpu))
        return rt_error_set(error, RT_ERROR_LINK,
                            "the program was compiled for x86-64-v2, which this "
                            "machine's processor is not; compile it again with "
                            "--cpu x86-64");
    struct rt_instance *created = allocate_parts(module);
    if (created == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    created->private->wasi = config->wasi;
    created->private->host_data = config->host_data;
    if (!rt_resolve_imports(created, config, error) ||
        !create_objects(created, config->max_memory_bytes, error)) {
        destroy_objects(created);
        free_parts(created);
        return false;
    }
    define_funcs(created);
    define_tags(created);
    created->private->next = instances;
    instances = created;
    *instance = created;
    return config->is_restored ? rt_enter(initialize, created, error)
                               : rt_run(initialize_and_start, created, NULL, error);
}

void rt_instance_destroy(struct rt_instance *instance)
{
    struct rt_instance **link = &instances;
    while (*link != instance) {
        assert(*link != NULL);
        link = &(*link)->private->next;
    }
    *link = instance->private->next;
    destroy_objects(instance);
    free_parts(instance);
}
