#include "compiler/bodies.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/compiler/wasm_bytes.h"

enum { N = 1000 };

static struct wasm w;
static atomic_uint n_visits[N + 1];

static void count(void *context, uint32_t func_index, const struct body *body,
                  struct arena *scratch)
{
    cr_assert_eq(context, &w);
    cr_assert_eq(body->n_instrs, func_index % 2 ? 2 : 1);
    *(uint32_t *)arena_alloc(scratch, sizeof(uint32_t)) = func_index;
    n_visits[func_index]++;
}

/* An imported function, and N own ones: those with odd indices have a nop. */
static void load(void)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 2, "01 01 61 01 62 00 00");
    static char types[3 * N + 10], codes[12 * N + 10];
    char *type = types + sprintf(types, "e8 07");
    char *code = codes + sprintf(codes, "e8 07");
    for (int i = 1; i <= N; i++) {
        type += sprintf(type, " 00");
        code += sprintf(code, i % 2 ? " 03 00 01 0b" : " 02 00 0b");
    }
    wasm_section(&w, 3, types);
    wasm_section(&w, 10, codes);
    cr_assert(wasm_load(&w), "%s", w.d.text);
}

Test(bodies, each_is_visited_once)
{
    load();
    for (unsigned n_threads = 1; n_threads <= 5; n_threads += 2) {
        memset(n_visits, 0, sizeof n_visits);
        visit_bodies(&w.m, n_threads, count, &w);
        cr_expect_eq(n_visits[0], 0);
        for (int i = 1; i <= N; i++)
            cr_expect_eq(n_visits[i], 1);
    }
}

Test(bodies, a_module_may_have_none)
{
    wasm_begin(&w);
    cr_assert(wasm_load(&w));
    visit_bodies(&w.m, 2, count, &w);
}
