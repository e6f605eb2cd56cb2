#include "compiler/cursor.h"

#include <criterion/criterion.h>

static struct diag diag;

static struct cursor cursor_of(const char *bytes, size_t n)
{
    diag = (struct diag)DIAG_INIT;
    const uint8_t *start = (const uint8_t *)bytes;
    return (struct cursor){.start = start, .p = start, .end = start + n, .diag = &diag};
}

/* A cursor over a string literal, without its final zero. */
#define BYTES(literal) cursor_of(literal, sizeof(literal) - 1)

Test(cursor, reads_unsigned_integers_up_to_their_limit)
{
    struct cursor c = BYTES("\x00\x7f\x80\x01\xff\xff\xff\xff\x0f\x80\x80\x80\x80\x00");
    cr_expect_eq(cursor_u32(&c), 0);
    cr_expect_eq(cursor_u32(&c), 127);
    cr_expect_eq(cursor_u32(&c), 128);
    cr_expect_eq(cursor_u32(&c), UINT32_MAX);
    cr_expect_eq(cursor_u32(&c), 0);
    cr_expect(cursor_at_end(&c) && !cursor_failed(&c));
    c = BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    cr_expect_eq(cursor_u64(&c), UINT64_MAX);
    cr_expect_not(cursor_failed(&c));
}

Test(cursor, reads_signed_integers_with_their_sign)
{
    struct cursor c = BYTES("\x7f\x3f\x40\x80\x80\x80\x80\x78\xff\xff\xff\xff\x07");
    cr_expect_eq((int64_t)cursor_leb128(&c, 32, true), -1);
    cr_expect_eq((int64_t)cursor_leb128(&c, 32, true), 63);
    cr_expect_eq((int64_t)cursor_leb128(&c, 32, true), -64);
    cr_expect_eq((int64_t)cursor_leb128(&c, 32, true), INT32_MIN);
    cr_expect_eq((int64_t)cursor_leb128(&c, 32, true), INT32_MAX);
    c = BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f");
    cr_expect_eq((int64_t)cursor_leb128(&c, 64, true), INT64_MIN);
    c = BYTES("\x80\x80\x80\x80\x70\xff\xff\xff\xff\x0f");
    cr_expect_eq((int64_t)cursor_leb128(&c, 33, true), -(INT64_C(1) << 32));
    cr_expect_eq((int64_t)cursor_leb128(&c, 33, true), UINT32_MAX);
    cr_expect_not(cursor_failed(&c));
}

Test(cursor, refuses_integers_that_are_too_long_or_too_large)
{
    struct cursor c = BYTES("\x80\x80\x80\x80\x80\x00");
    cursor_u32(&c);
    cr_expect_str_eq(diag.text, "integer representation too long");
    cr_expect_eq(diag.offset, 4);
    c = BYTES("\xff\xff\xff\xff\x1f");
    cursor_u32(&c);
    cr_expect_str_eq(diag.text, "integer too large");
    c = BYTES("\xff\xff\xff\xff\x0f"); /* fits 32 bits only without a sign */
    cursor_leb128(&c, 32, true);
    cr_expect_str_eq(diag.text, "integer too large");
    c = BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
    cursor_u64(&c);
    cr_expect_str_eq(diag.text, "integer too large");
    c = BYTES("\x80\x80");
    cursor_u32(&c);
    cr_expect_str_eq(diag.text, "unexpected end");
}

Test(cursor, stays_at_its_end_after_a_failure)
{
    struct cursor c = BYTES("\x01\x80\x80\x80\x80\x80\x05\x06");
    cr_expect_eq(cursor_byte(&c), 1);
    cursor_u32(&c);
    cr_expect(cursor_failed(&c) && cursor_at_end(&c));
    cr_expect_eq(cursor_byte(&c), 0);
    cr_expect_eq(cursor_u32(&c), 0);
    cr_expect_eq(cursor_fixed_u64(&c), 0);
    cr_expect_eq(cursor_name(&c).length, 0);
}

Test(cursor, refuses_counts_beyond_the_bytes_left)
{
    struct cursor c = BYTES("\x02\xaa\xbb");
    cr_expect_eq(cursor_count(&c), 2);
    c = BYTES("\x03\xaa\xbb");
    cr_expect_eq(cursor_count(&c), 0);
    cr_expect(cursor_failed(&c));
    cr_expect_eq(diag.offset, 0);
}

Test(cursor, splits_off_a_cursor_that_ends_early)
{
    struct cursor c = BYTES("\x01\x02\x03");
    struct cursor part = cursor_split(&c, 2);
    cr_expect_eq(cursor_byte(&c), 3);
    cr_expect_eq(cursor_byte(&part), 1);
    cr_expect_eq(cursor_byte(&part), 2);
    cr_expect(cursor_at_end(&part));
    part = cursor_split(&c, 1);
    cr_expect(cursor_failed(&c) && cursor_at_end(&part));
}

Test(cursor, reads_little_endian_integers)
{
    struct cursor c = BYTES("\x01\x02\x03\x84\x01\x02\x03\x04\x05\x06\x07\x88");
    cr_expect_eq(cursor_fixed_u32(&c), 0x84030201);
    cr_expect_eq(cursor_fixed_u64(&c), 0x8807060504030201);
}

Test(cursor, accepts_names_in_utf8)
{
    struct cursor c = BYTES("\x0f"
                            "a\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xf4\x8f\xbf\xbf\x00z");
    struct name name = cursor_name(&c);
    cr_expect_not(cursor_failed(&c));
    cr_expect_eq(name.length, 15);
    cr_expect_eq(name.chars[14], 'z');
}

Test(cursor, refuses_names_that_are_not_utf8)
{
    static const char *const malformed[] = {
        "\x01\x80",             /* a continuation alone */
        "\x02\xc1\xbf",         /* overlong */
        "\x03\xe0\x9f\xbf",     /* overlong */
        "\x04\xf0\x8f\xbf\xbf", /* overlong */
        "\x03\xed\xa0\x80",     /* a surrogate */
        "\x04\xf4\x90\x80\x80", /* above U+10FFFF */
        "\x04\xf8\x90\x80\x80", /* no first byte */
        "\x02\xe2\x82",         /* cut off */
        "\x03\xe2\x82z",        /* no continuation */
    };
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        struct cursor c = cursor_of(malformed[i], (size_t)malformed[i][0] + 1);
        cursor_name(&c);
        cr_expect_str_eq(diag.text, "malformed UTF-8 encoding", "name %zu", i);
    }
}
