#define _GNU_SOURCE
#include "compiler/inspect.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static char text[INSPECT_VALUE_BYTES];

static void expect_value(uint8_t type, uint64_t low, uint64_t high, const char *expected)
{
    const uint64_t words[] = {low, high};
    cr_expect_str_eq(inspect_value(type, words, text), expected);
}

Test(inspect, values_have_texts)
{
    expect_value(0x7f, 0xffffffff, 0, "-1");
    expect_value(0x7e, UINT64_C(1) << 63, 0, "-9223372036854775808");
    expect_value(0x7d, 0x3fc00000, 0, "1.5");
    expect_value(0x7d, 0x7fc00001, 0, "nan:0x7fc00001");
    expect_value(0x7d, 0xff800000, 0, "-inf");
    expect_value(0x7c, 0x3fb999999999999a, 0, "0.10000000000000001");
    expect_value(0x7b, 1, 2, "0x00000000000000020000000000000001");
    expect_value(0x70, 0, 0, "null");
    expect_value(0x70, snapshot_funcref(3, 12), 0, "func 12 of instance 3");
    expect_value(0x6f, 0, 0, "null");
    expect_value(0x69, 0, 0, "null");
    expect_value(0x69, 3, 0, "exception 2");
}

Test(inspect, names_are_found)
{
    Wanco__Snapshot__Header h = WANCO__SNAPSHOT__HEADER__INIT;
    Wanco__Snapshot__FunctionName names[5], *list[5];
    uint8_t chars[] = "abcdef";
    const uint32_t places[5][2] = {{0, 1}, {0, 7}, {1, 0}, {1, 3}, {4, 4}};
    for (size_t i = 0; i < 5; i++) {
        wanco__snapshot__function_name__init(&names[i]);
        names[i].instance = places[i][0];
        names[i].func_index = places[i][1];
        names[i].name = (ProtobufCBinaryData){i + 1, chars};
        list[i] = &names[i];
    }
    h.names = list;
    h.n_names = 5;
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(inspect_name(&h, places[i][0], places[i][1]).len, i + 1);
    cr_expect_eq(inspect_name(&h, 0, 0).len, 0);
    cr_expect_eq(inspect_name(&h, 1, 1).len, 0);
    cr_expect_eq(inspect_name(&h, 5, 0).len, 0);
}

Test(inspect, enumerators_are_words)
{
    char word[32];
    cr_expect_str_eq(inspect_enum(&wanco__snapshot__frame__kind__descriptor, 4, word),
                     "host call");
    cr_expect_str_eq(inspect_enum(&wanco__snapshot__frame__kind__descriptor, 9, word),
                     "?");
}

Test(inspect, times_are_in_utc)
{
    char when[64];
    cr_expect_str_eq(inspect_time(1700000001999999999, when), "2023-11-14 22:13:21 UTC");
    cr_expect_str_eq(inspect_time(UINT64_MAX, when), "2554-07-21 23:34:33 UTC");
}

/* A name must not be able to write to the terminal. */
Test(inspect, text_is_harmless)
{
    char *shown;
    size_t n;
    FILE *out = open_memstream(&shown, &n);
    inspect_put_text(out, "a\x1b[2J\n\xc3\xa9\xc2\x9b\xff\0z", 13);
    fclose(out);
    cr_expect_str_eq(shown, "a\\x1b[2J\\x0a\xc3\xa9\\xc2\\x9b\\xff\\x00z");
    free(shown);
}
