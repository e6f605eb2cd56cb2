#include "compiler/points.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct suspension s;
static struct points points;
static struct arena arena;
static char text[4096];

static void describe(char *p, const struct point *point)
{
    static const char *const kinds[] = {"loop", "call", "before"};
    p += sprintf(p, "%s%u %s", p > text ? ", " : "", point->position, kinds[point->kind]);
    for (uint32_t i = 0; i < point->n_operands; i++)
        p += sprintf(p, " %s", type_name(point->operands[i]));
    if (point->n_locals > 0)
        p += sprintf(p, " :");
    for (uint32_t i = 0; i < point->n_locals; i++)
        p += sprintf(p, " %u", point->locals[i]);
}

/* The points of the body of function 3, which is of type 1, as text. There are the types
 * 0 [] -> [], 1 [i32] -> [i32], 2 [i32 i64] -> [f32 f64]; the imported function 0 of type
 * 0, which can suspend; function 1 of type 2, which calls it, and is in table 0; function
 * 2 of type 0, which does nothing. ref.func may name function 3. */
static const char *points_of(const char *body_section)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "03 60 00 00 60 01 7f 01 7f 60 02 7f 7e 02 7d 7c");
    wasm_section(&w, 2, "01 00 00 00 00");
    wasm_section(&w, 3, "03 02 00 01");
    wasm_section(&w, 4, "01 70 00 01");
    wasm_section(&w, 9, "02 00 41 00 0b 01 01 03 00 01 03");
    w.bytes[w.n_bytes++] = 10;
    size_t section = w.n_bytes;
    wasm_put(&w, "03");
    wasm_put(&w, "12 00 10 00 43 00 00 00 00 44 00 00 00 00 00 00 00 00 0b");
    wasm_put(&w, "02 00 0b");
    size_t start = w.n_bytes;
    wasm_put(&w, body_section);
    wasm_close(&w, start);
    wasm_close(&w, section);
    cr_assert(wasm_load(&w), "%s: %s", body_section, w.d.text);
    find_suspension(&s, &w.m, 1);
    struct body body;
    cr_assert(decode_body(&w.m, 3, &body, &arena, &w.d));
    find_points(&points, &w.m, &s, 3, &body, &arena);
    text[0] = '\0';
    for (uint32_t i = 0; i < points.n_points; i++)
        describe(text + strlen(text), &points.points[i]);
    return text;
}

#define expect_points(body, expected) cr_expect_str_eq(points_of(body), expected)

Test(points, a_call_leaves_its_arguments_to_the_callee)
{
    /* f64.const; local.get 0; i64.const; call 1; drop; drop; drop; local.get 0 */
    expect_points("00 44 00 00 00 00 00 00 00 00 20 00 42 00 10 01 1a 1a 1a 20 00 0b",
                  "3 call f64 : 0");
}

Test(points, a_polled_call_has_two)
{
    /* i64.const; local.get 0; call 3; local.set 0; drop; local.get 0 */
    expect_points("00 42 00 20 00 10 03 21 00 1a 20 00 0b",
                  "2 call i64, 2 before i64 i32");
}

Test(points, call_indirect_has_an_index_too)
{
    /* f32.const; i32.const; i64.const; i32.const; call_indirect 2; drop...; local.get 0
     */
    expect_points("00 43 00 00 00 00 41 00 42 00 41 00 11 02 00 1a 1a 1a 20 00 0b",
                  "4 call f32 : 0");
    /* ref.func 3; drop; i64.const; local.get 0; i32.const; call_indirect 1; local.set 0;
     * drop; local.get 0: this may be the function that is called */
    expect_points("00 d2 03 1a 42 00 20 00 41 00 11 01 00 21 00 1a 20 00 0b",
                  "5 call i64, 5 before i64 i32 i32");
}

Test(points, a_frame_is_gone_in_a_tail_call)
{
    /* i64.const; local.get 0; return_call 3; call 0 */
    expect_points("00 42 00 20 00 12 03 10 00 0b", "2 before i64 i32");
    /* call 0; unreachable; and nothing, for a callee that does not lead back */
    expect_points("00 41 00 10 00 1a 20 00 41 00 13 01 00 0b", "1 call i32 : 0");
}

