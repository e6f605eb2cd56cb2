#include "compiler/loops.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/compiler/body_builder.h"

static struct loop_plan plan;

static void begin(void)
{
    begin_body();
    open(OP_Loop);
}

/* i32.store(local + local * factor + constant) offset=offset */
static void store_at(uint32_t base, uint32_t local, uint32_t factor, int32_t constant,
                     uint32_t offset)
{
    put(OP_LocalGet, base);
    put(OP_LocalGet, local);
    put(OP_I32Const, factor);
    put(OP_I32Mul, 0);
    put(OP_I32Add, 0);
    put(OP_I32Const, (uint32_t)constant);
    put(OP_I32Add, 0);
    put(OP_I32Const, 7);
    put(OP_I32Store, offset);
}

static bool finish(void)
{
    put(OP_BrIf, 0);
    close(0);
    put(OP_End, 0);
    memset(&plan, 0, sizeof plan);
    return plan_loop(&plan, callees(), &body, 0);
}

/* The test: local 0, which steps by 4 and addresses a store, compared with local 1. */
static bool plan_comparison(enum opcode op, int32_t step, bool limit_first)
{
    begin();
    store_at(2, 0, 1, 0, 0);
    step_local(0, step);
    put(OP_LocalGet, limit_first);
    put(OP_LocalGet, !limit_first);
    put(op, 0);
    return finish();
}

static void expect_affine(const struct affine *a, uint32_t constant, uint32_t n_terms,
                          uint32_t local, uint32_t factor)
{
    cr_expect_eq(a->constant, constant);
    cr_assert_eq(a->n_terms, n_terms);
    if (n_terms) {
        cr_expect_eq(a->terms[0].local, local);
        cr_expect_eq(a->terms[0].factor, factor);
    }
}

