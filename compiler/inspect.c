/* What both ways to show a snapshot need. */
#define _GNU_SOURCE
#include "compiler/inspect.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "compiler/types.h"
#include "compiler/utf8.h"

/* U+0080 to U+009F, which begin with this byte, are control characters too. */
static bool is_printable(const uint8_t *p, size_t n)
{
    return n > 1 ? p[0] != 0xc2 || p[1] >= 0xa0 : n == 1 && *p >= ' ' && *p != 0x7f;
}

void inspect_put_text(FILE *out, const void *bytes, size_t n_bytes)
{
    const uint8_t *p = bytes; /* NULL if there are none */
    const uint8_t *end = n_bytes > 0 ? p + n_bytes : p;
    while (p < end) {
        size_t n = utf8_char_bytes(p, end);
        bool printable = is_printable(p, n);
        if (printable)
            fwrite(p, 1, n, out);
        else
            fprintf(out, "\\x%02x", *p);
        p += printable ? n : 1;
    }
}

/* Enough digits to tell all numbers apart; of a NaN its bits. */
static void print_float(char text[INSPECT_VALUE_BYTES], double value, int n_digits,
                        uint64_t bits)
{
    if (isnan(value))
        snprintf(text, INSPECT_VALUE_BYTES, "nan:0x%" PRIx64, bits);
    else
        snprintf(text, INSPECT_VALUE_BYTES, "%.*g", n_digits, value);
}

const char *inspect_value(uint8_t type, const uint64_t *words,
                          char text[INSPECT_VALUE_BYTES])
{
    uint32_t low = (uint32_t)words[0], instance, func_index;
    float single;
    double number;
    switch (type) {
    case TYPE_I32:
        snprintf(text, INSPECT_VALUE_BYTES, "%" PRId32, (int32_t)low);
        break;
    case TYPE_I64:
        snprintf(text, INSPECT_VALUE_BYTES, "%" PRId64, (int64_t)words[0]);
        break;
    case TYPE_F32:
        memcpy(&single, &low, sizeof single);
        print_float(text, (double)single, 9, low);
        break;
    case TYPE_F64:
        memcpy(&number, &words[0], sizeof number);
        print_float(text, number, 17, words[0]);
        break;
    case TYPE_V128:
        snprintf(text, INSPECT_VALUE_BYTES, "0x%016" PRIx64 "%016" PRIx64, words[1],
                 words[0]);
        break;
    case TYPE_EXNREF:
        if (words[0] != 0)
            snprintf(text, INSPECT_VALUE_BYTES, "exception %" PRIu64, words[0] - 1);
        else
            snprintf(text, INSPECT_VALUE_BYTES, "null");
        break;
    default:
        if (snapshot_funcref_parts(words[0], &instance, &func_index))
            snprintf(text, INSPECT_VALUE_BYTES, "func %" PRIu32 " of instance %" PRIu32,
                     func_index, instance);
        else
            snprintf(text, INSPECT_VALUE_BYTES, "null");
    }
    return text;
}

const char *inspect_type(uint32_t type)
{
    return type_name(type);
}

ProtobufCBinaryData inspect_name(const Wanco__Snapshot__Header *h, uint32_t instance,
                                 uint32_t func_index)
{
    uint64_t wanted = (uint64_t)instance << 32 | func_index;
    size_t low = 0, high = h->n_names;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const Wanco__Snapshot__FunctionName *n = h->names[middle];
        uint64_t found = (uint64_t)n->instance << 32 | n->func_index;
        if (found == wanted)
            return n->name;
        if (found < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return (ProtobufCBinaryData){0, NULL};
}

static char letter_or_blank(char c)
{
    if (c == '_')
        return ' ';
    return (char)tolower((unsigned char)c);
}

const char *inspect_enum(const ProtobufCEnumDescriptor *type, int value, char text[32])
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
    snprintf(text, 32, "%s", found != NULL ? found->name : "?");
    for (size_t i = 0; text[i] != '\0'; i++)
        text[i] = letter_or_blank(text[i]);
    return text;
}

struct inspect_pages inspect_pages(const struct snapshot *s, uint32_t memory)
{
    struct inspect_pages sum = {.n_blocks = snapshot_n_blocks(s, memory)};
    for (uint64_t i = 0; i < sum.n_blocks; i++) {
        struct snapshot_block b = snapshot_block_at(s, memory, i);
        sum.n_bytes += b.n_bytes;
        sum.stored_bytes += b.stored_bytes;
    }
    return sum;
}

uint64_t inspect_table_size(const Wanco__Snapshot__Table *t)
{
    uint64_t n = 0;
    for (size_t i = 0; i < t->n_run_lengths; i++)
        n += t->run_lengths[i];
    return n;
}

uint64_t inspect_table_set(const Wanco__Snapshot__Table *t)
{
    uint64_t n = 0;
    for (size_t i = 0; i < t->n_run_lengths; i++)
        if (t->run_words[i] != 0)
            n += t->run_lengths[i];
    return n;
}

const char *inspect_time(uint64_t ns, char text[64])
{
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, 64, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        snprintf(text, 64, "?");
    return text;
}