Test(points, calls_that_cannot_be_suspended_have_none)
{
    /* call 2; i32.const; i32.const; call_indirect 1; drop; loop end; i32.const */
    expect_points("00 10 02 41 00 41 00 11 01 00 1a 03 40 0b 41 00 0b", "5 loop");
    expect_points("00 10 02 41 00 41 00 11 01 00 0b", "");
    cr_expect_not(s.can_suspend[3]);
}

Test(points, a_loop_has_its_parameters_on_the_stack)
{
    /* i64.const; local.get 0; loop (type 1); i32.eqz; end; drop; drop; i32.const */
    expect_points("00 42 00 20 00 03 01 45 0b 1a 1a 41 00 0b", "2 loop i64 i32");
    /* i32.const; i64.const; loop (type 2); br 0 */
    expect_points("00 41 00 42 00 03 02 0c 00 0b 1a 1a 41 00 0b", "2 loop i32 i64");
}

Test(points, results_of_several_values_are_on_the_stack)
{
    /* i32.const; i64.const; call 1; call 0; drop; drop; i32.const */
    expect_points("00 41 00 42 00 10 01 10 00 1a 1a 41 00 0b", "2 call, 3 call f32 f64");
    /* The same from a block: call 0 in it and behind it. */
    expect_points("00 41 00 42 00 02 02 10 00 1a 1a 43 00 00 00 00 44 00 00 00 00 00 00 "
                  "00 00 0b 10 00 1a 1a 41 00 0b",
                  "3 call i32 i64, 9 call f32 f64");
}

Test(points, references_are_operands)
{
    /* ref.null func; ref.null extern; call 0; drop; drop; i32.const */
    expect_points("00 d0 70 d0 6f 10 00 1a 1a 41 00 0b", "2 call funcref externref");
}

Test(points, an_instruction_on_a_range_has_its_operands_on_the_stack)
{
    /* (i64.const 1) (table.fill (i32.const 2) (ref.null func) (local.get 0)) drop */
    expect_points("00 42 01 41 02 d0 70 20 00 fc 11 00 1a 20 00 0b",
                  "4 before i64 i32 funcref i32 : 0");
    expect_points("00 41 02 d0 70 41 07 fc 11 00 20 00 0b", "");
}

Test(points, what_cannot_be_reached_has_none)
{
    /* br 0 with a value; call 0; loop; call 0 */
    expect_points("00 41 00 0c 00 10 00 03 40 10 00 0b 0b", "");
    /* A block in dead code, and what comes after it: return; block; call 0; end; call 0
     */
    expect_points("00 41 00 0f 02 40 10 00 0b 10 00 0b", "");
    /* unreachable; if; call 0; else; call 0; end; call 0 */
    expect_points("00 00 04 40 10 00 05 10 00 0b 10 00 0b", "");
    cr_expect(s.can_suspend[3], "although no point of it can be reached");
}

Test(points, what_follows_a_block_that_nothing_leaves_has_none)
{
    /* block; unreachable; end; call 0; i32.const */
    expect_points("00 02 40 00 0b 10 00 41 00 0b", "");
    /* block; block; br 1; end; call 0; end; call 0; i32.const */
    expect_points("00 02 40 02 40 0c 01 0b 10 00 0b 10 00 41 00 0b", "6 call");
    /* loop; br 0; end; call 0; i32.const */
    expect_points("00 03 40 0c 00 0b 10 00 41 00 0b", "0 loop");
    /* A branch that is dead itself leaves nothing: block; return; br 0; end; call 0 */
    expect_points("00 02 40 41 00 0f 0c 00 0b 10 00 41 00 0b", "");
}

Test(points, either_arm_of_an_if_leads_on)
{
    /* local.get 0; if; unreachable; else; call 0; end; call 0; i32.const */
    expect_points("00 20 00 04 40 00 05 10 00 0b 10 00 41 00 0b", "4 call, 6 call");
    expect_points("00 20 00 04 40 10 00 05 00 0b 10 00 41 00 0b", "2 call, 6 call");
    expect_points("00 20 00 04 40 00 05 00 0b 10 00 41 00 0b", "");
    expect_points("00 20 00 04 40 00 0b 10 00 41 00 0b", "4 call");
}

Test(points, br_table_leads_to_all_its_labels)
{
    /* block; block; block; local.get 0; br_table 0 2; end; call 0; unreachable; end;
     * call 0; end; call 0; i32.const */
    expect_points("00 02 40 02 40 02 40 20 00 0e 01 00 02 0b 10 00 00 0b 10 00 0b 10 00 "
                  "41 00 0b",
                  "6 call, 11 call");
}

