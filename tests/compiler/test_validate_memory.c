#include "tests/compiler/body_checks.h"

Test(validate_memory, memory_accesses_are_aligned_within_32_bits)
{
    expect_valid("00 41 00 28 02 ff ff ff ff 0f 1a 0b");
    expect_invalid("00 41 00 28 03 00 1a 0b",
                   "alignment must not be larger than natural");
    expect_invalid("00 41 00 28 3f 00 1a 0b",
                   "alignment must not be larger than natural");
    expect_invalid("00 41 00 2d 01 00 1a 0b",
                   "alignment must not be larger than natural");
    expect_invalid("00 41 00 28 02 80 80 80 80 10 1a 0b", "offset out of range");
}

Test(validate_memory, every_bulk_instruction_takes_its_operands)
{
    expect_valid("00 41 00 41 00 41 00 fc 08 00 00 fc 09 00 fc 0d 00 0b");
    expect_valid("00 41 00 41 00 41 00 fc 0a 00 00 41 00 41 00 41 00 fc 0b 00 0b");
    expect_valid("00 3f 00 40 00 1a 41 00 25 00 41 00 fc 0f 00 1a fc 10 01 1a 0b");
    expect_valid("00 41 00 d0 6f 41 00 fc 11 01 0b");
    expect_invalid("00 41 00 41 00 42 00 fc 0b 00 0b",
                   "type mismatch: expected i32, found i64");
}

Test(validate_memory, lanes_exist)
{
    expect_valid("01 01 7b 20 00 fd 15 0f 1a 0b");
    expect_invalid("01 01 7b 20 00 fd 15 10 1a 0b", "invalid lane index 16");
    expect_valid("01 01 7b 20 00 43 00 00 00 00 fd 20 03 1a 0b");
    expect_invalid("01 01 7b 20 00 43 00 00 00 00 fd 20 04 1a 0b",
                   "invalid lane index 4");
    expect_invalid("01 01 7b 20 00 41 00 fd 20 03 1a 0b",
                   "type mismatch: expected f32, found i32");
    expect_valid("01 01 7b 41 00 20 00 fd 56 02 00 03 1a 0b");
    expect_invalid("01 01 7b 41 00 20 00 fd 56 02 00 04 1a 0b", "invalid lane index 4");
    expect_invalid("01 01 7b 41 00 20 00 fd 56 03 00 03 1a 0b",
                   "alignment must not be larger than natural");
    expect_valid("01 01 7b 20 00 20 00 fd 0d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d "
                 "0e 1f 1a 0b");
    expect_invalid("01 01 7b 20 00 20 00 fd 0d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d "
                   "0e 20 1a 0b",
                   "invalid lane index 32");
}
