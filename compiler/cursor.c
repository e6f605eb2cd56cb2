/* Bytes to integers and names (core 5.2), with the bounds and the encoding checked. */
#include "compiler/cursor.h"

#include <stdarg.h>
#include <stdio.h>

#include "compiler/utf8.h"

void cursor_fail(struct cursor *c, const uint8_t *at, const char *format, ...)
{
    char text[sizeof c->diag->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    diag_set(c->diag, (size_t)(at - c->start), "%s", text);
    c->p = c->end; /* every later read fails too, and returns 0 */
}

/* Whether the last byte that an integer may have holds nothing beyond the integer's
 * n_bits_left bits: the unused bits are zero, or copies of the sign (core 5.2.2). */
static bool last_byte_fits(uint8_t byte, unsigned n_bits_left, bool is_signed)
{
    if (!is_signed)
        return byte >> n_bits_left == 0;
    unsigned sign_and_unused = (byte & 0x7fu) >> (n_bits_left - 1);
    return sign_and_unused == 0 || sign_and_unused == 0x7fu >> (n_bits_left - 1);
}

uint64_t cursor_leb128(struct cursor *c, unsigned n_bits, bool is_signed)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        if (cursor_at_end(c)) {
            cursor_fail(c, c->p, "unexpected end");
            return 0;
        }
        byte = *c->p;
        if (n_bits - shift <= 7) {
            const char *wrong = NULL;
            if (byte & 0x80)
                wrong = "integer representation too long";
            else if (!last_byte_fits(byte, n_bits - shift, is_signed))
                wrong = "integer too large";
            if (wrong) {
                cursor_fail(c, c->p, "%s", wrong);
                return 0;
            }
        }
        c->p++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (is_signed && (byte & 0x40) && shift < 64)
        value |= UINT64_MAX << shift;
    return value;
}

uint32_t cursor_count(struct cursor *c)
{
    const uint8_t *at = c->p;
    uint32_t n = cursor_u32(c);
    if (n > (size_t)(c->end - c->p)) {
        cursor_fail(c, at, "unexpected end: length out of bounds");
        return 0;
    }
    return n;
}

struct cursor cursor_split(struct cursor *c, uint32_t n_bytes)
{
    struct cursor part = *c;
    if (n_bytes > (size_t)(c->end - c->p)) {
        cursor_fail(c, c->p, "unexpected end: length out of bounds");
        part.p = part.end;
        return part;
    }
    c->p += n_bytes;
    part.end = c->p;
    return part;
}

struct name cursor_name(struct cursor *c)
{
    struct name name = {NULL, 0};
    uint32_t length = cursor_count(c);
    struct cursor chars = cursor_split(c, length);
    for (const uint8_t *p = chars.p; p < chars.end;) {
        size_t n = utf8_char_bytes(p, chars.end);
        if (n == 0) {
            cursor_fail(c, p, "malformed UTF-8 encoding");
            return name;
        }
        p += n;
    }
    name.chars = (const char *)chars.p;
    name.length = length;
    return name;
}

static uint64_t fixed(struct cursor *c, uint32_t n_bytes)
{
    struct cursor bytes = cursor_split(c, n_bytes);
    uint64_t value = 0;
    while (bytes.p < bytes.end)
        value = value << 8 | *--bytes.end;
    return value;
}

uint32_t cursor_fixed_u32(struct cursor *c)
{
    return (uint32_t)fixed(c, 4);
}

uint64_t cursor_fixed_u64(struct cursor *c)
{
    return fixed(c, 8);
}
