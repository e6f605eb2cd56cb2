#include "compiler/ways_out.h"

#include <criterion/criterion.h>

#include "tests/compiler/body_builder.h"

/* loop  (block  (br_if over)  call … )  end; the block is open when this returns. */
static uint32_t begin_way_out(uint32_t over)
{
    begin_body();
    open(OP_Loop);
    uint32_t block = open(OP_Block);
    put(OP_LocalGet, 0);
    put(OP_BrIf, over);
    put(OP_Call, 0);
    return block;
}

static bool finish(uint32_t block)
{
    close(block);
    put(OP_Br, 0);
    close(0);
    put(OP_End, 0);
    return suspends_in_iteration(&body, 0);
}

Test(ways_out, calls_and_loops_suspend)
{
    begin_body();
    open(OP_Loop);
    cr_expect_not(finish(open(OP_Block)));
    begin_body();
    open(OP_Loop);
    uint32_t block = open(OP_Block);
    close(open(OP_Loop));
    cr_expect(finish(block));
    cr_expect(finish(begin_way_out(0)), "what falls to the end of the block goes on");
}

Test(ways_out, what_leaves_the_loop_is_not_of_it)
{
    static const struct {
        enum opcode op;
        uint32_t label;
        bool suspends;
    } rows[] = {{OP_Br, 2, false}, {OP_Return, 0, false}, {OP_Unreachable, 0, false},
                {OP_Br, 0, true},  {OP_Br, 1, true},      {OP_BrIf, 2, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t block = begin_way_out(0);
        put(rows[i].op, rows[i].label);
        cr_expect_eq(finish(block), rows[i].suspends, "row %zu", i);
    }
    uint32_t block = begin_way_out(1);
    put(OP_Return, 0);
    cr_expect(finish(block), "the br_if goes elsewhere");
}

Test(ways_out, branches_in_it_may_stay_in_it)
{
    for (uint32_t label = 0; label < 4; label++) {
        uint32_t block = begin_way_out(0), inner = open(OP_Block);
        put(OP_BrIf, label);
        close(inner);
        put(OP_Return, 0);
        cr_expect_eq(finish(block), label == 1 || label == 2, "label %u", label);
    }
}

Test(ways_out, all_labels_of_a_table_count)
{
    for (uint32_t back = 1; back < 3; back++) {
        uint32_t labels[] = {2, back, 3}, block = begin_way_out(0);
        struct instr *table = put(OP_BrTable, 0);
        table->imm.br_table.labels = labels;
        table->imm.br_table.n_labels = 2;
        cr_expect_eq(finish(block), back == 1);
    }
}

/* What is thrown on the way out may go to a handler in the loop. */
Test(ways_out, there_are_none_behind_a_try)
{
    begin_body();
    open(OP_Loop);
    uint32_t outer = open(OP_Try), block = open(OP_Block);
    put(OP_BrIf, 0);
    put(OP_Call, 0);
    put(OP_Return, 0);
    close(block);
    cr_expect(finish(outer));
}

Test(ways_out, deep_nesting_is_understood_in_part)
{
    enum { DEEP = 100 };
    uint32_t opened[DEEP];
    begin_body();
    open(OP_Loop);
    for (int i = 0; i < DEEP; i++)
        opened[i] = open(OP_Block);
    for (int i = DEEP - 1; i > 0; i--)
        close(opened[i]);
    put(OP_BrIf, 0);
    put(OP_Call, 0);
    put(OP_Return, 0);
    cr_expect_not(finish(opened[0]));
}
