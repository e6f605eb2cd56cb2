/* Follows one iteration symbolically, in the order of the instructions. Whatever is not
 * understood is an unknown value; where control flow joins, all locals set since it
 * parted are unknown. */
#include "compiler/loops.h"

#include <string.h>

#include "compiler/ways_out.h"

enum {
    STACK_DEPTH = 64,
    MAX_BODY = 600,
    MAX_LOCALS = 128,
    MAX_NESTING = 16,
    CLUSTER_GAP = 1024,
    MAX_STEP = 1 << 30
};

enum symbol_kind { SYMBOL_UNKNOWN, SYMBOL_AFFINE, SYMBOL_COMPARE };

struct symbol {
    enum symbol_kind kind;
    uint16_t compare;   /* opcode of a comparison of a with b */
    struct affine a, b; /* SYMBOL_AFFINE: a */
};

/* The locals that the body sets, and their values so far. */
struct changed_local {
    uint32_t local;
    struct symbol value;
};

/* An access as met, before grouping. */
struct met_access {
    uint32_t position;
    struct affine address;
    uint64_t offset; /* memarg */
    uint32_t n_bytes;
    bool is_store;
};

/* A block or if in the loop. */
struct construct {
    uint32_t position;
    uint32_t height;
    uint32_t n_set;
    bool has_result;
    bool is_left; /* something leads to what follows it */
};

struct follower {
    const struct body *body;
    uint32_t position; /* of the instruction in work */
    struct construct constructs[MAX_NESTING];
    uint32_t depth;
    bool is_dead;           /* the end or else to come is not fallen into */
    uint32_t set[MAX_BODY]; /* locals, in the order in which they were set */
    uint32_t n_set;
    struct symbol exit_test; /* when the last br_if out of the loop is not taken */
    uint32_t exit_position;  /* of that br_if; 0: there is none */
    uint32_t exit_end;       /* where the iteration goes on then */
    uint32_t n_followed;     /* instructions, those of ways out excepted */
    uint32_t n_exits;        /* ways out of the loop before the way back */
    uint32_t n_opaque;       /* accesses whose address is unknown */
    struct loop_lag lags[LOOP_LAGS]; /* that the steps found so far rely on */
    uint32_t n_lags;
    struct symbol stack[STACK_DEPTH];
    uint32_t sp;
    struct changed_local changed[MAX_LOCALS];
    uint32_t n_changed;
    struct met_access met[LOOP_ACCESSES];
    uint32_t n_met;
};

static const struct symbol unknown = {.kind = SYMBOL_UNKNOWN};

static struct symbol constant(uint32_t value)
{
    return (struct symbol){.kind = SYMBOL_AFFINE, .a = {.constant = value}};
}

/* Adds factor * (a term of local) and keeps the order. False if there is no room. */
static bool add_term(struct affine *sum, uint32_t local, uint32_t factor)
{
    uint32_t i = 0;
    while (i < sum->n_terms && sum->terms[i].local < local)
        i++;
    if (i < sum->n_terms && sum->terms[i].local == local) {
        sum->terms[i].factor += factor;
        if (sum->terms[i].factor == 0) {
            sum->n_terms--;
            memmove(&sum->terms[i], &sum->terms[i + 1],
                    (sum->n_terms - i) * sizeof sum->terms[0]);
        }
        return true;
    }
    if (sum->n_terms == AFFINE_TERMS)
        return false;
    memmove(&sum->terms[i + 1], &sum->terms[i],
            (sum->n_terms - i) * sizeof sum->terms[0]);
    sum->terms[i].local = local;
    sum->terms[i].factor = factor;
    sum->n_terms++;
    return true;
}

static bool add_scaled(struct affine *sum, const struct affine *other, uint32_t factor)
{
    sum->constant += other->constant * factor;
    for (uint32_t i = 0; i < other->n_terms; i++) {
        uint32_t scaled = other->terms[i].factor * factor;
        if (scaled && !add_term(sum, other->terms[i].local, scaled))
            return false;
    }
    return true;
}

