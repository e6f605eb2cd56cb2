#include "compiler/symbols.h"

#include <criterion/criterion.h>

#include "compiler/opcodes.h"

/* first * local 1 + second * local 2 + constant, put together in the other order. */
static struct symbol sum(uint32_t first, uint32_t second, uint32_t constant)
{
    struct symbol s = symbol_constant(constant, false);
    struct affine one = symbol_local(1, false).a, two = symbol_local(2, false).a;
    cr_assert(affine_add_scaled(&s.a, &two, second));
    cr_assert(affine_add_scaled(&s.a, &one, first));
    return s;
}

static void expect_sum(struct symbol s, uint32_t first, uint32_t second,
                       uint32_t constant)
{
    cr_assert_eq(s.kind, SYMBOL_AFFINE);
    cr_expect_eq(s.a.constant, constant);
    cr_assert_eq(s.a.n_terms, 2);
    cr_expect_eq(s.a.terms[0].local, 1);
    cr_expect_eq(s.a.terms[0].factor, first);
    cr_expect_eq(s.a.terms[1].local, 2);
    cr_expect_eq(s.a.terms[1].factor, second);
}

Test(symbols, sums_are_in_the_order_of_locals)
{
    struct symbol x = sum(3, 5, 7), y = sum(10, 20, 30);
    expect_sum(x, 3, 5, 7);
    expect_sum(symbol_binary(OP_I32Add, &x, &y), 13, 25, 37);
    expect_sum(symbol_binary(OP_I32Sub, &y, &x), 7, 15, 23);
}

Test(symbols, terms_that_cancel_are_gone)
{
    struct symbol x = sum(3, 5, 7), y = sum(3, 4, 0);
    struct symbol difference = symbol_binary(OP_I32Sub, &x, &y);
    cr_assert_eq(difference.a.n_terms, 1);
    cr_expect_eq(difference.a.terms[0].local, 2);
    cr_expect_eq(difference.a.terms[0].factor, 1);
    difference = symbol_binary(OP_I32Sub, &x, &x);
    cr_expect_eq(difference.a.n_terms, 0);
    cr_expect_eq(difference.a.constant, 0);
}

Test(symbols, only_constants_are_factors)
{
    struct symbol x = sum(3, 5, 7), four = symbol_constant(4, false),
                  shift = symbol_constant(34, false);
    expect_sum(symbol_binary(OP_I32Mul, &x, &four), 12, 20, 28);
    expect_sum(symbol_binary(OP_I32Mul, &four, &x), 12, 20, 28);
    expect_sum(symbol_binary(OP_I32Shl, &x, &shift), 12, 20, 28); /* modulo 32 */
    cr_expect_eq(symbol_binary(OP_I32Mul, &x, &x).kind, SYMBOL_UNKNOWN);
    cr_expect_eq(symbol_binary(OP_I32Shl, &four, &x).kind, SYMBOL_UNKNOWN);
}

Test(symbols, arithmetic_is_modulo_2_to_the_32)
{
    struct symbol x = sum(UINT32_C(1) << 31, 1, UINT32_MAX),
                  two = symbol_constant(2, false);
    struct symbol doubled = symbol_binary(OP_I32Mul, &x, &two);
    cr_assert_eq(doubled.a.n_terms, 1);
    cr_expect_eq(doubled.a.terms[0].local, 2);
    cr_expect_eq(doubled.a.constant, UINT32_MAX - 1);
}

Test(symbols, a_sum_of_too_many_terms_is_unknown)
{
    struct symbol s = symbol_constant(0, false);
    for (uint32_t local = 0; local < AFFINE_TERMS; local++) {
        struct symbol term = symbol_local(local, false);
        s = symbol_binary(OP_I32Add, &s, &term);
    }
    cr_assert_eq(s.kind, SYMBOL_AFFINE);
    struct symbol known = symbol_local(2, false),
                  further = symbol_local(AFFINE_TERMS, false);
    cr_expect_eq(symbol_binary(OP_I32Add, &s, &known).kind, SYMBOL_AFFINE);
    cr_expect_eq(symbol_binary(OP_I32Add, &s, &further).kind, SYMBOL_UNKNOWN);
}

