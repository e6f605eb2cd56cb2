#include "compiler/dispatch.h"

#include <criterion/criterion.h>

#include "tests/compiler/body_builder.h"

enum { MOST = 64 };

static uint32_t blocks[MOST];
static uint32_t depths[MOST + 1];

/* A br_table whose cases are the blocks around it, innermost first. */
static void put_table(uint32_t n_cases)
{
    for (uint32_t i = 0; i <= n_cases; i++)
        depths[i] = i;
    struct instr *in = put(OP_BrTable, 0);
    in->imm.br_table.labels = depths;
    in->imm.br_table.n_labels = n_cases;
}

static uint32_t open_switch(uint32_t n_cases)
{
    begin_body();
    uint32_t loop = open(OP_Loop);
    for (uint32_t i = n_cases; i-- > 0;)
        blocks[i] = open(OP_Block);
    return loop;
}

/* The cases, of which n_back branch back, and the end. */
static void put_cases(uint32_t loop, uint32_t n_cases, uint32_t n_back)
{
    for (uint32_t i = 0; i < n_cases; i++) {
        close(blocks[i]);
        if (i < n_back)
            put(OP_Br, n_cases - 1 - i);
    }
    close(loop);
    put(OP_End, 0);
}

static void put_fetch(void)
{
    step_local(0, 4);
    put(OP_LocalGet, 0);
    put(OP_I32Load, 0);
}

Test(dispatch, switch_in_a_loop)
{
    uint32_t loop = open_switch(8);
    put_fetch();
    uint32_t table = body.n_instrs;
    put_table(8);
    put_cases(loop, 8, 8);
    cr_expect_eq(find_dispatch(&body, loop), table);
}

Test(dispatch, few_branches_back_are_not_worth_it)
{
    uint32_t loop = open_switch(8);
    put_fetch();
    put_table(8);
    put_cases(loop, 8, 3);
    cr_expect_eq(find_dispatch(&body, loop), 0);
}

Test(dispatch, tables_do_not_grow_without_bounds)
{
    uint32_t loop = open_switch(MOST);
    put_fetch();
    put_table(MOST);
    put_cases(loop, MOST, MOST);
    cr_expect_eq(find_dispatch(&body, loop), 0);
}

Test(dispatch, what_has_an_effect_is_not_repeated)
{
    static const enum opcode effects[] = {OP_I32Store, OP_MemoryGrow, OP_GlobalSet,
                                          OP_Call,     OP_BrIf,       OP_Unreachable};
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        uint32_t loop = open_switch(8);
        put(effects[i], 0);
        put_fetch();
        put_table(8);
        put_cases(loop, 8, 8);
        cr_expect_eq(find_dispatch(&body, loop), 0, "%s", op_info(effects[i])->text);
    }
}

Test(dispatch, long_heads_are_not_repeated)
{
    uint32_t loop = open_switch(8);
    for (int i = 0; i < 8; i++)
        put_fetch();
    put_table(8);
    put_cases(loop, 8, 8);
    cr_expect_eq(find_dispatch(&body, loop), 0);
}

Test(dispatch, other_loops_do_not)
{
    begin_body();
    uint32_t loop = open(OP_Loop);
    put_fetch();
    put(OP_BrIf, 0);
    close(loop);
    put(OP_End, 0);
    cr_expect_eq(find_dispatch(&body, loop), 0);
}
