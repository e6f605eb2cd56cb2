#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

/* A module of n < 2^14 functions; those from the first_bad on leave a value too many. */
static void make(uint32_t n, uint32_t first_bad)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    for (uint8_t id = 3; id <= 10; id += 7) {
        w.bytes[w.n_bytes++] = id;
        size_t start = w.n_bytes;
        w.bytes[w.n_bytes++] = (uint8_t)(n | 0x80); /* LEB128 */
        w.bytes[w.n_bytes++] = (uint8_t)(n >> 7);
        for (uint32_t i = 0; i < n; i++) {
            if (id == 3)
                wasm_put(&w, "00");
            else
                wasm_put(&w, i < first_bad ? "02 00 0b" : "04 00 41 00 0b");
        }
        wasm_close(&w, start);
    }
}

static bool load(unsigned n_threads)
{
    w.m = (struct module){.bytes = w.bytes, .n_bytes = w.n_bytes, .arena = &w.arena};
    w.d = (struct diag)DIAG_INIT;
    return load_module(&w.m, n_threads, &w.d);
}

Test(load, accepts_a_module_on_any_number_of_threads)
{
    make(5000, 5000);
    for (unsigned n_threads = 0; n_threads < 10; n_threads++)
        cr_expect(load(n_threads), "%u threads: %s", n_threads, w.d.text);
    cr_expect(load(1000));
}

Test(load, always_reports_the_error_with_the_lowest_offset)
{
    make(5000, 1234);
    for (int round = 0; round < 50; round++) {
        cr_assert_not(load(4));
        cr_assert_eq(w.d.func_index, 1234);
    }
}

Test(load, functions_that_make_tail_calls_are_noticed)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "02 00 00");
    wasm_section(&w, 10, "02 04 00 10 01 0b 04 00 12 00 0b");
    cr_assert(load(1), "%s", w.d.text);
    cr_expect_not(w.m.funcs[0].makes_tail_calls);
    cr_expect(w.m.funcs[1].makes_tail_calls);
}

Test(load, functions_with_a_try_are_noticed)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "03 00 00 00");
    wasm_section(&w, 10, "03 05 00 d0 69 0a 0b 04 00 10 00 0b 05 00 06 40 0b 0b");
    cr_assert(load(1), "%s", w.d.text);
    cr_expect_not(w.m.funcs[0].has_try, "it throws");
    cr_expect_not(w.m.funcs[1].has_try);
    cr_expect(w.m.funcs[2].has_try);
}

Test(load, errors_outside_of_bodies_come_first)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "01 00");
    wasm_section(&w, 8, "07");
    wasm_code(&w, "00 1a 0b");
    cr_expect_not(load(1));
    cr_expect_str_eq(w.d.text, "unknown function 7");
}