Test(loops, orderings_are_brought_to_one_form)
{
    static const struct {
        enum opcode op;
        int32_t step;
        enum loop_test test;
        bool limit_first, is_signed, is_inclusive;
    } rows[] = {
        {OP_I32LtU, 4, LOOP_INCREASING, false, false, false},
        {OP_I32LtS, 4, LOOP_INCREASING, false, true, false},
        {OP_I32LeU, 4, LOOP_INCREASING, false, false, true},
        {OP_I32LeS, 4, LOOP_INCREASING, false, true, true},
        {OP_I32GtU, 4, LOOP_INCREASING, true, false, false},
        {OP_I32GeS, 4, LOOP_INCREASING, true, true, true},
        {OP_I32GtU, -4, LOOP_DECREASING, false, false, false},
        {OP_I32GeS, -4, LOOP_DECREASING, false, true, true},
        {OP_I32LtS, -4, LOOP_DECREASING, true, true, false},
        {OP_I32LeU, -4, LOOP_DECREASING, true, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert(plan_comparison(rows[i].op, rows[i].step, rows[i].limit_first),
                  "row %zu", i);
        cr_expect_eq(plan.test, rows[i].test, "row %zu", i);
        cr_expect_eq(plan.is_signed, rows[i].is_signed, "row %zu", i);
        cr_expect_eq(plan.is_inclusive, rows[i].is_inclusive, "row %zu", i);
        cr_expect_eq(plan.step, rows[i].step, "row %zu", i);
        expect_affine(&plan.value, (uint32_t)rows[i].step, 1, 0, 1);
        expect_affine(&plan.limit, 0, 1, 1, 1);
    }
}

Test(loops, a_counter_that_moves_away_from_its_limit_is_refused)
{
    cr_expect_not(plan_comparison(OP_I32LtU, -4, false));
    cr_expect_not(plan_comparison(OP_I32GtS, 4, false));
    cr_expect_not(plan_comparison(OP_I32GeU, -4, true));
    cr_expect_not(plan_comparison(OP_I32LtU, 0, false));
}

/* local 0 += the local; while local 0 < local 1, or > */
static bool plan_stride(uint32_t stride, enum opcode op)
{
    put(OP_LocalGet, 0);
    put(OP_LocalGet, stride);
    put(OP_I32Add, 0);
    put(OP_LocalTee, 0);
    put(OP_LocalGet, 1);
    put(op, 0);
    return finish();
}

Test(loops, a_step_may_be_a_local)
{
    begin();
    load_at(0, 0);
    cr_assert(plan_stride(2, OP_I32LtS));
    cr_expect_eq(plan.test, LOOP_INCREASING);
    cr_expect_eq(plan.step, 0);
    expect_affine(&plan.stride, 0, 1, 2, 1);
    cr_assert_eq(plan.value.n_terms, 2);
    cr_expect_eq(plan.n_groups, 0, "addresses step by constants");
}

Test(loops, a_step_that_changes_is_none)
{
    begin();
    load_at(0, 0);
    step_local(2, 1);
    cr_expect_not(plan_stride(2, OP_I32LtU));
    begin();
    load_at(0, 0);
    cr_expect_not(plan_stride(0, OP_I32LtU));
}

Test(loops, nothing_tells_that_a_step_is_negative)
{
    begin();
    load_at(0, 0);
    cr_expect_not(plan_stride(2, OP_I32GtS));
}

Test(loops, eqz_turns_a_comparison_round)
{
    begin();
    store_at(2, 0, 1, 0, 0);
    step_local(0, 1);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    put(OP_I32GeU, 0);
    put(OP_I32Eqz, 0);
    cr_assert(finish());
    cr_expect_eq(plan.test, LOOP_INCREASING);
    cr_expect_not(plan.is_signed);
    cr_expect_not(plan.is_inclusive);
}

Test(loops, inequality_is_a_difference_that_is_not_zero)
{
    cr_assert(plan_comparison(OP_I32Ne, -8, false));
    cr_expect_eq(plan.test, LOOP_NOT_ZERO);
    cr_expect_eq(plan.step, -8);
    cr_assert_eq(plan.value.n_terms, 2);
    cr_expect_eq(plan.value.terms[0].factor, 1);
    cr_expect_eq(plan.value.terms[1].factor, UINT32_MAX);
    cr_expect_eq(plan.value.constant, (uint32_t)-8);
    cr_expect_not(plan_comparison(OP_I32Eq, -8, false));
}

Test(loops, a_value_as_the_test_is_seen_after_its_change)
{
    begin();
    store_at(2, 0, 1, 0, 0);
    put(OP_LocalGet, 0);
    put(OP_I32Const, 1);
    put(OP_I32Sub, 0);
    put(OP_LocalTee, 0);
    cr_assert(finish());
    cr_expect_eq(plan.test, LOOP_NOT_ZERO);
    cr_expect_eq(plan.step, -1);
    expect_affine(&plan.value, UINT32_MAX, 1, 0, 1);
}

Test(loops, two_induction_variables)
{
    begin();
    store_at(2, 3, 1, 0, 0);
    step_local(0, 1);
    step_local(3, 12);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    put(OP_I32LtS, 0);
    cr_assert(finish());
    cr_expect_eq(plan.step, 1);
    cr_assert_eq(plan.n_groups, 1);
    cr_expect_eq(plan.groups[0].step, 12);
}

/* An address before and one behind the counter's step differ by it. */
Test(loops, addresses_are_those_of_the_iterations_start)
{
    begin();
    load_at(0, 0);
    step_local(0, 4);
    load_at(0, 0);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    put(OP_I32LtU, 0);
    cr_assert(finish());
    cr_assert_eq(plan.n_groups, 1);
    cr_assert_eq(plan.n_accesses, 2);
    cr_expect_eq(plan.accesses[0].offset, 0);
    cr_expect_eq(plan.accesses[1].offset, 4);
    cr_expect_eq(plan.groups[0].end, 8);
    cr_expect_not(plan.groups[0].has_store);
}

static void end_counting(void)
{
    step_local(0, 4);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    put(OP_I32LtU, 0);
}

Test(loops, near_accesses_share_a_group_with_the_lowest_base)
{
    begin();
    store_at(2, 0, 1, 8, 16);
    store_at(2, 0, 1, -8, 0);
    store_at(3, 0, 1, 0, 0);
    store_at(2, 0, 1, 0, 4);
    end_counting();
    cr_assert(finish());
    cr_assert_eq(plan.n_groups, 2);
    cr_assert_eq(plan.n_accesses, 4);
    uint32_t shared = plan.accesses[0].group;
    cr_expect_eq(plan.accesses[1].group, shared);
    cr_expect_neq(plan.accesses[2].group, shared);
    cr_expect_eq(plan.accesses[3].group, shared);
    cr_expect_eq(plan.groups[shared].base.constant, (uint32_t)-8);
    cr_expect_eq(plan.accesses[0].offset, 32);
    cr_expect_eq(plan.accesses[1].offset, 0);
    cr_expect_eq(plan.accesses[3].offset, 12);
    cr_expect_eq(plan.groups[shared].end, 36);
    cr_expect(plan.groups[shared].has_store);
}

Test(loops, distant_accesses_are_apart)
{
    begin();
    store_at(2, 0, 1, 0, 0);
    store_at(2, 0, 1, 100000, 0);
    store_at(2, 0, 1, 0, 200000);
    end_counting();
    cr_assert(finish());
    cr_expect_eq(plan.n_groups, 3);
}

Test(loops, what_lies_within_a_step_shares_a_group)
{
    begin();
    store_at(2, 0, 700, 0, 0); /* times 4: 2800 */
    store_at(2, 0, 700, 2800, 0);
    store_at(2, 0, 700, 2800, 2801);
    store_at(3, 0, (uint32_t)-700, 0, 0);
    store_at(3, 0, (uint32_t)-700, 0, 2800);
    end_counting();
    cr_assert(finish());
    cr_expect_eq(plan.n_groups, 3);
    uint32_t first = plan.accesses[0].group, last = plan.accesses[4].group;
    cr_expect_eq(plan.accesses[1].group, first);
    cr_expect_neq(plan.accesses[2].group, first);
    cr_expect_eq(plan.accesses[3].group, last);
    cr_expect_eq(plan.groups[first].end, 2804);
}

Test(loops, factors_scale_the_step)
{
    begin();
    store_at(2, 0, 8, 0, 0);
    put(OP_LocalGet, 3);
    put(OP_LocalGet, 0);
    put(OP_I32Const, 33); /* modulo 32 */
    put(OP_I32Shl, 0);
    put(OP_I32Sub, 0);
    put(OP_I64Load, 0);
    put(OP_Drop, 0);
    end_counting();
    cr_assert(finish());
    cr_assert_eq(plan.n_groups, 2);
    cr_expect_eq(plan.groups[plan.accesses[0].group].step, 32);
    cr_expect_eq(plan.groups[plan.accesses[1].group].step, -8);
    cr_expect_eq(plan.groups[plan.accesses[1].group].end, 8);
}

Test(loops, a_step_that_leaves_the_memory_at_once_is_not_followed)
{
    begin();
    store_at(2, 0, 1, 0, 0);
    store_at(2, 0, UINT32_C(0x10000000), 0, 0); /* times 4: 2^30 */
    store_at(3, 0, UINT32_C(0x10000001), 0, 0);
    store_at(4, 0, UINT32_C(0x20000000), 0, 0); /* times 4: 2^31 */
    end_counting();
    cr_assert(finish());
    cr_assert_eq(plan.n_accesses, 2);
    cr_expect_eq(plan.groups[plan.accesses[1].group].step, 1 << 30);
}

Test(loops, nothing_moves_nothing_is_gained)
{
    begin();
    load_at(2, 0);
    end_counting();
    cr_assert(finish());
    cr_expect_eq(plan.n_accesses, 0);
    begin();
    end_counting();
    cr_assert(finish());
    cr_expect_eq(plan.n_accesses, 0);
}

Test(loops, a_local_of_irregular_course_is_no_address)
{
    begin();
    load_at(0, 0);
    put(OP_LocalGet, 3);
    put(OP_I32Load, 0);
    put(OP_LocalSet, 3); /* a list */
    end_counting();
    cr_assert(finish());
    cr_assert_eq(plan.n_accesses, 1);
    cr_expect_eq(plan.accesses[0].group, 0);
}

/* local 8 += step; while that is not local 8's limit, a constant */
static bool plan_wide(int32_t step, enum opcode op)
{
    begin();
    load_at(0, 0);
    step_local(0, 4);
    put(OP_LocalGet, WIDE);
    put(OP_I64Const, (uint32_t)step);
    put(OP_I64Add, 0);
    put(OP_LocalTee, WIDE);
    put(OP_I64Const, 1000);
    put(op, 0);
    return finish();
}

Test(loops, a_counter_may_be_wide)
{
    cr_assert(plan_wide(3, OP_I64LtU));
    cr_expect_eq(plan.test, LOOP_INCREASING);
    cr_expect_not(plan.is_signed);
    cr_expect(plan.value.is_wide && plan.limit.is_wide);
    cr_expect_eq(plan.step, 3);
    cr_expect_eq(plan.limit.constant, 1000);
    cr_expect_eq(plan.groups[0].step, 4);
    cr_assert(plan_wide(1, OP_I64Ne));
    cr_expect_eq(plan.test, LOOP_NOT_ZERO);
    cr_expect_eq(plan.value.constant, (uint64_t)-999);
}

Test(loops, a_wide_step_that_is_too_long_is_refused)
{
    /* zero-extended: 2^32 - 2 */
    cr_expect_not(plan_wide(-2, OP_I64LtU));
    cr_expect_not(plan_wide(-2, OP_I64Ne));
}

Test(loops, what_is_called_is_of_the_iteration)
{
    begin();
    step_local(0, 1);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, WIDE);
    put(OP_Call, BRIEF);
    put(OP_Drop, 0);
    put(OP_LocalGet, 0);
    cr_assert(finish());
    cr_expect_eq(plan.n_instrs, plan.back_position + N_BRIEF_INSTRS);
}

