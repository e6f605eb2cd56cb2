#include "runtime/invoke.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct rt_error error;

static bool parse(uint8_t code, const char *word, union rt_value *value)
{
    char copy[64];
    char *words[] = {copy, NULL};
    snprintf(copy, sizeof copy, "%s", word);
    return rt_invoke_parse(&(struct rt_type){.n_params = 1, .codes = &code}, words, value,
                           &error);
}

Test(invoke, integers)
{
    static const struct {
        uint8_t code;
        const char *word;
        uint64_t expected;
    } rows[] = {
        {RT_TYPE_I32, "0", 0},
        {RT_TYPE_I32, "-1", UINT32_MAX},
        {RT_TYPE_I32, "4294967295", UINT32_MAX},
        {RT_TYPE_I32, "-2147483648", UINT32_C(1) << 31},
        {RT_TYPE_I32, "0xFf", 255},
        {RT_TYPE_I32, "-0x10", UINT32_MAX - 15},
        {RT_TYPE_I32, "010", 10},
        {RT_TYPE_I64, "-9223372036854775808", UINT64_C(1) << 63},
        {RT_TYPE_I64, "18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        union rt_value value = {0};
        cr_expect(parse(rows[i].code, rows[i].word, &value), "%s", rows[i].word);
        cr_expect_eq(value.i64, rows[i].expected, "%s", rows[i].word);
    }
}

Test(invoke, words_that_are_no_integer)
{
    static const char *const words[] = {"",   "x",          "1x",          "--1", "0x",
                                        " 1", "4294967296", "-2147483649", "1.5", "-"};
    union rt_value value;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_not(parse(RT_TYPE_I32, words[i], &value), "%s", words[i]);
    cr_expect_not(parse(RT_TYPE_I64, "18446744073709551616", &value));
}

Test(invoke, floats)
{
    union rt_value value;
    cr_expect(parse(RT_TYPE_F32, "0.1", &value) && value.f32 == 0.1f);
    cr_expect(parse(RT_TYPE_F64, "-1e-300", &value) && value.f64 == -1e-300);
    cr_expect(parse(RT_TYPE_F64, "0x1.8p1", &value) && value.f64 == 3.0);
    cr_expect(parse(RT_TYPE_F64, "-inf", &value) && value.f64 == -(double)INFINITY);
    cr_expect(parse(RT_TYPE_F32, "nan", &value) && value.i32 == 0x7fc00000);
    cr_expect(parse(RT_TYPE_F32, "-nan:0x12", &value) && value.i32 == 0xff800012);
    cr_expect(parse(RT_TYPE_F64, "nan:0x1", &value) &&
              value.i64 == UINT64_C(0x7ff0000000000001));
    cr_expect_not(parse(RT_TYPE_F32, "nan:0x800000", &value));
    cr_expect_not(parse(RT_TYPE_F64, "", &value));
    cr_expect_not(parse(RT_TYPE_F64, "one", &value));
}

Test(invoke, references_are_null)
{
    union rt_value value;
    cr_expect(parse(RT_TYPE_EXTERNREF, "null", &value) && value.ref == NULL);
    cr_expect(parse(RT_TYPE_EXNREF, "null", &value) && value.ref == NULL);
    cr_expect_not(parse(RT_TYPE_FUNCREF, "0", &value));
}

Test(invoke, a_reference_that_is_not_null_cannot_be_given)
{
    const uint8_t codes[] = {RT_TYPE_FUNCREF};
    const uint32_t types[] = {RT_TYPE_FUNCREF | RT_TYPE_NON_NULL};
    struct rt_type type = {.n_params = 1, .codes = codes, .types = types};
    union rt_value value;
    cr_expect_not(
        rt_invoke_parse(&type, (char *[]){(char[]){"null"}, NULL}, &value, &error));
    cr_expect_str_eq(
        error.text,
        "argument 1 must be funcref and not null, which no word says, not null");
    type.types = NULL;
    cr_expect(rt_invoke_parse(&type, (char *[]){(char[]){"null"}, NULL}, &value, &error));
}

Test(invoke, vectors_are_numbers_of_128_bits)
{
    union rt_value value;
    cr_expect(parse(RT_TYPE_V128, "0x123456789abcdef0011223344556677F", &value) &&
              value.v128[0] == UINT64_C(0x011223344556677f) &&
              value.v128[1] == UINT64_C(0x123456789abcdef0));
    cr_expect(parse(RT_TYPE_V128, "0X1f", &value) && value.v128[0] == 0x1f &&
              value.v128[1] == 0);
    cr_expect_not(parse(RT_TYPE_V128, "0x", &value));
    cr_expect_not(parse(RT_TYPE_V128, "31", &value));
    cr_expect_not(parse(RT_TYPE_V128, "0x1g", &value));
    cr_expect_not(parse(RT_TYPE_V128, "0x100000000000000000000000000000000", &value));
}

Test(invoke, errors_tell_what_is_expected)
{
    const uint8_t codes[] = {RT_TYPE_I32, RT_TYPE_F64};
    char one[] = "1", two[] = "two";
    char *words[] = {one, two, NULL};
    union rt_value values[2];
    cr_expect_not(rt_invoke_parse(&(struct rt_type){.n_params = 2, .codes = codes}, words,
                                  values, &error));
    cr_expect_str_eq(error.text, "argument 2 must be f64, not two");
    words[1] = NULL;
    cr_expect_not(rt_invoke_parse(&(struct rt_type){.n_params = 2, .codes = codes}, words,
                                  values, &error));
    cr_expect_str_eq(error.text, "the function takes 2 arguments (i32 f64), not 1");
    cr_expect_eq(error.kind, RT_ERROR_USAGE);
}

Test(invoke, results_are_typed, .init = cr_redirect_stdout)
{
    const uint8_t codes[] = {RT_TYPE_I32, RT_TYPE_I64,       RT_TYPE_F32,
                             RT_TYPE_F64, RT_TYPE_EXTERNREF, RT_TYPE_F64,
                             RT_TYPE_F32, RT_TYPE_V128,      RT_TYPE_EXNREF};
    const union rt_value results[] = {
        {.i32 = UINT32_MAX}, {.i64 = 1},          {.f32 = 0.1f},
        {.f64 = 1.0 / 3},    {.ref = NULL},       {.i64 = UINT64_C(0xfff8000000000000)},
        {.i32 = 0x7fc00001}, {.v128 = {0x2f, 1}}, {.ref = codes}};
    rt_invoke_print(&(struct rt_type){.n_results = 9, .codes = codes}, results);
    fflush(stdout);
    cr_assert_stdout_eq_str(
        "i32: -1\ni64: 1\nf32: 0.1\nf64: 0.3333333333333333\nexternref: null\n"
        "f64: -nan\nf32: nan:0x400001\n"
        "v128: 0x0000000000000001000000000000002f\nexnref: not null\n");
}
