/* Two ways over a body. One goes once through all of it and keeps what is known of the
 * locals for certain, which is little: constants and copies that nothing has changed
 * since. At a loop the other one starts from there, and runs. It knows some values and
 * follows the branches that depend on them. A branch that depends on others goes two
 * ways, which is understood if it leads forwards: where the ways meet again, all locals
 * set since they parted are unknown. */
#include "compiler/short_loops.h"

#include <string.h>

#include "compiler/arena.h"

enum { STACK_DEPTH = 256, MAX_NESTING = 64, MAX_CHANGES = SHORT_LOOP_INSTRS };

/* An i32, if it is known. All other values are unknown. */
struct known {
    bool is_known;
    uint32_t value;
};

/* A local that was set, and what was known of it before. */
struct change {
    uint32_t local;
    struct known before;
};

/* An open block, loop or if. */
struct construct {
    uint32_t position;
    uint32_t height;
    uint32_t n_changes;
    bool is_left;   /* something else leads to its end than falling off it */
    bool runs_else; /* its else, still to come, is reached */
};

struct run {
    const struct body *body;
    struct known *locals;
    uint32_t position; /* of the instruction in work */
    uint32_t n_left;   /* instructions until it has taken too long */
    bool is_dead;      /* the end or else to come is not fallen into */
    struct construct open[MAX_NESTING];
    uint32_t n_open;
    struct known stack[STACK_DEPTH];
    uint32_t sp;
    struct change changes[MAX_CHANGES];
    uint32_t n_changes;
};

static const struct known unknown;

static struct known known(uint32_t value)
{
    return (struct known){true, value};
}

static bool push(struct run *r, struct known value)
{
    if (r->sp == STACK_DEPTH)
        return false;
    r->stack[r->sp++] = value;
    return true;
}

static bool set_local(struct run *r, uint32_t local, struct known value)
{
    if (r->n_changes == MAX_CHANGES)
        return false;
    r->changes[r->n_changes++] = (struct change){local, r->locals[local]};
    r->locals[local] = value;
    return true;
}

static void take_back(struct run *r)
{
    while (r->n_changes > 0) {
        const struct change *change = &r->changes[--r->n_changes];
        r->locals[change->local] = change->before;
    }
}

/* Goes on where several ways meet. */
static bool join(struct run *r, const struct construct *c)
{
    r->is_dead = false;
    for (uint32_t i = c->n_changes, n = r->n_changes; i < n; i++) {
        uint32_t local = r->changes[i].local;
        if (r->locals[local].is_known && !set_local(r, local, unknown))
            return false;
    }
    return true;
}

/* ---- Numbers ---- */

static struct known binary(uint16_t op, struct known left, struct known right)
{
    if (!left.is_known || !right.is_known)
        return unknown;
    uint32_t a = left.value, b = right.value;
    int32_t signed_a = (int32_t)a, signed_b = (int32_t)b;
    switch (op) {
    case OP_I32Add:
        return known(a + b);
    case OP_I32Sub:
        return known(a - b);
    case OP_I32Mul:
        return known(a * b);
    case OP_I32And:
        return known(a & b);
    case OP_I32Or:
        return known(a | b);
    case OP_I32Xor:
        return known(a ^ b);
    case OP_I32Shl:
        return known(a << (b & 31));
    case OP_I32ShrU:
        return known(a >> (b & 31));
    case OP_I32Eq:
        return known(a == b);
    case OP_I32Ne:
        return known(a != b);
    case OP_I32LtS:
        return known(signed_a < signed_b);
    case OP_I32LtU:
        return known(a < b);
    case OP_I32GtS:
        return known(signed_a > signed_b);
    case OP_I32GtU:
        return known(a > b);
    case OP_I32LeS:
        return known(signed_a <= signed_b);
    case OP_I32LeU:
        return known(a <= b);
    case OP_I32GeS:
        return known(signed_a >= signed_b);
    case OP_I32GeU:
        return known(a >= b);
    default:
        return unknown;
    }
}

/* Pops and pushes what the signature says. */
static bool run_numeric(struct run *r, const struct instr *in)
{
    const char *signature = op_info(in->op)->signature;
    if (!signature || op_info(in->op)->flags & OPF_SUSPEND)
        return false;
    const char *results = strchr(signature, ':');
    uint32_t n_operands = (uint32_t)(results - signature);
    struct known result = unknown;
    const struct known *operands = &r->stack[r->sp - n_operands];
    if (n_operands == 2)
        result = binary(in->op, operands[0], operands[1]);
    else if (in->op == OP_I32Eqz && operands[0].is_known)
        result = known(operands[0].value == 0);
    r->sp -= n_operands;
    return results[1] == '\0' || push(r, result);
}

