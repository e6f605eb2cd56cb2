/* Validates what lies outside of function bodies (core 3.4, 3.5). */
#include <stdlib.h>
#include <string.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/passes.h"
#include "compiler/validate.h"

struct checker {
    const struct module *m;
    struct arena *scratch;
    struct diag *d;
};

static bool check_const_expr(struct checker *v, const struct const_expr *expr,
                             val_type type, uint32_t n_globals)
{
    bool ok = validate_const_expr(v->m, expr, type, n_globals, v->scratch, v->d);
    arena_reset(v->scratch);
    return ok;
}

static bool check_func(struct checker *v, const struct func *f)
{
    return f->type_index < v->m->n_types ||
           diag_set(v->d, f->offset, "unknown type %u", f->type_index);
}

static bool check_limits(struct checker *v, const struct limits *limits, uint64_t most,
                         uint32_t offset, const char *too_much)
{
    if (limits->min > most || (limits->has_max && limits->max > most))
        return diag_set(v->d, offset, "%s", too_much);
    if (limits->has_max && limits->min > limits->max)
        return diag_set(v->d, offset, "size minimum must not be greater than maximum");
    return true;
}

/* Tables come before the globals; imported ones are there. */
static bool check_initial_element(struct checker *v, const struct table *t)
{
    if (t->init)
        return check_const_expr(v, t->init, t->type.element, v->m->n_imported_globals);
    return t->import_index != NO_INDEX || type_has_default(t->type.element) ||
           diag_set(v->d, t->offset,
                    "type mismatch: a table of %s needs an initial element",
                    type_name(t->type.element));
}

static bool check_table(struct checker *v, const struct table *t)
{
    uint64_t most = t->type.limits.is_64 ? UINT64_MAX : UINT32_MAX;
    return check_limits(v, &t->type.limits, most, t->offset,
                        "table size must be at most 2^32-1 elements") &&
           check_initial_element(v, t);
}

static bool check_memory(struct checker *v, const struct memory *memory)
{
    const struct limits *limits = &memory->type.limits;
    if (memory->type.page_bits == 0)
        return check_limits(v, limits, limits->is_64 ? UINT64_MAX : UINT32_MAX,
                            memory->offset,
                            "memory size must be at most 2^32-1 pages of a byte");
    return limits->is_64 ? check_limits(v, limits, UINT64_C(1) << 48, memory->offset,
                                        "memory size must be at most 2^48 pages")
                         : check_limits(v, limits, UINT64_C(1) << 16, memory->offset,
                                        "memory size must be at most 65536 pages (4GiB)");
}

static bool check_tag(struct checker *v, const struct tag *tag)
{
    if (tag->type_index >= v->m->n_types)
        return diag_set(v->d, tag->offset, "unknown type %u", tag->type_index);
    return v->m->types[tag->type_index].n_results == 0 ||
           diag_set(v->d, tag->offset, "non-empty tag result type: a tag has none");
}

static bool check_globals(struct checker *v)
{
    const struct module *m = v->m;
    for (uint32_t i = m->n_imported_globals; i < m->n_globals; i++) {
        if (!check_const_expr(v, &m->globals[i].init, m->globals[i].type.type, i))
            return false;
    }
    return true;
}

/* ---- Exports ---- */

static int compare_exports(const void *a_pointer, const void *b_pointer)
{
    const struct export *a = *(const struct export *const *)a_pointer;
    const struct export *b = *(const struct export *const *)b_pointer;
    if (a->name.length != b->name.length)
        return a->name.length < b->name.length ? -1 : 1;
    int order = memcmp(a->name.chars, b->name.chars, a->name.length);
    return order != 0 ? order : a < b ? -1 : a > b;
}

/* Sorts the exports, so that equal names lie side by side. */
static bool check_export_names(struct checker *v)
{
    const struct module *m = v->m;
    const struct export **sorted = arena_array(v->scratch, m->n_exports, sizeof *sorted);
    for (uint32_t i = 0; i < m->n_exports; i++)
        sorted[i] = &m->exports[i];
    qsort(sorted, m->n_exports, sizeof *sorted, compare_exports);
    for (uint32_t i = 1; i < m->n_exports; i++) {
        if (name_equal(sorted[i - 1]->name, sorted[i]->name))
            return diag_set(v->d, sorted[i]->offset, "duplicate export name");
    }
    return true;
}

