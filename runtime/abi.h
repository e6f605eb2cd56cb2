/* The contract between generated code and the runtime, and the only bridge between
 * compiler/ and runtime/. Offsets that generated code relies on are asserted here and
 * taken from here.
 *
 * Calling convention of every Wasm function, generated or host: the C convention of the
 * target,
 *
 *     result f(struct rt_instance *instance, params…[, union rt_value *results])
 *
 * with the first parameter the instance the function belongs to (of no value among the
 * functions of a module made for just one instance, which know where it lies). No result:
 * void. One result: returned. Two or more: all are stored through the last parameter, and
 * nothing is returned. Thus C and libffi call generated code directly, and generated code
 * calls C directly.
 *
 * A function that makes tail calls has two symbols: one of this convention, which only
 * calls the other; that one has a convention of generated code alone, the same for all
 * types of functions (compiler/codegen_tail.c), so that frames can give way to one
 * another. */
#ifndef RUNTIME_ABI_H
#define RUNTIME_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/abi_frames.h"

/* Changes whenever anything below does; a module made by another compiler is refused. */
#define RT_ABI_VERSION 11

struct rt_instance;

enum rt_trap_code {
    RT_TRAP_NONE,
#define RT_TRAP(id, message) RT_TRAP_##id,
#include "runtime/abi.def"
    RT_N_TRAPS
};

/* The codes of value types in the binary format (core 5.3.4). */
enum rt_val_type {
    RT_TYPE_I32 = 0x7f,
    RT_TYPE_I64 = 0x7e,
    RT_TYPE_F32 = 0x7d,
    RT_TYPE_F64 = 0x7c,
    RT_TYPE_V128 = 0x7b,
    RT_TYPE_FUNCREF = 0x70,
    RT_TYPE_EXTERNREF = 0x6f,
    RT_TYPE_EXNREF = 0x69,
};

/* The full type of a reference: a code in the low byte, whether it may be null, and above
 * what it refers to: 0 anything, RT_TYPE_NO_HEAP nothing, else functions of a type, as
 * the module's type index + 1 or as an id. */
#define RT_TYPE_NON_NULL   UINT32_C(0x100)
#define RT_TYPE_HEAP_SHIFT 9
#define RT_TYPE_NO_HEAP    UINT32_C(0x7fffff)
#define RT_TYPE_HAS_INDEX(type)                                                          \
    ((type) >> RT_TYPE_HEAP_SHIFT != 0 && (type) >> RT_TYPE_HEAP_SHIFT != RT_TYPE_NO_HEAP)
#define RT_TYPE_INDEX(type) (((type) >> RT_TYPE_HEAP_SHIFT) - 1)

/* A value where it lies in memory: a result, a global, an argument of rt_call. */
union rt_value {
    uint32_t i32;
    uint64_t i64;
    float f32;
    double f64;
    uint64_t v128[2]; /* the lower half first */
    const void *ref;  /* funcref: struct rt_func; exnref: struct rt_exn; externref: the
                         embedder's; NULL is null */
    uint8_t bytes[16];
};
_Static_assert(sizeof(union rt_value) == 16,
               "generated code stores results 16 bytes apart");

/* The words of 8 bytes that a value takes in a frame, as in a snapshot. */
static inline uint32_t rt_words_of(uint32_t type)
{
    return type == RT_TYPE_V128 ? 2 : 1;
}

/* What a funcref points to. */
struct rt_func {
    const void *code;
    struct rt_instance *instance; /* the first argument of code */
    uint32_t type_id; /* equal for equal types across all modules of the process, not 0 */
    uint32_t func_index;
    const void *tail_code; /* to be called in place of a frame; NULL: it makes no tail
                              call itself, and code does */
};

/* Parameters and results of a function type, each: limits of the reader. */
#define RT_MAX_PARAMS  1000
#define RT_MAX_RESULTS 1000

/* Arguments of a call in place of a frame that find no register, from the caller's last
 * instructions to the callee's first. */
extern union rt_value rt_tail_args[RT_MAX_PARAMS];

/* An element of a funcref table: the callee spread out, so that call_indirect needs no
 * further load. A null element is all zero. */
struct rt_table_entry {
    const void *code;
    struct rt_instance *instance;
    uint64_t type_id;
    const struct rt_func *func;
};
_Static_assert(sizeof(struct rt_table_entry) == 32,
               "generated code indexes entries by 32");

