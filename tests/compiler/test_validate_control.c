#include "tests/compiler/body_checks.h"

Test(validate_control, a_throw_takes_the_values_of_its_tag)
{
    expect_valid("00 08 00 0b");
    expect_valid("00 41 00 08 01 0b");
    expect_valid("00 41 00 42 00 08 00 1a 0b");
    expect_invalid("00 08 02 0b", "unknown tag 2");
    expect_invalid("00 42 00 08 01 0b", "type mismatch: expected i32, found i64");
    expect_invalid(
        "00 08 01 0b",
        "type mismatch: throw needs an operand of type i32, but the stack is empty");
}

Test(validate_control, a_throw_ref_takes_an_exception)
{
    expect_valid("00 d0 69 0a 0b");
    expect_valid("01 01 69 20 00 0a 0b");
    expect_invalid("00 d0 70 0a 0b", "type mismatch: expected exnref, found funcref");
}

Test(validate_control, clauses_hand_on_what_their_labels_take)
{
    expect_valid("00 02 7f 1f 40 01 00 01 00 0b 41 00 0b 1a 0b");
    expect_valid("00 02 03 1f 40 01 01 01 00 0b 41 00 d0 69 0b 1a 1a 0b");
    expect_valid("00 02 69 1f 40 01 03 00 0b d0 69 0b 1a 0b");
    expect_valid("00 02 64 69 1f 40 01 03 00 0b 00 0b 1a 0b");
    expect_valid("00 1f 40 03 00 00 00 02 00 00 00 00 0b 0b");
    expect_invalid("00 02 7f 1f 40 01 00 00 00 0b 41 00 0b 1a 0b",
                   "type mismatch: catch hands on 0 values, its label takes 1");
    expect_invalid("00 02 03 1f 40 01 00 01 00 0b 41 00 d0 69 0b 1a 1a 0b",
                   "type mismatch: catch hands on 1 values, its label takes 2");
    expect_invalid("00 02 7e 1f 40 01 00 01 00 0b 42 00 0b 1a 0b",
                   "type mismatch: expected i64, found i32");
    expect_invalid("00 02 70 1f 40 01 03 00 0b d0 70 0b 1a 0b",
                   "type mismatch: expected funcref, found (ref exn)");
    expect_invalid("00 1f 40 01 00 07 00 0b 0b", "unknown tag 7");
}

Test(validate_control, labels_of_clauses_count_from_outside)
{
    expect_valid("00 1f 40 01 02 00 0b 0b");
    expect_invalid("00 1f 40 01 02 01 0b 0b", "unknown label 1");
    expect_invalid("00 1f 40 01 02 ff ff ff ff 0f 0b 0b", "unknown label 4294967295");
    expect_valid("00 03 40 1f 40 01 02 00 0b 0b 0b");
}

Test(validate_control, a_legacy_catch_starts_with_the_values_of_its_tag)
{
    expect_valid("00 06 40 07 01 1a 07 00 19 0b 0b");
    expect_valid("00 06 7f 41 00 07 01 19 41 01 0b 1a 0b");
    expect_invalid("00 06 40 07 01 0b 0b", "type mismatch: values left on the stack at "
                                           "the end of the block: 1");
    expect_invalid("00 06 7f 41 00 19 0b 1a 0b",
                   "type mismatch: end needs an operand of type i32, but the stack is "
                   "empty");
    expect_invalid("00 06 40 07 02 0b 0b", "unknown tag 2");
}

Test(validate_control, only_a_catch_can_rethrow)
{
    expect_valid("00 06 40 19 09 00 0b 0b");
    expect_valid("00 06 40 07 01 06 40 09 01 19 0b 1a 0b 0b");
    expect_invalid("00 09 00 0b",
                   "invalid rethrow label 0: it is not in a catch of that block");
    expect_invalid("00 06 40 09 00 19 0b 0b",
                   "invalid rethrow label 0: it is not in a catch of that block");
    expect_invalid("00 1f 40 00 09 00 0b 0b",
                   "invalid rethrow label 0: it is not in a catch of that block");
    expect_invalid("00 06 40 19 09 02 0b 0b", "unknown label 2");
}

/* The exception that a catch keeps is no operand of the program's. */
Test(validate_control, a_kept_exception_is_out_of_reach)
{
    expect_invalid("00 06 40 19 1a 09 00 0b 0b",
                   "type mismatch: drop needs an operand, but the stack is empty");
    expect_valid("00 06 7f 41 00 07 01 41 00 04 40 09 01 0b 0b 1a 0b");
    expect_invalid("00 06 40 19 41 00 04 40 09 01 0b 0b 1a 0b",
                   "type mismatch: drop needs an operand, but the stack is empty");
}

Test(validate_control, labels_of_delegates_count_from_outside)
{
    expect_valid("00 06 40 18 00 0b");
    expect_valid("00 06 7f 06 7f 41 00 18 00 19 41 01 0b 1a 0b");
    expect_invalid("00 06 40 18 01 0b", "unknown label 1");
    expect_invalid("00 06 7f 18 00 1a 0b", "type mismatch: end needs an operand of type "
                                           "i32, but the stack is empty");
}
