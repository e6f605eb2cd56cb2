/* The planner looks at what an iteration does: at its test, for how often the loop runs,
 * and at the accesses, which it groups by the terms of their addresses. */
#include "compiler/loops.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/distances.h"

enum { CLUSTER_GAP = 1024 };

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
static bool lag_behind(struct loop_plan *plan, const struct iteration *it,
                       const struct changed_local *changed, uint64_t *step)
{
    uint32_t leader = copy_of(changed);
    const struct changed_local *leader_changed = find_changed(it, leader);
    uint64_t leader_step = 0;
    if (leader_changed) {
        if (copy_of(leader_changed) != leader)
            return false;
        leader_step = leader_changed->value.a.constant;
    }
    struct loop_lag lag = {changed->local, leader,
                           changed->value.a.constant - leader_step};
    uint32_t i = 0;
    while (i < plan->n_lags && plan->lags[i].local != lag.local)
        i++;
    if (i == LOOP_LAGS)
        return false;
    if (i == plan->n_lags)
        plan->lags[plan->n_lags++] = lag;
    *step = leader_step;
    return true;
}

/* How much a value that is affine in the iteration's locals changes per iteration. False
 * if it depends on a local that changes in another way. */
static bool step_of(struct loop_plan *plan, const struct iteration *it,
                    const struct affine *value, int64_t *step)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < value->n_terms; i++) {
        uint32_t local = value->terms[i].local;
        const struct changed_local *changed = find_changed(it, local);
        if (!changed)
            continue;
        uint32_t leader = copy_of(changed);
        uint64_t local_step = changed->value.a.constant;
        if (leader == NO_INDEX ||
            (leader != local && !lag_behind(plan, it, changed, &local_step)))
            return false;
        sum += value->terms[i].factor * local_step;
    }
    *step = value->is_wide ? (int64_t)sum : (int32_t)sum;
    return true;
}

/* Whether a value changes by the same in each iteration, but by no constant: then by
 * stride. Of 32 bits only. */
static bool find_stride(const struct iteration *it, const struct affine *value,
                        struct affine *stride)
{
    *stride = (struct affine){0};
    if (value->is_wide)
        return false;
    for (uint32_t i = 0; i < value->n_terms; i++) {
        uint32_t local = value->terms[i].local;
        uint64_t factor = value->terms[i].factor;
        const struct changed_local *changed = find_changed(it, local);
        struct symbol before = symbol_local(local, false);
        if (changed && (changed->value.kind != SYMBOL_AFFINE ||
                        !affine_add_scaled(stride, &changed->value.a, factor) ||
                        !affine_add_scaled(stride, &before.a, 0 - factor)))
            return false;
    }
    for (uint32_t i = 0; i < stride->n_terms; i++)
        if (find_changed(it, stride->terms[i].local))
            return false;
    return stride->n_terms > 0;
}

static bool set_step(struct loop_plan *plan, int64_t step)
{
    plan->step = (int32_t)step;
    return step == plan->step && step != INT32_MIN;
}

/* Brings an ordering to "value moves towards limit". */
static bool plan_ordering(struct loop_plan *plan, const struct iteration *it,
                          const struct symbol *test)
{
    uint16_t op = test->compare;
    bool is_swapped =
        op == OP_I32GtS || op == OP_I32GtU || op == OP_I32GeS || op == OP_I32GeU;
    const struct affine *low = is_swapped ? &test->b : &test->a;
    const struct affine *high = is_swapped ? &test->a : &test->b;
    int64_t low_step = 0, high_step;
    bool has_stride = find_stride(it, low, &plan->stride);
    if ((!has_stride && !step_of(plan, it, low, &low_step)) ||
        !step_of(plan, it, high, &high_step))
        return false;
    plan->is_signed =
        op == OP_I32LtS || op == OP_I32GtS || op == OP_I32LeS || op == OP_I32GeS;
    plan->is_inclusive =
        op == OP_I32LeS || op == OP_I32LeU || op == OP_I32GeS || op == OP_I32GeU;
    bool low_moves = (has_stride || low_step > 0) && high_step == 0;
    bool high_moves = !has_stride && high_step < 0 && low_step == 0;
    plan->test = low_moves ? LOOP_INCREASING : LOOP_DECREASING;
    plan->value = low_moves ? *low : *high;
    plan->limit = low_moves ? *high : *low;
    return (low_moves || high_moves) && set_step(plan, low_moves ? low_step : high_step);
}

static bool plan_test(struct loop_plan *plan, const struct iteration *it,
                      const struct symbol *test)
{
    if (test->kind == SYMBOL_COMPARE && test->compare != OP_I32Ne)
        return test->compare != OP_I32Eq && plan_ordering(plan, it, test);
    if (test->kind == SYMBOL_UNKNOWN)
        return false;
    plan->test = LOOP_NOT_ZERO;
    plan->value = test->a;
    int64_t step;
    if (test->kind == SYMBOL_COMPARE &&
        !affine_add_scaled(&plan->value, &test->b, UINT64_MAX))
        return false;
    return step_of(plan, it, &plan->value, &step) && step != 0 && set_step(plan, step);
}

/* Where an access lies relative to its terms, for clustering; distances are what matters.
 */
static int64_t place(const struct met_access *m)
{
    return (int64_t)(int32_t)m->address.constant + (int64_t)m->offset;
}