static struct symbol linear(const struct symbol *x, const struct symbol *y,
                            uint32_t y_factor)
{
    if (x->kind != SYMBOL_AFFINE || y->kind != SYMBOL_AFFINE)
        return unknown;
    struct symbol result = *x;
    return add_scaled(&result.a, &y->a, y_factor) ? result : unknown;
}

static bool is_constant(const struct symbol *s)
{
    return s->kind == SYMBOL_AFFINE && s->a.n_terms == 0;
}

static struct symbol scaled(const struct symbol *x, uint32_t factor)
{
    struct symbol zero = constant(0);
    return linear(&zero, x, factor);
}

static struct changed_local *find_changed(struct follower *f, uint32_t local)
{
    for (uint32_t i = 0; i < f->n_changed; i++)
        if (f->changed[i].local == local)
            return &f->changed[i];
    return NULL;
}

static struct symbol get_local(struct follower *f, uint32_t local)
{
    const struct changed_local *changed = find_changed(f, local);
    if (changed)
        return changed->value;
    if (f->body->locals[local] != TYPE_I32)
        return unknown;
    struct symbol s = constant(0);
    add_term(&s.a, local, 1);
    return s;
}

static bool set_local(struct follower *f, uint32_t local, const struct symbol *value)
{
    struct changed_local *changed = find_changed(f, local);
    if (!changed) {
        if (f->n_changed == MAX_LOCALS)
            return false;
        changed = &f->changed[f->n_changed++];
        changed->local = local;
    }
    changed->value = *value;
    f->set[f->n_set++] = local;
    return true;
}

static struct symbol binary(uint16_t op, const struct symbol *x, const struct symbol *y)
{
    switch (op) {
    case OP_I32Add:
        return linear(x, y, 1);
    case OP_I32Sub:
        return linear(x, y, UINT32_MAX);
    case OP_I32Mul:
        if (is_constant(y))
            return scaled(x, y->a.constant);
        return is_constant(x) ? scaled(y, x->a.constant) : unknown;
    case OP_I32Shl:
        return is_constant(y) ? scaled(x, UINT32_C(1) << (y->a.constant & 31)) : unknown;
    case OP_I32Eq:
    case OP_I32Ne:
    case OP_I32LtS:
    case OP_I32LtU:
    case OP_I32GtS:
    case OP_I32GtU:
    case OP_I32LeS:
    case OP_I32LeU:
    case OP_I32GeS:
    case OP_I32GeU:
        if (x->kind == SYMBOL_AFFINE && y->kind == SYMBOL_AFFINE)
            return (struct symbol){SYMBOL_COMPARE, op, x->a, y->a};
        return unknown;
    default:
        return unknown;
    }
}

static bool push(struct follower *f, struct symbol s)
{
    if (f->sp == STACK_DEPTH)
        return false;
    f->stack[f->sp++] = s;
    return true;
}

static bool follow_access(struct follower *f)
{
    const struct instr *in = &f->body->instrs[f->position];
    const char *results = strchr(op_info(in->op)->signature, ':');
    bool is_store = results[1] == '\0';
    f->sp -= (uint32_t)(results - op_info(in->op)->signature);
    const struct symbol *address = &f->stack[f->sp];
    if (address->kind != SYMBOL_AFFINE || in->memory != 0 || f->n_met == LOOP_ACCESSES)
        f->n_opaque++;
    else
        f->met[f->n_met++] =
            (struct met_access){f->position, address->a, in->imm.memarg.offset,
                                op_access_bytes(in->op), is_store};
    return is_store || push(f, unknown);
}

/* Whether a value is zero, as a comparison. */
static struct symbol negated(const struct symbol *value)
{
    static const struct {
        uint16_t op, opposite;
    } opposites[] = {{OP_I32Eq, OP_I32Ne},
                     {OP_I32LtS, OP_I32GeS},
                     {OP_I32LtU, OP_I32GeU},
                     {OP_I32GtS, OP_I32LeS},
                     {OP_I32GtU, OP_I32LeU}};
    struct symbol result = *value;
    if (value->kind == SYMBOL_AFFINE)
        return (struct symbol){SYMBOL_COMPARE, OP_I32Eq, value->a, {0}};
    for (size_t i = 0; i < sizeof opposites / sizeof opposites[0]; i++) {
        if (opposites[i].op == value->compare)
            result.compare = opposites[i].opposite;
        else if (opposites[i].opposite == value->compare)
            result.compare = opposites[i].op;
    }
    return result;
}

