/* Lays out the module's own area of an instance. Needs a validated module; the result
 * depends on the module alone, so that snapshots and objects of different runs agree. */
#include "compiler/layout.h"

#include <string.h>

#include "compiler/arena.h"
#include "compiler/host.h"
#include "runtime/abi.h"

static uint32_t take(struct layout *l, uint32_t n_bytes, uint32_t alignment)
{
    uint32_t at = (l->instance_bytes + alignment - 1) / alignment * alignment;
    l->instance_bytes = at + n_bytes;
    return at;
}

const char *host_func_signature(const struct import *import)
{
    const struct host_func *func = find_host_func(import);
    return func ? func->signature : NULL;
}

static char type_letter(val_type t)
{
    switch (t) {
    case TYPE_I32:
        return 'i';
    case TYPE_I64:
        return 'I';
    case TYPE_F32:
        return 'f';
    case TYPE_F64:
        return 'F';
    case TYPE_V128:
        return 'V';
    case TYPE_FUNCREF:
        return 'P';
    case TYPE_EXTERNREF:
        return 'p';
    default: /* of these nobody checks what the host gives: nothing matches a zero */
        return '\0';
    }
}

bool signature_matches(const char *signature, const struct func_type *type)
{
    size_t n_results = type->n_results > 0 ? type->n_results : 1;
    size_t n_params = type->n_params;
    if (strlen(signature) != n_results + n_params + 2 || signature[n_results] != '(' ||
        signature[n_results + 1 + n_params] != ')' ||
        (type->n_results == 0 && signature[0] != 'v'))
        return false;
    for (uint32_t i = 0; i < type->n_results; i++)
        if (signature[i] != type_letter(type->results[i]))
            return false;
    for (uint32_t i = 0; i < n_params; i++)
        if (signature[n_results + 1 + i] != type_letter(type->params[i]))
            return false;
    return true;
}

/* Whether all elements that active and passive segments can put into tables are functions
 * of this instance: own ones, or host functions linked to it. */
static bool segment_is_own(const struct module *m, const struct layout *l,
                           const struct elem_segment *segment)
{
    if (!segment->func_indices)
        return segment->n_items == 0;
    for (uint32_t i = 0; i < segment->n_items; i++) {
        const struct func *f = &m->funcs[segment->func_indices[i]];
        if (f->import_index != NO_INDEX && !l->is_host_func[f->import_index])
            return false;
    }
    return true;
}

static bool is_exported(const struct module *m, enum extern_kind kind, uint32_t index)
{
    for (uint32_t i = 0; i < m->n_exports; i++)
        if (m->exports[i].kind == kind && m->exports[i].index == index)
            return true;
    return false;
}

/* Whether all segments of a table go to constant places. */
static bool has_constant_segments(const struct module *m, uint32_t table_index)
{
    for (uint32_t i = 0; i < m->n_elems; i++) {
        const struct elem_segment *segment = &m->elems[i];
        if (segment->mode == SEGMENT_ACTIVE && segment->table_index == table_index &&
            (segment->where.n_instrs != 2 ||
             (segment->where.instrs[0].op != OP_I32Const &&
              segment->where.instrs[0].op != OP_I64Const)))
            return false;
    }
    return true;
}

uint32_t *layout_static_elements(const struct module *m, uint32_t table_index,
                                 struct arena *arena)
{
    uint64_t n = m->tables[table_index].type.limits.min;
    uint32_t *funcs = arena_array(arena, n, sizeof *funcs);
    memset(funcs, 0xff, n * sizeof *funcs);
    for (uint32_t i = 0; i < m->n_elems; i++) {
        const struct elem_segment *segment = &m->elems[i];
        if (segment->mode != SEGMENT_ACTIVE || segment->table_index != table_index ||
            !segment->func_indices)
            continue;
        const struct instr *where = &segment->where.instrs[0];
        uint64_t to = where->op == OP_I64Const ? where->imm.i64 : where->imm.i32;
        for (uint32_t k = 0; k < segment->n_items && to < n - k; k++)
            funcs[to + k] = segment->func_indices[k];
    }
    return funcs;
}

