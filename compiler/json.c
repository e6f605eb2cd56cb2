/* Writes JSON. The caller opens and closes in pairs; here are commas, lines, escapes. */
#include "compiler/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "compiler/utf8.h"

static void put_string(FILE *out, const uint8_t *p, size_t n_bytes)
{
    const uint8_t *end = n_bytes > 0 ? p + n_bytes : p;
    putc('"', out);
    while (p < end) {
        size_t n = utf8_char_bytes(p, end);
        if (n == 0)
            fputs("\\ufffd", out);
        else if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < ' ' || *p == 0x7f)
            fprintf(out, "\\u%04x", *p);
        else
            fwrite(p, 1, n, out);
        p += n > 0 ? n : 1;
    }
    putc('"', out);
}

static void begin_item(struct json *j, const char *key)
{
    if (j->has_items)
        putc(',', j->out);
    if (j->depth > 0)
        fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
    j->has_items = true;
    if (key != NULL) {
        put_string(j->out, (const uint8_t *)key, strlen(key));
        fputs(": ", j->out);
    }
}

void json_open(struct json *j, const char *key, char open)
{
    begin_item(j, key);
    putc(open, j->out);
    j->depth++;
    j->has_items = false;
}

void json_close(struct json *j, char close)
{
    assert(j->depth > 0);
    j->depth--;
    if (j->has_items)
        fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
    putc(close, j->out);
    j->has_items = true;
    if (j->depth == 0)
        putc('\n', j->out);
}

void json_string(struct json *j, const char *key, const void *bytes, size_t n_bytes)
{
    begin_item(j, key);
    put_string(j->out, bytes, n_bytes);
}

void json_text(struct json *j, const char *key, const char *text)
{
    json_string(j, key, text, strlen(text));
}

void json_hex(struct json *j, const char *key, const void *bytes, size_t n_bytes)
{
    const uint8_t *p = bytes;
    begin_item(j, key);
    putc('"', j->out);
    for (size_t i = 0; i < n_bytes; i++)
        fprintf(j->out, "%02x", p[i]);
    putc('"', j->out);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
    begin_item(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
    begin_item(j, key);
    fprintf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    begin_item(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
    begin_item(j, key);
    fputs("null", j->out);
}
