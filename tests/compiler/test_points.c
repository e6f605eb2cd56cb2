#include "compiler/points.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct suspension s;
static struct points points;
static struct arena arena;

static void load(const char *locals_and_code)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 01 7f 01 7f");
    wasm_section(&w, 3, "01 00");
    wasm_code(&w, locals_and_code);
    cr_assert(wasm_load(&w), "%s: %s", locals_and_code, w.d.text);
    find_suspension(&s, &w.m, 1);
    struct body body;
    cr_assert(decode_body(&w.m, 0, &body, &arena, &w.d));
    find_points(&points, &w.m, &s, 0, &body, &arena);
}

Test(points, a_recursive_call_has_two)
{
    /* i64.const 0; local.get 0; call 0; drop; drop; local.get 0 */
    load("00 42 00 20 00 10 00 1a 1a 20 00 0b");
    cr_assert_eq(points.n_points, 2);
    const struct point *call = point_at(&points, 2, RT_POINT_CALL);
    const struct point *before = point_at(&points, 2, RT_POINT_BEFORE_CALL);
    cr_assert(call && before && call < before);
    cr_expect_null(point_at(&points, 2, RT_POINT_LOOP));
    cr_assert_eq(call->n_operands, 1);
    cr_expect_eq(call->operands[0], TYPE_I64);
    cr_assert_eq(before->n_operands, 2);
    cr_expect_eq(before->operands[1], TYPE_I32);
    cr_assert_eq(call->n_locals, 1);
    cr_expect_eq(call->locals[0], 0);
    cr_expect(has_point_in(&points, 2, 3));
    cr_expect_not(has_point_in(&points, 0, 2));
    cr_expect_not(has_point_in(&points, 3, 9));
}
