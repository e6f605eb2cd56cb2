/* Modules for tests, put together from hexadecimal text. */
#ifndef TESTS_COMPILER_WASM_BYTES_H
#define TESTS_COMPILER_WASM_BYTES_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/module.h"
#include "compiler/passes.h"

/* A module under construction, and what becomes of it. */
struct wasm {
    uint8_t bytes[1 << 16];
    size_t n_bytes;
    struct arena arena;
    struct module m;
    struct diag d;
};

/* Appends bytes; blanks between them are ignored. */
static inline void wasm_put(struct wasm *w, const char *hex)
{
    for (;; hex += 2) {
        hex += strspn(hex, " ");
        if (!*hex)
            return;
        char digits[3] = {hex[0], hex[1], 0};
        assert(w->n_bytes < sizeof w->bytes);
        w->bytes[w->n_bytes++] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

static inline void wasm_begin(struct wasm *w)
{
    memset(w, 0, sizeof *w);
    w->d = (struct diag)DIAG_INIT;
    wasm_put(w, "00 61 73 6d 01 00 00 00");
}

/* Writes the size of what was put since start in front of it, always in three bytes. */
static inline void wasm_close(struct wasm *w, size_t start)
{
    size_t n = w->n_bytes - start;
    memmove(w->bytes + start + 3, w->bytes + start, n);
    w->bytes[start] = (uint8_t)(n | 0x80);
    w->bytes[start + 1] = (uint8_t)(n >> 7 | 0x80);
    w->bytes[start + 2] = (uint8_t)(n >> 14 & 0x7f);
    w->n_bytes += 3;
}

static inline void wasm_section(struct wasm *w, uint8_t id, const char *hex)
{
    w->bytes[w->n_bytes++] = id;
    size_t start = w->n_bytes;
    wasm_put(w, hex);
    wasm_close(w, start);
}

/* A code section with one body. */
static inline void wasm_code(struct wasm *w, const char *locals_and_code)
{
    w->bytes[w->n_bytes++] = 10;
    size_t section = w->n_bytes;
    wasm_put(w, "01");
    size_t body = w->n_bytes;
    wasm_put(w, locals_and_code);
    wasm_close(w, body);
    wasm_close(w, section);
}

static inline bool wasm_read(struct wasm *w)
{
    w->m.bytes = w->bytes;
    w->m.n_bytes = w->n_bytes;
    w->m.arena = &w->arena;
    return read_module(&w->m, &w->d);
}

static inline bool wasm_load(struct wasm *w)
{
    w->m.bytes = w->bytes;
    w->m.n_bytes = w->n_bytes;
    w->m.arena = &w->arena;
    return load_module(&w->m, 1, &w->d);
}

#endif
