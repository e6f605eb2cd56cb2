/* Function bodies and constant expressions: bytes to struct instr[] (core 5.4).
 *
 * Each block learns where it ends. What the format has in one place but passes want to
 * meet one by one becomes several instructions: the clauses of a try_table follow it, and
 * an end follows a delegate. */
#include "compiler/decode.h"

#include <assert.h>
#include <stdio.h>

#include "compiler/arena.h"
#include "compiler/passes.h"
#include "compiler/type_reader.h"

/* As in other engines; the format allows 2^32 - 1. */
enum { MAX_LOCALS = 50000 };

struct open_block {
    uint32_t position;
    uint32_t last; /* position of its else or last handler, or NO_INDEX */
};

struct decoder {
    const struct module *m;
    struct cursor *c;
    struct arena *arena;
    struct instr *instrs;
    size_t n, capacity;
    struct open_block *open; /* the innermost last */
    size_t n_open, open_capacity;
};

static struct instr *add_instr(struct decoder *d, uint32_t offset)
{
    if (d->n == d->capacity)
        d->instrs = arena_grow(d->arena, d->instrs, &d->capacity, sizeof *d->instrs);
    struct instr *in = &d->instrs[d->n++];
    in->offset = offset;
    return in;
}

/* ---- Opcodes ---- */

static uint32_t read_code(struct cursor *c)
{
    uint32_t byte = cursor_byte(c);
    if (byte < 0xfb || byte > 0xfe)
        return byte;
    uint32_t sub = cursor_u32(c);
    if (sub <= 0xff)
        return byte << 8 | sub;
    return sub <= 0xfff ? byte << 12 | sub : UINT32_MAX;
}

static void fail_code(struct cursor *c, const uint8_t *at, uint32_t code)
{
    char text[32];
    struct cursor again = *c;
    again.p = at;
    uint32_t byte = cursor_byte(&again);
    if (code == byte)
        snprintf(text, sizeof text, "0x%02x", byte);
    else
        snprintf(text, sizeof text, "0x%02x 0x%02x", byte, cursor_u32(&again));
    const char *feature = op_missing_feature(code);
    if (feature)
        cursor_fail(c, at, "not supported: %s (opcode %s)", feature, text);
    else
        cursor_fail(c, at, "illegal opcode %s", text);
}

/* ---- Immediates ---- */

static void read_block_type(struct cursor *c, struct instr *in)
{
    enum { EMPTY = 0x40 };
    const uint8_t *at = c->p;
    in->imm.block.type = NO_INDEX;
    if (!cursor_at_end(c) && (*at & 0xc0) == 0x40) { /* a negative number in one byte */
        uint8_t code = cursor_byte(c);
        in->imm.block.result = code == EMPTY ? 0 : val_type_from_code(c, at, code);
        return;
    }
    int64_t type_index = (int64_t)cursor_leb128(c, 33, true);
    if (type_index < 0)
        cursor_fail(c, at, "malformed block type");
    else
        in->imm.block.type = (uint32_t)type_index;
}

static void read_catch(struct cursor *c, struct instr *in)
{
    in->imm.handler.tag = in->op == OP_Catch ? cursor_u32(c) : NO_INDEX;
}

static void read_br_table(struct decoder *d, struct instr *in)
{
    uint32_t n = cursor_count(d->c);
    uint32_t *labels = arena_array(d->arena, (size_t)n + 1, sizeof *labels);
    for (uint32_t i = 0; i <= n; i++)
        labels[i] = cursor_u32(d->c);
    in->imm.br_table.labels = labels;
    in->imm.br_table.n_labels = n;
}

static void read_types(struct cursor *c, struct instr *in)
{
    uint32_t n = cursor_count(c);
    for (uint32_t i = 0; i < n; i++)
        in->imm.type = read_val_type(c);
    if (n != 1)
        in->imm.type = 0;
}

