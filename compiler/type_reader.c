/* Reads types; tells what is malformed from what is only newer than this compiler. */
#include "compiler/type_reader.h"

#include "compiler/arena.h"
#include "runtime/abi.h"

/* As in the JavaScript API's limits (js-api, "Implementation-defined Limits"). */
enum { MAX_PARAMS = RT_MAX_PARAMS, MAX_RESULTS = RT_MAX_RESULTS };

/* The feature that a code of a value or heap type belongs to, or NULL. */
static const char *missing_type_feature(uint8_t code)
{
    switch (code) {
    case 0x68: /* cont */
    case 0x75: /* nocont */
        return "stack switching";
    case 0x6a: /* array */
    case 0x6b: /* struct */
    case 0x6c: /* i31 */
    case 0x6d: /* eq */
    case 0x6e: /* any */
    case 0x71: /* none */
        return "garbage collection";
    default:
        return NULL;
    }
}

static void fail_type(struct cursor *c, const uint8_t *at, uint8_t code, const char *what)
{
    const char *feature = missing_type_feature(code);
    if (feature)
        cursor_fail(c, at, "not supported: %s (type 0x%02x)", feature, code);
    else
        cursor_fail(c, at, "malformed %s type 0x%02x", what, code);
}

enum {
    CODE_REF_NULL = 0x63,
    CODE_REF = 0x64,
    CODE_NOEXTERN = 0x72,
    CODE_NOFUNC = 0x73,
    CODE_NOEXN = 0x74
};

/* A heap type of one byte, as the nullable reference type to it; 0 for others. */
static val_type abstract_ref_type(uint8_t code)
{
    switch (code) {
    case TYPE_FUNCREF:
    case TYPE_EXTERNREF:
    case TYPE_EXNREF:
        return code;
    case CODE_NOFUNC:
        return TYPE_FUNCREF | TYPE_BOTTOM;
    case CODE_NOEXTERN:
        return TYPE_EXTERNREF | TYPE_BOTTOM;
    case CODE_NOEXN:
        return TYPE_EXNREF | TYPE_BOTTOM;
    default:
        return 0;
    }
}

val_type val_type_from_code(struct cursor *c, const uint8_t *at, uint8_t code)
{
    switch (code) {
    case CODE_REF_NULL:
        return read_heap_type(c);
    case CODE_REF:
        return read_heap_type(c) | TYPE_NON_NULL;
    case TYPE_I32:
    case TYPE_I64:
    case TYPE_F32:
    case TYPE_F64:
    case TYPE_V128:
        return code;
    default:
        if (abstract_ref_type(code) == 0)
            fail_type(c, at, code, "value");
        return abstract_ref_type(code);
    }
}

val_type read_val_type(struct cursor *c)
{
    const uint8_t *at = c->p;
    return val_type_from_code(c, at, cursor_byte(c));
}

val_type read_ref_type(struct cursor *c)
{
    const uint8_t *at = c->p;
    uint8_t code = cursor_byte(c);
    bool is_ref = code == CODE_REF || code == CODE_REF_NULL || abstract_ref_type(code);
    if (!is_ref)
        fail_type(c, at, code, "reference");
    return is_ref ? val_type_from_code(c, at, code) : 0;
}

val_type read_heap_type(struct cursor *c)
{
    const uint8_t *at = c->p;
    uint64_t code = cursor_leb128(c, 33, true);
    if (cursor_failed(c))
        return 0;
    if ((int64_t)code >= 0) {
        if (c->m && code < c->m->n_types)
            return type_of_index(c->m->canonical_types[code]);
        cursor_fail(c, at, "unknown type %u", (uint32_t)code);
        return 0;
    }
    if (c->p - at > 1 || abstract_ref_type(*at) == 0)
        fail_type(c, at, *at, "heap");
    return abstract_ref_type(*at);
}

static const val_type *read_result_type(struct cursor *c, struct arena *arena,
                                        uint32_t *n, uint32_t max)
{
    const uint8_t *at = c->p;
    *n = cursor_count(c);
    if (*n > max) {
        cursor_fail(c, at, "too many parameters or results: %u, at most %u are supported",
                    *n, max);
        *n = 0;
    }
    val_type *types = arena_array(arena, *n, sizeof *types);
    for (uint32_t i = 0; i < *n; i++)
        types[i] = read_val_type(c);
    return types;
}

struct func_type read_func_type(struct cursor *c, struct arena *arena, const uint8_t *at,
                                uint8_t form)
{
    struct func_type type = {0};
    switch (form) {
    case 0x60:
        type.params = read_result_type(c, arena, &type.n_params, MAX_PARAMS);
        type.results = read_result_type(c, arena, &type.n_results, MAX_RESULTS);
        break;
    case 0x5e: /* array */
    case 0x5f: /* struct */
        cursor_fail(c, at, "not supported: garbage collection (type form 0x%02x)", form);
        break;
    case 0x5d: /* cont */
        cursor_fail(c, at, "not supported: stack switching (type form 0x%02x)", form);
        break;
    default:
        cursor_fail(c, at, "malformed type form 0x%02x", form);
    }
    return type;
}

enum { HAS_MAX = 1, IS_SHARED = 2, IS_64 = 4, HAS_PAGE_SIZE = 8 };

/* Limits (core 5.3.12); flags are the first byte, of which `known` are allowed. */
static struct limits read_limits(struct cursor *c, uint8_t known)
{
    struct limits limits = {0};
    const uint8_t *at = c->p;
    uint8_t flags = cursor_byte(c);
    if (flags & ~known)
        cursor_fail(c, at, "malformed limits flags 0x%02x", flags);
    else if (flags & IS_SHARED)
        cursor_fail(c, at, "not supported: threads (limits flags 0x%02x)", flags);
    limits.has_max = flags & HAS_MAX;
    limits.is_64 = flags & IS_64;
    limits.min = cursor_u64(c);
    if (limits.has_max)
        limits.max = cursor_u64(c);
    return limits;
}

struct table_type read_table_type(struct cursor *c)
{
    struct table_type type;
    type.element = read_ref_type(c);
    type.limits = read_limits(c, HAS_MAX | IS_SHARED | IS_64);
    return type;
}

/* The custom-page-sizes proposal: an exponent behind the limits. */
struct memory_type read_memory_type(struct cursor *c)
{
    uint8_t flags = c->p < c->end ? *c->p : 0;
    struct memory_type type = {
        .limits = read_limits(c, HAS_MAX | IS_SHARED | IS_64 | HAS_PAGE_SIZE),
        .page_bits = RT_PAGE_BITS};
    if (!(flags & HAS_PAGE_SIZE))
        return type;
    const uint8_t *at = c->p;
    type.page_bits = cursor_u32(c);
    if (type.page_bits != 0 && type.page_bits != RT_PAGE_BITS)
        cursor_fail(c, at,
                    "invalid custom page size of 2^%u bytes: pages have 1 or 65536",
                    type.page_bits);
    return type;
}

struct global_type read_global_type(struct cursor *c)
{
    struct global_type type = {0};
    type.type = read_val_type(c);
    const uint8_t *at = c->p;
    uint8_t mutability = cursor_byte(c);
    if (mutability > 1)
        cursor_fail(c, at, "malformed mutability 0x%02x", mutability);
    type.is_mutable = mutability == 1;
    return type;
}
