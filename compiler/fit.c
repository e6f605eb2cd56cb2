/* Compares a snapshot, which holds together by itself, with a module, which is valid. The
 * functions on the stack are decoded once more to find their resume points, each once. */
#include "compiler/fit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/passes.h"
#include "compiler/points.h"
#include "compiler/suspension.h"

struct fit {
    const Wanco__Snapshot__Header *h;
    const Wanco__Snapshot__Instance *instance;
    const struct module *m;
    struct suspension suspension;
    struct func_points **points; /* by func index: NULL until it is met */
    struct arena *arena;
    char *error;
    size_t error_bytes;
};

/* The resume points of a function on the stack. */
struct func_points {
    struct body body;
    struct points points;
};

static bool misfit(const struct fit *f, const char *what, uint64_t index)
{
    snprintf(f->error, f->error_bytes, "its %s %" PRIu64 " does not fit the module", what,
             index);
    return false;
}

static bool says(const struct fit *f, const char *line)
{
    snprintf(f->error, f->error_bytes, "%s", line);
    return false;
}

/* ---- State ---- */

/* Whether a reference is to a function that there is, and that is of the type. (That an
 * exception is there, the file's checks say.) */
static bool refers(const struct fit *f, val_type type, uint64_t word)
{
    uint32_t instance, func_index;
    if (type_code(type) == TYPE_EXNREF)
        return word == 0 ? type_has_default(type) : type_heap(type) != TYPE_NO_HEAP;
    if (type_code(type) != TYPE_FUNCREF)
        return true;
    if (!snapshot_funcref_parts(word, &instance, &func_index))
        return type_has_default(type);
    return func_index < f->m->n_funcs &&
           type_matches(f->m, func_ref_type(f->m, func_index), type);
}

/* Whether values are of these types. */
static bool are_values(const struct fit *f, const val_type *types, uint32_t n_types,
                       const ProtobufCBinaryData *codes, const uint64_t *word)
{
    bool ok = n_types == codes->len;
    for (uint32_t i = 0; ok && i < n_types; i++) {
        ok = codes->data[i] == type_code(types[i]) && refers(f, types[i], *word);
        word += snapshot_words_of(codes->data[i]);
    }
    return ok;
}

static bool check_exceptions(const struct fit *f)
{
    for (size_t i = 0; i < f->h->n_exceptions; i++) {
        const Wanco__Snapshot__Exception *e = f->h->exceptions[i];
        if (e->tag_index < f->m->n_imported_tags || e->tag_index >= f->m->n_tags)
            return misfit(f, "exception", i);
        const struct func_type *type = module_tag_type(f->m, e->tag_index);
        if (!are_values(f, type->params, type->n_params, &e->types, e->words))
            return misfit(f, "exception", i);
    }
    return true;
}

static bool check_globals(const struct fit *f)
{
    const Wanco__Snapshot__Instance *in = f->instance;
    const uint64_t *word = in->global_words;
    size_t n = 0;
    for (uint32_t i = f->m->n_imported_globals; i < f->m->n_globals; i++) {
        const struct global_type *type = &f->m->globals[i].type;
        if (!type->is_mutable)
            continue;
        if (n == in->n_global_indices || in->global_indices[n] != i ||
            in->global_types.data[n] != type_code(type->type) ||
            !refers(f, type->type, *word))
            return misfit(f, "global", i);
        word += snapshot_words_of(in->global_types.data[n++]);
    }
    return n == in->n_global_indices || misfit(f, "global", in->global_indices[n]);
}

static bool is_within(uint64_t size, const struct limits *limits)
{
    return size >= limits->min && (!limits->has_max || size <= limits->max);
}

static bool check_table(const struct fit *f, const Wanco__Snapshot__Table *t,
                        uint32_t index)
{
    const struct table_type *type = &f->m->tables[index].type;
    uint64_t size = 0;
    for (size_t run = 0; run < t->n_run_lengths; run++) {
        size += t->run_lengths[run];
        if (!refers(f, type->element, t->run_words[run]))
            return false;
    }
    return t->index == index && t->element_type == type_code(type->element) &&
           is_within(size, &type->limits);
}

static bool check_tables(const struct fit *f)
{
    const Wanco__Snapshot__Instance *in = f->instance;
    size_t n = 0;
    for (uint32_t i = f->m->n_imported_tables; i < f->m->n_tables; i++, n++)
        if (n >= in->n_tables || !check_table(f, in->tables[n], i))
            return misfit(f, "table", i);
    return n == in->n_tables || misfit(f, "table", in->tables[n]->index);
}