static void read_memarg(struct cursor *c, struct instr *in)
{
    enum { HAS_MEMORY = 1 << 6 };
    const uint8_t *at = c->p;
    uint32_t align = cursor_u32(c);
    if (align >= 2 * HAS_MEMORY)
        cursor_fail(c, at, "malformed memop flags 0x%x", align);
    if (align & HAS_MEMORY) {
        uint32_t memory_index = cursor_u32(c);
        if (memory_index > UINT16_MAX)
            cursor_fail(c, at, "not supported: memory index above %u", UINT16_MAX);
        in->memory = (uint16_t)memory_index;
    }
    in->imm.memarg.align = align & (HAS_MEMORY - 1);
    in->imm.memarg.offset = cursor_u64(c);
    if (op_info(in->op)->flags & OPF_LANE)
        in->imm.memarg.lane = cursor_byte(c);
}

static void read_bytes(struct cursor *c, struct instr *in)
{
    for (size_t i = 0; i < sizeof in->imm.bytes; i++)
        in->imm.bytes[i] = cursor_byte(c);
}

static void read_pair(struct cursor *c, struct instr *in)
{
    in->imm.pair.first = cursor_u32(c);
    in->imm.pair.second = cursor_u32(c);
}

/* Bodies can be checked before the data section is read only if its size is known
 * (core 5.5.16). */
static void require_data_count(const struct decoder *d, const struct instr *in)
{
    if (!d->m->has_data_count)
        cursor_fail(d->c, d->c->start + in->offset, "data count section required");
}

static void read_immediate(struct decoder *d, struct instr *in)
{
    struct cursor *c = d->c;
    switch (op_info(in->op)->immediate) {
    case IMM_NONE:
    case IMM_CLAUSE: /* read_clauses has done it */
        break;
    case IMM_BLOCK:
        read_block_type(c, in);
        break;
    case IMM_BR_TABLE:
        read_br_table(d, in);
        break;
    case IMM_LABEL:
    case IMM_FUNC:
    case IMM_LOCAL:
    case IMM_GLOBAL:
    case IMM_TABLE:
    case IMM_MEMORY:
    case IMM_ELEM:
    case IMM_TYPE:
    case IMM_TAG:
        in->imm.index = cursor_u32(c);
        break;
    case IMM_CATCH:
        read_catch(c, in);
        break;
    case IMM_DATA:
        in->imm.index = cursor_u32(c);
        require_data_count(d, in);
        break;
    case IMM_DATA_MEMORY:
        read_pair(c, in);
        require_data_count(d, in);
        break;
    case IMM_CALL_INDIRECT:
    case IMM_MEMORY_MEMORY:
    case IMM_ELEM_TABLE:
    case IMM_TABLE_TABLE:
        read_pair(c, in);
        break;
    case IMM_TYPES:
        read_types(c, in);
        break;
    case IMM_MEMARG:
        read_memarg(c, in);
        break;
    case IMM_I32:
        in->imm.i32 = (uint32_t)cursor_leb128(c, 32, true);
        break;
    case IMM_I64:
        in->imm.i64 = cursor_leb128(c, 64, true);
        break;
    case IMM_F32:
        in->imm.f32 = cursor_fixed_u32(c);
        break;
    case IMM_F64:
        in->imm.f64 = cursor_fixed_u64(c);
        break;
    case IMM_V128:
    case IMM_SHUFFLE:
        read_bytes(c, in);
        break;
    case IMM_LANE:
        in->imm.lane = cursor_byte(c);
        break;
    case IMM_HEAP_TYPE:
        in->imm.type = read_heap_type(c);
        break;
    }
}

/* ---- Blocks ---- */

static void open_block(struct decoder *d, uint32_t position)
{
    if (d->n_open == d->open_capacity)
        d->open = arena_grow(d->arena, d->open, &d->open_capacity, sizeof *d->open);
    d->open[d->n_open++] = (struct open_block){position, NO_INDEX};
}

