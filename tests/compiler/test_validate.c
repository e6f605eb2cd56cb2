#include "compiler/validate.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/compiler/body_checks.h"

Test(validate, operands_have_the_types_of_the_signature)
{
    expect_valid("00 41 00 41 01 6a 1a 0b");
    expect_invalid("00 41 00 42 01 6a 1a 0b", "type mismatch: expected i32, found i64");
    expect_invalid(
        "00 41 00 6a 1a 0b",
        "type mismatch: i32.add needs an operand of type i32, but the stack is "
        "empty");
    expect_invalid("00 1a 0b",
                   "type mismatch: drop needs an operand, but the stack is empty");
    expect_invalid("00 41 00 0b",
                   "type mismatch: values left on the stack at the end of the block: 1");
}

Test(validate, an_error_lies_at_its_instruction)
{
    cr_expect_not(check("00 01 01 6a 0b"));
    cr_expect_eq(w.d.offset, w.m.funcs[2].body_offset + 3);
}

Test(validate, blocks_hand_on_their_parameters_and_results)
{
    expect_valid("00 41 00 02 01 45 0b 1a 0b");
    expect_valid("00 41 00 42 00 03 02 1a 1a 43 00 00 00 00 44 00 00 00 00 00 00 00 00 "
                 "0b 1a 1a 0b");
    expect_invalid("00 02 01 0b 0b", "type mismatch: block needs an operand of type i32, "
                                     "but the stack is empty");
    expect_invalid("00 02 7f 42 00 0b 1a 0b", "type mismatch: expected i32, found i64");
    expect_invalid("00 41 00 02 40 1a 0b 0b",
                   "type mismatch: drop needs an operand, but the stack is empty");
    expect_invalid("00 02 09 0b 0b", "unknown type 9");
}

Test(validate, both_arms_of_an_if_have_its_results)
{
    expect_valid("00 41 00 04 7f 41 01 05 41 02 0b 1a 0b");
    expect_valid("00 41 00 41 00 04 01 0b 1a 0b");
    expect_invalid(
        "00 41 00 04 7f 41 01 0b 1a 0b",
        "type mismatch: the results of an if without else must be its parameters");
    expect_invalid(
        "00 41 00 04 7f 41 01 05 0b 1a 0b",
        "type mismatch: end needs an operand of type i32, but the stack is empty");
    expect_invalid(
        "00 41 00 04 7f 05 41 01 0b 1a 0b",
        "type mismatch: else needs an operand of type i32, but the stack is empty");
}

Test(validate, a_branch_takes_the_operands_of_its_label)
{
    expect_valid("00 02 7f 41 00 0c 00 0b 1a 0b");
    expect_valid("00 41 00 03 01 0c 00 0b 1a 0b"); /* a loop's label: its parameters */
    expect_valid("00 02 7f 41 05 41 00 0d 00 0b 1a 0b");
    expect_valid("00 0c 00 0b");
    expect_invalid("00 0c 01 0b", "unknown label 1");
    expect_invalid("00 02 7f 42 00 0c 00 0b 1a 0b",
                   "type mismatch: expected i32, found i64");
}

Test(validate, all_labels_of_br_table_take_the_same_number_of_operands)
{
    expect_valid("00 02 40 41 00 0e 02 00 01 00 0b 0b");
    expect_invalid("00 02 7f 41 00 41 00 0e 01 00 01 0b 1a 0b",
                   "type mismatch: the labels of br_table take 1 and 0 values");
    expect_invalid("00 02 7f 41 00 0e 00 00 0b 1a 0b",
                   "type mismatch: expected values for the label: 1, found: 0");
    expect_invalid("00 41 00 0e 01 05 00 0b", "unknown label 5");
    /* In unreachable code an unknown operand fits labels of different types. */
    expect_valid("00 02 7f 02 7d 00 41 00 0e 01 00 01 0b 1a 41 00 0b 1a 0b");
}