struct rt_table {
    union {
        struct rt_table_entry *entries; /* funcref */
        const void **refs;              /* externref, exnref */
    } u;                                /* moves when the table grows */
    uint64_t n_elements;
    uint64_t max_elements; /* the lower of its type's and the runtime's limit */
    uint64_t capacity;
    uint64_t declared_max; /* of its type; UINT64_MAX if none */
    uint32_t element_type; /* enum rt_val_type */
    uint32_t is_64;        /* indices and sizes are i64 */
    uint32_t full_type;    /* of the elements, naming a type by its id */
};
_Static_assert(offsetof(struct rt_table, n_elements) == 8, "generated code relies on it");

struct rt_memory {
    uint8_t *base; /* aligned to the host's page; moves only if is_64, as it grows */
    uint64_t n_bytes;
    /* In its own pages: the lowest of its type, the runtime's limit and --max-memory. */
    uint64_t max_pages;
    uint64_t reserved_bytes; /* address space from base; all beyond n_bytes, rounded up to
                                RT_PAGE_BYTES, faults: RT_MEMORY_GUARD_BYTES at least */
    uint64_t declared_max;   /* of its type, in pages; UINT64_MAX if none */
    uint32_t is_64;          /* addresses and sizes are i64 */
    uint32_t page_bits;      /* a page has 2^page_bits bytes: RT_PAGE_BITS, or 0 */
};
_Static_assert(offsetof(struct rt_memory, n_bytes) == 8, "generated code relies on it");

#define RT_PAGE_BITS  16
#define RT_PAGE_BYTES (1u << RT_PAGE_BITS)
/* A 32-bit address plus a 32-bit offset plus the widest access, rounded up to a Wasm
 * page. */
#define RT_MEMORY_RESERVED_BYTES ((UINT64_C(8) << 30) + RT_PAGE_BYTES)

/* Inaccessible bytes below base, for accesses that step back from an address; and behind
 * the memory, for those that reach over its end from an address within. */
#define RT_MEMORY_GUARD_BYTES RT_PAGE_BYTES
/* The last page of a 4 GiB memory is only had by memories that start with it: an address
 * that wraps below 0 is otherwise out of bounds. (memory.grow may always fail,
 * core 4.4.7.) */
#define RT_GROWN_PAGES 65535

/* A slot of an instance for a function import. */
struct rt_func_slot {
    const void *code;
    struct rt_instance *instance;
    const void *tail_code; /* as in struct rt_func */
};

/* ---- Exceptions (core 4.2.10, 4.2.11) ---- */

/* A tag; two are the same if their addresses are. It belongs to the instance that defines
 * it; others that import it point to it. */
struct rt_tag {
    struct rt_instance *instance;
    const struct rt_type *type; /* its parameters are an exception's values */
    uint32_t type_id;
    uint32_t tag_index; /* in the instance's module */
};

/* An exception: never changed once it is made, and kept as long as anything refers to it
 * (exn_heap.h). Its address is the exnref, and what a landing pad gets. */
struct rt_exn {
    _Alignas(16) uint8_t exception[32]; /* struct _Unwind_Exception; of rt_throw */
    const struct rt_tag *tag;
    uint32_t n_values;
    uint32_t number; /* of the heap's own */
    union rt_value values[];
};
_Static_assert(offsetof(struct rt_exn, tag) == 32 &&
                   offsetof(struct rt_exn, values) == 48,
               "generated code relies on it");

/* An instance: this head, then the module's own area, laid out by the compiler and
 * described by struct rt_module; 16-byte aligned. */
struct rt_instance {
    uint8_t *memory0;         /* base of memory 0, unless that is_64; or NULL */
    const uint32_t *type_ids; /* type index of the module -> type id */
    const struct rt_module *module;
    struct rt_func *funcs; /* func index -> what a funcref to it points to */
    struct rt_instance_private *private; /* the runtime's own */
    void *reserved[3];
};
_Static_assert(offsetof(struct rt_instance, memory0) == 0, "generated code relies on it");
_Static_assert(offsetof(struct rt_instance, type_ids) == 8,
               "generated code relies on it");
_Static_assert(sizeof(struct rt_instance) == 64, "the module's own area starts here");

/* ---- What the compiler writes about a module: constant data in the executable ---- */

struct rt_type {
    uint32_t n_params;
    uint32_t n_results;
    const uint8_t *codes;  /* value type codes: parameters, then results */
    const uint32_t *types; /* the same as full types; NULL: no more than the codes say */
    uint32_t supertype;    /* type index + 1; 0: none */
    uint32_t is_open;      /* 1: types may have it as supertype */
    uint32_t n_more;       /* types of its recursion group follow it */
    uint32_t same_as;      /* index + 1 of an equal type before; 0: none is */
};

