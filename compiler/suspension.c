/* The call graph, and which of its functions can be suspended.
 *
 * Its nodes are the functions; the canonical function types, each of which stands for all
 * indirect calls of it; and the outside: the host and other instances. Calls through
 * tables reach every function of the type whose reference is taken anywhere, for which
 * place of a table holds what is not followed. They reach the outside only if references
 * can come in from there.
 *
 * A cycle with an indirect call or a call to the outside in it has its poll there. What
 * remains are cycles of direct calls: in these the calls poll that a search in depth
 * found to lead back to a function it was still at. */
#include "compiler/suspension.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/arena.h"
#include "compiler/bodies.h"
#include "compiler/bulk.h"
#include "compiler/components.h"
#include "compiler/host.h"

struct graph {
    const struct module *m;
    struct arena arena;    /* for all that is not part of the answer */
    pthread_mutex_t mutex; /* for the arena */
    uint32_t n_nodes;      /* functions, types, the outside */
    /* By node: */
    const uint32_t **targets; /* ascending */
    uint32_t *n_targets;
    uint32_t *n_direct;    /* of the targets: functions */
    bool *suspends;        /* of itself, whatever it calls */
    bool *throws;          /* likewise */
    atomic_bool *is_taken; /* func index -> a reference to it is taken somewhere */
    atomic_bool calls_any_reference; /* not only what was in tables from the start */
};

static uint32_t type_node(const struct module *m, uint32_t type_index)
{
    return m->n_funcs + m->canonical_types[type_index];
}

static uint32_t call_node(const struct module *m, const struct instr *call)
{
    return is_direct_call(call) ? call->imm.index
                                : type_node(m, module_call_type(m, call));
}

static uint32_t outside_node(const struct module *m)
{
    return m->n_funcs + m->n_types;
}

/* ---- Own functions ---- */

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t sort_and_unite(uint32_t *values, uint32_t n)
{
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, compare);
    uint32_t n_left = 1;
    for (uint32_t i = 1; i < n; i++)
        if (values[i] != values[n_left - 1])
            values[n_left++] = values[i];
    return n_left;
}

static void set_targets(struct graph *g, uint32_t node, const uint32_t *targets,
                        uint32_t n)
{
    pthread_mutex_lock(&g->mutex);
    uint32_t *copy = arena_array(&g->arena, n, sizeof *copy);
    pthread_mutex_unlock(&g->mutex);
    if (n > 0)
        memcpy(copy, targets, n * sizeof *copy);
    g->targets[node] = copy;
    g->n_targets[node] = n;
    while (g->n_direct[node] < n && copy[g->n_direct[node]] < g->m->n_funcs)
        g->n_direct[node]++;
}

static void add_body(void *context, uint32_t func_index, const struct body *body,
                     struct arena *scratch)
{
    struct graph *g = context;
    uint32_t *targets = arena_array(scratch, body->n_instrs, sizeof *targets);
    uint32_t n = 0;
    for (const struct instr *in = body->instrs; in < body->instrs + body->n_instrs;
         in++) {
        if (bulk_may_be_long(g->m, body, (uint32_t)(in - body->instrs)))
            g->suspends[func_index] = true;
        if (op_info(in->op)->flags & OPF_THROW)
            g->throws[func_index] = true;
        switch (in->op) {
        case OP_Loop:
            g->suspends[func_index] = true;
            break;
        case OP_RefFunc:
            g->is_taken[in->imm.index] = true;
            break;
        case OP_TableSet:
        case OP_TableGrow:
        case OP_TableFill:
            g->calls_any_reference = true;
            break;
        case OP_CallRef:
        case OP_ReturnCallRef:
            g->calls_any_reference = true;
            targets[n++] = call_node(g->m, in);
            break;
        default:
            if (op_is_call(in->op))
                targets[n++] = call_node(g->m, in);
            break;
        }
    }
    set_targets(g, func_index, targets, sort_and_unite(targets, n));
}

/* ---- Imported functions ---- */

static void add_imports(struct graph *g)
{
    uint32_t outside = outside_node(g->m);
    for (uint32_t i = 0; i < g->m->n_imported_funcs; i++) {
        const struct host_func *host =
            find_host_func(&g->m->imports[g->m->funcs[i].import_index]);
        if (host)
            g->suspends[i] = host->suspends;
        else
            set_targets(g, i, &outside, 1);
    }
}

/* ---- References to functions, and who can have them ---- */

static void take_references(struct graph *g, const struct const_expr *expr)
{
    for (uint32_t i = 0; i < expr->n_instrs; i++)
        if (expr->instrs[i].op == OP_RefFunc)
            g->is_taken[expr->instrs[i].imm.index] = true;
}

/* References that are taken outside of bodies. A declarative segment takes none: it only
 * allows bodies to (core 3.4.5). */