Test(points, what_follows_a_throw_has_none)
{
    expect_points("00 d0 69 0a 10 00 41 00 0b", "");
    /* A reached try_table leads to its clauses' labels, a dead one nowhere. */
    expect_points("00 02 40 1f 40 01 02 00 0b 00 0b 10 00 41 00 0b", "6 call");
    expect_points("00 02 40 00 1f 40 01 02 00 0b 00 0b 10 00 41 00 0b", "");
    expect_points("00 06 40 00 19 10 00 0b 10 00 41 00 0b", "3 call, 5 call");
    expect_points("00 06 40 00 0b 10 00 41 00 0b", "");
    expect_points("00 06 40 06 40 00 18 00 19 10 00 0b 41 00 0b", "6 call");
}

Test(points, a_rethrown_exception_is_an_operand)
{
    expect_points("00 06 40 19 10 00 09 00 0b 41 00 0b", "2 call (ref exn)");
    expect_points("00 06 40 19 10 00 0b 41 00 0b", "2 call");
    expect_points("00 41 07 06 40 19 02 40 10 00 06 40 19 09 02 0b 0b 0b 0b",
                  "4 call i32 (ref exn)");
}

Test(points, handlers_are_live_where_a_call_may_throw)
{
    expect_points("00 02 40 1f 40 01 02 00 10 00 41 00 21 00 0b 0b 20 00 0b",
                  "3 call : 0");
    expect_points("00 1f 40 00 10 00 41 00 21 00 0b 20 00 0b", "1 call");
}

Test(points, locals_live_around_the_back_edge_only)
{
    /* local 1 i32, 2 i64: loop; call 0; local.get 0; local.set 1; call 0; local.get 1;
     * br_if 0; call 0; end; i32.const */
    expect_points("02 01 7f 01 7e 03 40 10 00 20 00 21 01 10 00 20 01 0d 00 10 00 0b 41 "
                  "00 0b",
                  "0 loop : 0, 1 call : 0, 4 call : 0 1, 7 call");
}

Test(points, equal_neighbours_share_what_is_live)
{
    points_of("00 42 00 42 00 10 00 10 00 1a 10 00 1a 20 00 0b");
    cr_assert_str_eq(text, "2 call i64 i64 : 0, 3 call i64 i64 : 0, 5 call i64 : 0");
    cr_expect_eq(points.points[0].operands, points.points[1].operands);
    cr_expect_eq(points.points[0].operands, points.points[2].operands);
    cr_expect_eq(points.points[0].locals, points.points[2].locals);
}

Test(points, they_are_found_by_place_and_kind)
{
    points_of("00 42 00 20 00 10 03 1a 03 40 0b 1a 20 00 0b");
    cr_assert_str_eq(text, "2 call i64 : 0, 2 before i64 i32 : 0, 4 loop i64 : 0");
    cr_expect_eq(point_at(&points, 2, RT_POINT_CALL), &points.points[0]);
    cr_expect_eq(point_at(&points, 2, RT_POINT_BEFORE), &points.points[1]);
    cr_expect_eq(point_at(&points, 4, RT_POINT_LOOP), &points.points[2]);
    cr_expect_null(point_at(&points, 4, RT_POINT_CALL));
    cr_expect_null(point_at(&points, 3, RT_POINT_LOOP));
    cr_expect_null(point_at(&points, 99, RT_POINT_LOOP));
    cr_expect(has_point_in(&points, 0, 3));
    cr_expect(has_point_in(&points, 4, 5));
    cr_expect_not(has_point_in(&points, 0, 2));
    cr_expect_not(has_point_in(&points, 3, 4));
    cr_expect_not(has_point_in(&points, 5, 99));
}

/* ---- Large bodies, made by hand for function 3 ---- */

static struct body large;

static void find_in_large(void)
{
    static val_type i32 = TYPE_I32;
    large.locals = &i32;
    large.n_locals = 1;
    points_of("00 10 00 20 00 0b");
    find_points(&points, &w.m, &s, 3, &large, &arena);
}

static struct instr *put(enum opcode op, uint32_t index)
{
    struct instr *in = &large.instrs[large.n_instrs++];
    in->op = (uint16_t)op;
    in->imm.index = index;
    return in;
}