/* Calls code of some type with arguments and results in memory. */
typedef void rt_call_function(const void *code, struct rt_instance *instance,
                              const union rt_value *args, union rt_value *results);

enum rt_extern_kind {
    RT_EXTERN_FUNC,
    RT_EXTERN_TABLE,
    RT_EXTERN_MEMORY,
    RT_EXTERN_GLOBAL,
    RT_EXTERN_TAG
};

struct rt_string {
    const char *chars; /* UTF-8, not terminated, may hold NUL */
    uint64_t n_bytes;
};

/* The type of a table or memory: limits in elements or pages. */
struct rt_limits {
    uint64_t min;
    uint64_t max;   /* UINT64_MAX: none */
    uint64_t is_64; /* addressed by i64 */
};

struct rt_import {
    struct rt_string module;
    struct rt_string name;
    uint32_t kind;  /* enum rt_extern_kind */
    uint32_t index; /* in the index space of its kind */
    /* A function of the host that the compiler has linked already (a row of wasi.def) or
     * NULL: then the instance's slot must be filled. Generated code calls the former
     * directly. */
    const void *host_func;
    /* Of a function with host_func NULL: code of its type that calls rt_call_host. */
    const void *adapter;
};

struct rt_export {
    struct rt_string name;
    uint32_t kind;
    uint32_t index;
};

/* slot: byte offset in the instance of the object itself: for an own table struct
 * rt_table, for an own memory struct rt_memory, for an own global union rt_value; for an
 * imported one a pointer to such; for an imported function struct rt_func_slot; for any
 * tag a pointer to struct rt_tag. */
struct rt_table_desc {
    uint32_t element_type; /* full */
    uint32_t slot;
    struct rt_limits limits;
};

struct rt_memory_desc {
    uint64_t slot;
    struct rt_limits limits;
    uint64_t page_bits; /* as in struct rt_memory */
    uint64_t base;      /* where it has to lie; 0: anywhere */
};

struct rt_global_desc {
    uint32_t type; /* full */
    uint32_t is_mutable;
    uint64_t slot;
};

struct rt_tag_desc {
    uint32_t type_index;
    uint32_t slot;
};

struct rt_elem_segment {
    uint32_t element_type;
    uint32_t n_items;
    /* Function indices, or NULL: then `initialize` sets each item by rt_elem_set. */
    const uint32_t *func_indices;
};

struct rt_data_segment {
    const uint8_t *bytes;
    uint64_t n_bytes;
};

/* Function names for backtraces: name i is chars[offsets[i]] up to chars[offsets[i + 1]].
 */
struct rt_names {
    const uint32_t *offsets; /* n_funcs + 1 of them, or NULL: the module has none */
    const char *chars;
};

enum rt_cpu {
    RT_CPU_ANY,       /* or one that was named on purpose */
    RT_CPU_X86_64_V2, /* the default for x86_64 */
};

struct rt_module {
    uint32_t abi_version; /* RT_ABI_VERSION */
    uint32_t n_types;
    uint32_t n_imports;
    uint32_t n_exports;
    uint32_t n_funcs, n_imported_funcs;
    uint32_t n_tables, n_imported_tables;
    uint32_t n_memories, n_imported_memories;
    uint32_t n_globals, n_imported_globals;
    uint32_t n_tags, n_imported_tags;
    uint32_t n_elems;
    uint32_t n_datas;
    uint32_t start_func;     /* or UINT32_MAX */
    uint32_t instance_bytes; /* head and own area; the runtime zeroes it */
    const struct rt_type *types;
    const struct rt_import *imports;
    const struct rt_export *exports;
    const uint32_t *func_types;   /* func index -> type index */
    const void *const *func_code; /* func index - n_imported_funcs -> code */
    /* The same -> tail_code. NULL: no function of the module makes tail calls. */
    const void *const *func_tail_code;
    /* Type index -> what calls functions of a type with v128, which libffi does not know;
     * else NULL. NULL: no type of the module has a v128. */
    rt_call_function *const *type_calls;
    const uint64_t *func_slots; /* imported func index -> slot */
    const struct rt_table_desc *tables;
    const struct rt_memory_desc *memories;
    const struct rt_global_desc *globals;
    const struct rt_tag_desc *tags;
    const struct rt_elem_segment *elems;
    const struct rt_data_segment *datas;
    struct rt_names names;
    struct rt_string name; /* the module's, for messages */
    /* Own func index (without imports) -> its resume points, or NULL: it can't be
     * suspended. NULL: compiled without checkpoints. */
    const struct rt_func_points *const *func_points;
    const struct rt_site_group *sites, *sites_end; /* of these and maybe others' code */
    uint32_t resume_rules;                         /* RT_RESUME_RULES */
    uint32_t cpu;                                  /* enum rt_cpu: what its code needs */
    uint8_t sha256[32];                            /* of the Wasm module's bytes */
    /* Where the only instance lies, zeroed, if the code is made for just one; or NULL. */
    struct rt_instance *only_instance;
    /* Generated: globals, element items, tables, active segments, in the specification's
     * order (core 4.5.4), all but the start function. May trap. Imports, memories, tables
     * (of nulls) and funcs are in place before. */
    void (*initialize)(struct rt_instance *instance);
    /* File names of the libraries with host functions that the program loads, and NULL;
     * or NULL: none. */
    const char *const *plugins;
};

