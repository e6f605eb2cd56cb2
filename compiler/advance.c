/* Goes through the instructions in their order and keeps, for each local that the loop
 * sets, how far it is from what a local was at the start of the iteration, or from 0.
 * Only sums of locals and constants are understood; where control flow joins, distances
 * from the same become a range. */
#include "compiler/advance.h"

#include <assert.h>

enum { LOCALS = 48, NESTING = 12 };

enum base { BASE_LOCAL, BASE_ZERO, BASE_UNKNOWN };

/* The value of base, plus low to high: modulo 2^32 or 2^64, as its type is. */
struct value {
    enum base base;
    uint32_t local;
    int64_t low, high; /* at most ADVANCE_MOST from 0 */
};

struct state {
    bool is_reached;
    struct value values[LOCALS];
};

/* A block or if that is open, or the loop. */
struct construct {
    bool is_if;               /* whose else has not come yet */
    struct state start, next; /* of an if's else; of what follows the end */
};

struct walk {
    const struct body *body;
    uint32_t locals[LOCALS]; /* that the loop sets */
    uint32_t n_locals;
    struct state state;
    struct construct constructs[NESTING];
    uint32_t depth;
    uint32_t way_back; /* its position; 0: not met yet */
    struct state back; /* as it is there */
};

static const struct value unknown = {.base = BASE_UNKNOWN};

static uint32_t index_of(const struct walk *w, uint32_t local)
{
    uint32_t i = 0;
    while (i < w->n_locals && w->locals[i] != local)
        i++;
    return i;
}

static struct value value_in(const struct walk *w, const struct state *state,
                             uint32_t local)
{
    uint32_t i = index_of(w, local);
    if (i < w->n_locals)
        return state->values[i];
    return (struct value){.base = BASE_LOCAL, .local = local};
}

static bool is_same_base(const struct value *a, const struct value *b)
{
    return a->base == b->base && a->base != BASE_UNKNOWN && a->local == b->local;
}

static struct value if_small(struct value v)
{
    return v.low < -ADVANCE_MOST || v.high > ADVANCE_MOST ? unknown : v;
}

static struct value either(struct value a, const struct value *b)
{
    if (!is_same_base(&a, b))
        return unknown;
    if (b->low < a.low)
        a.low = b->low;
    if (b->high > a.high)
        a.high = b->high;
    return a;
}

static struct value sum(struct value a, struct value b)
{
    if (a.base == BASE_UNKNOWN || b.base == BASE_UNKNOWN ||
        (a.base == BASE_LOCAL && b.base == BASE_LOCAL))
        return unknown;
    struct value of = a.base == BASE_LOCAL ? a : b;
    of.low = a.low + b.low;
    of.high = a.high + b.high;
    return if_small(of);
}

static struct value difference(struct value a, struct value b)
{
    if (b.base != BASE_ZERO)
        return unknown;
    return sum(a, (struct value){.base = BASE_ZERO, .low = -b.high, .high = -b.low});
}

static void merge(const struct walk *w, struct state *into, const struct state *from)
{
    if (!from->is_reached)
        return;
    if (!into->is_reached) {
        *into = *from;
        return;
    }
    for (uint32_t i = 0; i < w->n_locals; i++)
        into->values[i] = either(into->values[i], &from->values[i]);
}

/* ---- Expressions: of locals, constants, sums and differences ---- */

static bool is_sum(uint16_t op)
{
    return op == OP_I32Add || op == OP_I64Add || op == OP_I32Sub || op == OP_I64Sub;
}

/* Where the expression starts whose last instruction is at a position; 0: it is of
 * another kind. As no control flow is in it, its operands are what stands before. */
static uint32_t start_of(const struct walk *w, uint32_t position)
{
    uint32_t n = 1; /* values wanted */
    for (uint32_t p = position; p > 0; p--) {
        uint16_t op = w->body->instrs[p].op;
        if (is_sum(op))
            n++;
        else if (op == OP_LocalGet || op == OP_I32Const || op == OP_I64Const)
            n--;
        else if (op != OP_LocalTee)
            return 0;
        if (n == 0)
            return p;
    }
    return 0;
}