/* The innermost open block if it is of this kind, else NULL. */
static struct open_block *innermost(const struct decoder *d, enum opcode op)
{
    struct open_block *open = d->n_open > 0 ? &d->open[d->n_open - 1] : NULL;
    return open && d->instrs[open->position].op == op ? open : NULL;
}

/* Every else, catch and delegate without its block is a missing end to the text format.
 */
static void fail_part(struct decoder *d, const struct instr *part, const char *where)
{
    cursor_fail(d->c, d->c->start + part->offset, "END opcode expected: %s %s",
                op_info(part->op)->text, where);
}

static void switch_to_else(struct decoder *d, uint32_t position)
{
    struct open_block *open = innermost(d, OP_If);
    if (!open || open->last != NO_INDEX) {
        fail_part(d, &d->instrs[position], "without if");
        return;
    }
    open->last = position;
    d->instrs[open->position].imm.block.else_or_end = position;
}

static void switch_to_catch(struct decoder *d, uint32_t position)
{
    struct open_block *open = innermost(d, OP_Try);
    uint32_t last = open ? open->last : NO_INDEX;
    if (!open || (last != NO_INDEX && d->instrs[last].op == OP_CatchAll)) {
        fail_part(d, &d->instrs[position], open ? "behind catch_all" : "without try");
        return;
    }
    open->last = position;
    if (last != NO_INDEX)
        d->instrs[last].imm.handler.next = position;
    else
        d->instrs[open->position].imm.block.else_or_end = position;
}

static void close_block(struct decoder *d, uint32_t position)
{
    assert(d->open && d->n_open > 0); /* the last end is none of a block's */
    const struct open_block *open = &d->open[--d->n_open];
    struct instr *block = &d->instrs[open->position];
    block->imm.block.end = position;
    if (open->last == NO_INDEX)
        block->imm.block.else_or_end = position;
    else if (block->op == OP_Try)
        d->instrs[open->last].imm.handler.next = position;
}

/* Takes the place of a try's catches and of its end. */
static void close_by_delegate(struct decoder *d, uint32_t position)
{
    const struct open_block *open = innermost(d, OP_Try);
    if (!open || open->last != NO_INDEX) {
        fail_part(d, &d->instrs[position], open ? "behind catch" : "without try");
        return;
    }
    struct instr *end = add_instr(d, d->instrs[position].offset);
    end->op = OP_End;
    close_block(d, position + 1);
}

static void read_clauses(struct decoder *d)
{
    struct cursor *c = d->c;
    uint32_t n = cursor_count(c);
    for (uint32_t i = 0; i < n && !cursor_failed(c); i++) {
        struct instr *in = add_instr(d, cursor_offset(c));
        const uint8_t *at = c->p;
        uint8_t kind = cursor_byte(c);
        if (kind > OP_ClauseCatchAllRef - OP_ClauseCatch)
            cursor_fail(c, at, "malformed catch clause 0x%02x", kind);
        else
            in->op = (uint16_t)(OP_ClauseCatch + kind);
        bool is_for_all = in->op == OP_ClauseCatchAll || in->op == OP_ClauseCatchAllRef;
        in->imm.handler.tag = is_for_all ? NO_INDEX : cursor_u32(c);
        in->imm.handler.label = cursor_u32(c);
    }
}

/* The block whose exception is thrown again keeps it; whether there is such a block is
 * for the validator. */
static void mark_rethrown(struct decoder *d, uint32_t depth)
{
    const struct open_block *target =
        depth < d->n_open ? &d->open[d->n_open - 1 - depth] : NULL;
    if (target && d->instrs[target->position].op == OP_Try && target->last != NO_INDEX)
        d->instrs[target->last].imm.handler.is_rethrown = true;
}

