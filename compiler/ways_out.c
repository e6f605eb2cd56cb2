#include "compiler/ways_out.h"

/* In instructions, that all loops together are looked at in linear time. */
enum { LONGEST_WAY_OUT = 8192 };

static bool goes_elsewhere(enum opcode op)
{
    return op == OP_Br || op == OP_BrTable || op == OP_Return || op == OP_Unreachable;
}

/* Whether a branch stays among the instructions, or leaves the loop. inside: constructs
 * that are open around it, counted from where the instructions begin. */
static bool leads_out(uint32_t label, uint32_t inside, uint32_t depth)
{
    return label < inside || label - inside > depth;
}

static bool branches_lead_out(const struct instr *in, uint32_t inside, uint32_t depth)
{
    switch (op_info(in->op)->immediate) {
    case IMM_LABEL:
        return leads_out(in->imm.index, inside, depth);
    case IMM_BR_TABLE:
        for (uint32_t i = 0; i <= in->imm.br_table.n_labels; i++)
            if (!leads_out(in->imm.br_table.labels[i], inside, depth))
                return false;
        return true;
    case IMM_CLAUSE:
        return false;
    default:
        return true;
    }
}

/* Whether the instructions from one to another, an end, leave the loop whenever they are
 * reached. */
static bool is_way_out(const struct body *body, uint32_t from, uint32_t end,
                       uint32_t depth)
{
    if (from == end || end - from > LONGEST_WAY_OUT ||
        !goes_elsewhere(body->instrs[end - 1].op))
        return false;
    uint32_t inside = 0;
    for (uint32_t i = from; i < end; i++) {
        const struct instr *in = &body->instrs[i];
        if (op_opens_block(in->op))
            inside++;
        else if (in->op == OP_End)
            inside--;
        else if (!branches_lead_out(in, inside, depth))
            return false;
    }
    return true;
}

uint32_t way_out_end(const struct body *body, uint32_t position, uint32_t block,
                     uint32_t depth)
{
    const struct instr *in = &body->instrs[position], *opened = &body->instrs[block];
    if (in->op != OP_BrIf || in->imm.index != 0 || opened->op != OP_Block)
        return 0;
    uint32_t end = opened->imm.block.end;
    return is_way_out(body, position + 1, end, depth) ? end : 0;
}

bool suspends_in_iteration(const struct body *body, uint32_t loop_position)
{
    enum { DEEPEST = 32 }; /* beyond, ways out count as part of the loop */
    uint32_t open[DEEPEST], depth = 0;
    bool has_try = false;
    uint32_t end = body->instrs[loop_position].imm.block.end;
    for (uint32_t i = loop_position + 1; i < end; i++) {
        const struct instr *in = &body->instrs[i];
        if (in->op == OP_Loop || op_info(in->op)->flags & OPF_SUSPEND)
            return true;
        if (in->op == OP_End)
            depth--;
        has_try = has_try || in->op == OP_Try || in->op == OP_TryTable;
        if (op_opens_block(in->op) && depth++ < DEEPEST)
            open[depth - 1] = i;
        if (has_try || depth == 0 || depth > DEEPEST)
            continue;
        uint32_t over = way_out_end(body, i, open[depth - 1], depth);
        if (over)
            i = over - 1;
    }
    return false;
}
