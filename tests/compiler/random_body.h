/* Random bodies of numbers, locals and control, and a machine that carries them out. */
#ifndef TESTS_COMPILER_RANDOM_BODY_H
#define TESTS_COMPILER_RANDOM_BODY_H

#include <criterion/criterion.h>

#include "tests/compiler/body_builder.h"
#include "tests/compiler/random.h"

/* A number that is sometimes known: a global is not. */
static inline void put_number(void)
{
    switch (random_below(4)) {
    case 0:
        put(OP_I32Const, random_below(3));
        break;
    case 1:
        put(OP_GlobalGet, 0);
        break;
    default:
        put(OP_LocalGet, random_below(WIDE));
    }
    if (random_below(3) == 0) {
        put(OP_LocalGet, random_below(WIDE));
        put(random_below(2) ? OP_I32Add : OP_I32LtU, 0);
    }
}

static inline void put_branch(uint32_t n_open)
{
    static uint32_t labels[1024];
    static uint32_t n_labels;
    if (random_below(4)) {
        put_number();
        put(OP_BrIf, random_below(n_open + 1));
    } else if (random_below(2)) {
        put(OP_Br, random_below(n_open + 1));
    } else {
        put_number();
        struct instr *in = put(OP_BrTable, 0);
        n_labels = n_labels > 1000 ? 0 : n_labels;
        in->imm.br_table.labels = &labels[n_labels];
        in->imm.br_table.n_labels = random_below(3);
        for (uint32_t i = 0; i <= in->imm.br_table.n_labels; i++)
            labels[n_labels++] = random_below(n_open + 1);
    }
}

static void put_statements(uint32_t n_open);

static inline void put_construct(uint32_t n_open)
{
    static const enum opcode openers[] = {OP_Block, OP_If, OP_Loop, OP_Loop};
    enum opcode op = openers[random_below(4)];
    if (op == OP_If)
        put_number();
    uint32_t opened = open(op);
    put_statements(n_open + 1);
    if (op == OP_If && random_below(2)) {
        put_else(opened);
        put_statements(n_open + 1);
    }
    if (op == OP_Loop) {
        uint32_t counter = random_below(WIDE);
        step_local(counter, 1);
        put(OP_LocalGet, counter);
        put(OP_I32Const, random_below(12));
        put(random_below(2) ? OP_I32Ne : OP_I32LtU, 0);
        put(OP_BrIf, 0);
    }
    close(opened);
}

static inline void put_statements(uint32_t n_open)
{
    for (uint32_t n = random_below(5); n > 0; n--) {
        switch (random_below(4)) {
        case 0:
            if (n_open < 4)
                put_construct(n_open);
            break;
        case 1:
            put_branch(n_open);
            break;
        default:
            put_number();
            put(random_below(4) ? OP_LocalSet : OP_LocalTee, random_below(WIDE));
            if (instrs[body.n_instrs - 1].op == OP_LocalTee)
                put(OP_Drop, 0);
        }
    }
}

/* What the instructions of the random bodies do. */
static struct {
    uint32_t position, locals[WIDE], stack[8], sp;
    uint32_t open[8], n_open; /* openers */
} machine;

static inline void go_to_label(uint32_t depth)
{
    if (depth >= machine.n_open) {
        machine.position = body.n_instrs;
        return;
    }
    machine.n_open -= depth;
    uint32_t opener = machine.open[machine.n_open - 1];
    if (instrs[opener].op == OP_Loop) {
        machine.position = opener + 1;
    } else {
        machine.n_open--;
        machine.position = instrs[opener].imm.block.end + 1;
    }
}

static inline void step(void)
{
    const struct instr *in = &instrs[machine.position++];
    uint32_t *stack = machine.stack, index = in->imm.index;
    switch (in->op) {
    case OP_Block:
    case OP_Loop:
    case OP_If:
        machine.open[machine.n_open++] = (uint32_t)(in - instrs);
        if (in->op != OP_If || stack[--machine.sp])
            break;
        machine.position = in->imm.block.else_or_end;
        machine.position += instrs[machine.position].op == OP_Else;
        break;
    case OP_Else:
        machine.position = instrs[machine.open[machine.n_open - 1]].imm.block.end;
        break;
    case OP_End:
        machine.n_open -= machine.n_open > 0;
        break;
    case OP_Br:
        go_to_label(index);
        break;
    case OP_BrIf:
        if (stack[--machine.sp])
            go_to_label(index);
        break;
    case OP_BrTable:
        index = stack[--machine.sp];
        if (index > in->imm.br_table.n_labels)
            index = in->imm.br_table.n_labels;
        go_to_label(in->imm.br_table.labels[index]);
        break;
    case OP_LocalGet:
        stack[machine.sp++] = machine.locals[index];
        break;
    case OP_LocalSet:
        machine.locals[index] = stack[--machine.sp];
        break;
    case OP_LocalTee:
        machine.locals[index] = stack[machine.sp - 1];
        break;
    case OP_Drop:
        machine.sp--;
        break;
    case OP_I32Const:
        stack[machine.sp++] = in->imm.i32;
        break;
    case OP_GlobalGet:
        stack[machine.sp++] = random_below(5);
        break;
    case OP_I32Add:
        machine.sp--;
        stack[machine.sp - 1] += stack[machine.sp];
        break;
    case OP_I32Ne:
        machine.sp--;
        stack[machine.sp - 1] = stack[machine.sp - 1] != stack[machine.sp];
        break;
    case OP_I32LtU:
        machine.sp--;
        stack[machine.sp - 1] = stack[machine.sp - 1] < stack[machine.sp];
        break;
    default:
        cr_assert_fail("%s", op_info(in->op)->text);
    }
}

#endif
