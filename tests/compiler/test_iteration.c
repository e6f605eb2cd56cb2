#include "compiler/iteration.h"

#include <criterion/criterion.h>

#include "tests/compiler/body_builder.h"

static struct iteration it;

static void begin(void)
{
    begin_body();
    open(OP_Loop);
}

/* Follows all but the loop instruction, up to a way back that would come next. */
static bool follow(void)
{
    return follow_iteration(&it, callees(), &body, 1, body.n_instrs);
}

/* The local is its value at the start of the iteration plus step. */
static void expect_step(uint32_t local, uint32_t step)
{
    const struct changed_local *changed = find_changed(&it, local);
    cr_assert_not_null(changed);
    cr_assert_eq(changed->value.kind, SYMBOL_AFFINE);
    cr_assert_eq(changed->value.a.n_terms, 1);
    cr_expect_eq(changed->value.a.terms[0].local, local);
    cr_expect_eq(changed->value.a.constant, step);
}

static void expect_unknown(uint32_t local)
{
    const struct changed_local *changed = find_changed(&it, local);
    cr_assert_not_null(changed);
    cr_expect_eq(changed->value.kind, SYMBOL_UNKNOWN);
}

Test(iteration, locals_are_followed_through_copies)
{
    begin();
    step_local(0, 4);
    put(OP_LocalGet, 0);
    put(OP_LocalTee, 3);
    put(OP_LocalSet, 4);
    step_local(0, -1);
    cr_assert(follow());
    expect_step(0, 3);
    const struct changed_local *copy = find_changed(&it, 4);
    cr_assert_not_null(copy);
    cr_expect_eq(copy->value.a.terms[0].local, 0);
    cr_expect_eq(copy->value.a.constant, 4);
    cr_expect_null(find_changed(&it, 1));
    cr_expect_eq(it.n_operands, 0);
}

Test(iteration, the_operand_left_is_known)
{
    begin();
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    put(OP_I32LtU, 0);
    cr_assert(follow());
    cr_expect_eq(it.n_operands, 1);
    cr_expect_eq(it.operand.kind, SYMBOL_COMPARE);
    cr_expect_eq(it.operand.compare, OP_I32LtU);
}

Test(iteration, accesses_are_met_in_order)
{
    begin();
    load_at(2, 16);
    step_local(2, 8);
    put(OP_LocalGet, 2);
    put(OP_I64Const, 1);
    put(OP_I64Store, 4);
    cr_assert(follow());
    cr_assert_eq(it.n_met, 2);
    cr_expect_eq(body.instrs[it.met[0].position].op, OP_I32Load);
    cr_expect_eq(it.met[0].address.constant, 0);
    cr_expect_eq(it.met[0].offset, 16);
    cr_expect_eq(it.met[0].n_bytes, 4);
    cr_expect_not(it.met[0].is_store);
    cr_expect_eq(it.met[1].address.constant, 8);
    cr_expect_eq(it.met[1].offset, 4);
    cr_expect_eq(it.met[1].n_bytes, 8);
    cr_expect(it.met[1].is_store);
    cr_expect_eq(it.n_opaque, 0);
}

Test(iteration, vectors_are_accessed_whole_or_by_lanes)
{
    static const uint32_t n_bytes[] = {16, 4, 16, 8};
    begin();
    put(OP_LocalGet, 2); /* of the store */
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 0);
    put(OP_V128Load, 16);
    put(OP_V128Load32Lane, 40); /* its address lies below the vector */
    put(OP_V128Store, 0);
    put(OP_LocalGet, 0);
    put(OP_V128Const, 0);
    put(OP_V128Store64Lane, 48);
    cr_assert(follow());
    cr_assert_eq(it.n_met, 4);
    for (uint32_t i = 0; i < 4; i++) {
        cr_expect_eq(it.met[i].address.terms[0].local, i == 2 ? 2 : 0);
        cr_expect_eq(it.met[i].n_bytes, n_bytes[i]);
        cr_expect_eq(it.met[i].is_store, i >= 2);
    }
}