/* What is said of a module to those who only look at the file: in an executable's or
 * object's section of this name, which linkers keep (llvm.used). Little-endian, as both
 * ISAs are; it holds no address, so that it can be read as it lies in the file. */
#define RT_NOTE_SECTION ".wanco"
#define RT_NOTE_MAGIC   "WANCOEXE"

enum rt_note_flags {
    RT_NOTE_CHECKPOINT = 1 << 0 /* compiled with checkpoints: it can be suspended */
};

struct rt_note {
    char magic[8];         /* RT_NOTE_MAGIC, not terminated */
    uint32_t n_bytes;      /* of this struct: later ones may be longer */
    uint32_t abi_version;  /* RT_ABI_VERSION */
    uint32_t resume_rules; /* RT_RESUME_RULES */
    uint32_t flags;        /* enum rt_note_flags */
    uint8_t sha256[32];    /* of the Wasm module's bytes */
    char compiler[32];     /* "wanco 0.1.0 (LLVM 19.1.7)", cut to fit, zero-terminated */
};
_Static_assert(sizeof(struct rt_note) == 88, "it is read from files");

/* The symbol of an executable's or object's module; --emit obj can be given another name.
 */
#define RT_MODULE_SYMBOL "wanco_module"

/* ---- The functions of abi.def, in C ---- */

_Noreturn void rt_trap(uint32_t code);
_Noreturn void rt_trap_indirect(const struct rt_table *table, uint64_t index);
_Noreturn void rt_trap_null_element(void);
_Noreturn void rt_trap_element_type(void);
_Noreturn void rt_suspend(void);
uint32_t rt_image_load(const struct rt_frame *frame, const struct rt_func_points *points,
                       uint64_t *image);
void rt_image_save(void *exception, const struct rt_func_points *points,
                   struct rt_instance *instance, uint32_t number, const uint64_t *image);
_Noreturn void rt_image_raise(const struct rt_func_points *points,
                              struct rt_instance *instance, uint32_t number,
                              const uint64_t *image);
uint64_t rt_memory_grow(struct rt_memory *memory, uint64_t n_pages);
void rt_memory_init(struct rt_instance *instance, struct rt_memory *memory,
                    uint32_t segment, uint64_t to, uint64_t from, uint64_t n_bytes);
void rt_memory_copy(struct rt_memory *to_memory, const struct rt_memory *from_memory,
                    uint64_t to, uint64_t from, uint64_t n_bytes);
void rt_memory_fill(struct rt_memory *memory, uint64_t to, uint32_t byte,
                    uint64_t n_bytes);
void rt_data_drop(struct rt_instance *instance, uint32_t segment);
const void *rt_table_get(const struct rt_table *table, uint64_t index);
void rt_table_set(struct rt_table *table, uint64_t index, const void *ref);
uint64_t rt_table_grow(struct rt_table *table, uint64_t n_elements, const void *ref);
void rt_table_fill(struct rt_table *table, uint64_t to, const void *ref,
                   uint64_t n_elements);
void rt_table_copy(struct rt_table *to_table, const struct rt_table *from_table,
                   uint64_t to, uint64_t from, uint64_t n_elements);
void rt_table_init(struct rt_instance *instance, struct rt_table *table, uint32_t segment,
                   uint64_t to, uint64_t from, uint64_t n_elements);
void rt_elem_drop(struct rt_instance *instance, uint32_t segment);
void rt_elem_set(struct rt_instance *instance, uint32_t segment, uint32_t item,
                 const void *ref);
const void *rt_ref_func(struct rt_instance *instance, uint32_t func_index);
void rt_call_host(struct rt_instance *instance, uint32_t func_index,
                  union rt_value *values);
uint32_t rt_type_is_sub(uint32_t id, uint32_t other);
struct rt_exn *rt_exn_new(const struct rt_tag *tag, const union rt_value *values);
_Noreturn void rt_throw(struct rt_exn *exn);

#endif