/* The last part of a loop that is left before, with an access. */
static bool finish_tested_before(uint32_t offset)
{
    load_at(0, offset);
    put(OP_Br, 0);
    close(0);
    put(OP_End, 0);
    memset(&plan, 0, sizeof plan);
    return plan_loop(&plan, callees(), &body, 0);
}

/* The same, behind the br_if that leaves the loop. */
static bool finish_tested_inside(uint32_t depth)
{
    put(OP_BrIf, depth);
    return finish_tested_before(4);
}

Test(loops, a_test_inside_leaves_the_loop)
{
    begin();
    load_at(0, 0);
    step_local(0, 4);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    put(OP_I32GeU, 0);
    uint32_t test_position = body.n_instrs;
    cr_assert(finish_tested_inside(1));
    cr_expect(plan.is_tested_inside);
    cr_expect_eq(plan.test_position, test_position);
    cr_expect_eq(body.instrs[plan.back_position].op, OP_Br);
    cr_expect_eq(plan.test, LOOP_INCREASING);
    cr_expect_not(plan.is_inclusive);
    cr_expect_eq(plan.n_accesses, 2);
}

Test(loops, a_value_that_leaves_when_it_is_not_zero_does_not_count)
{
    begin();
    step_local(0, 4);
    put(OP_LocalGet, 0);
    cr_expect_not(finish_tested_inside(1));
    begin();
    step_local(0, 4);
    put(OP_LocalGet, 0);
    put(OP_I32Eqz, 0);
    cr_assert(finish_tested_inside(1));
    cr_expect_eq(plan.test, LOOP_NOT_ZERO);
}