Test(validate, unreachable_code_has_any_operands)
{
    expect_valid("00 00 6a 1a 0b");
    expect_valid("00 0f 1b 1a 0b");
    expect_valid("00 00 1b d1 1a 0b");
    expect_invalid("00 00 42 00 6a 1a 0b", "type mismatch: expected i32, found i64");
    expect_invalid("00 00 41 00 0b",
                   "type mismatch: values left on the stack at the end of the block: 1");
}

Test(validate, select_without_a_type_chooses_between_numbers)
{
    expect_valid("00 41 00 41 00 41 00 1b 1a 0b");
    expect_valid("00 d0 70 d0 70 41 00 1c 01 70 1a 0b");
    expect_invalid(
        "00 d0 70 d0 70 41 00 1b 1a 0b",
        "type mismatch: select without a type chooses between numbers only, found "
        "funcref");
    expect_invalid("00 41 00 42 00 41 00 1b 1a 0b",
                   "type mismatch: expected i64, found i32");
    expect_invalid("00 41 00 41 00 41 00 1c 02 7f 7f 1a 0b",
                   "invalid result arity: select has one type");
}

Test(validate, indices_are_in_range)
{
    expect_invalid("00 20 07 1a 0b", "unknown local 7");
    expect_invalid("00 41 00 21 07 0b", "unknown local 7");
    expect_invalid("00 23 02 1a 0b", "unknown global 2");
    expect_invalid("00 10 03 0b", "unknown function 3");
    expect_invalid("00 41 00 11 07 00 0b", "unknown type 7");
    expect_invalid("00 41 00 11 00 02 0b", "unknown table 2");
    expect_invalid("00 41 00 28 42 01 00 1a 0b", "unknown memory 1");
    expect_invalid("00 3f 01 1a 0b", "unknown memory 1");
    expect_invalid("00 fc 09 01 0b", "unknown data segment 1");
    expect_invalid("00 fc 0d 01 0b", "unknown elem segment 1");
}

Test(validate, locals_and_globals_have_types)
{
    expect_valid("01 01 7e 42 00 22 00 24 01 0b");
    expect_invalid("01 01 7e 41 00 21 00 0b", "type mismatch: expected i64, found i32");
    expect_invalid("00 41 00 24 00 0b", "immutable global 0");
}

Test(validate, calls_take_parameters_and_give_results)
{
    expect_valid("00 41 00 42 00 10 01 1a 1a 0b");
    expect_valid("00 41 00 42 00 41 00 11 02 00 1a 1a 0b");
    expect_invalid("00 42 00 41 00 10 01 1a 1a 0b",
                   "type mismatch: expected i64, found i32");
    expect_invalid("00 41 00 11 00 01 0b",
                   "type mismatch: call_indirect needs a table of funcref");
}

Test(validate, tail_calls_give_the_results_of_the_function)
{
    static const char text[] =
        "type mismatch: return_call needs a callee with the results of the function";
    expect_valid("00 12 02 41 00 6a 1a 0b");
    expect_valid("00 42 00 41 00 13 00 00 0b");
    expect_invalid("00 41 00 12 00 0b", text);
    expect_invalid("00 12 00 0b", "type mismatch: return_call needs an operand of type "
                                  "i32, but the stack is empty");
}

Test(validate, typed_references_are_of_one_type)
{
    /* ref.func 0, of type 1, where type 1 and 2 are wanted */
    expect_valid("00 41 00 d2 00 14 01 1a 0b");
    expect_invalid("00 41 00 42 00 d2 00 14 02 1a 1a 0b",
                   "type mismatch: expected (ref null 2), found (ref 1)");
    /* a funcref is none; null is of any type */
    expect_invalid("00 41 00 d0 70 14 01 1a 0b",
                   "type mismatch: expected (ref null 1), found funcref");
    expect_valid("00 41 00 d0 73 14 01 1a 0b");
    expect_invalid("00 41 00 14 05 0b", "unknown type 5");
    /* br_on_null, br_on_non_null, ref.as_non_null */
    expect_valid("00 02 64 01 d0 01 d6 00 d2 00 0b d5 00 d4 1a 0b");
    expect_invalid("00 d0 01 d6 00 0b",
                   "type mismatch: the label of br_on_non_null takes no reference");
    expect_invalid("00 41 00 d4 1a 0b", "type mismatch: expected a reference, found i32");
}

