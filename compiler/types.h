/* Value types, function types and limits of WebAssembly (core 2.3). */
#ifndef COMPILER_TYPES_H
#define COMPILER_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/* A value type. The low byte is a code of the binary format (core 5.3.4), for references
 * that of the nullable type at the top of their hierarchy: all that matters when a
 * program runs. Above it, TYPE_NON_NULL says that a reference is not null; the rest is
 * its heap type: 0 the top, TYPE_BOTTOM, or the index of a type and one (type_of_index),
 * which in a module that was read is a canonical one. So types are equal as numbers are.
 */
typedef uint32_t val_type;

enum {
    TYPE_I32 = 0x7f,
    TYPE_I64 = 0x7e,
    TYPE_F32 = 0x7d,
    TYPE_F64 = 0x7c,
    TYPE_V128 = 0x7b,
    TYPE_FUNCREF = 0x70,
    TYPE_EXTERNREF = 0x6f,
    TYPE_EXNREF = 0x69,
    TYPE_UNKNOWN = 0, /* an operand of unreachable code; only the validator meets it */

    TYPE_NON_NULL = 1 << 8,
    TYPE_HEAP_SHIFT = 9,
    TYPE_NO_HEAP = (1 << 23) - 1, /* as heap type: no value but null */
};
#define TYPE_BOTTOM ((val_type)TYPE_NO_HEAP << TYPE_HEAP_SHIFT)
/* As in the JavaScript API's limits. */
#define MAX_TYPES           1000000u
#define MAX_SUBTYPING_DEPTH 63

static inline uint8_t type_code(val_type t)
{
    return (uint8_t)t;
}

static inline bool type_is_ref(val_type t)
{
    return type_code(t) == TYPE_FUNCREF || type_code(t) == TYPE_EXTERNREF ||
           type_code(t) == TYPE_EXNREF;
}

/* Whether locals of the type start with a value (core 3.2.2). */
static inline bool type_has_default(val_type t)
{
    return !(t & TYPE_NON_NULL);
}

static inline uint32_t type_heap(val_type t)
{
    return t >> TYPE_HEAP_SHIFT;
}

/* Whether it is a reference to functions of one type, the one of type_index. */
static inline bool type_has_index(val_type t)
{
    return type_heap(t) != 0 && type_heap(t) != TYPE_NO_HEAP;
}

static inline uint32_t type_index(val_type t)
{
    return type_heap(t) - 1;
}

/* The nullable reference to functions of a type. */
static inline val_type type_of_index(uint32_t index)
{
    return TYPE_FUNCREF | (val_type)(index + 1) << TYPE_HEAP_SHIFT;
}

/* "i32", "funcref", "(ref null 3)" …; "unknown" for anything else. */
#define type_name(t) type_text((t), (char[TYPE_TEXT_BYTES]){0})
enum { TYPE_TEXT_BYTES = 32 };
const char *type_text(val_type t, char text[TYPE_TEXT_BYTES]);

struct func_type {
    uint32_t n_params;
    uint32_t n_results;
    const val_type *params;
    const val_type *results;
};

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
    uint32_t page_bits; /* its pages have 2^page_bits bytes: RT_PAGE_BITS, or 0 */
};

struct global_type {
    val_type type;
    bool is_mutable;
};

enum extern_kind { EXTERN_FUNC, EXTERN_TABLE, EXTERN_MEMORY, EXTERN_GLOBAL, EXTERN_TAG };

/* "function", "table", "memory", "global", "tag". */
const char *extern_kind_name(enum extern_kind kind);

#endif