static bool check_export(struct checker *v, const struct export *export)
{
    const struct module *m = v->m;
    const uint32_t sizes[] = {
        [EXTERN_FUNC] = m->n_funcs,      [EXTERN_TABLE] = m->n_tables,
        [EXTERN_MEMORY] = m->n_memories, [EXTERN_GLOBAL] = m->n_globals,
        [EXTERN_TAG] = m->n_tags,
    };
    return export->index < sizes[export->kind] ||
           diag_set(v->d, export->offset, "unknown %s %u", extern_kind_name(export->kind),
                    export->index);
}

static bool check_start(struct checker *v)
{
    const struct module *m = v->m;
    if (m->start_func == NO_INDEX)
        return true;
    if (m->start_func >= m->n_funcs)
        return diag_set(v->d, m->start_offset, "unknown function %u", m->start_func);
    const struct func_type *type = module_func_type(m, m->start_func);
    return type->n_params + type->n_results == 0 ||
           diag_set(v->d, m->start_offset,
                    "start function must have neither parameters nor results");
}

/* ---- Segments ---- */

static bool check_elem_items(struct checker *v, const struct elem_segment *elem)
{
    for (uint32_t i = 0; i < elem->n_items; i++) {
        if (elem->exprs) {
            if (!check_const_expr(v, &elem->exprs[i], elem->type, v->m->n_globals))
                return false;
        } else if (elem->func_indices[i] >= v->m->n_funcs) {
            return diag_set(v->d, elem->offset, "unknown function %u",
                            elem->func_indices[i]);
        }
    }
    return true;
}

static bool check_elem(struct checker *v, const struct elem_segment *elem)
{
    const struct module *m = v->m;
    if (elem->mode == SEGMENT_ACTIVE) {
        if (elem->table_index >= m->n_tables)
            return diag_set(v->d, elem->offset, "unknown table %u", elem->table_index);
        val_type element = m->tables[elem->table_index].type.element;
        if (!type_matches(m, elem->type, element))
            return diag_set(
                v->d, elem->offset,
                "type mismatch: elements of type %s do not go into a table of %s",
                type_name(elem->type), type_name(element));
        val_type address = address_type(&m->tables[elem->table_index].type.limits);
        if (!check_const_expr(v, &elem->where, address, m->n_globals))
            return false;
    }
    return check_elem_items(v, elem);
}

static bool check_data(struct checker *v, const struct data_segment *data)
{
    if (data->mode != SEGMENT_ACTIVE)
        return true;
    if (data->memory_index >= v->m->n_memories)
        return diag_set(v->d, data->offset, "unknown memory %u", data->memory_index);
    val_type address = address_type(&v->m->memories[data->memory_index].type.limits);
    return check_const_expr(v, &data->where, address, v->m->n_globals);
}

static bool check_all(struct checker *v)
{
    const struct module *m = v->m;
    bool ok = true;
    for (uint32_t i = 0; i < m->n_funcs && ok; i++)
        ok = check_func(v, &m->funcs[i]);
    for (uint32_t i = 0; i < m->n_tables && ok; i++)
        ok = check_table(v, &m->tables[i]);
    for (uint32_t i = 0; i < m->n_memories && ok; i++)
        ok = check_memory(v, &m->memories[i]);
    for (uint32_t i = 0; i < m->n_tags && ok; i++)
        ok = check_tag(v, &m->tags[i]);
    ok = ok && check_globals(v);
    for (uint32_t i = 0; i < m->n_exports && ok; i++)
        ok = check_export(v, &m->exports[i]);
    ok = ok && check_export_names(v) && check_start(v);
    for (uint32_t i = 0; i < m->n_elems && ok; i++)
        ok = check_elem(v, &m->elems[i]);
    for (uint32_t i = 0; i < m->n_datas && ok; i++)
        ok = check_data(v, &m->datas[i]);
    return ok;
}

bool validate_module(const struct module *m, struct diag *d)
{
    struct arena scratch = {0};
    struct checker v = {.m = m, .scratch = &scratch, .d = d};
    bool ok = check_all(&v);
    arena_free(&scratch);
    return ok;
}
