#include "compiler/short_loops.h"

#include <criterion/criterion.h>

#include "compiler/arena.h"
#include "tests/compiler/random_body.h"

/* Locals 0 and 1 are parameters. */
enum { N_PARAMS = 2 };

static struct arena arena;

static bool is_short(uint32_t loop)
{
    return find_short_loops(&body, N_PARAMS, &arena)[loop];
}

static void finish(void)
{
    put(OP_End, 0);
}

static void set_local(uint32_t local, uint32_t value)
{
    put(OP_I32Const, value);
    put(OP_LocalSet, local);
}

/* Goes on if local < limit. */
static void branch_if_below(uint32_t local, uint32_t limit, uint32_t depth)
{
    put(OP_LocalGet, local);
    put(OP_I32Const, limit);
    put(OP_I32LtU, 0);
    put(OP_BrIf, depth);
}

/* do local++ while (local < limit) */
static uint32_t count_to(uint32_t local, uint32_t limit)
{
    uint32_t loop = open(OP_Loop);
    step_local(local, 1);
    branch_if_below(local, limit, 0);
    close(loop);
    return loop;
}

Test(short_loops, constants_bound_a_loop)
{
    begin_body();
    uint32_t from_zero = count_to(2, 100); /* a declared local starts with zero */
    set_local(3, 50);
    uint32_t from_constant = count_to(3, 100);
    put(OP_LocalGet, 3);
    put(OP_LocalSet, 4);
    uint32_t unknown_now = count_to(4, 200);
    uint32_t of_parameter = count_to(0, 100);
    finish();
    cr_expect(is_short(from_zero));
    cr_expect(is_short(from_constant));
    cr_expect_not(is_short(unknown_now));
    cr_expect_not(is_short(of_parameter));
}

Test(short_loops, copies_are_followed)
{
    begin_body();
    put(OP_I32Const, 7);
    put(OP_LocalTee, 2);
    put(OP_LocalSet, 3);
    uint32_t loop = count_to(3, 12);
    finish();
    cr_expect(is_short(loop));
}

Test(short_loops, many_iterations_are_not_few)
{
    begin_body();
    uint32_t loop = count_to(2, SHORT_LOOP_INSTRS);
    finish();
    cr_expect_not(is_short(loop));
    begin_body();
    loop = open(OP_Loop);
    put(OP_Br, 0);
    close(loop);
    finish();
    cr_expect_not(is_short(loop));
}

Test(short_loops, a_loop_is_run_as_it_is_reached_last)
{
    /* The inner one starts at 90 only once. */
    begin_body();
    set_local(2, 90);
    uint32_t outer = open(OP_Loop);
    uint32_t inner = count_to(2, 100);
    step_local(0, 1);
    branch_if_below(0, 100, 0);
    close(outer);
    finish();
    cr_expect_not(is_short(outer));
    cr_expect_not(is_short(inner));
    /* Here it does each time. */
    begin_body();
    outer = open(OP_Loop);
    set_local(2, 90);
    inner = count_to(2, 100);
    step_local(0, 1);
    branch_if_below(0, 100, 0);
    close(outer);
    finish();
    cr_expect_not(is_short(outer));
    cr_expect(is_short(inner));
}

/* for (i = 0, n = trips; i < trips; i++, n--) if (i < trips - 1) for (k = n; --k;) */
static uint32_t put_triangle(uint32_t trips)
{
    set_local(3, trips - 1);
    uint32_t outer = open(OP_Loop), guard = open(OP_Block);
    put(OP_LocalGet, 2);
    put(OP_I32Const, trips - 2);
    put(OP_I32GtU, 0);
    put(OP_BrIf, 0);
    put(OP_LocalGet, 3);
    put(OP_LocalSet, 4);
    uint32_t inner = open(OP_Loop);
    put(OP_LocalGet, 4);
    put(OP_I32Const, UINT32_MAX);
    put(OP_I32Add, 0);
    put(OP_LocalTee, 4);
    put(OP_BrIf, 0);
    close(inner);
    close(guard);
    step_local(3, -1);
    step_local(2, 1);
    branch_if_below(2, trips, 0);
    close(outer);
    finish();
    return inner;
}

