#include "compiler/dispatch.h"

#include <stdbool.h>
#include <string.h>

/* In instructions; cases; and edges from all copies to all cases, which LLVM's time and
 * the tables grow with. */
enum { LONGEST = 24, LEAST_CASES = 4, LEAST_COPIES = 4, MOST_EDGES = 1024 };

/* Whether the instruction only takes and gives operands and locals. */
static bool is_repeatable(const struct instr *in)
{
    const struct op_info *info = op_info(in->op);
    switch ((enum opcode)in->op) {
    case OP_LocalGet:
    case OP_LocalSet:
    case OP_LocalTee:
    case OP_GlobalGet:
    case OP_Drop:
    case OP_Select:
        return true;
    default:
        break;
    }
    switch (info->immediate) {
    case IMM_NONE:
    case IMM_MEMARG:
    case IMM_I32:
    case IMM_I64: { /* those with a result: no store, no branch */
        const char *results = info->signature ? strchr(info->signature, ':') : NULL;
        return results && results[1] != '\0';
    }
    default:
        return false;
    }
}

static uint32_t find_table(const struct body *body, uint32_t loop_position)
{
    uint32_t n_instrs = 0;
    for (uint32_t i = loop_position + 1; n_instrs <= LONGEST; i++) {
        const struct instr *in = &body->instrs[i];
        if (in->op == OP_BrTable)
            return i;
        if (in->op == OP_Block)
            continue;
        if (!is_repeatable(in))
            return 0;
        n_instrs++;
    }
    return 0;
}

/* The branches to the loop. */
static uint32_t count_copies(const struct body *body, uint32_t loop_position)
{
    uint32_t n = 0, depth = 0, end = body->instrs[loop_position].imm.block.end;
    for (uint32_t i = loop_position + 1; i < end; i++) {
        const struct instr *in = &body->instrs[i];
        if (op_opens_block(in->op))
            depth++;
        else if (in->op == OP_End)
            depth--;
        else if (in->op == OP_Br && in->imm.index == depth)
            n++;
    }
    return n;
}

uint32_t find_dispatch(const struct body *body, uint32_t loop_position)
{
    uint32_t position = find_table(body, loop_position);
    if (position == 0)
        return 0;
    uint32_t n_cases = body->instrs[position].imm.br_table.n_labels;
    uint32_t n_copies = count_copies(body, loop_position);
    bool is_worth_it = n_cases >= LEAST_CASES && n_copies >= LEAST_COPIES &&
                       n_cases <= MOST_EDGES / n_copies;
    return is_worth_it ? position : 0;
}