Test(loops, without_any_test_a_loop_is_refused)
{
    begin();
    load_at(0, 0);
    step_local(0, 4);
    put(OP_Br, 0);
    close(0);
    put(OP_End, 0);
    cr_expect_not(plan_loop(&plan, callees(), &body, 0));
}

/* The test skips what follows the loop. before: a branch that leads over the test. */
static bool plan_around_rest(bool before, enum opcode last, uint32_t label)
{
    begin();
    load_at(0, 0);
    uint32_t construct = open(OP_Block);
    if (before) {
        put(OP_LocalGet, 4);
        put(OP_BrIf, 0);
    }
    step_local(0, 4);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    put(OP_I32LtU, 0);
    put(OP_BrIf, 0);
    load_at(5, 0);
    put(OP_Call, LENGTHY);
    close(open(OP_Loop));
    put(last, label);
    close(construct);
    return finish_tested_before(8);
}

Test(loops, what_follows_a_loop_may_lie_in_it)
{
    cr_assert(plan_around_rest(false, OP_Br, 2));
    cr_expect(plan.is_tested_inside);
    cr_expect_eq(body.instrs[plan.test_position].op, OP_BrIf);
    cr_expect_eq(body.instrs[plan.test_end].op, OP_End);
    cr_expect_eq(plan.test, LOOP_INCREASING);
    cr_assert_eq(plan.n_accesses, 2);
    cr_expect_eq(plan.accesses[1].offset, 12, "the step before the test is known");
    cr_expect(plan_around_rest(false, OP_Return, 0));
}

Test(loops, a_result_that_is_not_reached_is_none)
{
    cr_assert(plan_around_rest(false, OP_Br, 2));
    instrs[0].imm.block.result = TYPE_F32;
    cr_expect(plan_loop(&plan, callees(), &body, 0));
    cr_expect_eq(plan.n_accesses, 2);
    cr_assert(plan_comparison(OP_I32LtU, 4, false));
    instrs[0].imm.block.result = TYPE_F32;
    cr_expect_not(plan_loop(&plan, callees(), &body, 0), "its end is reached");
}

