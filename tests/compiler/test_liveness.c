#include "compiler/liveness.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct arena arena;
static struct body body;

/* Decodes the body of a function of type [i32 i32] -> []. */
static void load(const char *locals_and_code)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 02 7f 7f 00");
    wasm_section(&w, 3, "01 00");
    wasm_code(&w, locals_and_code);
    cr_assert(wasm_load(&w), "%s: %s", locals_and_code, w.d.text);
    cr_assert(decode_body(&w.m, 0, &body, &arena, &w.d));
}

/* The locals live at a position, as bits. */
static unsigned live_at(uint32_t position)
{
    const struct live_locals *live = find_live_locals(&body, &position, 1, &arena);
    unsigned bits = 0;
    for (uint32_t i = 0; i < live->n; i++)
        bits |= 1u << live->locals[i];
    return bits;
}

Test(liveness, reading_makes_live_and_writing_does_not)
{
    /* nop; local.get 0; local.set 1; nop; local.get 1; drop */
    load("00 01 20 00 21 01 01 20 01 1a 0b");
    cr_expect_eq(live_at(0), 1);
    cr_expect_eq(live_at(3), 2);
    cr_expect_eq(live_at(5), 0);
}
