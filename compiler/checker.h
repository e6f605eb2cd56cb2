/* The state of a type check, private to the files that have checks (validate*.c): a stack
 * of operand types and a stack of open blocks.
 *
 * Failure is sticky: a check that fails sets the diag and goes on with whatever it has
 * got. */
#ifndef COMPILER_CHECKER_H
#define COMPILER_CHECKER_H

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/module.h"

/* An open block. */
struct control {
    const struct instr *opener; /* block, loop, if, else, try_table, try, catch,
                                   catch_all; NULL for the whole expression */
    const struct instr *block;  /* as opener, but the if of an else, the try of a catch */
    uint32_t n_set;             /* of the checker, when it was opened */
    uint32_t height;     /* of the operand stack below its parameters, above the exception
                            that a catch keeps for rethrow */
    bool is_unreachable; /* the rest of it is never reached: any operand is there */
};

struct checker {
    const struct module *m;
    struct arena *arena;
    struct diag *d;
    const struct instr *in; /* the one being checked */
    const struct body *body;
    struct func_type type; /* of the whole expression */
    uint32_t n_globals;    /* that the expression may name */

    val_type *operands;
    uint32_t n_operands;
    size_t operand_capacity;
    struct control *controls;
    uint32_t n_controls;
    size_t control_capacity;
    /* Locals without a default value: whether they have got one, and in which order. */
    bool *is_set;
    uint32_t *set;
    uint32_t n_set;
};

#define fail(v, ...) diag_set((v)->d, (v)->in->offset, __VA_ARGS__)

/* ---- The operand stack ---- */

static inline void push(struct checker *v, val_type t)
{
    if (v->n_operands == v->operand_capacity)
        v->operands = arena_grow(v->arena, v->operands, &v->operand_capacity, sizeof t);
    v->operands[v->n_operands++] = t;
}

static inline struct control *innermost(struct checker *v)
{
    return &v->controls[v->n_controls - 1];
}

static inline void expect(struct checker *v, val_type t, val_type found)
{
    if (found != t && found != TYPE_UNKNOWN && t != TYPE_UNKNOWN &&
        !type_matches(v->m, found, t))
        fail(v, "type mismatch: expected %s, found %s", type_name(t), type_name(found));
}

/* Pops an operand of type t, or of any type if t is TYPE_UNKNOWN. Returns the operand's
 * type. */
static inline val_type pop(struct checker *v, val_type t)
{
    const struct control *block = innermost(v);
    if (v->n_operands == block->height) {
        if (!block->is_unreachable)
            fail(v, "type mismatch: %s needs %s%s, but the stack is empty",
                 op_info(v->in->op)->text, t ? "an operand of type " : "an operand",
                 t ? type_name(t) : "");
        return TYPE_UNKNOWN;
    }
    val_type found = v->operands[--v->n_operands];
    expect(v, t, found);
    return found;
}

static inline void push_all(struct checker *v, const val_type *types, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        push(v, types[i]);
}

static inline void pop_all(struct checker *v, const val_type *types, uint32_t n)
{
    while (n-- > 0)
        pop(v, types[n]);
}

/* ---- The stack of open blocks ---- */

/* opener and block as in struct control. */
void open_block(struct checker *v, const struct instr *opener, const struct instr *block);

static inline void set_unreachable(struct checker *v)
{
    struct control *block = innermost(v);
    v->n_operands = block->height;
    block->is_unreachable = true;
}

/* The operands that a branch to this label takes. */
struct label {
    const val_type *types;
    uint32_t n;
    val_type storage;
};

/* False after a failure. label must stay where it is while it is used. */
bool find_label(struct checker *v, uint32_t depth, struct label *label);

/* ---- Memories and tables ---- */

/* The address type of the memory; any after a failure. */
static inline val_type memory_address(struct checker *v, uint32_t memory_index)
{
    if (memory_index < v->m->n_memories)
        return address_type(&v->m->memories[memory_index].type.limits);
    fail(v, "unknown memory %u", memory_index);
    return TYPE_I32;
}

/* The element type of the table, or TYPE_UNKNOWN after a failure. */
static inline val_type table_element(struct checker *v, uint32_t table_index)
{
    if (table_index < v->m->n_tables)
        return v->m->tables[table_index].type.element;
    fail(v, "unknown table %u", table_index);
    return TYPE_UNKNOWN;
}

/* The address type of the table, which exists unless a check has failed. */
static inline val_type table_address(const struct checker *v, uint32_t table_index)
{
    return table_index < v->m->n_tables
               ? address_type(&v->m->tables[table_index].type.limits)
               : TYPE_I32;
}

/* ---- Checks ---- */

typedef void check_function(struct checker *v);

/* Those of blocks, branches and exceptions. */
extern check_function *const control_checks[N_OPCODES];

/* Those of the instructions on memories and tables whose row has no signature. */
extern check_function *const memory_checks[N_OPCODES];

/* What the immediates of memory accesses, and of those on lanes, must be. */
void check_memarg(struct checker *v);
void check_lane(struct checker *v);

#endif