/* The body is followed; so many of its accesses are met at known addresses, the others
 * are opaque. */
static void expect_accesses(uint32_t n_met, uint32_t n_opaque)
{
    cr_assert(follow());
    cr_expect_eq(it.n_met, n_met);
    cr_expect_eq(it.n_opaque, n_opaque);
}

/* local 8 += step */
static void step_wide_local(int32_t step)
{
    put(OP_LocalGet, WIDE);
    put(OP_I64Const, (uint32_t)step);
    put(OP_I64Add, 0);
    put(OP_LocalSet, WIDE);
}

Test(iteration, addresses_of_64_bits_are_opaque)
{
    begin();
    put(OP_LocalGet, WIDE);
    put(OP_I64Const, 1);
    put(OP_I64Store, 0);
    put(OP_LocalGet, 0); /* so is one that is widened */
    put(OP_I64ExtendI32U, 0);
    put(OP_I64Const, 1);
    put(OP_I64Store, 0);
    expect_accesses(0, 2);
}

Test(iteration, wide_locals_are_followed_and_their_low_halves_are_addresses)
{
    begin();
    step_wide_local(8);
    put(OP_LocalGet, WIDE);
    put(OP_I32WrapI64, 0);
    put(OP_I32Load, 0);
    put(OP_Drop, 0);
    cr_assert(follow());
    expect_step(WIDE, 8);
    cr_assert_eq(it.n_met, 1);
    cr_expect_not(it.met[0].address.is_wide);
    cr_expect_eq(it.met[0].address.constant, 8);
    cr_expect_eq(it.met[0].address.terms[0].local, WIDE);
}

Test(iteration, a_call_of_a_brief_function_is_passed)
{
    begin();
    put(OP_LocalGet, 0);
    put(OP_LocalGet, WIDE);
    put(OP_Call, BRIEF);
    put(OP_LocalSet, 3);
    step_local(0, 4);
    cr_assert(follow());
    cr_expect_eq(it.n_called, N_BRIEF_INSTRS);
    cr_expect_eq(it.n_operands, 0);
    expect_unknown(3);
    expect_step(0, 4);
}

Test(iteration, what_is_called_counts)
{
    begin();
    for (int i = 0; i < 20; i++) {
        put(OP_LocalGet, 0);
        put(OP_LocalGet, WIDE);
        put(OP_Call, BRIEF);
        put(OP_Drop, 0);
    }
    cr_expect_not(follow());
}

Test(iteration, what_is_loaded_is_unknown)
{
    begin();
    put(OP_LocalGet, 3);
    put(OP_I32Load, 0);
    put(OP_LocalSet, 3);
    load_at(3, 0);
    expect_accesses(1, 1);
    expect_unknown(3);
}

Test(iteration, other_memories_are_not_followed)
{
    begin();
    load_at(0, 0);
    load_at(0, 4);
    instrs[body.n_instrs - 2].memory = 1;
    expect_accesses(1, 1);
}

Test(iteration, accesses_beyond_the_room_are_opaque)
{
    begin();
    for (uint32_t i = 0; i < ITERATION_ACCESSES + 10; i++)
        load_at(0, 4 * i);
    expect_accesses(ITERATION_ACCESSES, 10);
}

Test(iteration, what_an_if_may_have_set_is_unknown)
{
    begin();
    put(OP_LocalGet, 4);
    uint32_t construct = open(OP_If);
    step_local(3, 4);
    load_at(3, 0); /* within it, it is known */
    close(construct);
    load_at(3, 0);
    expect_accesses(1, 1);
    expect_unknown(3);
}

Test(iteration, what_both_parts_of_an_if_set_is_unknown)
{
    begin();
    put(OP_LocalGet, 4);
    uint32_t construct = open(OP_If);
    step_local(0, 4);
    put_else(construct);
    step_local(0, 4);
    close(construct);
    cr_assert(follow());
    expect_unknown(0);
}