static void take_constant_references(struct graph *g)
{
    const struct module *m = g->m;
    for (uint32_t i = m->n_imported_globals; i < m->n_globals; i++)
        take_references(g, &m->globals[i].init);
    for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++)
        if (m->tables[i].init)
            take_references(g, m->tables[i].init);
    for (uint32_t i = 0; i < m->n_elems; i++) {
        const struct elem_segment *segment = &m->elems[i];
        if (segment->mode == SEGMENT_DECLARATIVE)
            continue;
        for (uint32_t k = 0; k < segment->n_items; k++) {
            if (segment->func_indices)
                g->is_taken[segment->func_indices[k]] = true;
            else
                take_references(g, &segment->exprs[k]);
        }
    }
}

static bool is_funcref(val_type type)
{
    return type_code(type) == TYPE_FUNCREF;
}

static bool names_funcref(const val_type *types, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (is_funcref(types[i]))
            return true;
    return false;
}

/* Where function references can pass between the module and the outside. */
struct passages {
    bool has_shared_table;
    bool has_imported_global;
    bool has_any; /* the above, exported globals, parameters, results */
};

static struct passages find_passages(const struct module *m)
{
    struct passages p = {0};
    for (uint32_t i = 0; i < m->n_imported_tables; i++)
        p.has_shared_table |= is_funcref(m->tables[i].type.element);
    for (uint32_t i = 0; i < m->n_imported_globals; i++)
        p.has_imported_global |= is_funcref(m->globals[i].type.type);
    for (uint32_t i = 0; i < m->n_exports; i++) {
        uint32_t index = m->exports[i].index;
        if (m->exports[i].kind == EXTERN_TABLE)
            p.has_shared_table |= is_funcref(m->tables[index].type.element);
        if (m->exports[i].kind == EXTERN_GLOBAL)
            p.has_any |= is_funcref(m->globals[index].type.type);
    }
    for (uint32_t i = 0; i < m->n_types; i++)
        p.has_any |= names_funcref(m->types[i].params, m->types[i].n_params) ||
                     names_funcref(m->types[i].results, m->types[i].n_results);
    p.has_any |= p.has_shared_table || p.has_imported_global;
    return p;
}

/* ---- Types and the outside ---- */

/* The functions that indirect calls of a type reach follow each other in lists: those of
 * type t are at first[t] to first[t + 1]. */
static uint32_t *group_by_type(const struct graph *g, uint32_t *first,
                               struct arena *arena)
{
    const struct module *m = g->m;
    for (uint32_t i = 0; i < m->n_funcs; i++)
        if (g->is_taken[i])
            first[m->canonical_types[m->funcs[i].type_index] + 1]++;
    for (uint32_t t = 0; t < m->n_types; t++)
        first[t + 1] += first[t];
    uint32_t *funcs = arena_array(arena, first[m->n_types], sizeof *funcs);
    uint32_t *next = arena_array(arena, m->n_types, sizeof *next);
    for (uint32_t i = 0; i < m->n_funcs; i++) {
        uint32_t t = m->canonical_types[m->funcs[i].type_index];
        if (g->is_taken[i])
            funcs[first[t] + next[t]++] = i;
    }
    return funcs;
}

/* A call of a type calls functions of its subtypes, too. Canonical types that extend the
 * same one directly form a list, ascending: from first[that one] on, NO_INDEX at its end.
 */
struct subtypes {
    uint32_t *first, *next;
};

static struct subtypes list_subtypes(const struct module *m, struct arena *arena)
{
    struct subtypes s = {arena_array(arena, m->n_types, sizeof *s.first),
                         arena_array(arena, m->n_types, sizeof *s.next)};
    for (uint32_t i = 0; i < m->n_types; i++)
        s.first[i] = NO_INDEX;
    for (uint32_t i = m->n_types; i-- > 0;) {
        uint32_t supertype = m->type_defs[i].supertype;
        if (m->canonical_types[i] != i || supertype == NO_INDEX)
            continue;
        s.next[i] = s.first[supertype];
        s.first[supertype] = i;
    }
    return s;
}

static void add_types(struct graph *g, bool reach_outside)
{
    const struct module *m = g->m;
    struct arena scratch = {0};
    uint32_t *first = arena_array(&scratch, (size_t)m->n_types + 1, sizeof *first);
    const uint32_t *funcs = group_by_type(g, first, &scratch);
    struct subtypes subtypes = list_subtypes(m, &scratch);
    uint32_t *targets =
        arena_array(&scratch, (size_t)m->n_funcs + m->n_types + 1, sizeof *targets);
    for (uint32_t t = 0; t < m->n_types; t++) {
        if (m->canonical_types[t] != t)
            continue;
        uint32_t n = first[t + 1] - first[t];
        for (uint32_t i = 0; i < n; i++)
            targets[i] = funcs[first[t] + i];
        for (uint32_t i = subtypes.first[t]; i != NO_INDEX; i = subtypes.next[i])
            targets[n++] = type_node(m, i);
        if (reach_outside)
            targets[n++] = outside_node(m);
        set_targets(g, type_node(m, t), targets, n);
    }
    arena_free(&scratch);
}