/* What the instruction at a position leaves, just after it has been met. */
static struct value value_at(const struct walk *w, uint32_t position)
{
    const struct instr *in = &w->body->instrs[position];
    switch (in->op) {
    case OP_LocalGet:
    case OP_LocalTee:
        return value_in(w, &w->state, in->imm.index);
    case OP_I32Const: {
        int64_t c = (int32_t)in->imm.i32;
        return if_small((struct value){.base = BASE_ZERO, .low = c, .high = c});
    }
    case OP_I64Const: {
        int64_t c = (int64_t)in->imm.i64;
        return if_small((struct value){.base = BASE_ZERO, .low = c, .high = c});
    }
    default:
        return unknown;
    }
}

/* The same of a sum of two that are none. A local that its second operand sets was read
 * before by the first, if at all. */
static struct value sum_at(const struct walk *w, uint32_t position)
{
    const struct instr *in = &w->body->instrs[position];
    if (!is_sum(in->op))
        return value_at(w, position);
    if (w->body->instrs[position - 1].op == OP_LocalTee)
        return unknown;
    struct value a = value_at(w, position - 2), b = value_at(w, position - 1);
    return in->op == OP_I32Add || in->op == OP_I64Add ? sum(a, b) : difference(a, b);
}

/* ---- The walk ---- */

static void set_local(struct walk *w, uint32_t position)
{
    uint32_t i = index_of(w, w->body->instrs[position].imm.index);
    w->state.values[i] = sum_at(w, position - 1);
}

static bool open_construct(struct walk *w, const struct instr *in)
{
    if (w->depth == NESTING)
        return false;
    struct construct *c = &w->constructs[w->depth++];
    c->is_if = in->op == OP_If;
    c->next.is_reached = false;
    if (c->is_if)
        c->start = w->state;
    return true;
}

static void start_else(struct walk *w)
{
    assert(w->depth > 0); /* the body is valid */
    struct construct *c = &w->constructs[w->depth - 1];
    merge(w, &c->next, &w->state);
    w->state = c->start;
    c->is_if = false;
}

static void close_construct(struct walk *w)
{
    assert(w->depth > 0);
    struct construct *c = &w->constructs[--w->depth];
    merge(w, &c->next, &w->state);
    if (c->is_if)
        merge(w, &c->next, &c->start);
    w->state = c->next;
}

/* False if it leads to the loop's head. */
static bool follow_branch(struct walk *w, uint32_t depth)
{
    if (depth < w->depth)
        merge(w, &w->constructs[w->depth - 1 - depth].next, &w->state);
    return depth != w->depth;
}

static bool follow_branches(struct walk *w, uint32_t position)
{
    const struct instr *in = &w->body->instrs[position];
    if (in->op == OP_BrIf && in->imm.index == w->depth && w->way_back == 0) {
        w->way_back = position;
        w->back = w->state;
        return w->depth == 0;
    }
    uint32_t n = 1;
    const uint32_t *depths = &in->imm.index;
    if (in->op == OP_BrTable) {
        n = in->imm.br_table.n_labels + 1;
        depths = in->imm.br_table.labels;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!follow_branch(w, depths[i]))
            return false;
    if (in->op != OP_BrIf)
        w->state.is_reached = false;
    return true;
}

static bool follow_instr(struct walk *w, uint32_t position)
{
    const struct instr *in = &w->body->instrs[position];
    switch (in->op) {
    case OP_LocalSet:
    case OP_LocalTee:
        set_local(w, position);
        return true;
    case OP_Block:
    case OP_If:
        return open_construct(w, in);
    case OP_Else:
        start_else(w);
        return true;
    case OP_End:
        close_construct(w);
        return true;
    case OP_Br:
    case OP_BrIf:
    case OP_BrTable:
        return follow_branches(w, position);
    case OP_Return:
    case OP_Unreachable:
        w->state.is_reached = false;
        return true;
    default: /* calls and exceptions do not change locals, but handlers join */
        return !op_opens_block(in->op) && op_info(in->op)->immediate != IMM_LABEL;
    }
}

