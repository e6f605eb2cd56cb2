/* Bodies of functions that are valid or not, in a module that has some of everything. */
#ifndef TESTS_COMPILER_BODY_CHECKS_H
#define TESTS_COMPILER_BODY_CHECKS_H

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

/* Loads a module with this body, for function 2 of type 0. It may use the types 0 [] ->
 * [], 1 [i32] -> [i32], 2 [i32 i64] -> [f32 f64], 3 [] -> [i32 exnref], 4 [i32] -> [];
 * the imported functions 0 of type 1, 1 of type 2; the tables 0 of funcref, 1 of
 * externref; the globals 0 i32, 1 mutable i64; the tags 0 of type 0, 1 of type 4; memory
 * 0, data segment 0, and element segment 0 of funcref, which names function 0. */
static inline bool check(const char *locals_and_code)
{
    wasm_begin(&w);
    wasm_section(&w, 1,
                 "05 60 00 00 60 01 7f 01 7f 60 02 7f 7e 02 7d 7c"
                 "60 00 02 7f 69 60 01 7f 00");
    wasm_section(&w, 2, "02 00 00 00 01 00 00 00 02");
    wasm_section(&w, 3, "01 00");
    wasm_section(&w, 4, "02 70 00 01 6f 00 01");
    wasm_section(&w, 5, "01 00 01");
    wasm_section(&w, 13, "02 00 00 00 04");
    wasm_section(&w, 6, "02 7f 00 41 00 0b 7e 01 42 00 0b");
    wasm_section(&w, 9, "01 01 00 01 00");
    wasm_section(&w, 12, "01");
    wasm_code(&w, locals_and_code);
    wasm_section(&w, 11, "01 01 00");
    return wasm_load(&w);
}

static inline void expect_valid(const char *locals_and_code)
{
    cr_expect(check(locals_and_code), "%s: %s", locals_and_code, w.d.text);
}

static inline void expect_invalid(const char *locals_and_code, const char *text)
{
    cr_expect_not(check(locals_and_code), "%s", locals_and_code);
    cr_expect_str_eq(w.d.text, text, "%s: %s", locals_and_code, w.d.text);
    cr_expect_eq(w.d.func_index, 2);
}

#endif
