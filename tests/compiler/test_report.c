#include "compiler/report.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

Test(report, says_file_offset_function_and_reason)
{
    char line[128];
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "01 00");
    wasm_section(&w, 7, "01 03 61 62 63 00 00");
    wasm_code(&w, "00 1a 0b");
    cr_assert_not(wasm_load(&w));
    cr_expect_str_eq(
        report_diag(line, sizeof line, "a.wasm", &w.m, &w.d),
        "a.wasm: at offset 0x2a, in function \"abc\": type mismatch: drop needs an "
        "operand, but the stack is empty");
}

Test(report, says_no_function_where_there_is_none)
{
    char line[128];
    struct diag d = DIAG_INIT;
    diag_set(&d, 8, "malformed section id 99");
    cr_expect_str_eq(report_diag(line, sizeof line, "a.wasm", &w.m, &d),
                     "a.wasm: at offset 0x8: malformed section id 99");
}