Test(loops, what_goes_on_with_a_loop_is_part_of_it)
{
    cr_expect_not(plan_around_rest(false, OP_Br, 0));
    cr_expect_not(plan_around_rest(false, OP_Br, 1));
    cr_expect_not(plan_around_rest(false, OP_Nop, 0));
}

Test(loops, a_test_that_may_be_skipped_does_not_count)
{
    cr_expect_not(plan_around_rest(true, OP_Br, 2));
}

static void copy_local(uint32_t from, int32_t difference, uint32_t to)
{
    put(OP_LocalGet, from);
    put(OP_I32Const, (uint32_t)difference);
    put(OP_I32Add, 0);
    put(OP_LocalSet, to);
}

/* local 3 is where local 0 was an iteration ago, plus 8. */
Test(loops, a_local_may_lag_behind_another)
{
    begin();
    load_at(3, 0);
    copy_local(0, 8, 3);
    end_counting();
    cr_assert(finish());
    cr_assert_eq(plan.n_lags, 1);
    cr_expect_eq(plan.lags[0].local, 3);
    cr_expect_eq(plan.lags[0].leader, 0);
    cr_expect_eq(plan.lags[0].difference, 4, "8 less the leader's step");
    cr_expect_eq(plan.groups[0].step, 4);
}

Test(loops, a_local_that_lags_behind_an_irregular_one_is_irregular)
{
    begin();
    load_at(0, 0);
    load_at(3, 0);
    copy_local(4, 0, 3);
    put(OP_LocalGet, 0);
    put(OP_I32Load, 0);
    put(OP_LocalSet, 4);
    end_counting();
    cr_assert(finish());
    cr_expect_eq(plan.n_lags, 0);
    cr_expect_eq(plan.n_accesses, 2, "those of local 0");
}

Test(loops, the_branch_back_must_come_last)
{
    begin();
    load_at(0, 0);
    end_counting();
    put(OP_BrIf, 0);
    put(OP_Nop, 0);
    close(0);
    put(OP_End, 0);
    cr_expect_not(plan_loop(&plan, callees(), &body, 0));
}

Test(loops, what_changes_only_now_and_then_does_not_count)
{
    begin();
    load_at(3, 0);
    put(OP_LocalGet, 4);
    uint32_t construct = open(OP_If);
    step_local(0, 4);
    close(construct);
    step_local(0, 8);
    end_counting();
    cr_expect_not(finish());
}

Test(loops, further_ways_out_leave_the_count_alone)
{
    begin();
    load_at(0, 0);
    uint32_t construct = open(OP_Block);
    put(OP_LocalGet, 4);
    put(OP_BrIf, 2);
    close(construct);
    end_counting();
    cr_assert(finish());
    expect_affine(&plan.value, 4, 1, 0, 1);
    cr_expect_eq(plan.n_accesses, 0, "not vectorised");
}

Test(loops, accesses_of_too_many_groups_are_not_planned)
{
    begin();
    for (uint32_t i = 0; i < LOOP_GROUPS + 1; i++)
        load_at(0, 10000 * i);
    end_counting();
    cr_assert(finish());
    cr_expect_eq(plan.n_accesses, 0);
}

Test(loops, addresses_kept_in_locals_are_one_group)
{
    enum { N_ROWS = 5, FIRST = 3 }; /* locals 3 to 7 */
    begin_body();
    for (uint32_t i = 0; i < N_ROWS; i++) {
        put(OP_LocalGet, 2);
        put(OP_I32Const, 4 * i);
        put(OP_I32Add, 0);
        put(OP_LocalSet, FIRST + i);
    }
    uint32_t loop = open(OP_Loop);
    for (uint32_t i = 0; i < N_ROWS; i++)
        load_at(FIRST + i, 0);
    store_at(0, 0, 1, 0, 0);
    step_local(0, 4);
    put(OP_LocalGet, 0);
    put(OP_BrIf, 0);
    close(loop);
    put(OP_End, 0);
    cr_assert(plan_loop(&plan, callees(), &body, loop));
    cr_assert_eq(plan.n_groups, 2);
    uint32_t rows = plan.accesses[0].group;
    cr_assert_eq(plan.groups[rows].base.n_terms, 1);
    cr_expect_eq(plan.groups[rows].base.terms[0].local, FIRST, "local 2 is not kept");
    cr_expect_eq(plan.groups[rows].end, 4 * N_ROWS);
    cr_expect_eq(plan.accesses[N_ROWS - 1].offset, 4 * (N_ROWS - 1));
}