/* Indices of the accesses, ordered by place. */
static void sort_by_place(const struct iteration *it, uint32_t *order)
{
    for (uint32_t i = 0; i < it->n_met; i++) {
        uint32_t k = i;
        for (; k > 0 && place(&it->met[order[k - 1]]) > place(&it->met[i]); k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

/* Puts an access into the group its neighbour below belongs to, or into a new one.
 * Accesses come in ascending places, so that only the last group with the same terms can
 * be near. What lies within a step is passed by the next iteration: apart, the two would
 * never be disjoint. */
static bool join_group(struct loop_plan *plan, const struct iteration *it,
                       const struct met_access *m, uint32_t *group_index,
                       int64_t last_place[LOOP_GROUPS])
{
    int64_t step;
    if (!step_of(plan, it, &m->address, &step))
        return false;
    int64_t stride = llabs(step);
    for (uint32_t i = plan->n_groups; i-- > 0;) {
        struct loop_group *group = &plan->groups[i];
        if (!affine_same_terms(&group->base, &m->address))
            continue;
        if (place(m) - last_place[i] > (stride > CLUSTER_GAP ? stride : CLUSTER_GAP))
            break;
        *group_index = i;
        last_place[i] = place(m);
        /* The base must be the lowest constant, and no wrap may hide between the
         * constants. */
        if ((int32_t)m->address.constant < (int32_t)group->base.constant)
            group->base.constant = m->address.constant;
        return true;
    }
    if (plan->n_groups == LOOP_GROUPS)
        return false;
    *group_index = plan->n_groups;
    last_place[plan->n_groups] = place(m);
    plan->groups[plan->n_groups++] =
        (struct loop_group){.base = m->address, .step = (int32_t)step};
    return true;
}

static bool plan_groups(struct loop_plan *plan, const struct iteration *it)
{
    uint32_t order[ITERATION_ACCESSES];
    int64_t last_place[LOOP_GROUPS];
    sort_by_place(it, order);
    plan->n_groups = 0;
    plan->n_accesses = it->n_met;
    for (uint32_t i = 0; i < it->n_met; i++)
        if (!join_group(plan, it, &it->met[order[i]], &plan->accesses[order[i]].group,
                        last_place))
            return false;
    for (uint32_t i = 0; i < it->n_met; i++) {
        const struct met_access *m = &it->met[i];
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
static bool is_worth_it(const struct loop_plan *plan, const struct iteration *it)
{
    bool moves = false;
    for (uint32_t i = 0; i < plan->n_groups; i++)
        moves = moves || plan->groups[i].step != 0;
    return moves && it->n_met >= it->n_opaque;
}

/* Addresses that depend on a local of irregular course are as good as unknown. So are
 * those with a longer step than LOOP_LONGEST_STEP: they are soon out of bounds, and
 * without them what is computed from steps, trip counts and offsets stays within 63 bits.
 */
static void drop_irregular(struct loop_plan *plan, struct iteration *it)
{
    uint32_t n = 0;
    int64_t step;
    for (uint32_t i = 0; i < it->n_met; i++) {
        if (step_of(plan, it, &it->met[i].address, &step) &&
            llabs(step) <= LOOP_LONGEST_STEP)
            it->met[n++] = it->met[i];
        else
            it->n_opaque++;
    }
    it->n_met = n;
}

/* Whether a branch out of the loop follows its way back. */
static bool leaves_by_branch(const struct body *body, uint32_t end)
{
    const struct instr *last = &body->instrs[end - 1], *before = last - 1;
    return last->op == OP_Br && last->imm.index > 0 && before->op == OP_BrIf &&
           before->imm.index == 0;
}

/* Finds the way back, and what decides whether the iteration goes there. */
static bool plan_way_back(struct loop_plan *plan, struct iteration *it,
                          const struct callees *callees, const struct body *body,
                          uint32_t loop_position)
{
    uint32_t end = body->instrs[loop_position].imm.block.end;
    plan->back_position = leaves_by_branch(body, end) ? end - 2 : end - 1;
    const struct instr *back = &body->instrs[plan->back_position];
    if ((back->op != OP_BrIf && back->op != OP_Br) || back->imm.index != 0 ||
        !follow_iteration(it, callees, body, loop_position + 1, plan->back_position))
        return false;
    plan->n_instrs = plan->back_position - loop_position + it->n_called;
    plan->is_tested_inside = back->op == OP_Br;
    plan->test_position =
        plan->is_tested_inside ? it->exit_position : plan->back_position;
    plan->test_end = plan->is_tested_inside ? it->exit_end : plan->back_position + 1;
    return plan->test_position != 0 && it->n_operands == (plan->is_tested_inside ? 0 : 1);
}

/* Whether nothing is on the stack where the loop begins and where it ends. A result that
 * it only seems to have, since its end is not reached, is none. */
static bool has_no_values(const struct body *body, uint32_t loop_position)
{
    const struct instr *loop = &body->instrs[loop_position];
    return loop->imm.block.type == NO_INDEX &&
           (loop->imm.block.result == 0 ||
            body->instrs[loop->imm.block.end - 1].op == OP_Br);
}

bool plan_loop(struct loop_plan *plan, const struct callees *callees,
               const struct body *body, uint32_t loop_position)
{
    const struct instr *loop = &body->instrs[loop_position];
    struct iteration it;
    plan->n_lags = 0;
    if (loop->imm.block.end - loop_position < 4 || !has_no_values(body, loop_position) ||
        !plan_way_back(plan, &it, callees, body, loop_position) ||
        !plan_test(plan, &it, plan->is_tested_inside ? &it.exit_test : &it.operand))
        return false;
    uint32_t n_lags = plan->n_lags;
    apply_distances(&it, callees, body, loop_position);
    drop_irregular(plan, &it);
    if (it.n_exits > plan->is_tested_inside || !plan_groups(plan, &it) ||
        !is_worth_it(plan, &it)) {
        plan->n_groups = plan->n_accesses = 0;
        plan->n_lags = n_lags;
    }
    return true;
}
