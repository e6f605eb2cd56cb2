/* JSON (RFC 8259), written as it comes, an item on a line. */
#ifndef COMPILER_JSON_H
#define COMPILER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    unsigned depth;
    bool has_items; /* in what is open */
};

/* key is NULL in arrays and at the top. open is '{' or '['. */
void json_open(struct json *j, const char *key, char open);
void json_close(struct json *j, char close);

/* Bytes that are no UTF-8 become U+FFFD. */
void json_string(struct json *j, const char *key, const void *bytes, size_t n_bytes);
void json_text(struct json *j, const char *key, const char *text);
void json_hex(struct json *j, const char *key, const void *bytes, size_t n_bytes);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