static bool check_memories(const struct fit *f)
{
    const Wanco__Snapshot__Header *h = f->h;
    size_t n = 0;
    for (uint32_t i = f->m->n_imported_memories; i < f->m->n_memories; i++, n++)
        if (n >= h->n_memories || h->memories[n]->index != i ||
            !is_within(h->memories[n]->n_pages, &f->m->memories[i].type.limits) ||
            (h->memories[n]->page_bytes != 0) != (f->m->memories[i].type.page_bits == 0))
            return misfit(f, "memory", i);
    return n == h->n_memories || misfit(f, "memory", h->memories[n]->index);
}

static bool check_segments(const struct fit *f)
{
    const Wanco__Snapshot__Instance *in = f->instance;
    for (size_t i = 0; i < in->n_dropped_datas; i++)
        if (in->dropped_datas[i] >= f->m->n_datas)
            return misfit(f, "data segment", in->dropped_datas[i]);
    for (size_t i = 0; i < in->n_dropped_elems; i++)
        if (in->dropped_elems[i] >= f->m->n_elems)
            return misfit(f, "element segment", in->dropped_elems[i]);
    return true;
}

/* ---- The entry ---- */

/* The function of an export, or NO_INDEX. */
static uint32_t find_export(const struct module *m, const void *chars, size_t n_bytes)
{
    for (uint32_t i = 0; i < m->n_exports; i++)
        if (m->exports[i].kind == EXTERN_FUNC && m->exports[i].name.length == n_bytes &&
            (n_bytes == 0 || memcmp(m->exports[i].name.chars, chars, n_bytes) == 0))
            return m->exports[i].index;
    return NO_INDEX;
}

static bool has_results_of(const struct module *m, const struct func_type *a,
                           const struct func_type *b)
{
    return a->n_results == b->n_results &&
           types_match(m, a->results, b->results, a->n_results);
}

/* Whether a frame of a function can stand where another was called: by tail calls, in
 * place of that. */
static bool can_replace(const struct module *m, uint32_t called, uint32_t func_index)
{
    return called == func_index || (m->funcs[called].makes_tail_calls &&
                                    has_results_of(m, module_func_type(m, func_index),
                                                   module_func_type(m, called)));
}

static bool check_entry(const struct fit *f)
{
    static const char initialize[] = "_initialize";
    const Wanco__Snapshot__Entry *e = f->h->entry;
    const Wanco__Snapshot__Stack *stack = f->h->stacks[0];
    uint32_t export = find_export(f->m, e->export.data, e->export.len);
    if (export == NO_INDEX)
        return says(f, "it runs a function that the module does not export");
    const struct func_type *type = module_func_type(f->m, export);
    if (!are_values(f, type->params, type->n_params, &e->argument_types,
                    e->argument_words))
        return says(f, "its arguments are not those of the function it runs");
    uint32_t entered = export;
    if (e->stage == WANCO__SNAPSHOT__ENTRY__STAGE__START_FUNCTION)
        entered = f->m->start_func;
    if (e->stage == WANCO__SNAPSHOT__ENTRY__STAGE__INITIALIZE)
        entered = find_export(f->m, initialize, sizeof initialize - 1);
    return (entered != NO_INDEX && stack->n_frames > 0 &&
            stack->frames[0]->func_index < f->m->n_funcs &&
            can_replace(f->m, entered, stack->frames[0]->func_index)) ||
           misfit(f, "frame", 0);
}

/* ---- Frames ---- */

static const struct func_points *points_of(struct fit *f, uint32_t func_index)
{
    struct diag none = DIAG_INIT; /* the body has been decoded before */
    struct func_points *p = f->points[func_index];
    if (p == NULL) {
        p = arena_alloc(f->arena, sizeof *p);
        decode_body(f->m, func_index, &p->body, f->arena, &none);
        find_points(&p->points, f->m, &f->suspension, func_index, &p->body, f->arena);
        f->points[func_index] = p;
    }
    return p;
}

