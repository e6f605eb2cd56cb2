/* What `wanco inspect` shows of a snapshot, in words and as JSON. */
#ifndef COMPILER_INSPECT_H
#define COMPILER_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "snapshot-format/snapshot.h"

/* For people: a summary, all frames with their values or only some names, all blocks of
 * pages or only how many. */
void inspect_print(FILE *out, const char *path, const struct snapshot *s, bool all_frames,
                   bool all_blocks);

/* For programs: everything but the content of pages; blocks only if asked for. */
void inspect_print_json(FILE *out, const struct snapshot *s, bool all_blocks);

/* ---- What both need ---- */

/* What a guest or a file says, harmless to a terminal: control characters, and what is no
 * UTF-8, are shown as \xNN. */
void inspect_put_text(FILE *out, const void *bytes, size_t n_bytes);

#define INSPECT_VALUE_BYTES 64

/* A typed value as text: "-5", "1.5", "nan:0x7fc00000", "0x…" of a vector, "null", "func
 * 12 of instance 0", "exception 0", as they are numbered in the snapshot. */
const char *inspect_value(uint8_t type, const uint64_t *words,
                          char text[INSPECT_VALUE_BYTES]);

/* "i32" … */
const char *inspect_type(uint32_t type);

/* The name of a function on the stacks; empty if it has none. */
ProtobufCBinaryData inspect_name(const Wanco__Snapshot__Header *h, uint32_t instance,
                                 uint32_t func_index);

/* An enumerator's name, in small letters: "host call". */
const char *inspect_enum(const ProtobufCEnumDescriptor *type, int value, char text[32]);

/* What the file holds of a memory. */
struct inspect_pages {
    uint64_t n_blocks;
    uint64_t n_bytes;
    uint64_t stored_bytes;
};
struct inspect_pages inspect_pages(const struct snapshot *s, uint32_t memory);

/* Number and size of a table's elements. */
uint64_t inspect_table_size(const Wanco__Snapshot__Table *t);
uint64_t inspect_table_set(const Wanco__Snapshot__Table *t); /* that are not null */

/* "2026-11-22 19:31:05 UTC" */
const char *inspect_time(uint64_t ns, char text[64]);

#endif
