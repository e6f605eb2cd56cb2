/* Bodies of any size for liveness, which looks at nothing but control and locals: put
 * together instruction by instruction, not decoded. */
#ifndef TESTS_COMPILER_LIVENESS_BODY_H
#define TESTS_COMPILER_LIVENESS_BODY_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "compiler/arena.h"
#include "compiler/module.h"

enum { MAX_INSTRS = 1 << 19 };

static struct instr *instrs;
static struct body body; /* under test */
static uint32_t *open_blocks;
static uint32_t n_open;
static struct arena arena;

static inline void begin(uint32_t n_locals)
{
    if (!instrs) {
        instrs = calloc(MAX_INSTRS, sizeof *instrs);
        open_blocks = calloc(MAX_INSTRS, sizeof *open_blocks);
    }
    arena_reset(&arena);
    body = (struct body){.instrs = instrs, .n_locals = n_locals};
    n_open = 0;
}

/* Returns the position. */
static inline uint32_t put(enum opcode op, uint32_t index)
{
    cr_assert(body.n_instrs < MAX_INSTRS);
    instrs[body.n_instrs] = (struct instr){.op = (uint16_t)op, .imm.index = index};
    return body.n_instrs++;
}

static inline uint32_t open(enum opcode op)
{
    uint32_t position = put(op, 0);
    instrs[position].imm.block.else_or_end = 0;
    open_blocks[n_open++] = position;
    return position;
}

static inline uint32_t put_else(void)
{
    instrs[open_blocks[n_open - 1]].imm.block.else_or_end = body.n_instrs;
    return put(OP_Else, 0);
}

/* The end of the innermost block, or of the body. */
static inline uint32_t end(void)
{
    uint32_t position = put(OP_End, 0);
    if (n_open == 0)
        return position;
    struct instr *block = &instrs[open_blocks[--n_open]];
    block->imm.block.end = position;
    if (block->imm.block.else_or_end == 0)
        block->imm.block.else_or_end = position;
    return position;
}

static inline uint32_t put_br_table(uint32_t *labels, uint32_t n_labels)
{
    uint32_t position = put(OP_BrTable, 0);
    instrs[position].imm.br_table.labels = labels;
    instrs[position].imm.br_table.n_labels = n_labels;
    return position;
}

static inline void put_clause(enum opcode op, uint32_t tag, uint32_t label)
{
    uint32_t position = put(op, 0);
    instrs[position].imm.handler.tag = tag;
    instrs[position].imm.handler.label = label;
}

/* Where the innermost block, a try, notes its next handler. */
static inline uint32_t *next_handler(void)
{
    uint32_t *next = &instrs[open_blocks[n_open - 1]].imm.block.else_or_end;
    while (*next != 0)
        next = &instrs[*next].imm.handler.next;
    return next;
}

static inline void put_catch(uint32_t tag)
{
    uint32_t *next = next_handler();
    *next = put(tag == NO_INDEX ? OP_CatchAll : OP_Catch, 0);
    instrs[*next].imm.handler.tag = tag;
    instrs[*next].imm.handler.next = 0;
}

/* The end of the innermost block, a try without delegate. */
static inline void end_try(void)
{
    *next_handler() = body.n_instrs;
    end();
}

#endif
