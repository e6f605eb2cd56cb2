#include "compiler/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

static size_t length_of(const char *bytes)
{
    const uint8_t *p = (const uint8_t *)bytes;
    return utf8_char_bytes(p, p + strlen(bytes));
}

Test(utf8, characters_have_lengths)
{
    cr_expect_eq(length_of("a"), 1);
    cr_expect_eq(length_of("\xc2\x80"), 2);
    cr_expect_eq(length_of("\xe2\x82\xac!"), 3);
    cr_expect_eq(length_of("\xf0\x9f\x98\x80"), 4);
}

Test(utf8, what_is_malformed_has_none)
{
    const char *const bad[] = {"\x80",
                               "\xc1\xbf",
                               "\xe0\x9f\xbf",
                               "\xed\xa0\x80",
                               "\xf0\x8f\xbf\xbf",
                               "\xf4\x90\x80\x80",
                               "\xff",
                               "\xc2",
                               "\xe2\x82",
                               "\xe2\x82z"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(length_of(bad[i]), 0, "%zu", i);
}
