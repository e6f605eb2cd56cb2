/* How long instructions on ranges can get. */
#include "compiler/bulk.h"

static bool is_longer(const struct limits *limits, uint64_t n)
{
    return !limits->has_max || limits->max > n;
}

static bool memory_is_long(const struct module *m, uint32_t memory_index)
{
    const struct memory_type *type = &m->memories[memory_index].type;
    return is_longer(&type->limits, BULK_BYTES >> type->page_bits);
}

static bool table_is_long(const struct module *m, uint32_t table_index)
{
    return is_longer(&m->tables[table_index].type.limits, BULK_ELEMENTS);
}

/* The length is the topmost operand. */
static bool has_short_length(const struct body *body, uint32_t position, uint64_t most)
{
    const struct instr *last = position > 0 ? &body->instrs[position - 1] : NULL;
    return last && ((last->op == OP_I32Const && last->imm.i32 <= most) ||
                    (last->op == OP_I64Const && last->imm.i64 <= most));
}

bool bulk_may_be_long(const struct module *m, const struct body *body, uint32_t position)
{
    const struct instr *in = &body->instrs[position];
    uint32_t first = in->imm.pair.first, second = in->imm.pair.second;
    switch ((enum opcode)in->op) {
    case OP_MemoryFill:
        return memory_is_long(m, in->imm.index) &&
               !has_short_length(body, position, BULK_BYTES);
    case OP_MemoryCopy:
        return memory_is_long(m, first) && memory_is_long(m, second) &&
               !has_short_length(body, position, BULK_BYTES);
    case OP_MemoryInit:
        return memory_is_long(m, second) && m->datas[first].n_bytes > BULK_BYTES &&
               !has_short_length(body, position, BULK_BYTES);
    case OP_TableFill:
        return table_is_long(m, in->imm.index) &&
               !has_short_length(body, position, BULK_ELEMENTS);
    case OP_TableCopy:
        return table_is_long(m, first) && table_is_long(m, second) &&
               !has_short_length(body, position, BULK_ELEMENTS);
    case OP_TableInit:
        return table_is_long(m, second) && m->elems[first].n_items > BULK_ELEMENTS &&
               !has_short_length(body, position, BULK_ELEMENTS);
    default:
        return false;
    }
}