Test(short_loops, the_outer_counter_bounds_the_inner_loop)
{
    begin_body();
    uint32_t inner = put_triangle(5);
    cr_expect(is_short(inner));
    cr_expect(is_short(2), "the outer one");
    begin_body();
    inner = put_triangle(100);
    cr_expect_not(is_short(inner));
    cr_expect_not(is_short(2));
}

/* Opens a loop with local 2 as counter, and finishes it. */
static uint32_t begin_counted(void)
{
    begin_body();
    return open(OP_Loop);
}

static bool counted_is_short(uint32_t loop)
{
    step_local(2, 1);
    branch_if_below(2, 10, 0);
    close(loop);
    finish();
    return is_short(loop);
}

Test(short_loops, what_happens_on_one_of_two_ways_is_unknown)
{
    uint32_t loop = begin_counted();
    put(OP_LocalGet, 0);
    uint32_t choice = open(OP_If);
    step_local(3, 1);
    put_else(choice);
    step_local(3, 2);
    close(choice);
    cr_expect(counted_is_short(loop), "the counter is left alone");

    loop = begin_counted();
    put(OP_LocalGet, 0);
    choice = open(OP_If);
    step_local(2, 1);
    close(choice);
    cr_expect_not(counted_is_short(loop));

    loop = begin_counted();
    put(OP_LocalGet, 0);
    choice = open(OP_If);
    put_else(choice);
    set_local(2, 0);
    close(choice);
    cr_expect_not(counted_is_short(loop));

    loop = begin_counted();
    uint32_t block = open(OP_Block);
    put(OP_LocalGet, 0);
    put(OP_BrIf, 0);
    set_local(2, 9);
    close(block);
    cr_expect_not(counted_is_short(loop));
}

Test(short_loops, a_condition_that_is_known_has_one_way)
{
    uint32_t loop = begin_counted();
    put(OP_LocalGet, 3); /* zero */
    uint32_t choice = open(OP_If);
    set_local(2, 0);
    put_else(choice);
    step_local(4, 1);
    close(choice);
    put(OP_LocalGet, 4);
    choice = open(OP_If);
    step_local(2, 1);
    put_else(choice);
    set_local(2, 0);
    close(choice);
    put(OP_LocalGet, 3);
    choice = open(OP_If);
    set_local(2, 0);
    close(choice);
    cr_expect(counted_is_short(loop));
}

Test(short_loops, ways_back_are_known)
{
    /* Goes back from a block, while the other way goes on. */
    uint32_t loop = begin_counted();
    step_local(2, 1);
    uint32_t block = open(OP_Block);
    put(OP_LocalGet, 0);
    put(OP_BrIf, 0);
    branch_if_below(2, 10, 1);
    close(block);
    cr_expect_not(counted_is_short(loop));
    /* The same from one of the ways of an if. */
    loop = begin_counted();
    step_local(2, 1);
    put(OP_LocalGet, 0);
    uint32_t choice = open(OP_If);
    branch_if_below(2, 10, 1);
    put_else(choice);
    close(choice);
    cr_expect_not(counted_is_short(loop));
    /* Goes on with the next iteration early, which is known. */
    loop = begin_counted();
    step_local(2, 1);
    block = open(OP_Block);
    branch_if_below(2, 5, 1);
    close(block);
    cr_expect(counted_is_short(loop));
    /* Perhaps goes back. */
    loop = begin_counted();
    put(OP_LocalGet, 0);
    put(OP_BrIf, 0);
    cr_expect_not(counted_is_short(loop));
}

Test(short_loops, ways_out_end_it_or_not)
{
    uint32_t loop = begin_counted();
    put(OP_LocalGet, 0);
    put(OP_BrIf, 1);
    cr_expect(counted_is_short(loop));
    loop = begin_counted();
    put(OP_LocalGet, 0);
    uint32_t choice = open(OP_If);
    put(OP_Return, 0);
    close(choice);
    cr_expect(counted_is_short(loop));
    loop = begin_counted();
    put(OP_Return, 0);
    set_local(2, 0);
    cr_expect(counted_is_short(loop), "it does not go round");
}