Test(symbols, what_comes_of_the_unknown_is_unknown)
{
    struct symbol x = symbol_local(1, false);
    cr_expect_eq(symbol_binary(OP_I32Add, &x, &symbol_unknown).kind, SYMBOL_UNKNOWN);
    cr_expect_eq(symbol_binary(OP_I32LtU, &symbol_unknown, &x).kind, SYMBOL_UNKNOWN);
    cr_expect_eq(symbol_binary(OP_I32And, &x, &x).kind, SYMBOL_UNKNOWN);
    cr_expect_eq(symbol_negated(&symbol_unknown).kind, SYMBOL_UNKNOWN);
    struct symbol comparison = symbol_binary(OP_I32LtU, &x, &x);
    cr_expect_eq(symbol_binary(OP_I32Add, &comparison, &x).kind, SYMBOL_UNKNOWN);
}

Test(symbols, each_comparison_has_an_opposite)
{
    static const enum opcode pairs[][2] = {{OP_I32Eq, OP_I32Ne},
                                           {OP_I32LtS, OP_I32GeS},
                                           {OP_I32LtU, OP_I32GeU},
                                           {OP_I32GtS, OP_I32LeS},
                                           {OP_I32GtU, OP_I32LeU}};
    struct symbol x = symbol_local(1, false), y = symbol_local(2, false);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (int k = 0; k < 2; k++) {
            struct symbol s = symbol_binary(pairs[i][k], &x, &y);
            cr_assert_eq(s.kind, SYMBOL_COMPARE);
            cr_expect_eq(s.compare, pairs[i][k]);
            struct symbol negated = symbol_negated(&s);
            cr_expect_eq(negated.kind, SYMBOL_COMPARE);
            cr_expect_eq(negated.compare, pairs[i][!k]);
            cr_expect_eq(negated.a.terms[0].local, 1);
            cr_expect_eq(negated.b.terms[0].local, 2);
        }
}

Test(symbols, a_number_is_negated_by_comparing_it_with_zero)
{
    struct symbol x = symbol_local(1, false), negated = symbol_negated(&x);
    cr_expect_eq(negated.kind, SYMBOL_COMPARE);
    cr_expect_eq(negated.compare, OP_I32Eq);
    cr_expect_eq(negated.a.n_terms, 1);
    cr_expect_eq(negated.b.n_terms, 0);
    cr_expect_eq(negated.b.constant, 0);
}

Test(symbols, terms_are_compared_without_the_constant)
{
    struct affine x = sum(3, 5, 7).a, y = sum(3, 5, 8).a, z = sum(3, 6, 7).a;
    struct affine local = symbol_local(1, false).a;
    cr_expect(affine_same_terms(&x, &y));
    cr_expect_not(affine_same_terms(&x, &z));
    cr_expect_not(affine_same_terms(&x, &local));
}

Test(symbols, wide_numbers_are_modulo_2_to_the_64)
{
    struct symbol x = symbol_local(1, true), third = symbol_constant(35, true);
    struct symbol shifted = symbol_binary(OP_I64Shl, &x, &third);
    cr_assert_eq(shifted.kind, SYMBOL_AFFINE);
    cr_expect(shifted.a.is_wide);
    cr_expect_eq(shifted.a.terms[0].factor, UINT64_C(1) << 35);
    struct symbol none = symbol_binary(OP_I64Sub, &shifted, &shifted);
    cr_expect_eq(none.a.n_terms, 0);
    struct symbol less = symbol_binary(OP_I64Sub, &x, &third);
    cr_expect_eq(less.a.constant, UINT64_MAX - 34);
}

Test(symbols, of_a_wide_number_that_is_wrapped_the_low_half_is_left)
{
    struct symbol x = symbol_local(1, true), shift = symbol_constant(32, true);
    struct symbol high = symbol_binary(OP_I64Shl, &x, &shift);
    struct symbol sum = symbol_binary(OP_I64Sub, &high, &shift);
    struct symbol low = symbol_wrapped(&sum);
    cr_assert_eq(low.kind, SYMBOL_AFFINE);
    cr_expect_not(low.a.is_wide);
    cr_expect_eq(low.a.n_terms, 0);
    cr_expect_eq(low.a.constant, (uint32_t)-32);
    cr_expect_eq(symbol_wrapped(&symbol_unknown).kind, SYMBOL_UNKNOWN);
}

Test(symbols, wide_comparisons_are_known_by_the_opcodes_of_narrow_ones)
{
    struct symbol x = symbol_local(1, true), y = symbol_local(2, true);
    struct symbol s = symbol_binary(OP_I64GtU, &x, &y);
    cr_assert_eq(s.kind, SYMBOL_COMPARE);
    cr_expect_eq(s.compare, OP_I32GtU);
    cr_expect(s.a.is_wide && s.b.is_wide);
    s = symbol_negated(&x);
    cr_expect_eq(s.compare, OP_I32Eq);
    cr_expect(s.b.is_wide);
}