/* ---- Control flow in the body ---- */

static bool open_construct(struct follower *f, const struct instr *in)
{
    if (in->op == OP_If)
        f->sp--;
    if (in->imm.block.type != NO_INDEX || f->depth == MAX_NESTING)
        return false;
    f->constructs[f->depth++] = (struct construct){
        .position = f->position,
        .height = f->sp,
        .n_set = f->n_set,
        .has_result = in->imm.block.result != 0,
        .is_left = in->op == OP_If && in->imm.block.else_or_end == in->imm.block.end};
    return true;
}

/* What was set since the construct began may or may not have been, from here on. */
static void join(struct follower *f)
{
    struct construct *c = &f->constructs[f->depth - 1];
    for (uint32_t i = c->n_set; i < f->n_set; i++)
        find_changed(f, f->set[i])->value = unknown;
    f->sp = c->height;
    c->is_left = c->is_left || !f->is_dead;
    f->is_dead = false;
}

/* Moves before the else or end that dead code lasts to. */
static bool skip_dead_code(struct follower *f)
{
    if (f->depth == 0)
        return false;
    f->is_dead = true;
    for (;;) {
        const struct instr *next = &f->body->instrs[f->position + 1];
        if (next->op == OP_End || next->op == OP_Else)
            return true;
        if (op_opens_block(next->op))
            f->position = next->imm.block.end;
        else
            f->position++;
    }
}

static bool close_construct(struct follower *f)
{
    join(f);
    const struct construct *c = &f->constructs[--f->depth];
    if (!c->is_left)
        return skip_dead_code(f);
    return !c->has_result || push(f, unknown);
}

/* Follows a br_if that skips a way out, up to the end where that is. If nothing else
 * leads there, each iteration passes the test, and what was set before is known. */
static bool follow_way_out(struct follower *f, uint32_t end)
{
    struct construct *c = &f->constructs[f->depth - 1];
    f->sp--;
    f->n_exits++;
    if (f->depth > 1 || c->is_left || c->has_result) {
        c->is_left = true;
        f->is_dead = true;
        f->position = end - 1;
        return true;
    }
    f->exit_test = f->stack[f->sp];
    f->exit_position = f->position;
    f->exit_end = end;
    f->sp = c->height;
    f->depth--;
    f->position = end;
    return true;
}

/* Branches may lead to constructs in the body or out of the loop, not back. */
static bool follow_branches(struct follower *f, const struct instr *in)
{
    uint32_t n = 1;
    const uint32_t *depths = &in->imm.index;
    uint32_t way_out = f->depth == 0
                           ? 0
                           : way_out_end(f->body, f->position,
                                         f->constructs[f->depth - 1].position, f->depth);
    if (way_out)
        return follow_way_out(f, way_out);
    if (in->op == OP_BrTable) {
        n = in->imm.br_table.n_labels + 1;
        depths = in->imm.br_table.labels;
    }
    if (in->op != OP_Br)
        f->sp--;
    if (in->op == OP_BrIf && f->depth == 0) {
        f->exit_test = negated(&f->stack[f->sp]);
        f->exit_position = f->position;
        f->exit_end = f->position + 1;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (depths[i] == f->depth)
            return false;
        if (depths[i] > f->depth)
            f->n_exits++;
        else
            f->constructs[f->depth - 1 - depths[i]].is_left = true;
    }
    return in->op == OP_BrIf || skip_dead_code(f);
}

