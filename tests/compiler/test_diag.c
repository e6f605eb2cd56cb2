#include "compiler/diag.h"

#include <criterion/criterion.h>
#include <string.h>

Test(diag, the_first_error_wins)
{
    struct diag d = DIAG_INIT;
    cr_expect_not(d.is_set);
    cr_expect_not(diag_set(&d, 7, "first %d", 1));
    cr_expect_not(diag_set(&d, 3, "second"));
    cr_expect(d.is_set);
    cr_expect_eq(d.offset, 7);
    cr_expect_str_eq(d.text, "first 1");
    cr_expect_eq(d.func_index, UINT32_MAX);
}

Test(diag, a_long_text_is_cut_and_terminated)
{
    struct diag d = DIAG_INIT;
    diag_set(&d, 0, "%0*d", 1000, 0);
    cr_expect_eq(strlen(d.text), sizeof d.text - 1);
}
