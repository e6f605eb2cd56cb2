#include "compiler/advance.h"

#include <criterion/criterion.h>

#include "tests/compiler/body_builder.h"

enum { PLACE, END, STEP, OTHER };

static uint32_t loop;
static struct advance advance;

static void begin_loop(void)
{
    begin_body();
    put(OP_Nop, 0);
    loop = open(OP_Loop);
}

static void set_constant(uint32_t local, int32_t value)
{
    put(OP_I32Const, (uint32_t)value);
    put(OP_LocalSet, local);
}

/* A block that ends with one constant or the other in a local. */
static void choose(uint32_t local, int32_t first, int32_t second)
{
    uint32_t block = open(OP_Block);
    set_constant(local, first);
    put(OP_LocalGet, OTHER);
    put(OP_BrIf, 0);
    set_constant(local, second);
    close(block);
}

/* PLACE += STEP, or -= */
static void move_by_step(enum opcode op)
{
    put(OP_LocalGet, PLACE);
    put(OP_LocalGet, STEP);
    put(op, 0);
    put(OP_LocalSet, PLACE);
}

/* The way back while PLACE and END compare so. */
static bool end_loop(enum opcode compare)
{
    put(OP_LocalGet, PLACE);
    put(OP_LocalGet, END);
    put(compare, 0);
    put(OP_BrIf, 0);
    close(loop);
    put(OP_End, 0);
    return find_advance(&advance, &body, loop);
}

/* A loop that adds one step or the other, and nothing else. */
static bool advances(int32_t first, int32_t second, enum opcode compare)
{
    begin_loop();
    choose(STEP, first, second);
    move_by_step(OP_I32Add);
    return end_loop(compare);
}

Test(advance, one_of_several_steps)
{
    cr_assert(advances(4, 1, OP_I32LtU));
    cr_expect_eq(advance.test_position, body.n_instrs - 3);
    cr_expect_eq(advance.local, PLACE);
    cr_expect_eq(advance.limit->imm.index, END);
    cr_expect(advance.is_up && !advance.is_inclusive && !advance.is_signed);
    cr_expect_eq(advance.least, 1);
    cr_expect_eq(advance.most, 4);
}

Test(advance, downwards)
{
    begin_loop();
    choose(STEP, 2, 5);
    move_by_step(OP_I32Sub);
    cr_assert(end_loop(OP_I32GeS));
    cr_expect(!advance.is_up && advance.is_inclusive && advance.is_signed);
    cr_expect_eq(advance.least, 2);
    cr_expect_eq(advance.most, 5);
}

Test(advance, the_limit_may_come_first)
{
    begin_loop();
    step_local(PLACE, 3);
    put(OP_I32Const, 100);
    put(OP_LocalGet, PLACE);
    put(OP_I32Const, 2);
    put(OP_I32Add, 0);
    put(OP_LocalTee, PLACE);
    put(OP_I32GtS, 0);
    put(OP_BrIf, 0);
    close(loop);
    cr_assert(find_advance(&advance, &body, loop));
    cr_expect(advance.is_up && !advance.is_inclusive && advance.is_signed);
    cr_expect_eq(advance.limit->imm.i32, 100);
    cr_expect_eq(advance.least, 5);
    cr_expect_eq(advance.most, 5);
}

Test(advance, steps_in_the_arms_of_an_if)
{
    begin_loop();
    put(OP_LocalGet, OTHER);
    uint32_t arms = open(OP_If);
    step_local(PLACE, 1);
    put_else(arms);
    step_local(PLACE, 2);
    close(arms);
    put(OP_LocalGet, OTHER);
    uint32_t more = open(OP_If);
    step_local(PLACE, 8);
    close(more);
    cr_assert(end_loop(OP_I32LtS));
    cr_expect_eq(advance.least, 1);
    cr_expect_eq(advance.most, 10);
}

Test(advance, of_64_bits)
{
    begin_loop();
    put(OP_LocalGet, WIDE);
    put(OP_I64Const, 7);
    put(OP_I64Add, 0);
    put(OP_LocalTee, WIDE);
    put(OP_I64Const, 1000);
    put(OP_I64LtU, 0);
    put(OP_BrIf, 0);
    close(loop);
    cr_assert(find_advance(&advance, &body, loop));
    cr_expect_eq(advance.local, WIDE);
    cr_expect_eq(advance.most, 7);
}

Test(advance, a_step_that_may_be_none)
{
    cr_expect_not(advances(4, 0, OP_I32LtU));
}

Test(advance, a_step_that_some_ways_leave_as_it_was)
{
    begin_loop();
    put(OP_LocalGet, OTHER);
    uint32_t sometimes = open(OP_If);
    set_constant(STEP, 1);
    close(sometimes);
    move_by_step(OP_I32Add);
    cr_expect_not(end_loop(OP_I32LtU));
}

Test(advance, a_step_of_unknown_size)
{
    begin_loop();
    put(OP_LocalGet, OTHER);
    put(OP_I32Load8U, 0);
    put(OP_LocalSet, STEP);
    move_by_step(OP_I32Add);
    cr_expect_not(end_loop(OP_I32LtU));
}

Test(advance, a_step_too_long)
{
    cr_expect_not(advances(1, ADVANCE_MOST + 1, OP_I32LtU));
}

Test(advance, away_from_the_limit)
{
    cr_expect_not(advances(1, 2, OP_I32GtU));
}

Test(advance, no_order)
{
    cr_expect_not(advances(1, 2, OP_I32Ne));
}

Test(advance, a_limit_that_changes)
{
    begin_loop();
    choose(STEP, 1, 2);
    move_by_step(OP_I32Add);
    set_constant(END, 9);
    cr_expect_not(end_loop(OP_I32LtU));
}

Test(advance, another_way_back)
{
    begin_loop();
    put(OP_LocalGet, OTHER);
    put(OP_BrIf, 0);
    choose(STEP, 1, 2);
    move_by_step(OP_I32Add);
    cr_expect_not(end_loop(OP_I32LtU));
}

Test(advance, a_local_that_was_set_after_it_was_read)
{
    begin_loop();
    put(OP_LocalGet, PLACE);
    put(OP_LocalGet, PLACE);
    put(OP_I32Const, (uint32_t)-3);
    put(OP_I32Add, 0);
    put(OP_LocalTee, PLACE);
    put(OP_I32Add, 0);
    put(OP_LocalSet, PLACE);
    cr_expect_not(end_loop(OP_I32LtU));
}

Test(advance, loops_in_it)
{
    begin_loop();
    uint32_t inner = open(OP_Loop);
    close(inner);
    step_local(PLACE, 1);
    cr_expect_not(end_loop(OP_I32LtU));
}