/* What blocks learn from an instruction that was read, the end of all aside. */
static void follow_blocks(struct decoder *d, uint32_t position)
{
    uint16_t op = d->instrs[position].op;
    if (op_opens_block(op))
        open_block(d, position);
    switch (op) {
    case OP_TryTable:
        read_clauses(d);
        break;
    case OP_Else:
        switch_to_else(d, position);
        break;
    case OP_Catch:
    case OP_CatchAll:
        switch_to_catch(d, position);
        break;
    case OP_Delegate:
        close_by_delegate(d, position);
        break;
    case OP_Rethrow:
        mark_rethrown(d, d->instrs[position].imm.index);
        break;
    case OP_End:
        close_block(d, position);
        break;
    default:
        break;
    }
}

/* Decodes one instruction. Returns false after the last and after a failure. */
static bool decode_instr(struct decoder *d)
{
    struct cursor *c = d->c;
    const uint8_t *at = c->p;
    if (cursor_at_end(c)) {
        cursor_fail(c, at, "unexpected end: END opcode expected");
        return false;
    }
    uint32_t position = (uint32_t)d->n;
    struct instr *in = add_instr(d, cursor_offset(c));
    uint32_t code = read_code(c);
    int op = op_from_code(code);
    if (op < 0) {
        if (!cursor_failed(c))
            fail_code(c, at, code);
        return false;
    }
    in->op = (uint16_t)op;
    read_immediate(d, in);
    if (op == OP_End && d->n_open == 0)
        return false;
    follow_blocks(d, position);
    return !cursor_failed(c);
}

struct instr *decode_expr(const struct module *m, struct cursor *c, size_t capacity,
                          struct arena *arena, uint32_t *n_instrs)
{
    struct decoder d = {
        .m = m,
        .c = c,
        .arena = arena,
        .instrs = arena_array(arena, capacity, sizeof *d.instrs),
        .capacity = capacity,
    };
    while (decode_instr(&d)) {
    }
    *n_instrs = (uint32_t)d.n;
    return d.instrs;
}

/* ---- Bodies ---- */

/* Sums up the declared locals (core 5.5.13). c is a copy: they are read again. */
static uint32_t count_locals(struct cursor c, uint32_t n_params)
{
    const uint8_t *at = c.p;
    uint64_t n_locals = n_params;
    uint32_t n_groups = cursor_count(&c);
    for (uint32_t i = 0; i < n_groups && !cursor_failed(&c); i++) {
        n_locals += cursor_u32(&c);
        read_val_type(&c);
    }
    if (n_locals > MAX_LOCALS) {
        cursor_fail(&c, at, "too many locals: %llu, at most %d are supported",
                    (unsigned long long)n_locals, MAX_LOCALS);
        return 0;
    }
    return (uint32_t)n_locals;
}

static void read_locals(struct cursor *c, const struct func_type *type, struct body *body,
                        struct arena *arena)
{
    body->n_locals = count_locals(*c, type->n_params);
    body->locals = arena_array(arena, body->n_locals, sizeof *body->locals);
    if (cursor_failed(c))
        return;
    val_type *local = body->locals;
    for (uint32_t i = 0; i < type->n_params; i++)
        *local++ = type->params[i];
    uint32_t n_groups = cursor_u32(c);
    for (uint32_t i = 0; i < n_groups; i++) {
        uint32_t n = cursor_u32(c);
        val_type t = read_val_type(c);
        while (n-- > 0)
            *local++ = t;
    }
}

bool decode_body(const struct module *m, uint32_t func_index, struct body *body,
                 struct arena *arena, struct diag *d)
{
    const struct func *f = &m->funcs[func_index];
    const uint8_t *p = m->bytes + f->body_offset;
    struct cursor c = {
        .start = m->bytes, .p = p, .end = p + f->body_bytes, .diag = d, .m = m};
    read_locals(&c, module_func_type(m, func_index), body, arena);
    if (!d->is_set)
        body->instrs = decode_expr(m, &c, f->body_bytes / 2 + 4, arena, &body->n_instrs);
    if (!d->is_set && !cursor_at_end(&c))
        cursor_fail(&c, c.p, "section size mismatch: code after the end of the function");
    if (d->is_set)
        d->func_index = func_index;
    return !d->is_set;
}
