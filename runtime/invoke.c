/* --invoke: words of the command line become values by the parameters' types, results are
 * printed typed.
 *
 * Integers are decimal or hexadecimal, signed or unsigned; floats are what strtod takes,
 * and nan:0x… with a payload as in the text format (core 6.3.2). A vector is a number of
 * 128 bits in hexadecimal, lane 0 the lowest digits. A reference can only be null. */
#include "runtime/invoke.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *type_name(uint8_t code)
{
    switch ((enum rt_val_type)code) {
    case RT_TYPE_I32:
        return "i32";
    case RT_TYPE_I64:
        return "i64";
    case RT_TYPE_F32:
        return "f32";
    case RT_TYPE_F64:
        return "f64";
    case RT_TYPE_V128:
        return "v128";
    case RT_TYPE_FUNCREF:
        return "funcref";
    case RT_TYPE_EXTERNREF:
        return "externref";
    case RT_TYPE_EXNREF:
        return "exnref";
    }
    return "unknown";
}

/* A number of up to n_bits, either signed or unsigned. */
static bool parse_int(const char *word, unsigned n_bits, uint64_t *value)
{
    bool is_negative = word[0] == '-';
    const char *digits = word + (is_negative || word[0] == '+' ? 1 : 0);
    bool is_hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    char *end;
    if (digits[0] < '0' || digits[0] > '9')
        return false;
    errno = 0;
    uint64_t magnitude = strtoull(digits, &end, is_hex ? 16 : 10);
    uint64_t limit =
        is_negative ? UINT64_C(1) << (n_bits - 1) : UINT64_MAX >> (64 - n_bits);
    *value = is_negative ? -magnitude : magnitude;
    return errno == 0 && *end == '\0' && magnitude <= limit;
}

/* "nan:0x…", with or without sign: the payload goes where the type keeps its fraction. */
static bool parse_nan(const char *word, unsigned n_bits, unsigned n_fraction_bits,
                      uint64_t *bits)
{
    bool is_negative = word[0] == '-';
    uint64_t payload;
    if (strncmp(word + is_negative, "nan:", 4) != 0 ||
        !parse_int(word + is_negative + 4, n_fraction_bits, &payload) || payload == 0)
        return false;
    uint64_t exponent = (UINT64_C(1) << (n_bits - 1 - n_fraction_bits)) - 1;
    *bits = (uint64_t)is_negative << (n_bits - 1) | exponent << n_fraction_bits | payload;
    return true;
}

static bool parse_float(const char *word, uint8_t code, union rt_value *value)
{
    char *end;
    uint64_t bits = 0;
    if (code == RT_TYPE_F32) {
        value->f32 = strtof(word, &end);
        if (*end == '\0' && end != word)
            return true;
        bool is_nan = parse_nan(word, 32, 23, &bits);
        value->i32 = (uint32_t)bits;
        return is_nan;
    }
    value->f64 = strtod(word, &end);
    return (*end == '\0' && end != word) || parse_nan(word, 64, 52, &value->i64);
}

static bool parse_v128(const char *word, uint64_t halves[2])
{
    enum { HALF_DIGITS = 16 };
    if (word[0] != '0' || (word[1] != 'x' && word[1] != 'X'))
        return false;
    const char *digits = word + 2;
    size_t n = strspn(digits, "0123456789abcdefABCDEF");
    if (n == 0 || n > (size_t)2 * HALF_DIGITS || digits[n] != '\0')
        return false;
    char high[HALF_DIGITS + 1] = "";
    size_t n_high = n > HALF_DIGITS ? n - HALF_DIGITS : 0;
    memcpy(high, digits, n_high);
    halves[0] = strtoull(digits + n_high, NULL, 16);
    halves[1] = strtoull(high, NULL, 16);
    return true;
}