/* The types of elements, if tables of code for each are small together. */
static bool *choose_typed(const struct module *m, uint32_t table_index)
{
    enum { MAX_TYPED_ELEMENTS = 1 << 15 };
    uint64_t n = m->tables[table_index].type.limits.min, n_types = 0;
    bool *is_typed = arena_array(m->arena, m->n_types, sizeof *is_typed);
    struct arena scratch = {0};
    const uint32_t *funcs = layout_static_elements(m, table_index, &scratch);
    for (uint64_t i = 0; i < n; i++) {
        if (funcs[i] == NO_INDEX)
            continue;
        uint32_t type = m->canonical_types[m->funcs[funcs[i]].type_index];
        n_types += !is_typed[type];
        is_typed[type] = true;
    }
    if (n * n_types > MAX_TYPED_ELEMENTS)
        memset(is_typed, 0, m->n_types * sizeof *is_typed);
    arena_free(&scratch);
    return is_typed;
}

static void classify_tables(struct layout *l, const struct module *m,
                            const struct module_facts *facts)
{
    enum { MAX_STATIC_ELEMENTS = 1 << 20 };
    l->tables = arena_array(m->arena, m->n_tables, sizeof *l->tables);
    bool own_segments = true;
    for (uint32_t i = 0; i < m->n_elems; i++)
        own_segments = own_segments && segment_is_own(m, l, &m->elems[i]);
    for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++) {
        struct table_facts *table = &l->tables[i];
        bool is_private = !is_exported(m, EXTERN_TABLE, i);
        table->is_fixed = is_private && !facts->has_table_grow;
        table->is_own = table->is_fixed && own_segments && !facts->has_table_write &&
                        !m->tables[i].init && m->n_imported_tables == 0;
        table->is_static = table->is_own && !facts->has_table_copy &&
                           m->tables[i].type.limits.min <= MAX_STATIC_ELEMENTS &&
                           has_constant_segments(m, i);
        if (table->is_static)
            table->is_typed = choose_typed(m, i);
    }
}

void layout_module(struct layout *l, const struct module *m,
                   const struct module_facts *facts, bool link_host)
{
    struct arena *a = m->arena;
    l->instance_bytes = sizeof(struct rt_instance);
    /* The globals come first: small offsets make short instructions, and they are the
     * hottest. */
    l->global_slots = arena_array(a, m->n_globals, sizeof(uint32_t));
    for (uint32_t i = 0; i < m->n_globals; i++)
        l->global_slots[i] = i < m->n_imported_globals
                                 ? take(l, sizeof(void *), sizeof(void *))
                                 : take(l, sizeof(union rt_value), 16);
    l->type_slots = arena_array(a, m->n_types, sizeof(uint32_t));
    for (uint32_t i = 0; i < m->n_types; i++)
        l->type_slots[i] = m->canonical_types[i] == i ? take(l, 4, 4) : NO_INDEX;
    l->table_slots = arena_array(a, m->n_tables, sizeof(uint32_t));
    for (uint32_t i = 0; i < m->n_tables; i++)
        l->table_slots[i] = i < m->n_imported_tables
                                ? take(l, sizeof(void *), sizeof(void *))
                                : take(l, sizeof(struct rt_table), 8);
    l->memory_slots = arena_array(a, m->n_memories, sizeof(uint32_t));
    for (uint32_t i = 0; i < m->n_memories; i++)
        l->memory_slots[i] = i < m->n_imported_memories
                                 ? take(l, sizeof(void *), sizeof(void *))
                                 : take(l, sizeof(struct rt_memory), 8);
    l->tag_slots = arena_array(a, m->n_tags, sizeof(uint32_t));
    for (uint32_t i = 0; i < m->n_tags; i++)
        l->tag_slots[i] = take(l, sizeof(void *), sizeof(void *));
    l->is_host_func = arena_array(a, m->n_imports, sizeof(bool));
    for (uint32_t i = 0; i < m->n_imports; i++)
        l->is_host_func[i] = link_host && m->imports[i].kind == EXTERN_FUNC &&
                             host_func_signature(&m->imports[i]);
    l->func_slots = arena_array(a, m->n_imported_funcs, sizeof(uint32_t));
    for (uint32_t i = 0; i < m->n_imported_funcs; i++)
        l->func_slots[i] = take(l, sizeof(struct rt_func_slot), 8);
    classify_tables(l, m, facts);
    l->instance_bytes = take(l, 0, 16);
}