/* Pops and pushes what the signature says, all unknown but for what binary() knows. */
static bool follow_numeric(struct follower *f, const struct instr *in)
{
    const char *signature = op_info(in->op)->signature;
    if (!signature)
        return false;
    uint32_t n_operands = (uint32_t)(strchr(signature, ':') - signature);
    struct symbol result = unknown;
    if (n_operands == 2)
        result = binary(in->op, &f->stack[f->sp - 2], &f->stack[f->sp - 1]);
    if (in->op == OP_I32Eqz)
        result = negated(&f->stack[f->sp - 1]);
    f->sp -= n_operands;
    return signature[n_operands + 1] == '\0' || push(f, result);
}

static bool follow_instr(struct follower *f)
{
    const struct instr *in = &f->body->instrs[f->position];
    if (op_info(in->op)->immediate == IMM_MEMARG)
        return follow_access(f);
    switch (in->op) {
    case OP_Block:
    case OP_If:
        return open_construct(f, in);
    case OP_Else:
        join(f);
        return true;
    case OP_End:
        return close_construct(f);
    case OP_Br:
    case OP_BrIf:
    case OP_BrTable:
        return follow_branches(f, in);
    case OP_Return:
        f->n_exits++;
        return skip_dead_code(f);
    case OP_Unreachable:
        return skip_dead_code(f);
    case OP_LocalGet:
        return push(f, get_local(f, in->imm.index));
    case OP_LocalSet:
        return set_local(f, in->imm.index, &f->stack[--f->sp]);
    case OP_LocalTee:
        return set_local(f, in->imm.index, &f->stack[f->sp - 1]);
    case OP_I32Const:
        return push(f, constant(in->imm.i32));
    case OP_GlobalGet:
        return push(f, unknown);
    case OP_Drop:
        f->sp--;
        return true;
    case OP_Select:
    case OP_SelectT:
        f->sp -= 3;
        return push(f, unknown);
    default:
        return follow_numeric(f, in);
    }
}

/* The local that a changed one is a copy of, plus a constant, at the end of the
 * iteration; NO_INDEX if it is something else. */
static uint32_t copy_of(const struct changed_local *changed)
{
    const struct affine *next = &changed->value.a;
    if (changed->value.kind != SYMBOL_AFFINE || next->n_terms != 1 ||
        next->terms[0].factor != 1)
        return NO_INDEX;
    return next->terms[0].local;
}

/* A local that repeats where another one was an iteration ago steps as that does,
 * provided that it starts one step behind: a condition to test at run time. */
static bool lag_behind(struct follower *f, const struct changed_local *changed,
                       uint32_t *step)
{
    uint32_t leader = copy_of(changed);
    const struct changed_local *leader_changed = find_changed(f, leader);
    uint32_t leader_step = 0;
    if (leader_changed) {
        if (copy_of(leader_changed) != leader)
            return false;
        leader_step = leader_changed->value.a.constant;
    }
    struct loop_lag lag = {changed->local, leader,
                           changed->value.a.constant - leader_step};
    uint32_t i = 0;
    while (i < f->n_lags && f->lags[i].local != lag.local)
        i++;
    if (i == LOOP_LAGS)
        return false;
    if (i == f->n_lags)
        f->lags[f->n_lags++] = lag;
    *step = leader_step;
    return true;
}

/* How much a value that is affine in the iteration's locals changes per iteration. False
 * if it depends on a local that changes in another way. */
static bool step_of(struct follower *f, const struct affine *value, uint32_t *step)
{
    *step = 0;
    for (uint32_t i = 0; i < value->n_terms; i++) {
        uint32_t local = value->terms[i].local;
        const struct changed_local *changed = find_changed(f, local);
        if (!changed)
            continue;
        uint32_t leader = copy_of(changed);
        uint32_t local_step = changed->value.a.constant;
        if (leader == NO_INDEX ||
            (leader != local && !lag_behind(f, changed, &local_step)))
            return false;
        *step += value->terms[i].factor * local_step;
    }
    return true;
}