static bool parse_value(const char *word, uint8_t code, union rt_value *value)
{
    uint64_t bits;
    switch ((enum rt_val_type)code) {
    case RT_TYPE_I32:
        if (!parse_int(word, 32, &bits))
            return false;
        value->i32 = (uint32_t)bits;
        return true;
    case RT_TYPE_I64:
        return parse_int(word, 64, &value->i64);
    case RT_TYPE_F32:
    case RT_TYPE_F64:
        return parse_float(word, code, value);
    case RT_TYPE_V128:
        return parse_v128(word, value->v128);
    case RT_TYPE_FUNCREF:
    case RT_TYPE_EXTERNREF:
    case RT_TYPE_EXNREF:
        value->ref = NULL;
        return strcmp(word, "null") == 0;
    }
    return false;
}

/* "2 arguments (i32 f64)" */
static void describe_params(const struct rt_type *type, char *text, size_t text_bytes)
{
    int n = snprintf(text, text_bytes, "%" PRIu32 " argument%s%s", type->n_params,
                     type->n_params == 1 ? "" : "s", type->n_params == 0 ? "" : " (");
    for (uint32_t i = 0; i < type->n_params && (size_t)n < text_bytes; i++)
        n += snprintf(text + n, text_bytes - (size_t)n, "%s%s", type_name(type->codes[i]),
                      i + 1 < type->n_params ? " " : ")");
}

bool rt_invoke_parse(const struct rt_type *type, char **words, union rt_value *values,
                     struct rt_error *error)
{
    uint32_t n_words = 0;
    while (words[n_words] != NULL)
        n_words++;
    if (n_words != type->n_params) {
        char params[256];
        describe_params(type, params, sizeof params);
        return rt_error_set(error, RT_ERROR_USAGE, "the function takes %s, not %" PRIu32,
                            params, n_words);
    }
    for (uint32_t i = 0; i < n_words; i++) {
        bool may_be_null = type->types == NULL || !(type->types[i] & RT_TYPE_NON_NULL);
        if (!may_be_null || !parse_value(words[i], type->codes[i], &values[i]))
            return rt_error_set(
                error, RT_ERROR_USAGE, "argument %" PRIu32 " must be %s%s, not %s", i + 1,
                type_name(type->codes[i]),
                may_be_null ? "" : " and not null, which no word says", words[i]);
    }
    return true;
}

/* The fewest digits that give the same number when read again. */
static void print_float(double value, bool is_f32)
{
    char text[40];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (is_f32 ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
            break;
    }
    puts(text);
}

/* A NaN whose payload is not the canonical one (core 4.3.3) is shown with it. */
static void print_nan(bool is_negative, uint64_t payload, uint64_t canonical)
{
    if (payload == canonical)
        printf("%snan\n", is_negative ? "-" : "");
    else
        printf("%snan:0x%" PRIx64 "\n", is_negative ? "-" : "", payload);
}

static void print_value(uint8_t code, const union rt_value *value)
{
    printf("%s: ", type_name(code));
    switch ((enum rt_val_type)code) {
    case RT_TYPE_I32:
        printf("%" PRId32 "\n", (int32_t)value->i32);
        break;
    case RT_TYPE_I64:
        printf("%" PRId64 "\n", (int64_t)value->i64);
        break;
    case RT_TYPE_F32:
        if (isnan(value->f32))
            print_nan(value->i32 >> 31, value->i32 & 0x7fffff, 0x400000);
        else
            print_float((double)value->f32, true);
        break;
    case RT_TYPE_F64:
        if (isnan(value->f64))
            print_nan(value->i64 >> 63, value->i64 & 0xfffffffffffff, 0x8000000000000);
        else
            print_float(value->f64, false);
        break;
    case RT_TYPE_V128:
        printf("0x%016" PRIx64 "%016" PRIx64 "\n", value->v128[1], value->v128[0]);
        break;
    case RT_TYPE_FUNCREF:
        if (value->ref != NULL)
            printf("func[%" PRIu32 "]\n",
                   ((const struct rt_func *)value->ref)->func_index);
        else
            puts("null");
        break;
    case RT_TYPE_EXTERNREF:
    case RT_TYPE_EXNREF:
        puts(value->ref != NULL ? "not null" : "null");
        break;
    }
}

void rt_invoke_print(const struct rt_type *type, const union rt_value *results)
{
    for (uint32_t i = 0; i < type->n_results; i++)
        print_value(type->codes[type->n_params + i], &results[i]);
}
