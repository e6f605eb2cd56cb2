/* Type-checks the instructions on memories and tables (core 3.4.7 to 3.4.10). */
#include "compiler/checker.h"

/* ---- Segments ---- */

static val_type segment_element(struct checker *v, uint32_t elem_index)
{
    if (elem_index < v->m->n_elems)
        return v->m->elems[elem_index].type;
    fail(v, "unknown elem segment %u", elem_index);
    return TYPE_UNKNOWN;
}

static bool is_data(struct checker *v, uint32_t data_index)
{
    return data_index < v->m->data_count ||
           fail(v, "unknown data segment %u", data_index);
}

/* ---- Memory ---- */

void check_memarg(struct checker *v)
{
    const struct instr *in = v->in;
    if (UINT64_C(1) << in->imm.memarg.align > op_access_bytes(in->op))
        fail(v, "alignment must not be larger than natural");
    if (memory_address(v, in->memory) == TYPE_I32 && in->imm.memarg.offset > UINT32_MAX)
        fail(v, "offset out of range");
}

/* core 3.4.6, 3.4.10 */
void check_lane(struct checker *v)
{
    const struct instr *in = v->in;
    const struct op_info *info = op_info(in->op);
    if (info->immediate == IMM_SHUFFLE)
        for (size_t i = 0; i < sizeof in->imm.bytes; i++)
            if (in->imm.bytes[i] >= 2 * sizeof in->imm.bytes)
                fail(v, "invalid lane index %u", in->imm.bytes[i]);
    if (!(info->flags & OPF_LANE))
        return;
    uint8_t lane = info->immediate == IMM_LANE ? in->imm.lane : in->imm.memarg.lane;
    if (lane >= op_lanes(in->op))
        fail(v, "invalid lane index %u", lane);
}

/* The operands of an instruction on two ranges, of which one may be a segment's. */
static void pop_ranges(struct checker *v, val_type to, val_type from)
{
    pop(v, to == TYPE_I64 ? from : to); /* the length: i64 only if both are */
    pop(v, from);
    pop(v, to);
}

static void check_memory_size(struct checker *v)
{
    push(v, memory_address(v, v->in->imm.index));
}

static void check_memory_grow(struct checker *v)
{
    val_type address = memory_address(v, v->in->imm.index);
    pop(v, address);
    push(v, address);
}

static void check_memory_fill(struct checker *v)
{
    val_type address = memory_address(v, v->in->imm.index);
    pop(v, address);
    pop(v, TYPE_I32);
    pop(v, address);
}

static void check_memory_copy(struct checker *v)
{
    val_type to = memory_address(v, v->in->imm.pair.first);
    pop_ranges(v, to, memory_address(v, v->in->imm.pair.second));
}

static void check_memory_init(struct checker *v)
{
    val_type to = memory_address(v, v->in->imm.pair.second);
    is_data(v, v->in->imm.pair.first);
    pop_ranges(v, to, TYPE_I32);
}

static void check_data_drop(struct checker *v)
{
    is_data(v, v->in->imm.index);
}

/* ---- Tables ---- */

static void check_table_get(struct checker *v)
{
    val_type element = table_element(v, v->in->imm.index);
    pop(v, table_address(v, v->in->imm.index));
    push(v, element);
}

static void check_table_set(struct checker *v)
{
    pop(v, table_element(v, v->in->imm.index));
    pop(v, table_address(v, v->in->imm.index));
}

static void check_table_size(struct checker *v)
{
    table_element(v, v->in->imm.index);
    push(v, table_address(v, v->in->imm.index));
}

static void check_table_grow(struct checker *v)
{
    val_type address = table_address(v, v->in->imm.index);
    pop(v, address);
    pop(v, table_element(v, v->in->imm.index));
    push(v, address);
}

static void check_table_fill(struct checker *v)
{
    val_type address = table_address(v, v->in->imm.index);
    pop(v, address);
    pop(v, table_element(v, v->in->imm.index));
    pop(v, address);
}

static void check_elements(struct checker *v, val_type to, val_type from)
{
    if (!type_matches(v->m, from, to))
        fail(v, "type mismatch: elements of type %s do not go into a table of %s",
             type_name(from), type_name(to));
}

static void check_table_copy(struct checker *v)
{
    uint32_t to = v->in->imm.pair.first, from = v->in->imm.pair.second;
    val_type element = table_element(v, to);
    check_elements(v, element, table_element(v, from));
    pop_ranges(v, table_address(v, to), table_address(v, from));
}

static void check_table_init(struct checker *v)
{
    uint32_t to = v->in->imm.pair.second;
    val_type element = table_element(v, to);
    check_elements(v, element, segment_element(v, v->in->imm.pair.first));
    pop_ranges(v, table_address(v, to), TYPE_I32);
}

static void check_elem_drop(struct checker *v)
{
    segment_element(v, v->in->imm.index);
}

/* ---- All of them ---- */

check_function *const memory_checks[N_OPCODES] = {
    [OP_TableGet] = check_table_get,     [OP_TableSet] = check_table_set,
    [OP_MemorySize] = check_memory_size, [OP_MemoryGrow] = check_memory_grow,
    [OP_MemoryInit] = check_memory_init, [OP_DataDrop] = check_data_drop,
    [OP_MemoryCopy] = check_memory_copy, [OP_MemoryFill] = check_memory_fill,
    [OP_TableInit] = check_table_init,   [OP_ElemDrop] = check_elem_drop,
    [OP_TableCopy] = check_table_copy,   [OP_TableGrow] = check_table_grow,
    [OP_TableSize] = check_table_size,   [OP_TableFill] = check_table_fill,
};
