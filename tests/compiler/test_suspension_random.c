/* find_suspension on random call graphs, against their transitive closure. */
#include "compiler/suspension.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/compiler/random.h"
#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct suspension s;

enum { N_TYPES = 3, N_FUNCS = 40, N_NODES = N_FUNCS + N_TYPES };

static void put(uint8_t byte)
{
    w.bytes[w.n_bytes++] = byte;
}

static bool has_loop[N_NODES], throws[N_NODES], is_taken[N_FUNCS];
static bool calls[N_NODES][N_NODES], reaches[N_NODES][N_NODES];

/* Functions return as many i32 as the number of their type says. */
static uint8_t type_of(uint32_t func_index)
{
    return (uint8_t)(func_index % N_TYPES);
}

static void put_random_body(uint32_t func_index)
{
    size_t start = w.n_bytes;
    put(0);
    has_loop[func_index] = random_below(30) == 0;
    if (has_loop[func_index])
        wasm_put(&w, "03 40 0b");
    throws[func_index] = random_below(30) == 0;
    if (throws[func_index])
        wasm_put(&w, "02 40 d0 69 0a 0b");
    while (random_below(5) < 3) {
        uint8_t callee = (uint8_t)random_below(N_FUNCS), type = type_of(callee);
        if (random_below(8) > 0) {
            put(0x10);
            put(callee);
            calls[func_index][callee] = true;
        } else {
            wasm_put(&w, "41 00 11");
            put(type);
            put(0);
            calls[func_index][N_FUNCS + type] = true;
        }
        for (uint8_t i = 0; i < type; i++)
            put(0x1a);
    }
    for (uint8_t i = 0; i < type_of(func_index); i++)
        wasm_put(&w, "41 00");
    put(0x0b);
    wasm_close(&w, start);
}

static void load_random(void)
{
    memset(calls, 0, sizeof calls);
    wasm_begin(&w);
    wasm_section(&w, 1, "03 60 00 00 60 00 01 7f 60 00 02 7f 7f");
    static char text[3 * N_FUNCS + 8];
    char *p = text + sprintf(text, "%02x", N_FUNCS);
    for (uint32_t i = 0; i < N_FUNCS; i++)
        p += sprintf(p, " %02x", type_of(i));
    wasm_section(&w, 3, text);
    wasm_section(&w, 4, "01 70 00 40");
    p = text;
    uint32_t n_taken = 0;
    for (uint32_t i = 0; i < N_FUNCS; i++) {
        is_taken[i] = random_below(6) == 0;
        if (!is_taken[i])
            continue;
        p += sprintf(p, " %02x", i);
        calls[N_FUNCS + type_of(i)][i] = true;
        n_taken++;
    }
    *p = '\0';
    static char elems[3 * N_FUNCS + 32];
    sprintf(elems, "01 00 41 00 0b %02x%s", n_taken, text);
    wasm_section(&w, 9, elems);
    put(10);
    size_t section = w.n_bytes;
    put(N_FUNCS);
    for (uint32_t i = 0; i < N_FUNCS; i++)
        put_random_body(i);
    wasm_close(&w, section);
    cr_assert(wasm_load(&w), "%s", w.d.text);
}

static void close_transitively(bool closure[N_NODES][N_NODES])
{
    for (int k = 0; k < N_NODES; k++)
        for (int i = 0; i < N_NODES; i++)
            for (int j = 0; j < N_NODES; j++)
                closure[i][j] |= closure[i][k] && closure[k][j];
}

static bool is_polled(uint32_t caller, uint32_t callee)
{
    struct instr direct = {.op = OP_Call, .imm.index = callee};
    struct instr indirect = {.op = OP_CallIndirect, .imm.pair.first = callee - N_FUNCS};
    return suspension_polls_before(&s, &w.m, caller,
                                   callee < N_FUNCS ? &direct : &indirect);
}

static void expect_right_answers(void)
{
    memcpy(reaches, calls, sizeof reaches);
    close_transitively(reaches);
    for (uint32_t i = 0; i < N_FUNCS; i++) {
        bool suspends = has_loop[i], can_throw = throws[i];
        for (uint32_t k = 0; k < N_NODES; k++) {
            suspends |= reaches[i][k] && (has_loop[k] || reaches[k][k]);
            can_throw |= reaches[i][k] && throws[k];
        }
        cr_assert_eq(s.can_suspend[i], suspends);
        cr_assert_eq(s.can_throw[i], can_throw);
    }
    static bool unpolled[N_NODES][N_NODES];
    memcpy(unpolled, calls, sizeof unpolled);
    for (uint32_t i = 0; i < N_FUNCS; i++) {
        for (uint32_t k = 0; k < N_NODES; k++) {
            if (!calls[i][k] || !is_polled(i, k))
                continue;
            cr_assert(reaches[k][i], "a call in no cycle polls");
            unpolled[i][k] = false;
        }
    }
    close_transitively(unpolled);
    for (uint32_t i = 0; i < N_NODES; i++)
        cr_assert_not(unpolled[i][i], "a cycle without a poll");
}

Test(suspension_random, random_call_graphs)
{
    for (seed = 1; seed < 300; seed++) {
        uint64_t first = seed;
        load_random();
        for (unsigned n_threads = 1; n_threads <= 4; n_threads += 3) {
            find_suspension(&s, &w.m, n_threads);
            expect_right_answers();
        }
        arena_free(&w.arena);
        seed = first;
    }
}