static bool run_select(struct run *r)
{
    r->sp -= 3;
    const struct known *operands = &r->stack[r->sp];
    struct known condition = operands[2];
    return push(r, condition.is_known ? operands[condition.value ? 0 : 1] : unknown);
}

/* ---- Control ---- */

static bool open_construct(struct run *r, const struct instr *in)
{
    if (in->imm.block.type != NO_INDEX || r->n_open == MAX_NESTING)
        return false;
    struct known condition = known(1);
    if (in->op == OP_If)
        condition = r->stack[--r->sp];
    struct construct *c = &r->open[r->n_open++];
    *c = (struct construct){r->position, r->sp, r->n_changes, false, false};
    bool has_else = in->imm.block.else_or_end != in->imm.block.end;
    if (!condition.is_known) {
        c->runs_else = has_else;
        c->is_left = !has_else;
    } else if (!condition.value) {
        r->position = in->imm.block.else_or_end - !has_else;
    }
    return true;
}

/* The then part is over. */
static bool meet_else(struct run *r)
{
    struct construct *c = &r->open[r->n_open - 1];
    if (!c->runs_else) {
        r->position = r->body->instrs[c->position].imm.block.end - 1;
        return true;
    }
    c->is_left = c->is_left || !r->is_dead;
    c->runs_else = false;
    r->sp = c->height;
    return join(r, c);
}

static bool close_construct(struct run *r)
{
    const struct construct *c = &r->open[--r->n_open];
    if (c->is_left && !join(r, c))
        return false;
    r->sp = c->height;
    return !r->body->instrs[c->position].imm.block.result || push(r, unknown);
}

/* Whether nothing else would have to be followed if so many constructs are left now. */
static bool is_only_way(const struct run *r, uint32_t depth)
{
    for (uint32_t i = 0; i < depth; i++) {
        const struct construct *inner = &r->open[r->n_open - 1 - i];
        if (inner->is_left || inner->runs_else)
            return false;
    }
    return true;
}

/* A branch that is taken, or may be. */
static bool branch(struct run *r, uint32_t depth, bool is_taken)
{
    r->is_dead = is_taken;
    if (depth >= r->n_open)
        return true;
    struct construct *target = &r->open[r->n_open - 1 - depth];
    const struct instr *opener = &r->body->instrs[target->position];
    bool is_loop = opener->op == OP_Loop;
    if (is_taken && is_only_way(r, depth) && !target->runs_else) {
        r->n_open -= depth;
        r->sp = target->height;
        r->position = is_loop ? target->position : opener->imm.block.end - 1;
        r->is_dead = false;
        return true;
    }
    target->is_left = true;
    return !is_loop;
}

static bool run_br_table(struct run *r, const struct instr *in)
{
    uint32_t n = in->imm.br_table.n_labels;
    const uint32_t *labels = in->imm.br_table.labels;
    struct known index = r->stack[--r->sp];
    if (index.is_known)
        return branch(r, labels[index.value < n ? index.value : n], true);
    for (uint32_t i = 0; i <= n; i++)
        if (!branch(r, labels[i], false))
            return false;
    r->is_dead = true;
    return true;
}

static bool run_br_if(struct run *r, const struct instr *in)
{
    struct known condition = r->stack[--r->sp];
    if (condition.is_known && !condition.value)
        return true;
    return branch(r, in->imm.index, condition.is_known);
}

/* ---- All instructions ---- */

static bool run_instr(struct run *r)
{
    const struct instr *in = &r->body->instrs[r->position];
    switch (in->op) {
    case OP_Block:
    case OP_Loop:
    case OP_If:
        return open_construct(r, in);
    case OP_Else:
        return meet_else(r);
    case OP_End:
        return close_construct(r);
    case OP_Br:
        return branch(r, in->imm.index, true);
    case OP_BrIf:
        return run_br_if(r, in);
    case OP_BrTable:
        return run_br_table(r, in);
    case OP_Return:
    case OP_Unreachable:
        r->is_dead = true;
        return true;
    case OP_LocalGet:
        return push(r, r->locals[in->imm.index]);
    case OP_LocalSet:
        return set_local(r, in->imm.index, r->stack[--r->sp]);
    case OP_LocalTee:
        return set_local(r, in->imm.index, r->stack[r->sp - 1]);
    case OP_I32Const:
        return push(r, known(in->imm.i32));
    case OP_GlobalGet:
        return push(r, unknown);
    case OP_Drop:
    case OP_GlobalSet:
        r->sp--;
        return true;
    case OP_Select:
    case OP_SelectT:
        return run_select(r);
    default:
        return run_numeric(r, in);
    }
}

/* Moves on over an instruction that is not reached. */
static void skip(struct run *r)
{
    const struct instr *in = &r->body->instrs[r->position];
    if (op_info(in->op)->immediate == IMM_BLOCK)
        r->position = in->imm.block.end;
}