/* The outside may call whatever it can name. */
static void add_outside(struct graph *g, bool has_references)
{
    const struct module *m = g->m;
    struct arena scratch = {0};
    bool *is_reached = arena_array(&scratch, m->n_funcs, sizeof *is_reached);
    for (uint32_t i = 0; i < m->n_exports; i++)
        if (m->exports[i].kind == EXTERN_FUNC)
            is_reached[m->exports[i].index] = true;
    uint32_t *targets = arena_array(&scratch, m->n_funcs, sizeof *targets);
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n_funcs; i++)
        if (is_reached[i] || (has_references && g->is_taken[i]))
            targets[n++] = i;
    set_targets(g, outside_node(m), targets, n);
    g->suspends[outside_node(m)] = true;
    g->throws[outside_node(m)] = true;
    arena_free(&scratch);
}

/* ---- The answers ---- */

/* By component: whether its nodes can suspend, whether they can throw. */
struct answers {
    bool *suspends, *throws;
};

/* Callees' components come first; a call within a component closes a cycle. */
static struct answers spread(struct graph *g, const struct components *c)
{
    struct answers a = {arena_array(&g->arena, c->n, sizeof *a.suspends),
                        arena_array(&g->arena, c->n, sizeof *a.throws)};
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        uint32_t node = c->order[i], own = c->of[node];
        bool suspends = a.suspends[own] || g->suspends[node];
        bool throws = a.throws[own] || g->throws[node];
        for (uint32_t k = 0; k < g->n_targets[node] && !(suspends && throws); k++) {
            uint32_t other = c->of[g->targets[node][k]];
            suspends = suspends || other == own || a.suspends[other];
            throws = throws || a.throws[other];
        }
        a.suspends[own] = suspends;
        a.throws[own] = throws;
    }
    return a;
}

static void build_graph(struct graph *g, unsigned n_threads)
{
    const struct module *m = g->m;
    g->n_nodes = m->n_funcs + m->n_types + 1;
    g->targets = arena_array(&g->arena, g->n_nodes, sizeof *g->targets);
    g->n_targets = arena_array(&g->arena, g->n_nodes, sizeof *g->n_targets);
    g->n_direct = arena_array(&g->arena, g->n_nodes, sizeof *g->n_direct);
    g->suspends = arena_array(&g->arena, g->n_nodes, sizeof *g->suspends);
    g->throws = arena_array(&g->arena, g->n_nodes, sizeof *g->throws);
    g->is_taken = arena_array(&g->arena, m->n_funcs, sizeof *g->is_taken);
    add_imports(g);
    visit_bodies(m, n_threads, add_body, g);
    take_constant_references(g);
    struct passages p = find_passages(m);
    add_types(g, p.has_shared_table || p.has_imported_global ||
                     (p.has_any && g->calls_any_reference));
    add_outside(g, p.has_any);
}

void find_suspension(struct suspension *s, const struct module *m, unsigned n_threads)
{
    struct graph g = {.m = m, .mutex = PTHREAD_MUTEX_INITIALIZER};
    build_graph(&g, n_threads);
    struct components direct, all;
    find_components(&direct, &(struct digraph){m->n_funcs, g.targets, g.n_direct},
                    m->arena);
    find_components(&all, &(struct digraph){g.n_nodes, g.targets, g.n_targets}, m->arena);
    s->finish = direct.finish;
    s->component = all.of;
    struct answers a = spread(&g, &all);
    s->can_suspend = arena_array(m->arena, m->n_funcs, sizeof(bool));
    s->can_throw = arena_array(m->arena, m->n_funcs, sizeof(bool));
    for (uint32_t i = 0; i < m->n_funcs; i++) {
        s->can_suspend[i] = a.suspends[all.of[i]];
        s->can_throw[i] = a.throws[all.of[i]];
    }
    s->indirect_can_suspend = arena_array(m->arena, m->n_types, sizeof(bool));
    s->indirect_can_throw = arena_array(m->arena, m->n_types, sizeof(bool));
    for (uint32_t t = 0; t < m->n_types; t++) {
        s->indirect_can_suspend[t] = a.suspends[all.of[type_node(m, t)]];
        s->indirect_can_throw[t] = a.throws[all.of[type_node(m, t)]];
    }
    arena_free(&g.arena);
}

bool suspension_polls_before(const struct suspension *s, const struct module *m,
                             uint32_t func_index, const struct instr *call)
{
    uint32_t callee = call_node(m, call);
    if (callee < m->n_imported_funcs || callee >= m->n_funcs)
        return s->component[func_index] == s->component[callee];
    return s->finish[callee] >= s->finish[func_index];
}

/* What holds for the callee, or for indirect calls of its type. */
static bool answer_of_call(const struct module *m, const struct instr *call,
                           const bool *direct, const bool *indirect)
{
    return is_direct_call(call) ? direct[call->imm.index]
                                : indirect[m->canonical_types[module_call_type(m, call)]];
}

bool suspension_of_call(const struct suspension *s, const struct module *m,
                        const struct instr *call)
{
    return answer_of_call(m, call, s->can_suspend, s->indirect_can_suspend);
}

bool throws_of_call(const struct suspension *s, const struct module *m,
                    const struct instr *call)
{
    return answer_of_call(m, call, s->can_throw, s->indirect_can_throw);
}