/* Brings an ordering to "value moves towards limit". */
static bool plan_ordering(struct loop_plan *plan, struct follower *f,
                          const struct symbol *test)
{
    uint16_t op = test->compare;
    bool is_swapped =
        op == OP_I32GtS || op == OP_I32GtU || op == OP_I32GeS || op == OP_I32GeU;
    const struct affine *low = is_swapped ? &test->b : &test->a;
    const struct affine *high = is_swapped ? &test->a : &test->b;
    uint32_t low_step, high_step;
    if (!step_of(f, low, &low_step) || !step_of(f, high, &high_step))
        return false;
    plan->is_signed =
        op == OP_I32LtS || op == OP_I32GtS || op == OP_I32LeS || op == OP_I32GeS;
    plan->is_inclusive =
        op == OP_I32LeS || op == OP_I32LeU || op == OP_I32GeS || op == OP_I32GeU;
    bool low_moves = (int32_t)low_step > 0 && high_step == 0;
    bool high_moves = (int32_t)high_step < 0 && low_step == 0;
    plan->test = low_moves ? LOOP_INCREASING : LOOP_DECREASING;
    plan->value = low_moves ? *low : *high;
    plan->limit = low_moves ? *high : *low;
    plan->step = (int32_t)(low_moves ? low_step : high_step);
    return low_moves || high_moves;
}

static bool plan_test(struct loop_plan *plan, struct follower *f,
                      const struct symbol *test)
{
    if (test->kind == SYMBOL_COMPARE && test->compare != OP_I32Ne)
        return test->compare != OP_I32Eq && plan_ordering(plan, f, test);
    if (test->kind == SYMBOL_UNKNOWN)
        return false;
    plan->test = LOOP_NOT_ZERO;
    plan->value = test->a;
    uint32_t step;
    if (test->kind == SYMBOL_COMPARE && !add_scaled(&plan->value, &test->b, UINT32_MAX))
        return false;
    if (!step_of(f, &plan->value, &step) || step == 0 || step == UINT32_C(1) << 31)
        return false;
    plan->step = (int32_t)step;
    return true;
}

static bool same_terms(const struct affine *a, const struct affine *b)
{
    if (a->n_terms != b->n_terms)
        return false;
    for (uint32_t i = 0; i < a->n_terms; i++)
        if (a->terms[i].local != b->terms[i].local ||
            a->terms[i].factor != b->terms[i].factor)
            return false;
    return true;
}

/* Where an access lies relative to its terms, for clustering; distances are what matters.
 */
static int64_t place(const struct met_access *m)
{
    return (int64_t)(int32_t)m->address.constant + (int64_t)m->offset;
}