/* Runs the loop at a position. False if it may take too long, or is not understood. */
static bool run_loop(struct run *r, uint32_t position)
{
    r->position = position;
    r->n_left = SHORT_LOOP_INSTRS;
    r->is_dead = false;
    r->n_open = r->sp = 0;
    do {
        uint16_t op = r->body->instrs[r->position].op;
        if (r->n_left == 0)
            return false;
        r->n_left--;
        if (r->is_dead && op != OP_Else && op != OP_End)
            skip(r);
        else if (!run_instr(r))
            return false;
        r->position++;
    } while (r->n_open > 0);
    return true;
}

/* ---- What is known without running ---- */

struct walk {
    struct run *run;
    uint32_t *set; /* known locals that were set in the open constructs, in order */
    uint32_t n_set;
    uint32_t first_set[MAX_NESTING]; /* of each open construct */
    uint32_t n_open;
    bool *is_short;  /* position -> what is to be found out */
    uint64_t n_left; /* instructions to run in all of the body */
};

static void note(struct walk *w, uint32_t local, struct known value)
{
    w->run->locals[local] = value;
    if (value.is_known)
        w->set[w->n_set++] = local;
}

/* What the instruction leaves on top of the stack. */
static struct known result_of(const struct run *r, const struct instr *in)
{
    switch (in->op) {
    case OP_I32Const:
        return known(in->imm.i32);
    case OP_LocalGet:
    case OP_LocalTee:
        return r->locals[in->imm.index];
    default:
        return unknown;
    }
}

static void forget_changed_in(struct run *r, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        const struct instr *in = &r->body->instrs[i];
        if (in->op == OP_LocalSet || in->op == OP_LocalTee)
            r->locals[in->imm.index] = unknown;
    }
}

/* At a loop. True if it is short; then so are those in it. */
static bool meet_loop(struct walk *w, uint32_t position)
{
    struct run *r = w->run;
    uint32_t end = r->body->instrs[position].imm.block.end;
    bool is_short = false;
    if (w->n_left > 0) {
        is_short = run_loop(r, position);
        uint32_t n_run = SHORT_LOOP_INSTRS - r->n_left;
        w->n_left -= n_run < w->n_left ? n_run : w->n_left;
        take_back(r);
    }
    forget_changed_in(r, position, end);
    if (!is_short)
        return false;
    for (uint32_t i = position; i < end; i++)
        w->is_short[i] = r->body->instrs[i].op == OP_Loop;
    return true;
}

/* Other ways may lead to the end or else of the innermost construct. */
static void forget_set(struct walk *w)
{
    for (uint32_t first = w->first_set[w->n_open - 1]; w->n_set > first;)
        w->run->locals[w->set[--w->n_set]] = unknown;
}

/* False where it ends: at the end of the body, where too much is open, or at a construct
 * of another kind. */
static bool walk_instr(struct walk *w, uint32_t *position)
{
    const struct instr *in = &w->run->body->instrs[*position];
    switch (in->op) {
    case OP_Block:
    case OP_If:
    case OP_Loop:
        if (in->op == OP_Loop && meet_loop(w, *position)) {
            *position = in->imm.block.end;
            return true;
        }
        if (w->n_open == MAX_NESTING)
            return false;
        w->first_set[w->n_open++] = w->n_set;
        return true;
    case OP_Else:
        forget_set(w);
        return true;
    case OP_End:
        if (w->n_open == 0)
            return false;
        forget_set(w);
        w->n_open--;
        return true;
    case OP_LocalSet:
    case OP_LocalTee:
        note(w, in->imm.index, result_of(w->run, in - 1));
        return true;
    default:
        return op_info(in->op)->immediate != IMM_BLOCK;
    }
}

const bool *find_short_loops(const struct body *body, uint32_t n_params,
                             struct arena *arena)
{
    enum { RUNS_PER_INSTR = 16 };
    struct run *r = arena_alloc(arena, sizeof *r);
    struct walk w = {.run = r};
    r->body = body;
    r->locals = arena_array(arena, body->n_locals, sizeof *r->locals);
    for (uint32_t i = n_params; i < body->n_locals; i++)
        r->locals[i] = body->locals[i] == TYPE_I32 ? known(0) : unknown;
    w.set = arena_array(arena, body->n_instrs, sizeof *w.set);
    w.is_short = arena_array(arena, body->n_instrs, sizeof *w.is_short);
    w.n_left = SHORT_LOOP_INSTRS + RUNS_PER_INSTR * (uint64_t)body->n_instrs;
    for (uint32_t i = 0; i < body->n_instrs && walk_instr(&w, &i); i++)
        continue;
    return w.is_short;
}
