/* A decoded module as plain data, and one function body as a flat array of instructions.
 *
 * The reader fills struct module; after validate_module it is const for everybody. All
 * memory belongs to an arena or to the input bytes, both of which outlive the module. */
#ifndef COMPILER_MODULE_H
#define COMPILER_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/opcodes.h"
#include "compiler/types.h"

struct arena;

#define NO_INDEX UINT32_MAX

/* A name of the binary format (core 5.2.4): valid UTF-8, may hold NUL, not terminated. */
struct name {
    const char *chars;
    uint32_t length;
};

/* One instruction. The comment says which immediates (opcodes.h) use a member; index
 * members are not range-checked until validation. */
struct instr {
    uint16_t op;     /* enum opcode */
    uint16_t memory; /* MEMARG: memory index */
    uint32_t offset; /* of the opcode, in bytes from the start of the module */
    union {
        uint32_t index; /* LABEL: depth; FUNC, LOCAL, GLOBAL, TABLE, MEMORY, TAG, DATA,
                           ELEM, TYPE */
        struct {
            uint32_t first;  /* CALL_INDIRECT: type; the others: destination or segment */
            uint32_t second; /* CALL_INDIRECT: table; the others: source, or the memory or
                                table that the segment goes to */
        } pair;
        struct {
            uint64_t offset; /* MEMARG */
            uint32_t align;  /* MEMARG: exponent of 2 */
            uint8_t lane;    /* MEMARG of an OPF_LANE instruction */
        } memarg;
        struct {
            uint32_t type;   /* BLOCK: type index, or NO_INDEX */
            val_type result; /* BLOCK without type index: its result, or 0 for none */
            uint32_t end;    /* BLOCK: position of the matching end */
            uint32_t else_or_end; /* if, legacy try: position of its else, of its first
                                     catch or catch_all; without any, of its end */
        } block;
        struct {
            uint32_t tag;   /* CLAUSE, CATCH; NO_INDEX: exceptions of all tags */
            uint32_t label; /* CLAUSE: depth, counted from outside of the try_table */
            uint32_t
                next; /* CATCH: position of the next catch or catch_all, or the end */
            bool is_rethrown; /* CATCH: some rethrow names this block. Then the exception
                                 lies at the bottom of its operands, below the tag's
                                 values, where nothing but rethrow can get at it. */
        } handler;
        struct {
            uint32_t *labels;  /* BR_TABLE: depths; the default is labels[n_labels] */
            uint32_t n_labels; /* without the default */
        } br_table;
        val_type type; /* HEAP_TYPE: as reference type; TYPES: the only one, else 0 */
        uint32_t i32;
        uint64_t i64;
        uint32_t f32;      /* bits */
        uint64_t f64;      /* bits */
        uint8_t lane;      /* LANE */
        uint8_t bytes[16]; /* V128: the lowest lane first; SHUFFLE: lanes */
    } imm;
};

/* A decoded function body or constant expression. */
struct body {
    struct instr *instrs; /* the last one is the end of the body */
    uint32_t n_instrs;
    val_type *locals; /* parameters, then declared locals */
    uint32_t n_locals;
};

/* A constant expression (core 3.3.10), decoded when its section is read. */
struct const_expr {
    struct instr *instrs; /* the last one is its end */
    uint32_t n_instrs;
    uint32_t offset; /* of its first byte */
};

struct import {
    struct name module;
    struct name name;
    enum extern_kind kind;
    uint32_t index; /* in the index space of its kind */
    uint32_t offset;
};

struct func {
    uint32_t type_index;
    uint32_t import_index; /* or NO_INDEX */
    uint32_t offset;       /* of the type index */
    uint32_t body_offset;  /* of the local declarations; 0 if imported */
    uint32_t body_bytes;   /* from there, with the final end */
    struct name name;      /* from the name section; length 0 if it has none */
    uint32_t export_index; /* the first export of it, or NO_INDEX */
    bool is_referenced; /* named by an export, element segment, global or ref.func outside
                           of bodies, so that ref.func may name it (core 3.4.1, C.refs) */
    /* Known once load_module has read the body. */
    bool makes_tail_calls;
    bool has_try;
};

struct table {
    struct table_type type;
    uint32_t import_index;
    uint32_t offset;         /* of its type */
    struct const_expr *init; /* NULL: null references */
};

struct memory {
    struct memory_type type;
    uint32_t import_index;
    uint32_t offset; /* of its type */
};

struct global {
    struct global_type type;
    uint32_t import_index;
    struct const_expr init; /* unless imported */
};

