/* A reader of bytes that never passes its end and reports the first failure.
 *
 * After a failure the cursor sits at its end and every read returns 0, so that a caller
 * checks once (cursor_failed) instead of after every read. */
#ifndef COMPILER_CURSOR_H
#define COMPILER_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/diag.h"
#include "compiler/module.h"

struct cursor {
    const uint8_t *start; /* of the module: offsets in errors count from here */
    const uint8_t *p;
    const uint8_t *end;
    struct diag *diag;
    const struct module *m; /* whose types it can name; NULL: none */
};

/* Reports a failure at the byte at, which lies in the module or right behind it. */
__attribute__((format(printf, 3, 4))) void
cursor_fail(struct cursor *c, const uint8_t *at, const char *format, ...);

/* An integer in LEB128 (core 5.2.2) of at most n_bits, sign-extended to 64 bits if it is
 * signed. */
uint64_t cursor_leb128(struct cursor *c, unsigned n_bits, bool is_signed);

/* The number of elements of a vector. Every element takes at least one byte, so a number
 * beyond the bytes left is malformed and never reaches an allocator or a loop. */
uint32_t cursor_count(struct cursor *c);

/* Takes the next n_bytes away from c, as a cursor of their own; empty after a failure. */
struct cursor cursor_split(struct cursor *c, uint32_t n_bytes);

/* A name (core 5.2.4): length, then UTF-8, which is checked. */
struct name cursor_name(struct cursor *c);

/* Little-endian integers of fixed width. */
uint32_t cursor_fixed_u32(struct cursor *c);
uint64_t cursor_fixed_u64(struct cursor *c);

static inline bool cursor_failed(const struct cursor *c)
{
    return c->diag->is_set;
}

static inline uint32_t cursor_offset(const struct cursor *c)
{
    return (uint32_t)(c->p - c->start);
}

static inline bool cursor_at_end(const struct cursor *c)
{
    return c->p == c->end;
}

static inline uint8_t cursor_byte(struct cursor *c)
{
    if (c->p < c->end)
        return *c->p++;
    cursor_fail(c, c->p, "unexpected end");
    return 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    if (c->p < c->end && *c->p < 0x80)
        return *c->p++;
    return (uint32_t)cursor_leb128(c, 32, false);
}

static inline uint64_t cursor_u64(struct cursor *c)
{
    if (c->p < c->end && *c->p < 0x80)
        return *c->p++;
    return cursor_leb128(c, 64, false);
}

#endif