/* br_if to the end of a block, or to a depth beyond it. */
static void put_branch_from_block(uint32_t depth)
{
    begin();
    uint32_t construct = open(OP_Block);
    put(OP_LocalGet, 4);
    put(OP_BrIf, depth);
    load_at(0, 0);
    close(construct);
    step_local(0, 4);
}

Test(iteration, branches_may_leave_and_skip_but_not_go_back)
{
    put_branch_from_block(0);
    cr_assert(follow());
    cr_expect_eq(it.n_exits, 0);
    expect_step(0, 4);
    put_branch_from_block(2);
    cr_assert(follow());
    cr_expect_eq(it.n_exits, 1);
    cr_expect_eq(it.exit_position, 0, "not met in each iteration");
    put_branch_from_block(1);
    cr_expect_not(follow());
}

Test(iteration, on_the_way_to_a_loop_branches_may_go_anywhere_else)
{
    for (uint32_t depth = 0; depth <= 2; depth++) {
        put_branch_from_block(depth);
        cr_assert(follow_way_to(&it, callees(), &body, 1, body.n_instrs));
        cr_expect_eq(it.n_exits, depth > 0);
        expect_step(0, 4);
    }
}

Test(iteration, the_last_way_out_is_told)
{
    begin();
    step_local(0, 4);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    put(OP_I32GeU, 0);
    uint32_t position = body.n_instrs;
    put(OP_BrIf, 1);
    load_at(0, 0);
    cr_assert(follow());
    cr_expect_eq(it.n_exits, 1);
    cr_expect_eq(it.exit_position, position);
    cr_expect_eq(it.exit_end, position + 1);
    cr_expect_eq(it.exit_test.compare, OP_I32LtU, "where the iteration goes on");
}

Test(iteration, dead_code_is_skipped)
{
    begin();
    uint32_t construct = open(OP_Block);
    uint32_t inner = open(OP_Block);
    put(OP_Br, 1);
    step_local(0, 1000);
    close(inner);
    step_local(0, 1000); /* nothing leaves the inner block */
    close(construct);
    step_local(0, 4);
    cr_assert(follow());
    expect_step(0, 4);
}

Test(iteration, an_end_that_is_never_reached_is_refused)
{
    begin();
    uint32_t construct = open(OP_Block);
    put(OP_Br, 2);
    close(construct);
    load_at(0, 0);
    cr_expect_not(follow());
    begin();
    put(OP_LocalGet, 4);
    construct = open(OP_If);
    put(OP_Return, 0);
    put_else(construct);
    put(OP_Unreachable, 0);
    close(construct);
    load_at(0, 0);
    cr_expect_not(follow());
    begin();
    load_at(0, 0);
    put(OP_Unreachable, 0);
    cr_expect_not(follow());
}

Test(iteration, other_calls_and_inner_loops_are_refused)
{
    begin();
    put(OP_Call, LENGTHY);
    cr_expect_not(follow());
    begin();
    close(open(OP_Loop));
    cr_expect_not(follow());
}

Test(iteration, a_body_too_long_is_refused)
{
    begin();
    for (int i = 0; i < 1200; i++)
        put(OP_Nop, 0);
    cr_expect(follow());
    put(OP_Nop, 0);
    cr_expect_not(follow());
}

Test(iteration, constructs_nested_too_deep_are_refused)
{
    uint32_t opened[17];
    for (uint32_t depth = 16; depth <= 17; depth++) {
        begin();
        for (uint32_t i = 0; i < depth; i++)
            opened[i] = open(OP_Block);
        for (uint32_t i = depth; i-- > 0;)
            close(opened[i]);
        cr_expect_eq(follow(), depth == 16);
    }
}

Test(iteration, operands_too_many_are_refused)
{
    begin();
    for (int i = 0; i < 64; i++)
        put(OP_I32Const, 0);
    cr_expect(follow());
    put(OP_I32Const, 0);
    cr_expect_not(follow());
}