/* An exception's tag; the type has no results (core 2.3.16). */
struct tag {
    uint32_t type_index;
    uint32_t import_index;
    uint32_t offset; /* of the type index */
};

struct export
{
    struct name name;
    enum extern_kind kind;
    uint32_t index;
    uint32_t offset;
};

enum segment_mode { SEGMENT_ACTIVE, SEGMENT_PASSIVE, SEGMENT_DECLARATIVE };

struct elem_segment {
    enum segment_mode mode;
    val_type type;
    uint32_t table_index;    /* if active */
    struct const_expr where; /* if active: the offset in the table */
    uint32_t n_items;
    uint32_t *func_indices;   /* items as function indices, or NULL: */
    struct const_expr *exprs; /* items as expressions */
    uint32_t offset;
};

struct data_segment {
    enum segment_mode mode;
    uint32_t memory_index;   /* if active */
    struct const_expr where; /* if active: the offset in the memory */
    const uint8_t *bytes;
    uint32_t n_bytes;
    uint32_t offset;
};

/* What there is to a type of the module besides its parameters and results. */
struct type_def {
    uint32_t supertype; /* canonical type index, or NO_INDEX */
    uint32_t depth;     /* supertypes above it */
    uint32_t group;     /* the first type of its recursion group (core 5.3.9) */
    uint32_t group_size;
    bool is_final; /* no type has it as supertype */
};

struct module {
    const uint8_t *bytes;
    size_t n_bytes;
    struct arena *arena;
    struct name name; /* from the name section */

    struct func_type *types;
    struct type_def *type_defs; /* parallel to types */
    uint32_t n_types;
    uint32_t *canonical_types; /* type index -> lowest index of an equal type */

    struct import *imports;
    uint32_t n_imports;

    /* Index spaces, imports first. */
    struct func *funcs;
    uint32_t n_funcs, n_imported_funcs;
    struct table *tables;
    uint32_t n_tables, n_imported_tables;
    struct memory *memories;
    uint32_t n_memories, n_imported_memories;
    struct global *globals;
    uint32_t n_globals, n_imported_globals;
    struct tag *tags;
    uint32_t n_tags, n_imported_tags;

    struct export *exports;
    uint32_t n_exports;
    struct elem_segment *elems;
    uint32_t n_elems;
    struct data_segment *datas;
    uint32_t n_datas;
    bool has_data_count;
    uint32_t data_count;
    uint32_t start_func; /* or NO_INDEX */
    uint32_t start_offset;
};

static inline const struct func_type *module_func_type(const struct module *m,
                                                       uint32_t func_index)
{
    return &m->types[m->funcs[func_index].type_index];
}

/* What exceptions of a tag carry. */
static inline const struct func_type *module_tag_type(const struct module *m,
                                                      uint32_t tag_index)
{
    return &m->types[m->tags[tag_index].type_index];
}

/* Whether a call names the function it calls, as the index among its immediates. */
static inline bool is_direct_call(const struct instr *call)
{
    return op_info(call->op)->immediate == IMM_FUNC;
}

/* The index of the type of what a call calls. */
static inline uint32_t module_call_type(const struct module *m, const struct instr *call)
{
    switch (op_info(call->op)->immediate) {
    case IMM_FUNC:
        return m->funcs[call->imm.index].type_index;
    case IMM_TYPE:
        return call->imm.index;
    default:
        return call->imm.pair.first;
    }
}

/* The type of references to a function. */
static inline val_type func_ref_type(const struct module *m, uint32_t func_index)
{
    uint32_t type = m->canonical_types[m->funcs[func_index].type_index];
    return type_of_index(type) | TYPE_NON_NULL;
}

/* Whether a value of one type is one of another (core 3.3.3). */
bool type_matches(const struct module *m, val_type type, val_type other);
bool types_match(const struct module *m, const val_type *types, const val_type *others,
                 uint32_t n);
/* Whether a canonical type is another one, or has it as supertype, directly or not. */
bool is_subtype(const struct module *m, uint32_t canonical, uint32_t other);

/* Whether two names have the same bytes. */
bool name_equal(struct name a, struct name b);

/* The parameters and results of a block. A block type that is a single value type points
 * into *result_storage, which must live as long as the answer is used. */
struct func_type module_block_type(const struct module *m, const struct instr *block,
                                   val_type *result_storage);

/* Writes the function's name to buffer, always terminated: the name of the name section,
 * else of an import or export, else "func[N]". Bytes that are no printable ASCII become
 * '?'. Returns buffer. */
const char *module_func_name(const struct module *m, uint32_t func_index, char *buffer,
                             size_t buffer_bytes);

#endif
