#include "compiler/distances.h"

#include <criterion/criterion.h>

#include "tests/compiler/body_builder.h"

static struct iteration it;

/* local = other + bytes */
static void set_apart(uint32_t local, uint32_t other, uint32_t bytes)
{
    put(OP_LocalGet, other);
    put(OP_I32Const, bytes);
    put(OP_I32Add, 0);
    put(OP_LocalSet, local);
}

/* What becomes of the accesses of a loop that begins here, if they are these. */
static void apply_from(uint32_t from)
{
    cr_assert(follow_iteration(&it, callees(), &body, from, body.n_instrs));
    apply_distances(&it, callees(), &body, from);
}

static void expect_address(uint32_t access, uint32_t constant, uint32_t local)
{
    const struct affine *a = &it.met[access].address;
    cr_expect_eq(a->constant, constant);
    cr_assert_eq(a->n_terms, 1);
    cr_expect_eq(a->terms[0].local, local);
    cr_expect_eq(a->terms[0].factor, 1);
}

/* In a loop that would come next, local = other + bytes. */
static void expect_apart(uint32_t local, uint32_t other, uint32_t bytes)
{
    uint32_t from = body.n_instrs;
    load_at(other, 0);
    load_at(local, 0);
    apply_from(from);
    expect_address(0, 0, other);
    expect_address(1, bytes, other);
    body.n_instrs = from;
}

/* In it, nothing is known of how far they are apart. */
static void expect_unknown(uint32_t local, uint32_t other)
{
    uint32_t from = body.n_instrs;
    load_at(other, 0);
    load_at(local, 0);
    apply_from(from);
    expect_address(1, 0, local);
    body.n_instrs = from;
}

Test(distances, from_what_is_as_it_was)
{
    begin_body();
    set_apart(1, 0, 4);
    set_apart(2, 1, 4);
    set_apart(3, 0, (uint32_t)-4);
    expect_apart(1, 0, 4);
    expect_apart(2, 0, 8);
    expect_apart(3, 0, (uint32_t)-4);
}

Test(distances, from_what_has_changed)
{
    begin_body();
    put(OP_LocalGet, 5);
    put(OP_I32Const, 80);
    put(OP_I32Mul, 0);
    put(OP_LocalGet, 6);
    put(OP_I32Add, 0);
    put(OP_LocalSet, 0);
    set_apart(1, 0, 4);
    set_apart(2, 0, 8);
    set_apart(3, 5, 8);
    step_local(5, 1);
    expect_apart(1, 0, 4);
    expect_apart(2, 1, 4);
    expect_apart(5, 3, (uint32_t)-7);
    expect_unknown(5, 0);
}

Test(distances, none_between_constants_nor_where_factors_differ)
{
    begin_body();
    put(OP_I32Const, 1);
    put(OP_LocalSet, 0);
    put(OP_I32Const, 2);
    put(OP_LocalSet, 1);
    put(OP_LocalGet, 3);
    put(OP_I32Const, 2);
    put(OP_I32Mul, 0);
    put(OP_LocalSet, 2);
    expect_unknown(1, 0);
    expect_unknown(2, 3);
}

Test(distances, none_where_another_way_leads_to_the_loop)
{
    begin_body();
    put(OP_LocalGet, 7);
    uint32_t opened = open(OP_If);
    set_apart(1, 0, 4);
    close(opened);
    expect_unknown(1, 0);
}

Test(distances, of_the_construct_around_the_loop)
{
    static const enum opcode around[] = {OP_Block, OP_Loop, OP_If};
    for (int i = 0; i < 3; i++) {
        begin_body();
        set_apart(1, 0, 4); /* another iteration may have changed it */
        open(around[i]);
        close(open(OP_Block));
        set_apart(2, 0, 4);
        expect_apart(2, 0, 4);
        expect_unknown(1, 0);
    }
    begin_body();
    uint32_t opened = open(OP_If);
    set_apart(1, 0, 4);
    put_else(opened);
    set_apart(2, 0, 4);
    expect_apart(2, 0, 4);
    expect_unknown(1, 0);
}

/* A construct that begins with an operand, which the code in it takes. */
static void take_parameter(uint32_t opened, bool in_else)
{
    instrs[opened].imm.block.type = 0;
    if (in_else)
        put_else(opened);
    put(OP_LocalSet, 3);
    set_apart(1, 0, 4);
    expect_unknown(1, 0);
}

Test(distances, none_in_a_construct_with_parameters)
{
    begin_body();
    put(OP_I32Const, 1);
    take_parameter(open(OP_Loop), false);
    begin_body();
    put(OP_I32Const, 1);
    put(OP_LocalGet, 7);
    take_parameter(open(OP_If), true);
}

Test(distances, none_from_far_away)
{
    begin_body();
    set_apart(1, 0, 4);
    for (int i = 0; i < ITERATION_INSTRS - 3; i++)
        put(OP_Nop, 0);
    expect_unknown(1, 0);
}

Test(distances, branches_that_do_not_lead_to_the_loop_do_not_matter)
{
    for (uint32_t depth = 0; depth < 2; depth++) {
        begin_body();
        open(OP_Loop);
        set_apart(1, 0, 4);
        put(OP_LocalGet, 0);
        put(OP_BrIf, depth);
        expect_apart(1, 0, 4);
    }
}

Test(distances, none_behind_a_call_or_another_loop)
{
    begin_body();
    set_apart(1, 0, 4);
    close(open(OP_Loop));
    expect_unknown(1, 0);
    begin_body();
    set_apart(1, 0, 4);
    put(OP_Call, LENGTHY);
    expect_unknown(1, 0);
}

/* Locals 1 and 2 are 4 and 12 bytes behind local 0. The iteration loads from both, and
 * adds steps to them. */
static void apply(int32_t step1, int32_t step2)
{
    begin_body();
    set_apart(1, 0, 4);
    set_apart(2, 0, 12);
    uint32_t from = body.n_instrs;
    load_at(1, 0);
    load_at(2, 0);
    if (step1 != 0)
        step_local(1, step1);
    if (step2 != 0)
        step_local(2, step2);
    apply_from(from);
}

Test(distances, one_local_stands_for_others_that_stay_as_far_apart)
{
    apply(0, 0);
    expect_address(0, 0, 1);
    expect_address(1, 8, 1);
    apply(16, 16);
    expect_address(0, 0, 1);
    expect_address(1, 8, 1);
}

Test(distances, locals_that_move_apart_stand_for_themselves)
{
    apply(8, 0);
    expect_address(1, 0, 2);
    apply(0, 8);
    expect_address(1, 0, 2);
    apply(8, 4);
    expect_address(1, 0, 2);
}

Test(distances, locals_that_change_in_another_way_stand_for_themselves)
{
    begin_body();
    set_apart(1, 0, 4);
    uint32_t from = body.n_instrs;
    for (uint32_t local = 0; local < 2; local++) {
        put(OP_LocalGet, local);
        put(OP_I32Load, 0);
        put(OP_LocalSet, local); /* a list */
    }
    apply_from(from);
    expect_address(0, 0, 0);
    expect_address(1, 0, 1);
}

Test(distances, cancel_where_both_are_terms)
{
    begin_body();
    set_apart(1, 0, 4);
    uint32_t from = body.n_instrs;
    put(OP_LocalGet, 1);
    put(OP_LocalGet, 0);
    put(OP_I32Sub, 0);
    put(OP_I32Load, 0);
    put(OP_Drop, 0);
    apply_from(from);
    cr_expect_eq(it.met[0].address.constant, 4);
    cr_expect_eq(it.met[0].address.n_terms, 0);
}
