#include "compiler/bulk.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

/* Whether the last instruction but the end of a body may be long, in a module with
 * memories of at most 0: 2^16 pages, 1: 4 pages, 2: 5 pages, 3: any number, addressed by
 * i64, 4: 2^18 pages of a byte, 5: one more; tables of at most 0: any number, 1: 2^13, 2:
 * 2^13 + 1 elements; and data and element segments 0 and 1 of 3 bytes and one item. */
static bool may_be_long(const char *locals_and_code)
{
    struct body body;
    struct arena arena = {0};
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "01 00");
    wasm_section(&w, 4, "03 70 00 01 70 01 00 80 40 70 01 00 81 40");
    wasm_section(&w, 5,
                 "06 00 01 01 01 04 01 01 05 04 01 09 01 80 80 10 00 "
                 "09 01 81 80 10 00");
    wasm_section(&w, 9, "01 01 00 01 00");
    wasm_section(&w, 12, "01");
    wasm_code(&w, locals_and_code);
    wasm_section(&w, 11, "01 01 03 61 62 63");
    cr_assert(wasm_load(&w), "%s", w.d.text);
    cr_assert(decode_body(&w.m, 0, &body, &arena, &w.d));
    return bulk_may_be_long(&w.m, &body, body.n_instrs - 2);
}

#define A_LENGTH "3f 00" /* memory.size */

Test(bulk, lengths_that_are_not_known)
{
    cr_expect(may_be_long("00 41 00 41 00" A_LENGTH "fc 0a 00 00 0b"));
    cr_expect(may_be_long("00 41 00 41 00" A_LENGTH "fc 0b 00 0b"));
    cr_expect(may_be_long("00 41 00 d0 70" A_LENGTH "fc 11 00 0b"));
    cr_expect(may_be_long("00 41 00 41 00" A_LENGTH "fc 0e 00 00 0b"));
    cr_expect_not(may_be_long("00" A_LENGTH "1a 0b"));
}

Test(bulk, a_constant_just_before_it_is_the_length)
{
    cr_expect_not(may_be_long("00 41 00 41 00 41 80 80 10 fc 0b 00 0b"));
    cr_expect(may_be_long("00 41 00 41 00 41 81 80 10 fc 0b 00 0b"));
    cr_expect(may_be_long("00 41 00 41 00 41 7f fc 0b 00 0b")); /* 2^32 - 1 */
    cr_expect_not(may_be_long("00 42 00 41 00 42 80 80 10 fc 0b 03 0b"));
    cr_expect(may_be_long("00 42 00 41 00 42 7f fc 0b 03 0b"));
    cr_expect_not(may_be_long("00 41 00 d0 70 41 80 c0 00 fc 11 00 0b"));
    cr_expect(may_be_long("00 41 00 d0 70 41 81 c0 00 fc 11 00 0b"));
    cr_expect(may_be_long("00 41 00 41 00 02 7f 41 01 0b fc 0b 00 0b"));
}

Test(bulk, what_is_never_large)
{
    cr_expect_not(may_be_long("00 41 00 41 00" A_LENGTH "fc 0b 01 0b"));
    cr_expect(may_be_long("00 41 00 41 00" A_LENGTH "fc 0b 02 0b"));
    cr_expect_not(may_be_long("00 41 00 41 00" A_LENGTH "fc 0b 04 0b"));
    cr_expect(may_be_long("00 41 00 41 00" A_LENGTH "fc 0b 05 0b"));
    cr_expect_not(may_be_long("00 41 00 41 00" A_LENGTH "fc 0a 00 01 0b"));
    cr_expect_not(may_be_long("00 41 00 41 00" A_LENGTH "fc 0a 01 00 0b"));
    cr_expect_not(may_be_long("00 41 00 41 00" A_LENGTH "fc 08 00 00 0b"));
    cr_expect_not(may_be_long("00 41 00 d0 70" A_LENGTH "fc 11 01 0b"));
    cr_expect(may_be_long("00 41 00 d0 70" A_LENGTH "fc 11 02 0b"));
    cr_expect_not(may_be_long("00 41 00 41 00" A_LENGTH "fc 0e 02 01 0b"));
    cr_expect_not(may_be_long("00 41 00 41 00" A_LENGTH "fc 0c 00 00 0b"));
}
