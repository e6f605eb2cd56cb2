#include "compiler/liveness.h"

#include <criterion/criterion.h>

#include "tests/compiler/liveness_body.h"

static struct live_locals live_at(uint32_t position)
{
    return *find_live_locals(&body, &position, 1, &arena);
}

/* Whether these, of the locals below 32, and no others are live. */
static bool is_live(uint32_t position, uint32_t expected)
{
    struct live_locals live = live_at(position);
    uint32_t bits = 0;
    for (uint32_t i = 0; i < live.n; i++)
        bits |= UINT32_C(1) << live.locals[i];
    return bits == expected;
}

Test(liveness, reading_makes_live_and_writing_kills)
{
    begin(3);
    uint32_t a = put(OP_Nop, 0);
    put(OP_LocalGet, 0);
    put(OP_LocalTee, 1);
    put(OP_LocalSet, 2);
    uint32_t b = put(OP_Nop, 0);
    put(OP_LocalGet, 2);
    put(OP_LocalGet, 1);
    uint32_t c = end();
    cr_expect(is_live(a, 1));
    cr_expect(is_live(b, 6));
    cr_expect(is_live(c, 0));
}

Test(liveness, several_positions_at_once)
{
    begin(2);
    uint32_t positions[4];
    positions[0] = put(OP_Nop, 0);
    positions[1] = put(OP_Nop, 0);
    put(OP_LocalGet, 1);
    positions[2] = positions[3] = put(OP_Nop, 0);
    end();
    const struct live_locals *live = find_live_locals(&body, positions, 4, &arena);
    cr_assert_eq(live[0].n, 1);
    cr_expect_eq(live[0].locals, live[1].locals, "neighbours share a list");
    cr_expect_eq(live[2].n, 0);
    cr_expect_eq(live[3].n, 0);
}

Test(liveness, both_arms_of_an_if_count)
{
    begin(4);
    uint32_t a = open(OP_If);
    put(OP_LocalGet, 0);
    put(OP_LocalSet, 2);
    uint32_t b = put_else();
    put(OP_LocalGet, 1);
    put(OP_LocalSet, 3);
    end();
    put(OP_LocalGet, 2);
    put(OP_LocalGet, 3);
    end();
    cr_expect(is_live(a, 15));
    cr_expect(is_live(b, 12), "what the first arm leaves");
}

Test(liveness, an_if_without_else_may_be_skipped)
{
    begin(1);
    uint32_t a = open(OP_If);
    put(OP_LocalSet, 0);
    end();
    put(OP_LocalGet, 0);
    end();
    cr_expect(is_live(a, 1));
}

Test(liveness, branches_go_to_ends_and_heads)
{
    begin(4);
    open(OP_Block);
    open(OP_Block);
    uint32_t a = put(OP_BrIf, 1);
    uint32_t b = put(OP_Br, 0);
    put(OP_LocalGet, 3); /* dead */
    end();
    put(OP_LocalGet, 0);
    uint32_t c = put(OP_Return, 0);
    put(OP_LocalGet, 3);
    end();
    put(OP_LocalGet, 1);
    uint32_t d = put(OP_Br, 0);
    put(OP_LocalGet, 3);
    end();
    cr_expect(is_live(a, 3));
    cr_expect(is_live(b, 1));
    cr_expect(is_live(c, 0));
    cr_expect(is_live(d, 0), "a branch that ends the function");
}

Test(liveness, nothing_is_live_before_unreachable)
{
    begin(1);
    uint32_t a = put(OP_Unreachable, 0);
    put(OP_LocalGet, 0);
    end();
    cr_expect(is_live(a, 0));
}

Test(liveness, nothing_is_live_behind_a_tail_call)
{
    begin(1);
    uint32_t a = put(OP_ReturnCall, 0);
    put(OP_LocalGet, 0);
    end();
    cr_expect(is_live(a, 0));
}

Test(liveness, br_table_goes_to_all_its_labels)
{
    begin(4);
    static uint32_t labels[] = {0, 0, 2, 1, 3};
    open(OP_Block);
    open(OP_Block);
    open(OP_Loop);
    put(OP_LocalGet, 2);
    uint32_t a = put_br_table(labels, 4);
    end();
    end();
    put(OP_LocalGet, 0);
    put(OP_Return, 0);
    end();
    put(OP_LocalGet, 1);
    end();
    cr_expect(is_live(a, 7));
    static uint32_t default_only[] = {1};
    begin(2);
    open(OP_Block);
    open(OP_Block);
    a = put_br_table(default_only, 0);
    end();
    put(OP_LocalGet, 0);
    end();
    put(OP_LocalGet, 1);
    end();
    cr_expect(is_live(a, 2));
}