Test(validate, a_local_without_a_default_is_set_before_it_is_read)
{
    expect_valid("01 01 64 01 d2 00 21 00 20 00 1a 0b");
    expect_invalid("01 01 64 01 20 00 1a 0b", "uninitialized local 0");
    /* what a block sets is not set behind it */
    expect_valid("01 01 64 01 d2 00 21 00 02 40 20 00 1a 0b 0b");
    expect_invalid("01 01 64 01 02 40 d2 00 21 00 0b 20 00 1a 0b",
                   "uninitialized local 0");
    expect_invalid("01 01 64 01 41 00 04 40 d2 00 21 00 05 20 00 1a 0b 0b",
                   "uninitialized local 0");
}

Test(validate, references_keep_their_kind)
{
    expect_valid("00 d0 6f d1 1a d2 00 1a 0b");
    expect_invalid("00 41 00 d1 1a 0b", "type mismatch: expected a reference, found i32");
    expect_invalid("00 d2 01 1a 0b", "undeclared function reference 1");
    expect_invalid("00 41 00 d0 6f 26 00 0b",
                   "type mismatch: expected funcref, found externref");
    expect_invalid(
        "00 41 00 41 00 41 00 fc 0e 00 01 0b",
        "type mismatch: elements of type externref do not go into a table of funcref");
    expect_valid("00 41 00 41 00 41 00 fc 0c 00 00 0b");
    expect_invalid(
        "00 41 00 41 00 41 00 fc 0c 00 01 0b",
        "type mismatch: elements of type (ref func) do not go into a table of externref");
}

/* Checks global 1, of type i32, after an imported immutable global 0. */
static void expect_constant(const char *expr, const char *text)
{
    char globals[64];
    wasm_begin(&w);
    wasm_section(&w, 2, "01 00 00 03 7f 00");
    snprintf(globals, sizeof globals, "01 7f 00 %s", expr);
    wasm_section(&w, 6, globals);
    cr_expect_eq(wasm_load(&w), text == NULL, "%s: %s", expr, w.d.text);
    if (text)
        cr_expect_str_eq(w.d.text, text);
}

Test(validate, constant_expressions_are_constant)
{
    expect_constant("41 00 0b", NULL);
    expect_constant("23 00 0b", NULL);
    expect_constant("41 02 23 00 6a 41 03 6c 41 01 6b 0b", NULL);
    expect_constant("42 00 0b", "type mismatch: expected i32, found i64");
    expect_constant("0b",
                    "type mismatch: end needs an operand of type i32, but the stack is "
                    "empty");
    expect_constant("41 00 41 00 0b",
                    "type mismatch: values left on the stack at the end of the block: 1");
    expect_constant("23 01 0b", "unknown global 1");
    expect_constant("41 01 41 02 6d 0b", "constant expression required");
    expect_constant("02 7f 41 00 0b 0b", "constant expression required");
    expect_constant("d2 00 0b", "unknown function 0");
}

static char observed[256];

static void observe(void *context, uint32_t position, const val_type *operands,
                    uint32_t n_operands)
{
    cr_assert_eq(context, &w);
    char *p = observed + strlen(observed);
    p += sprintf(p, "%s%u", p > observed ? ", " : "", position);
    for (uint32_t i = 0; i < n_operands; i++)
        p += sprintf(p, " %s", type_name(operands[i]));
}

Test(validate, stacks_can_be_observed)
{
    static struct arena arena;
    struct body body;
    /* i32.const; loop (type 1); i32.const; call_indirect 1; call 0; end; drop; i32.const;
     * i64.const; call 1; drop; return; call 0; drop */
    expect_valid(
        "00 41 00 03 01 41 00 11 01 00 10 00 0b 1a 41 00 42 00 10 01 1a 0f 10 00 "
        "1a 0b");
    cr_assert(decode_body(&w.m, 2, &body, &arena, &w.d));
    observe_body(&w.m, 2, &body, &arena, observe, &w);
    cr_expect_str_eq(observed, "1 i32, 3 i32 i32, 4 i32, 9 i32 i64, 12");
}
