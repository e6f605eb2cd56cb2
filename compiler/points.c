/* The points of a body, in three steps: where they are, what lies on the operand stack
 * there (the validator knows), and which locals are live.
 *
 * A frame that has polled once may make further calls without: each frame that lies in a
 * cycle of calls still polls, so that the time between two polls stays bounded. The same
 * goes for an iteration of a loop, and then for its way back. */
#include "compiler/points.h"

#include <assert.h>
#include <string.h>

#include "compiler/arena.h"
#include "compiler/bulk.h"
#include "compiler/liveness.h"
#include "compiler/short_loops.h"
#include "compiler/validate.h"

/* An open block of any kind. */
struct construct {
    uint16_t op;     /* else, catch or catch_all, after that */
    bool is_dead;    /* its opener is not reached */
    bool is_left;    /* control gets behind its end by a branch, or from before an else */
    bool was_polled; /* before its opener */
    bool is_polled;  /* whenever it is left so far; when it goes round, if it is a loop */
    struct point *loop; /* its point, if it is a loop that is reached */
};

struct finder {
    const struct module *m;
    const struct suspension *s;
    uint32_t func_index;
    const struct body *body;
    struct arena *arena;
    struct point *points;
    uint32_t n_points;

    /* Where */
    struct construct *open;
    uint32_t n_open;
    bool is_dead;   /* the instruction at hand is not reached */
    bool is_polled; /* if it is: since the frame began, and the innermost loop's iteration
                     */

    /* On what stack */
    uint32_t n_observed; /* of the points */
};

/* ---- Where ---- */

static void add_point(struct finder *f, uint32_t position, enum rt_point_kind kind)
{
    f->points[f->n_points++] = (struct point){.position = position, .kind = kind};
}

static void add_points(struct finder *f, uint32_t position)
{
    const struct instr *in = &f->body->instrs[position];
    if (in->op == OP_Loop)
        add_point(f, position, RT_POINT_LOOP);
    if (bulk_may_be_long(f->m, f->body, position))
        add_point(f, position, RT_POINT_BEFORE);
    if (!op_is_call(in->op))
        return;
    /* A frame that makes a tail call is gone when that is in progress. */
    if (!op_is_tail_call(in->op) && suspension_of_call(f->s, f->m, in))
        add_point(f, position, RT_POINT_CALL);
    if (!suspension_polls_before(f->s, f->m, f->func_index, in))
        return;
    add_point(f, position, RT_POINT_BEFORE);
    f->points[f->n_points - 1].is_covered = f->is_polled;
    f->is_polled = true;
}

static void branch(struct finder *f, uint32_t depth)
{
    if (depth >= f->n_open)
        return;
    struct construct *target = &f->open[f->n_open - 1 - depth];
    if (f->is_dead)
        return;
    target->is_left = target->is_left || target->op != OP_Loop;
    target->is_polled = target->is_polled && f->is_polled;
}

static void open_construct(struct finder *f, uint16_t op)
{
    struct construct *construct = &f->open[f->n_open++];
    *construct = (struct construct){
        .op = op, .is_dead = f->is_dead, .was_polled = f->is_polled, .is_polled = true};
    if (op != OP_Loop)
        return;
    if (!f->is_dead)
        construct->loop = &f->points[f->n_points - 1];
    f->is_polled = false;
}

/* An else, or a legacy handler: the part before it is left, and its own is reached if its
 * opener is. That all handlers of a reached try are so may say too much, but it depends
 * on nothing else. */
static void meet_part(struct finder *f, uint16_t op)
{
    struct construct *construct = &f->open[f->n_open - 1];
    construct->op = op;
    construct->is_left = construct->is_left || !f->is_dead;
    construct->is_polled = construct->is_polled && (f->is_dead || f->is_polled);
    f->is_dead = construct->is_dead;
    f->is_polled = construct->was_polled;
}

static void meet_end(struct finder *f)
{
    if (f->n_open == 0)
        return;
    const struct construct *construct = &f->open[--f->n_open];
    bool skips_then = construct->op == OP_If && !construct->is_dead;
    if (construct->loop)
        construct->loop->is_covered = construct->is_polled;
    else
        f->is_polled =
            construct->is_polled && (f->is_dead || f->is_polled) && !skips_then;
    f->is_polled = f->is_polled || construct->was_polled;
    f->is_dead = f->is_dead && !construct->is_left && !skips_then;
}

/* Follows what is reached. */
static void follow(struct finder *f, const struct instr *in)
{
    switch (in->op) {
    case OP_Block:
    case OP_Loop:
    case OP_If:
    case OP_Try:
    case OP_TryTable:
        open_construct(f, in->op);
        break;
    case OP_Else:
    case OP_Catch:
    case OP_CatchAll:
        meet_part(f, in->op);
        break;
    /* Exceptions in a try_table can be thrown before anything else happens there. */
    case OP_ClauseCatch:
    case OP_ClauseCatchRef:
    case OP_ClauseCatchAll:
    case OP_ClauseCatchAllRef:
        branch(f, in->imm.handler.label + 1);
        break;
    case OP_End:
        meet_end(f);
        break;
    case OP_BrIf:
    case OP_BrOnNull:
    case OP_BrOnNonNull:
        branch(f, in->imm.index);
        break;
    case OP_Br:
        branch(f, in->imm.index);
        f->is_dead = true;
        break;
    case OP_BrTable:
        for (uint32_t i = 0; i <= in->imm.br_table.n_labels; i++)
            branch(f, in->imm.br_table.labels[i]);
        f->is_dead = true;
        break;
    case OP_Return:
    case OP_Unreachable:
        f->is_dead = true;
        break;
    default:
        f->is_dead =
            f->is_dead || op_is_tail_call(in->op) || op_info(in->op)->flags & OPF_THROW;
        break;
    }
}