Test(liveness, a_local_can_be_live_around_the_back_edge_only)
{
    begin(3);
    uint32_t a = put(OP_Nop, 0);
    uint32_t loop = open(OP_Loop);
    put(OP_LocalGet, 0);
    put(OP_LocalSet, 1);
    uint32_t b = put(OP_Nop, 0);
    put(OP_LocalGet, 1);
    put(OP_BrIf, 0);
    uint32_t c = put(OP_Nop, 0);
    end();
    put(OP_LocalGet, 2);
    end();
    cr_expect(is_live(a, 5));
    cr_expect(is_live(loop, 5));
    cr_expect(is_live(b, 7));
    cr_expect(is_live(c, 4));
}

Test(liveness, what_an_outer_loop_needs_is_live_in_the_inner)
{
    begin(3);
    uint32_t outer = open(OP_Loop);
    put(OP_LocalGet, 0);
    uint32_t inner = open(OP_Loop);
    put(OP_LocalGet, 1);
    uint32_t a = put(OP_BrIf, 0);
    put(OP_BrIf, 1);
    end();
    put(OP_LocalSet, 0);
    end();
    end();
    cr_expect(is_live(outer, 3));
    cr_expect(is_live(inner, 3));
    cr_expect(is_live(a, 3));
}

/* ---- Large bodies ---- */

Test(liveness, nesting_may_be_deep)
{
    static const enum opcode openers[] = {OP_Block, OP_Loop, OP_If};
    for (int kind = 0; kind < 3; kind++) {
        begin(2);
        for (int i = 0; i < 100000; i++)
            open(openers[kind]);
        uint32_t a = put(OP_LocalGet, 1);
        put(OP_BrIf, 99999);
        for (int i = 0; i < 100000; i++)
            end();
        put(OP_LocalGet, 0);
        end();
        cr_expect(is_live(a, 3));
        cr_expect(is_live(0, 3));
    }
}

/* A nest of loops in which each takes a round more than the one around it: local 0 is
 * needed at the end of the nest's innermost loop by the outermost only. */
Test(liveness, too_many_rounds_end_with_every_local_live)
{
    for (uint32_t depth = 3; depth <= 100; depth += 97) {
        begin(4);
        put(OP_LocalSet, 0);
        uint32_t outermost = open(OP_Loop);
        put(OP_LocalGet, 0);
        for (uint32_t i = 1; i < depth; i++) {
            open(OP_Loop);
            put(OP_BrIf, 1);
        }
        uint32_t a = put(OP_Nop, 0);
        put(OP_Br, 0);
        for (uint32_t i = 0; i < depth; i++)
            end();
        end();
        cr_expect(is_live(outermost, depth > 16 ? 15 : 1));
        cr_expect(is_live(a, depth > 16 ? 15 : 1));
        cr_expect(is_live(0, depth > 16 ? 14 : 0));
    }
}

Test(liveness, all_locals_are_live_in_bodies_too_large_to_look_at)
{
    enum { N_LOCALS = 50000 };
    for (uint32_t n_blocks = 100; n_blocks <= 10000; n_blocks += 9900) {
        begin(N_LOCALS);
        for (uint32_t i = 0; i < n_blocks; i++) {
            open(OP_Block);
            end();
        }
        put(OP_LocalGet, N_LOCALS - 1);
        end();
        struct live_locals live = live_at(0);
        cr_assert_eq(live.n, n_blocks == 100 ? 1 : N_LOCALS);
        cr_expect_eq(live.locals[live.n - 1], N_LOCALS - 1);
        cr_expect_eq(live.locals[0], n_blocks == 100 ? N_LOCALS - 1 : 0);
    }
}

Test(liveness, there_may_be_no_locals)
{
    begin(0);
    uint32_t loop = open(OP_Loop);
    put(OP_BrIf, 0);
    end();
    end();
    cr_expect(is_live(loop, 0));
}

/* ---- Exceptions ---- */

