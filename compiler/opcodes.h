/* The instruction set, expanded from opcodes.def. */
#ifndef COMPILER_OPCODES_H
#define COMPILER_OPCODES_H

#include <stdbool.h>
#include <stdint.h>

enum opcode {
#define OP(code, id, text, imm, sig, flags, family, arg) OP_##id,
#include "compiler/opcodes.def"
#undef OP
    N_OPCODES
};

/* What follows an opcode in the binary format; the names are those of struct instr's
 * members. */
enum immediate {
    IMM_NONE,
    IMM_BLOCK,         /* block type */
    IMM_LABEL,         /* label depth */
    IMM_BR_TABLE,      /* vector of label depths, default label depth */
    IMM_FUNC,          /* function index */
    IMM_TYPE,          /* type index */
    IMM_TAG,           /* tag index */
    IMM_CATCH,         /* tag index, or nothing for catch_all */
    IMM_CLAUSE,        /* tag index unless for all, label depth */
    IMM_CALL_INDIRECT, /* type index, table index */
    IMM_TYPES,         /* vector of value types; exactly one is valid */
    IMM_LOCAL,
    IMM_GLOBAL,
    IMM_TABLE,
    IMM_MEMARG, /* alignment, memory index, offset */
    IMM_MEMORY,
    IMM_I32,
    IMM_I64,
    IMM_F32,
    IMM_F64,
    IMM_V128,    /* 16 bytes */
    IMM_SHUFFLE, /* 16 indices of lanes */
    IMM_LANE,    /* nothing but the index of OPF_LANE */
    IMM_HEAP_TYPE,
    IMM_DATA_MEMORY, /* data index, memory index */
    IMM_DATA,
    IMM_MEMORY_MEMORY, /* destination, source */
    IMM_ELEM_TABLE,    /* element index, table index */
    IMM_ELEM,
    IMM_TABLE_TABLE, /* destination, source */
};

enum {
    OPF_TRAP = 1 << 0,    /* may trap */
    OPF_SUSPEND = 1 << 1, /* may reach a safepoint */
    OPF_CALL = 1 << 2,    /* calls a function */
    OPF_TAIL = 1 << 3,    /* and the caller's frame gives way to the callee's */
    OPF_CALLS = OPF_TRAP | OPF_SUSPEND | OPF_CALL,
    OPF_TAIL_CALLS = OPF_CALLS | OPF_TAIL,
    OPF_LANE = 1 << 4,  /* the index of a lane ends its immediates */
    OPF_THROW = 1 << 5, /* throws an exception, always */
};

struct op_info {
    const char *text;
    const char *signature; /* "operands:results"; NULL: validate.c checks it by hand */
    enum immediate immediate;
    unsigned flags;
};

/* The row of op, which must be below N_OPCODES. */
const struct op_info *op_info(enum opcode op);

static inline bool op_is_call(enum opcode op)
{
    return op_info(op)->flags & OPF_CALL;
}

static inline bool op_is_tail_call(enum opcode op)
{
    return op_info(op)->flags & OPF_TAIL;
}

/* Whether it throws an exception, or may since it calls a function that may. A tail call
 * has left its frame by then. */
static inline bool op_may_throw(enum opcode op)
{
    unsigned flags = op_info(op)->flags;
    return flags & OPF_THROW || (flags & OPF_CALL && !(flags & OPF_TAIL));
}

/* Whether it opens a block, which an end closes. */
static inline bool op_opens_block(enum opcode op)
{
    return op_info(op)->immediate == IMM_BLOCK;
}

/* The bytes that a load or store accesses: the digits of its row's argument. */
uint32_t op_access_bytes(enum opcode op);

/* The lanes that the index of an OPF_LANE instruction counts. */
uint32_t op_lanes(enum opcode op);

/* The instruction with this code, or -1: the opcode byte, or prefix << 8 | sub-opcode, or
 * prefix << 12 | sub-opcode where the latter is above 0xff. */
int op_from_code(uint32_t code);

/* The proposal or version that an unknown code belongs to ("tail calls",
 * "exceptions", …), or NULL if the code belongs to none we know of. */
const char *op_missing_feature(uint32_t code);

#endif