/* Back at 0, else on behind the block. */
static void put_table(void)
{
    static uint32_t labels[] = {1, 0, 0};
    struct instr *in = put(OP_BrTable, 0);
    in->imm.br_table.labels = labels;
    in->imm.br_table.n_labels = 2;
}

Test(short_loops, a_table_of_branches_is_followed)
{
    uint32_t loop = begin_counted(), block = open(OP_Block);
    put(OP_LocalGet, 3);
    put_table();
    close(block);
    cr_expect_not(counted_is_short(loop), "always goes back");

    loop = begin_counted();
    block = open(OP_Block);
    put(OP_I32Const, 7);
    put_table();
    set_local(2, 0);
    close(block);
    cr_expect(counted_is_short(loop));

    loop = begin_counted();
    block = open(OP_Block);
    put(OP_LocalGet, 0);
    put_table();
    close(block);
    cr_expect_not(counted_is_short(loop), "may go back");
}

Test(short_loops, calls_take_long)
{
    uint32_t loop = begin_counted();
    put(OP_Call, 0);
    cr_expect_not(counted_is_short(loop));
    loop = begin_counted();
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 0);
    put(OP_MemoryFill, 0);
    cr_expect_not(counted_is_short(loop));
}

Test(short_loops, accesses_and_numbers_of_any_type_are_passed_over)
{
    uint32_t loop = begin_counted();
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 0);
    put(OP_I64Load, 8);
    put(OP_LocalTee, WIDE);
    put(OP_I64Store, 0);
    put(OP_I32Const, 8);
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 3);
    put(OP_Select, 0);
    put(OP_Drop, 0);
    put(OP_GlobalGet, 0);
    put(OP_GlobalSet, 1);
    cr_expect(counted_is_short(loop));
}

Test(short_loops, what_is_too_large_is_given_up)
{
    begin_body();
    uint32_t loops[100];
    for (int i = 0; i < 100; i++)
        loops[i] = open(OP_Loop);
    for (int i = 100; i-- > 0;)
        close(loops[i]);
    finish();
    cr_expect_not(is_short(loops[0]));
    cr_expect(is_short(loops[50]));
    uint32_t loop = begin_counted();
    for (int i = 0; i < 300; i++)
        put(OP_LocalGet, 0);
    for (int i = 0; i < 300; i++)
        put(OP_Drop, 0);
    cr_expect_not(counted_is_short(loop));
}

/* ---- Random bodies, carried out ---- */

/* Returns how many short loops were run; none for longer than it may. */
static uint32_t carry_out(const bool *is_short)
{
    enum { MOST_STEPS = 4 * SHORT_LOOP_INSTRS };
    uint32_t loop = 0, n_loops = 0, n_steps = 0;
    memset(&machine, 0, sizeof machine);
    for (uint32_t i = 0; i < N_PARAMS; i++)
        machine.locals[i] = random_below(20);
    for (uint32_t n = 0; n < MOST_STEPS && machine.position < body.n_instrs; n++) {
        uint32_t position = machine.position;
        if (n_steps > 0 && (position <= loop || position > instrs[loop].imm.block.end))
            n_steps = 0;
        if (n_steps == 0 && is_short[position]) {
            loop = position;
            n_loops++;
            n_steps = 1;
        }
        n_steps += n_steps > 0;
        cr_assert_leq(n_steps, SHORT_LOOP_INSTRS + 2, "loop at %u", loop);
        step();
    }
    return n_loops;
}

Test(short_loops, random_short_loops_are_over_soon)
{
    uint32_t n_loops = 0;
    for (uint64_t first = 1; first < 5000; first++) {
        seed = first;
        begin_body();
        put_statements(0);
        put_construct(0);
        put_statements(0);
        finish();
        const bool *is_short = find_short_loops(&body, N_PARAMS, &arena);
        for (int run = 0; run < 4; run++)
            n_loops += carry_out(is_short);
        arena_reset(&arena);
    }
    cr_expect_gt(n_loops, 2000);
}