/* The locals that the loop sets; at its start, each is what it is. */
static bool find_locals(struct walk *w, uint32_t from, uint32_t end)
{
    w->state.is_reached = true;
    for (uint32_t p = from; p < end; p++) {
        const struct instr *in = &w->body->instrs[p];
        if (in->op != OP_LocalSet && in->op != OP_LocalTee)
            continue;
        uint32_t local = in->imm.index;
        if (index_of(w, local) < w->n_locals)
            continue;
        if (w->n_locals == LOCALS)
            return false;
        w->state.values[w->n_locals] = (struct value){.base = BASE_LOCAL, .local = local};
        w->locals[w->n_locals++] = local;
    }
    return true;
}

/* ---- The test ---- */

/* Whether the value at one position is a local that advances, and the one at the other is
 * its limit. */
static bool is_towards(const struct walk *w, struct advance *a, uint32_t moving,
                       uint32_t limit, bool goes_on_below)
{
    const struct instr *in = &w->body->instrs[moving];
    if ((in->op != OP_LocalGet && in->op != OP_LocalTee) || start_of(w, limit) != limit)
        return false;
    a->local = in->imm.index;
    a->limit = &w->body->instrs[limit];
    if (a->limit->op == OP_LocalGet && index_of(w, a->limit->imm.index) < w->n_locals)
        return false;
    struct value v = value_in(w, &w->back, a->local);
    a->is_up = goes_on_below;
    if (v.base != BASE_LOCAL || v.local != a->local || (a->is_up ? v.low : -v.high) < 1)
        return false;
    a->least = (uint32_t)(a->is_up ? v.low : -v.high);
    a->most = (uint32_t)(a->is_up ? v.high : -v.low);
    return true;
}

struct order {
    uint16_t op;
    bool is_below, is_inclusive, is_signed;
};

static const struct order *order_of(uint16_t op)
{
    static const struct order orders[] = {
        {OP_I32LtS, true, false, true},   {OP_I64LtS, true, false, true},
        {OP_I32LtU, true, false, false},  {OP_I64LtU, true, false, false},
        {OP_I32LeS, true, true, true},    {OP_I64LeS, true, true, true},
        {OP_I32LeU, true, true, false},   {OP_I64LeU, true, true, false},
        {OP_I32GtS, false, false, true},  {OP_I64GtS, false, false, true},
        {OP_I32GtU, false, false, false}, {OP_I64GtU, false, false, false},
        {OP_I32GeS, false, true, true},   {OP_I64GeS, false, true, true},
        {OP_I32GeU, false, true, false},  {OP_I64GeU, false, true, false},
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (orders[i].op == op)
            return &orders[i];
    return NULL;
}

static bool find_test(const struct walk *w, struct advance *a)
{
    const struct order *order = order_of(w->body->instrs[w->way_back - 1].op);
    if (!order)
        return false;
    a->test_position = w->way_back;
    a->is_inclusive = order->is_inclusive;
    a->is_signed = order->is_signed;
    uint32_t right = w->way_back - 2, right_start = start_of(w, right);
    if (right_start == 0)
        return false;
    uint32_t left = right_start - 1;
    return is_towards(w, a, left, right, order->is_below) ||
           is_towards(w, a, right, left, !order->is_below);
}

bool find_advance(struct advance *advance, const struct body *body,
                  uint32_t loop_position)
{
    const struct instr *loop = &body->instrs[loop_position];
    uint32_t from = loop_position + 1, end = loop->imm.block.end;
    struct walk w;
    w.body = body;
    w.n_locals = w.depth = w.way_back = 0;
    if (!find_locals(&w, from, end))
        return false;
    for (uint32_t position = from; position < end; position++)
        if (!follow_instr(&w, position))
            return false;
    return w.way_back > 0 && w.back.is_reached && find_test(&w, advance);
}