/* The points that are covered, by number. */
static const char *covered_points_of(const char *body_section)
{
    points_of(body_section);
    char *p = text;
    *p = '\0';
    for (uint32_t i = 0; i < points.n_points; i++)
        if (points.points[i].is_covered)
            p += sprintf(p, "%u ", i);
    return text;
}

#define expect_covered(body, expected) cr_expect_str_eq(covered_points_of(body), expected)

/* A call of oneself, as local.get 0; call 3; drop, has two points. */
#define RECUR " 20 00 10 03 1a "

Test(points, a_frame_polls_once)
{
    expect_covered("00" RECUR RECUR "20 00 0b", "3 ");
    /* block; br_if 0; ...; end */
    expect_covered("00 02 40 20 00 0d 00" RECUR RECUR "0b" RECUR "20 00 0b", "3 ");
    /* block; ...; br_if 0; end */
    expect_covered("00 02 40" RECUR "20 00 0d 00 0b" RECUR "20 00 0b", "3 ");
    /* if; ...; end */
    expect_covered("00 20 00 04 40" RECUR "0b" RECUR "20 00 0b", "");
    /* if; ...; else; ...; end */
    expect_covered("00 20 00 04 40" RECUR "05" RECUR "0b" RECUR "20 00 0b", "5 ");
    /* if; ...; else; unreachable; end */
    expect_covered("00 20 00 04 40" RECUR "05 00 0b" RECUR "20 00 0b", "3 ");
}

Test(points, so_does_an_iteration)
{
    /* loop; ...; br_if 0; end */
    expect_covered("00 03 40" RECUR "20 00 0d 00 0b 20 00 0b", "0 ");
    expect_covered("00" RECUR "03 40" RECUR "20 00 0d 00 0b" RECUR "20 00 0b", "2 6 ");
    /* block; loop; br_if 1; ...; br_if 0; end; end: leaving does not count */
    expect_covered(
        "00 02 40 03 40 20 00 0d 01" RECUR "20 00 0d 00 0b 0b" RECUR "20 00 0b", "0 ");
    /* loop; br_if 0; ...; br_if 0; end: a way back before it */
    expect_covered("00 03 40 20 00 0d 00" RECUR "20 00 0d 00 0b 20 00 0b", "");
    /* loop; if; ...; end; br_if 0; end */
    expect_covered("00 03 40 20 00 04 40" RECUR "0b 20 00 0d 00 0b 20 00 0b", "");
    /* loop; call 0; br_if 0; end: a call that does not poll */
    expect_covered("00 03 40 10 00 20 00 0d 00 0b 20 00 0b", "");
    /* ...; loop; br_if 0; end: what came before does not last */
    expect_covered("00" RECUR "03 40 20 00 0d 00 0b 20 00 0b", "");
    /* loop; i32.const 0; ref.null func; local.get 0; table.fill; br_if 0; end: only long
     * ones poll */
    expect_covered("00 03 40 41 00 d0 70 20 00 fc 11 00 20 00 0d 00 0b 20 00 0b", "");
}

Test(points, nesting_may_be_deep)
{
    enum { DEPTH = 100000 };
    large.instrs = calloc(3 * DEPTH + 2, sizeof *large.instrs);
    for (uint32_t i = 0; i < DEPTH; i++) {
        struct instr *in = put(i % 2 ? OP_Loop : OP_Block, 0);
        in->imm.block.type = NO_INDEX;
        in->imm.block.end = 2 * DEPTH - i;
    }
    put(OP_Call, 0);
    for (uint32_t i = 0; i < DEPTH; i++)
        put(OP_End, 0);
    put(OP_LocalGet, 0);
    put(OP_End, 0);
    find_in_large();
    cr_assert_eq(points.n_points, DEPTH / 2 + 1);
    cr_expect_eq(points.points[DEPTH / 2].position, DEPTH);
    cr_expect_eq(points.points[DEPTH / 2].n_locals, 1);
}

Test(points, there_may_be_many)
{
    enum { N = 100000 };
    large.instrs = calloc(N + 2, sizeof *large.instrs);
    for (uint32_t i = 0; i < N; i++)
        put(OP_Call, 0);
    put(OP_LocalGet, 0);
    put(OP_End, 0);
    find_in_large();
    cr_assert_eq(points.n_points, N);
    cr_expect_eq(points.points[0].locals, points.points[N - 1].locals);
}
