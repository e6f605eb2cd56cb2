/* Value types, function types and limits of WebAssembly (core 2.3). */
#ifndef COMPILER_TYPES_H
#define COMPILER_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/* A value type: the code of the binary format (core 5.3.4) in the low byte. The rest is
 * 0, and has room for the heap type and nullability of 3.0's typed references. */
typedef uint32_t val_type;

enum {
    TYPE_I32 = 0x7f,
    TYPE_I64 = 0x7e,
    TYPE_F32 = 0x7d,
    TYPE_F64 = 0x7c,
    TYPE_V128 = 0x7b,
    TYPE_FUNCREF = 0x70,
    TYPE_EXTERNREF = 0x6f,
    TYPE_UNKNOWN = 0, /* an operand of unreachable code; only the validator meets it */
};

/* True for funcref and externref. */
static inline bool type_is_ref(val_type t)
{
    return t == TYPE_FUNCREF || t == TYPE_EXTERNREF;
}

/* "i32", "funcref" …; "unknown" for anything else. */
const char *type_name(val_type t);

struct func_type {
    uint32_t n_params;
    uint32_t n_results;
    const val_type *params;
    const val_type *results;
};

/* Structural equality (core 3.3: two equal function types are the same type). */
bool func_type_equal(const struct func_type *a, const struct func_type *b);

/* Sizes in pages for a memory, in elements for a table. */
struct limits {
    uint64_t min;
    uint64_t max; /* only if has_max */
    bool has_max;
    bool is_64; /* addressed by i64, not i32 */
};

/* The type of addresses and sizes (core 2.3.12). */
static inline val_type address_type(const struct limits *limits)
{
    return limits->is_64 ? TYPE_I64 : TYPE_I32;
}

struct table_type {
    val_type element;
    struct limits limits;
};

struct memory_type {
    struct limits limits;
};

struct global_type {
    val_type type;
    bool is_mutable;
};

enum extern_kind { EXTERN_FUNC, EXTERN_TABLE, EXTERN_MEMORY, EXTERN_GLOBAL };

/* "function", "table", "memory", "global". */
const char *extern_kind_name(enum extern_kind kind);

#endif