Test(liveness, a_call_may_lead_to_the_label_of_a_clause)
{
    begin(3);
    open(OP_Block);
    open(OP_TryTable);
    put_clause(OP_ClauseCatch, 0, 0);
    uint32_t before = put(OP_Nop, 0);
    put(OP_LocalSet, 0);
    uint32_t call = put(OP_Call, 0);
    put(OP_LocalSet, 0);
    uint32_t after = put(OP_Nop, 0);
    end();
    put(OP_LocalSet, 0);
    put(OP_LocalSet, 1);
    end();
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    end();
    cr_expect(is_live(before, 2), "0 is set before the call");
    cr_expect(is_live(call, 3));
    cr_expect(is_live(after, 0));
}

Test(liveness, an_exception_that_no_clause_wants_goes_on)
{
    for (uint32_t is_for_all = 0; is_for_all < 2; is_for_all++) {
        begin(2);
        open(OP_Block);
        open(OP_TryTable);
        put_clause(OP_ClauseCatchAll, NO_INDEX, 0);
        open(OP_Block);
        open(OP_TryTable);
        put_clause(is_for_all ? OP_ClauseCatchAllRef : OP_ClauseCatchRef,
                   is_for_all ? NO_INDEX : 0, 0);
        uint32_t thrown = put(OP_Throw, 0);
        end();
        end();
        put(OP_LocalGet, 1);
        put(OP_LocalSet, 0);
        end();
        put(OP_LocalSet, 0);
        end();
        put(OP_LocalGet, 0);
        end();
        cr_expect(is_live(thrown, is_for_all ? 2 : 3));
    }
}

Test(liveness, what_is_thrown_outside_of_any_try_leaves_the_frame)
{
    begin(1);
    uint32_t thrown = put(OP_ThrowRef, 0);
    put(OP_LocalGet, 0);
    open(OP_TryTable);
    put_clause(OP_ClauseCatch, 0, 0);
    uint32_t call = put(OP_ReturnCall, 0);
    end();
    put(OP_LocalGet, 0);
    end();
    cr_expect(is_live(thrown, 0));
    cr_expect(is_live(call, 0), "the frame has gone");
}

Test(liveness, a_clause_may_lead_back_to_a_loop)
{
    begin(2);
    uint32_t loop = open(OP_Loop);
    put(OP_LocalGet, 0);
    open(OP_TryTable);
    put_clause(OP_ClauseCatchAll, NO_INDEX, 0);
    uint32_t call = put(OP_Call, 0);
    end();
    put(OP_LocalSet, 0);
    put(OP_LocalGet, 1);
    put(OP_BrIf, 0);
    end();
    end();
    cr_expect(is_live(loop, 3));
    cr_expect(is_live(call, 3), "0 is read again if the call throws");
}

Test(liveness, handlers_of_a_legacy_try)
{
    begin(5);
    open(OP_Try);
    uint32_t in_body = put(OP_Call, 0);
    put(OP_LocalSet, 4);
    put_catch(0);
    put(OP_LocalGet, 0);
    uint32_t in_first = put(OP_Call, 0);
    put_catch(1);
    put(OP_LocalGet, 1);
    uint32_t thrown = put(OP_Throw, 0);
    put(OP_LocalGet, 3);
    end_try();
    put(OP_LocalGet, 2);
    end();
    cr_expect(is_live(in_body, 1 | 2 | 4));
    cr_expect(is_live(in_first, 4), "handlers do not catch what they throw");
    cr_expect(is_live(thrown, 0));
}

Test(liveness, a_catch_all_keeps_exceptions_from_outer_handlers)
{
    begin(2);
    open(OP_Try);
    open(OP_Try);
    uint32_t in_body = put(OP_Call, 0);
    put(OP_LocalSet, 0);
    put_catch(NO_INDEX);
    put(OP_LocalGet, 1);
    uint32_t rethrown = put(OP_Rethrow, 0);
    end_try();
    put_catch(0);
    put(OP_LocalGet, 0);
    end_try();
    end();
    cr_expect(is_live(rethrown, 1), "the outer try's");
    cr_expect(is_live(in_body, 3));
}

Test(liveness, a_delegate_hands_on_to_the_try_at_its_label)
{
    for (uint32_t depth = 0; depth < 3; depth++) {
        begin(2);
        open(OP_Try);
        open(OP_Try);
        open(OP_Try);
        uint32_t call = put(OP_Call, 0);
        put(OP_Delegate, depth);
        end();
        put_catch(NO_INDEX);
        put(OP_LocalGet, 0);
        end_try();
        put_catch(NO_INDEX);
        put(OP_LocalGet, 1);
        end_try();
        end();
        cr_expect(is_live(call, depth == 0 ? 1 : depth == 1 ? 2 : 0));
    }
}