static const struct point *find_point(const struct func_points *p,
                                      const Wanco__Snapshot__Frame *frame)
{
    static const enum rt_point_kind kinds[] = {
        [WANCO__SNAPSHOT__FRAME__KIND__LOOP] = RT_POINT_LOOP,
        [WANCO__SNAPSHOT__FRAME__KIND__CALL] = RT_POINT_CALL,
        [WANCO__SNAPSHOT__FRAME__KIND__BEFORE] = RT_POINT_BEFORE,
    };
    for (uint32_t i = 0; i < p->points.n_points; i++) {
        const struct point *point = &p->points.points[i];
        if (p->body.instrs[point->position].offset == frame->code_offset &&
            point->kind == kinds[frame->kind])
            return point;
    }
    return NULL;
}

/* Locals that are missing are zero, and those that are dead are ignored. */
static bool check_values(const struct fit *f, const Wanco__Snapshot__Frame *frame,
                         const struct body *body, const struct point *point)
{
    const uint64_t *word = frame->words;
    size_t n_locals = frame->n_local_indices;
    if (frame->types.len != n_locals + point->n_operands)
        return false;
    for (size_t i = 0; i < frame->types.len; i++) {
        val_type wanted;
        if (i >= n_locals)
            wanted = point->operands[i - n_locals];
        else if (frame->local_indices[i] < body->n_locals)
            wanted = body->locals[frame->local_indices[i]] & ~(val_type)TYPE_NON_NULL;
        else
            return false;
        if (frame->types.data[i] != type_code(wanted) || !refers(f, wanted, *word))
            return false;
        word += snapshot_words_of(frame->types.data[i]);
    }
    return true;
}

static bool check_host_call(const struct fit *f, const Wanco__Snapshot__Frame *frame)
{
    if (frame->func_index >= f->m->n_imported_funcs)
        return false;
    const struct func_type *type = module_func_type(f->m, frame->func_index);
    return are_values(f, type->params, type->n_params, &frame->types, frame->words);
}

/* Whether a call can have called a function. */
static bool can_call(const struct module *m, const struct instr *call,
                     uint32_t func_index)
{
    if (func_index >= m->n_funcs)
        return false;
    if (is_direct_call(call))
        return can_replace(m, call->imm.index, func_index);
    uint32_t called = module_call_type(m, call);
    if (is_subtype(m, m->canonical_types[m->funcs[func_index].type_index],
                   m->canonical_types[called]))
        return true;
    bool has_tail_calls = false;
    for (uint32_t i = m->n_imported_funcs; i < m->n_funcs && !has_tail_calls; i++)
        has_tail_calls = m->funcs[i].makes_tail_calls;
    return has_tail_calls &&
           has_results_of(m, module_func_type(m, func_index), &m->types[called]);
}

static bool check_frame(struct fit *f, size_t number)
{
    const Wanco__Snapshot__Stack *stack = f->h->stacks[0];
    const Wanco__Snapshot__Frame *frame = stack->frames[number];
    const struct module *m = f->m;
    if (frame->kind == WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL)
        return check_host_call(f, frame);
    if (frame->func_index < m->n_imported_funcs || frame->func_index >= m->n_funcs ||
        !f->suspension.can_suspend[frame->func_index])
        return false;
    const struct func_points *p = points_of(f, frame->func_index);
    const struct point *point = find_point(p, frame);
    if (point == NULL || !check_values(f, frame, &p->body, point))
        return false;
    return number + 1 == stack->n_frames ||
           can_call(m, &p->body.instrs[point->position],
                    stack->frames[number + 1]->func_index);
}

static bool check_frames(struct fit *f, unsigned n_threads)
{
    find_suspension(&f->suspension, f->m, n_threads);
    f->points = arena_alloc(f->arena, ((size_t)f->m->n_funcs + 1) * sizeof *f->points);
    for (size_t i = 0; i < f->h->stacks[0]->n_frames; i++)
        if (!check_frame(f, i))
            return misfit(f, "frame", i);
    return true;
}

bool snapshot_fits(const Wanco__Snapshot__Header *h, const struct module *m,
                   unsigned n_threads, char *error, size_t error_bytes)
{
    error[0] = '\0';
    struct arena arena = {0};
    struct fit f = {
        .h = h, .m = m, .arena = &arena, .error = error, .error_bytes = error_bytes};
    if (h->n_modules != 1 || h->n_instances != 1 || h->instances[0]->n_links != 0)
        return says(&f, "its program has several instances, not just one");
    f.instance = h->instances[0];
    bool ok = check_exceptions(&f) && check_globals(&f) && check_tables(&f) &&
              check_memories(&f) && check_segments(&f) && check_entry(&f) &&
              check_frames(&f, n_threads);
    arena_free(&arena);
    return ok;
}