/* Makes room for all points and open constructs that there can be. */
static void make_room(struct finder *f)
{
    uint32_t n_points = 0, n_constructs = 0;
    for (uint32_t i = 0; i < f->body->n_instrs; i++) {
        enum opcode op = f->body->instrs[i].op;
        n_constructs += op_opens_block(op);
        n_points += op == OP_Loop ? 1 : op_info(op)->flags & OPF_SUSPEND ? 2 : 0;
    }
    f->points = arena_array(f->arena, n_points, sizeof *f->points);
    f->open = arena_array(f->arena, n_constructs, sizeof *f->open);
}

static void find_positions(struct finder *f)
{
    make_room(f);
    for (uint32_t i = 0; i < f->body->n_instrs; i++) {
        if (!f->is_dead)
            add_points(f, i);
        follow(f, &f->body->instrs[i]);
    }
}

/* A loop that is short goes round without polls. */
static void cover_short_loops(struct finder *f)
{
    uint32_t n_params = module_func_type(f->m, f->func_index)->n_params;
    const bool *is_short = NULL;
    for (uint32_t i = 0; i < f->n_points; i++) {
        struct point *point = &f->points[i];
        if (point->kind != RT_POINT_LOOP || point->is_covered)
            continue;
        if (!is_short)
            is_short = find_short_loops(f->body, n_params, f->arena);
        point->is_covered = is_short[point->position];
    }
}

/* ---- On what stack ---- */

static uint32_t n_arguments(const struct module *m, const struct instr *call)
{
    return m->types[module_call_type(m, call)].n_params + !is_direct_call(call);
}

/* Neighbours with equal stacks share them. */
static void set_operands(struct finder *f, struct point *point, const val_type *operands,
                         uint32_t n)
{
    const struct point *last = point > f->points ? point - 1 : NULL;
    point->n_operands = n;
    if (n == 0)
        return;
    if (last && last->n_operands >= n &&
        memcmp(last->operands, operands, n * sizeof *operands) == 0) {
        point->operands = last->operands;
        return;
    }
    val_type *copy = arena_array(f->arena, n, sizeof *copy);
    memcpy(copy, operands, n * sizeof *copy);
    point->operands = copy;
}

static void observe(void *context, uint32_t position, const val_type *operands,
                    uint32_t n_operands)
{
    struct finder *f = context;
    const struct instr *in = &f->body->instrs[position];
    for (; f->n_observed < f->n_points; f->n_observed++) {
        struct point *point = &f->points[f->n_observed];
        if (point->position != position)
            return;
        uint32_t n_gone = point->kind == RT_POINT_CALL ? n_arguments(f->m, in) : 0;
        set_operands(f, point, operands, n_operands - n_gone);
    }
}

/* ---- With which locals ---- */

static void find_locals(struct finder *f)
{
    uint32_t *positions = arena_array(f->arena, f->n_points, sizeof *positions);
    for (uint32_t i = 0; i < f->n_points; i++)
        positions[i] = f->points[i].position;
    const struct live_locals *live =
        find_live_locals(f->body, positions, f->n_points, f->arena);
    for (uint32_t i = 0; i < f->n_points; i++) {
        f->points[i].locals = live[i].locals;
        f->points[i].n_locals = live[i].n;
    }
}

void find_points(struct points *points, const struct module *m,
                 const struct suspension *s, uint32_t func_index, const struct body *body,
                 struct arena *arena)
{
    *points = (struct points){0};
    if (!s->can_suspend[func_index])
        return;
    struct finder f = {
        .m = m, .s = s, .func_index = func_index, .body = body, .arena = arena};
    find_positions(&f);
    if (f.n_points == 0)
        return;
    cover_short_loops(&f);
    observe_body(m, func_index, body, arena, observe, &f);
    assert(f.n_observed == f.n_points);
    find_locals(&f);
    points->points = f.points;
    points->n_points = f.n_points;
}

/* ---- Finding one again ---- */

/* The number of points before a position. */
static uint32_t points_before(const struct points *points, uint32_t position)
{
    uint32_t low = 0, high = points->n_points;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (points->points[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct point *point_at(const struct points *points, uint32_t position,
                             enum rt_point_kind kind)
{
    for (uint32_t i = points_before(points, position);
         i < points->n_points && points->points[i].position == position; i++)
        if (points->points[i].kind == kind)
            return &points->points[i];
    return NULL;
}

bool has_point_in(const struct points *points, uint32_t from, uint32_t to)
{
    uint32_t first = points_before(points, from);
    return first < points->n_points && points->points[first].position < to;
}
