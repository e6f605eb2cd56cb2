/* Bodies put together instruction by instruction, not decoded. */
#ifndef TESTS_COMPILER_BODY_BUILDER_H
#define TESTS_COMPILER_BODY_BUILDER_H

#include <assert.h>
#include <string.h>

#include "compiler/iteration.h"
#include "compiler/module.h"

/* The body under test: locals 0 to 7 are i32, local 8 is i64. */
enum { N_LOCALS = 9, WIDE = 8 };

enum { MAX_INSTRS = 2048 };
static struct instr instrs[MAX_INSTRS];
static val_type locals[N_LOCALS];
static struct body body;

enum { BRIEF, LENGTHY, N_BRIEF_INSTRS = 100 };

/* What it may call: BRIEF, [i32 i64] -> [i32], and LENGTHY, [] -> [], that is not brief.
 */
static inline const struct callees *callees(void)
{
    static val_type types[] = {TYPE_I32, TYPE_I64, TYPE_I32};
    static struct func_type func_types[] = {
        {.params = types, .n_params = 2, .results = types + 2, .n_results = 1},
        {.n_params = 0}};
    static struct func funcs[] = {{.type_index = BRIEF}, {.type_index = LENGTHY}};
    static const uint32_t n_brief[] = {N_BRIEF_INSTRS, 0};
    static const struct module module = {.types = func_types, .funcs = funcs};
    static const struct callees known = {&module, n_brief};
    return &known;
}

static inline struct instr *put(enum opcode op, uint32_t immediate)
{
    assert(body.n_instrs < MAX_INSTRS);
    struct instr *in = &instrs[body.n_instrs++];
    *in = (struct instr){.op = (uint16_t)op};
    if (op_info(op)->immediate == IMM_MEMARG)
        in->imm.memarg.offset = immediate;
    else if (op == OP_I32Const)
        in->imm.i32 = immediate;
    else if (op == OP_I64Const)
        in->imm.i64 = immediate;
    else
        in->imm.index = immediate;
    return in;
}

/* A block, loop or if without type; close() ends it. */
static inline uint32_t open(enum opcode op)
{
    uint32_t position = body.n_instrs;
    put(op, 0)->imm.block.type = NO_INDEX;
    instrs[position].imm.block.result = 0;
    return position;
}

static inline void put_else(uint32_t opened)
{
    instrs[opened].imm.block.else_or_end = body.n_instrs;
    put(OP_Else, 0);
}

static inline void close(uint32_t opened)
{
    struct instr *in = &instrs[opened];
    in->imm.block.end = body.n_instrs;
    if (instrs[in->imm.block.else_or_end].op != OP_Else)
        in->imm.block.else_or_end = body.n_instrs;
    put(OP_End, 0);
}

static inline void begin_body(void)
{
    memset(instrs, 0, sizeof instrs);
    for (uint32_t i = 0; i < N_LOCALS; i++)
        locals[i] = i == WIDE ? TYPE_I64 : TYPE_I32;
    body = (struct body){.instrs = instrs, .locals = locals, .n_locals = N_LOCALS};
}

/* local += step */
static inline void step_local(uint32_t local, int32_t step)
{
    put(OP_LocalGet, local);
    put(OP_I32Const, (uint32_t)step);
    put(OP_I32Add, 0);
    put(OP_LocalSet, local);
}

/* i32.load(local) offset=offset */
static inline void load_at(uint32_t local, uint32_t offset)
{
    put(OP_LocalGet, local);
    put(OP_I32Load, offset);
    put(OP_Drop, 0);
}

#endif
