#define _GNU_SOURCE
#include "compiler/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static char *text;
static size_t n_bytes;

static struct json begin(void)
{
    return (struct json){.out = open_memstream(&text, &n_bytes)};
}

static void expect(struct json *j, const char *expected)
{
    fclose(j->out);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(json, items_are_separated_and_indented)
{
    struct json j = begin();
    json_open(&j, NULL, '{');
    json_u64(&j, "u", UINT64_MAX);
    json_i64(&j, "i", INT64_MIN);
    json_open(&j, "a", '[');
    json_bool(&j, NULL, true);
    json_null(&j, NULL);
    json_close(&j, ']');
    json_open(&j, "empty", '{');
    json_close(&j, '}');
    json_hex(&j, "h", "\x01\xff", 2);
    json_close(&j, '}');
    expect(&j, "{\n  \"u\": 18446744073709551615,\n  \"i\": -9223372036854775808,\n"
               "  \"a\": [\n    true,\n    null\n  ],\n  \"empty\": {},\n"
               "  \"h\": \"01ff\"\n}\n");
}

Test(json, strings_are_escaped)
{
    struct json j = begin();
    json_string(&j, NULL, "a\"\\\n\0\x7f\xc3\xa9\xff", 9);
    expect(&j, "\"a\\\"\\\\\\u000a\\u0000\\u007f\xc3\xa9\\ufffd\"");
}