/* Indices of the accesses, ordered by place. */
static void sort_by_place(const struct follower *f, uint32_t *order)
{
    for (uint32_t i = 0; i < f->n_met; i++) {
        uint32_t k = i;
        for (; k > 0 && place(&f->met[order[k - 1]]) > place(&f->met[i]); k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

/* Puts an access into the group its neighbour below belongs to, or into a new one.
 * Accesses come in ascending places, so that only the last group with the same terms can
 * be near. */
static bool join_group(struct loop_plan *plan, struct follower *f,
                       const struct met_access *m, uint32_t *group_index,
                       int64_t last_place[LOOP_GROUPS])
{
    for (uint32_t i = plan->n_groups; i-- > 0;) {
        struct loop_group *group = &plan->groups[i];
        if (!same_terms(&group->base, &m->address))
            continue;
        if (place(m) - last_place[i] > CLUSTER_GAP)
            break;
        *group_index = i;
        last_place[i] = place(m);
        /* The base must be the lowest constant, and no wrap may hide between the
         * constants. */
        if ((int32_t)m->address.constant < (int32_t)group->base.constant)
            group->base.constant = m->address.constant;
        return true;
    }
    uint32_t step;
    if (plan->n_groups == LOOP_GROUPS || !step_of(f, &m->address, &step))
        return false;
    *group_index = plan->n_groups;
    last_place[plan->n_groups] = place(m);
    plan->groups[plan->n_groups++] =
        (struct loop_group){.base = m->address, .step = (int32_t)step};
    return true;
}

static bool plan_groups(struct loop_plan *plan, struct follower *f)
{
    uint32_t order[LOOP_ACCESSES];
    int64_t last_place[LOOP_GROUPS];
    sort_by_place(f, order);
    plan->n_groups = 0;
    plan->n_accesses = f->n_met;
    for (uint32_t i = 0; i < f->n_met; i++)
        if (!join_group(plan, f, &f->met[order[i]], &plan->accesses[order[i]].group,
                        last_place))
            return false;
    for (uint32_t i = 0; i < f->n_met; i++) {
        const struct met_access *m = &f->met[i];
        struct loop_access *access = &plan->accesses[i];
        struct loop_group *group = &plan->groups[access->group];
        access->position = m->position;
        access->offset = (uint64_t)((int64_t)(int32_t)m->address.constant -
                                    (int32_t)group->base.constant) +
                         m->offset;
        if (access->offset + m->n_bytes > group->end)
            group->end = access->offset + m->n_bytes;
        group->has_store = group->has_store || m->is_store;
    }
    return true;
}

/* The fast versions pay if most accesses gain, and some of them move. */
static bool is_worth_it(const struct loop_plan *plan, const struct follower *f)
{
    bool moves = false;
    for (uint32_t i = 0; i < plan->n_groups; i++)
        moves = moves || plan->groups[i].step != 0;
    return moves && f->n_met >= f->n_opaque;
}

/* Addresses that depend on a local of irregular course are as good as unknown. So are
 * those with a longer step than MAX_STEP: they are soon out of bounds, and without them
 * what is computed from steps, trip counts and offsets stays within 63 bits. */
static void drop_irregular(struct follower *f)
{
    uint32_t n = 0, step;
    for (uint32_t i = 0; i < f->n_met; i++) {
        if (step_of(f, &f->met[i].address, &step) &&
            step + MAX_STEP <= UINT32_C(2) * MAX_STEP)
            f->met[n++] = f->met[i];
        else
            f->n_opaque++;
    }
    f->n_met = n;
}

/* Whether a branch out of the loop follows its way back. */
static bool leaves_by_branch(const struct body *body, uint32_t end)
{
    const struct instr *last = &body->instrs[end - 1], *before = last - 1;
    return last->op == OP_Br && last->imm.index > 0 && before->op == OP_BrIf &&
           before->imm.index == 0;
}

/* Follows the body up to the way back, and finds the test. */
static bool follow_body(struct loop_plan *plan, struct follower *f,
                        uint32_t loop_position)
{
    const struct instr *back = &f->body->instrs[plan->back_position];
    if ((back->op != OP_BrIf && back->op != OP_Br) || back->imm.index != 0)
        return false;
    for (f->position = loop_position + 1; f->position < plan->back_position;
         f->position++)
        if (f->n_followed++ == MAX_BODY || !follow_instr(f))
            return false;
    plan->is_tested_inside = back->op == OP_Br;
    plan->test_position = plan->is_tested_inside ? f->exit_position : plan->back_position;
    plan->test_end = plan->is_tested_inside ? f->exit_end : plan->back_position + 1;
    return f->depth == 0 && plan->test_position != 0 &&
           f->sp == (plan->is_tested_inside ? 0 : 1);
}

bool plan_loop(struct loop_plan *plan, const struct body *body, uint32_t loop_position)
{
    const struct instr *loop = &body->instrs[loop_position];
    uint32_t end = loop->imm.block.end;
    if (loop->imm.block.type != NO_INDEX || loop->imm.block.result != 0 ||
        end - loop_position < 4)
        return false;
    struct follower f = {.body = body};
    plan->back_position = end - 1;
    if (leaves_by_branch(body, end))
        plan->back_position = end - 2;
    if (!follow_body(plan, &f, loop_position))
        return false;
    const struct symbol *test = plan->is_tested_inside ? &f.exit_test : &f.stack[0];
    if (!plan_test(plan, &f, test))
        return false;
    uint32_t n_lags = f.n_lags;
    drop_irregular(&f);
    if (f.n_exits > plan->is_tested_inside || !plan_groups(plan, &f) ||
        !is_worth_it(plan, &f)) {
        plan->n_groups = plan->n_accesses = 0;
        f.n_lags = n_lags;
    }
    plan->n_lags = f.n_lags;
    memcpy(plan->lags, f.lags, sizeof f.lags);
    return true;
}
