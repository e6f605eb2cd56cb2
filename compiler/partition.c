/* Neighbours in a module are neighbours in its sources, so that runs of functions keep
 * most calls, and so most chances to inline, within one LLVM module. */
#include "compiler/partition.h"

#include <stdatomic.h>

#include "compiler/arena.h"
#include "compiler/bodies.h"
#include "compiler/bulk.h"

struct survey_work {
    const struct module *m;
    struct survey *survey;
    atomic_bool has_table_grow, has_table_write, has_table_copy;
};

static void survey_body(void *context, uint32_t func_index, const struct body *body,
                        struct arena *scratch)
{
    (void)scratch;
    struct survey_work *w = context;
    bool is_leaf = true, is_brief = true;
    for (uint32_t i = 0; i < body->n_instrs; i++) {
        if (bulk_may_be_long(w->m, body, i) ||
            op_info(body->instrs[i].op)->flags & OPF_THROW)
            is_brief = false;
        switch (body->instrs[i].op) {
        case OP_TableGrow:
            w->has_table_grow = true;
            break;
        case OP_TableSet:
        case OP_TableFill:
            w->has_table_write = true;
            break;
        case OP_TableCopy:
        case OP_TableInit:
            w->has_table_copy = true;
            break;
        case OP_Loop:
            is_leaf = false;
            break;
        default:
            is_leaf = is_leaf && !op_is_call(body->instrs[i].op);
            break;
        }
    }
    w->survey->is_leaf[func_index] = is_leaf;
    w->survey->n_brief[func_index] = is_leaf && is_brief ? body->n_instrs : 0;
}

void survey_module(struct survey *survey, const struct module *m, unsigned n_threads)
{
    struct survey_work w = {.m = m, .survey = survey};
    survey->is_leaf = arena_array(m->arena, m->n_funcs, sizeof *survey->is_leaf);
    survey->n_brief = arena_array(m->arena, m->n_funcs, sizeof *survey->n_brief);
    visit_bodies(m, n_threads, survey_body, &w);
    survey->facts.has_table_grow = w.has_table_grow;
    survey->facts.has_table_write = w.has_table_write;
    survey->facts.has_table_copy = w.has_table_copy;
}

struct partition *partition_module(const struct module *m, uint32_t part_bytes,
                                   uint32_t *n_parts)
{
    uint32_t n_own = m->n_funcs - m->n_imported_funcs;
    struct partition *parts = arena_array(m->arena, (size_t)n_own + 1, sizeof *parts);
    uint32_t n = 0;
    for (uint32_t i = m->n_imported_funcs; i < m->n_funcs; i++) {
        uint32_t n_bytes = m->funcs[i].body_bytes;
        if (n == 0 || parts[n - 1].n_bytes + n_bytes > part_bytes)
            parts[n++] = (struct partition){.first = i, .end = i};
        parts[n - 1].end = i + 1;
        parts[n - 1].n_bytes += n_bytes;
    }
    *n_parts = n;
    return parts;
}
