/* The types of the binary format (core 5.3). */
#ifndef COMPILER_TYPE_READER_H
#define COMPILER_TYPE_READER_H

#include "compiler/cursor.h"
#include "compiler/types.h"

struct arena;

/* Any value type. After a failure, here and below, the answer means nothing. */
val_type read_val_type(struct cursor *c);

/* A value type whose code byte is known already; at is where it stands. */
val_type val_type_from_code(struct cursor *c, const uint8_t *at, uint8_t code);

/* A value type that is a reference type. */
val_type read_ref_type(struct cursor *c);

/* A heap type, as the nullable reference type to it. */
val_type read_heap_type(struct cursor *c);

/* A function type whose form byte is known already; at is where it stands. */
struct func_type read_func_type(struct cursor *c, struct arena *arena, const uint8_t *at,
                                uint8_t form);
struct table_type read_table_type(struct cursor *c);
struct memory_type read_memory_type(struct cursor *c);
struct global_type read_global_type(struct cursor *c);

#endif
