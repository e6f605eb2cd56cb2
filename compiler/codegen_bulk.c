/* Instructions on ranges: memory.copy, fill and init, and their likes on tables.
 *
 * One that may be long (bulk.h) is done in parts, with polls between. What is left after
 * a part is the same instruction with other operands: further on, or, where it copies
 * upwards and must begin at the end, only shorter. So a frame that is suspended there is
 * before the instruction, with these operands on the stack. The parts are cold code, each
 * a call of the function that does all of it where that is short.
 *
 * One on few bytes, of which the number is known, is done in place, by wide loads and
 * stores. */
#include "compiler/codegen_checkpoint.h"

#include <string.h>

#include "compiler/bulk.h"
#include "compiler/codegen_simd.h"
#include "runtime/abi.h"

/* The operands: an address, another one or a value, and the length. */
enum { N_OPERANDS = 3 };

struct bulk {
    const struct instr *in;
    enum { BULK_INIT, BULK_COPY, BULK_FILL } kind;
    enum runtime_call call;
    LLVMValueRef (*object)(struct fn_gen *f, uint32_t index); /* memory or table */
    uint32_t most; /* that is done without a poll */
};

/* What comes before the operands; computed where it is used, for a frame that is resumed
 * comes there on a way of its own. */
static unsigned gen_objects(struct fn_gen *f, const struct bulk *bulk, LLVMValueRef *args)
{
    const struct instr *in = bulk->in;
    switch (bulk->kind) {
    case BULK_INIT:
        args[0] = f->instance;
        args[1] = bulk->object(f, in->imm.pair.second);
        args[2] = gen_i32(f->g, in->imm.pair.first);
        return 3;
    case BULK_COPY:
        args[0] = bulk->object(f, in->imm.pair.first);
        args[1] = bulk->object(f, in->imm.pair.second);
        return 2;
    case BULK_FILL:
        args[0] = bulk->object(f, in->imm.index);
        return 1;
    }
    return 0;
}

static void gen_whole(struct fn_gen *f, const struct bulk *bulk, LLVMValueRef to,
                      LLVMValueRef second, LLVMValueRef n)
{
    LLVMValueRef args[6];
    unsigned n_objects = gen_objects(f, bulk, args);
    args[n_objects] = to;
    args[n_objects + 1] = second;
    args[n_objects + 2] = n;
    gen_runtime_call(f->g, f->b, bulk->call, args);
}

/* The number after `by` more, in 64 bits; those that wrap are as much out of bounds as
 * the highest. */
static LLVMValueRef moved(struct fn_gen *f, LLVMValueRef address, LLVMValueRef by)
{
    LLVMValueRef args[] = {gen_u64(f, address), by};
    return gen_intrinsic(f->g, f->b, INTRINSIC_UADD_SAT, &f->g->i64, 1, args, 2);
}

/* A number that fits its type. */
static LLVMValueRef narrowed(struct fn_gen *f, LLVMValueRef number, LLVMTypeRef type)
{
    return LLVMTypeOf(number) == type ? number : LLVMBuildTrunc(f->b, number, type, "");
}

/* Does one part of the instruction whose operands are on the stack, and puts those of the
 * rest there. Nothing at the end of the ranges is in bounds if all of them is. A frame
 * that is resumed may have less left than a part, if that was smaller where it was saved.
 */
static void gen_part(struct fn_gen *f, const struct bulk *bulk)
{
    struct mod_gen *g = f->g;
    bool has_source = bulk->kind != BULK_FILL;
    LLVMValueRef *operands = &f->stack[f->sp - N_OPERANDS];
    LLVMValueRef to = operands[0], second = operands[1], zero = gen_i64(g, 0);
    LLVMValueRef n = gen_u64(f, operands[2]), most = gen_i64(g, bulk->most);
    LLVMValueRef is_less = LLVMBuildICmp(f->b, LLVMIntULT, n, most, "");
    LLVMValueRef part = LLVMBuildSelect(f->b, is_less, n, most, "");
    LLVMValueRef rest = LLVMBuildSub(f->b, n, part, ""), from = zero, step = part;
    gen_whole(f, bulk, moved(f, to, n), has_source ? moved(f, second, n) : second, zero);
    if (bulk->kind == BULK_COPY) {
        LLVMValueRef is_upwards =
            LLVMBuildICmp(f->b, LLVMIntUGT, gen_u64(f, to), gen_u64(f, second), "");
        from = LLVMBuildSelect(f->b, is_upwards, rest, zero, "");
        step = LLVMBuildSelect(f->b, is_upwards, zero, part, "");
    }
    gen_whole(f, bulk, moved(f, to, from), has_source ? moved(f, second, from) : second,
              part);
    operands[0] = narrowed(f, moved(f, to, step), LLVMTypeOf(to));
    if (has_source)
        operands[1] = narrowed(f, moved(f, second, step), LLVMTypeOf(second));
    operands[2] = narrowed(f, rest, LLVMTypeOf(operands[2]));
}

/* Goes on in a new block, where PHIs take the place of the operands on the stack;
 * `before` leads there with these. In a cold copy what lies below comes from its slots.
 */
static void gen_operand_phis(struct fn_gen *f, LLVMBasicBlockRef before,
                             LLVMBasicBlockRef block, LLVMValueRef phis[N_OPERANDS])
{
    LLVMValueRef *operands = &f->stack[f->sp - N_OPERANDS];
    LLVMPositionBuilderAtEnd(f->b, block);
    for (int i = 0; i < N_OPERANDS; i++) {
        phis[i] = LLVMBuildPhi(f->b, LLVMTypeOf(operands[i]), "");
        LLVMAddIncoming(phis[i], &operands[i], &before, 1);
    }
    if (f->is_cold)
        gen_reload_stack(f);
    memcpy(operands, phis, N_OPERANDS * sizeof *phis);
}

/* Branches to `parts` while the length on the stack is of more than one, else to last. */
static void gen_length_test(struct fn_gen *f, const struct bulk *bulk,
                            LLVMBasicBlockRef parts, LLVMBasicBlockRef last)
{
    LLVMValueRef n = gen_u64(f, f->stack[f->sp - 1]);
    LLVMValueRef most = gen_i64(f->g, bulk->most);
    gen_rare_branch(f, LLVMBuildICmp(f->b, LLVMIntUGT, n, most, ""), parts, last);
}

/* Does all but the last part, and leaves the operands of that on the stack. */
static void gen_parts(struct fn_gen *f, const struct bulk *bulk,
                      const struct point *point)
{
    LLVMValueRef *operands = &f->stack[f->sp - N_OPERANDS];
    LLVMValueRef whole[N_OPERANDS], part[N_OPERANDS], last[N_OPERANDS];
    LLVMBasicBlockRef parts = gen_new_block(f, "parts"), next = gen_new_block(f, "");
    if (f->is_cold)
        gen_store_slots(f);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(f->b);
    gen_length_test(f, bulk, parts, next);
    memcpy(whole, operands, sizeof whole);
    gen_operand_phis(f, before, parts, part);
    gen_poll(f, point);
    if (f->is_cold)
        gen_way_in(f, point);
    gen_part(f, bulk);
    gen_length_test(f, bulk, parts, next);
    LLVMBasicBlockRef end = LLVMGetInsertBlock(f->b);
    for (int i = 0; i < N_OPERANDS; i++)
        LLVMAddIncoming(part[i], &operands[i], &end, 1);
    LLVMValueRef rest[N_OPERANDS];
    memcpy(rest, operands, sizeof rest);
    memcpy(operands, whole, sizeof whole);
    gen_operand_phis(f, before, next, last);
    for (int i = 0; i < N_OPERANDS; i++)
        LLVMAddIncoming(last[i], &rest[i], &end, 1);
}

/* As few bytes as C compilers copy in place, too, and the widest access. */
enum { FEW_BYTES = 128, WIDE_BYTES = 16, MOST_PIECES = FEW_BYTES / WIDE_BYTES };

/* Whether the instruction is on a memory, and on a known number of few bytes, for which
 * a call costs more than what it does. */
static bool has_few_bytes(const struct bulk *bulk, LLVMValueRef n)
{
    return (bulk->call == CALL_rt_memory_copy || bulk->call == CALL_rt_memory_fill) &&
           LLVMIsAConstantInt(n) && LLVMConstIntGetZExtValue(n) > 0 &&
           LLVMConstIntGetZExtValue(n) <= FEW_BYTES;
}

/* A few bytes in pieces of equal size, of which the last two may overlap. */
struct pieces {
    LLVMTypeRef type;
    uint64_t n_bytes, width;
    unsigned n;
    LLVMValueRef value[MOST_PIECES];
};

static struct pieces pieces_of(struct fn_gen *f, uint64_t n_bytes)
{
    uint64_t width = WIDE_BYTES;
    while (width > n_bytes)
        width /= 2;
    LLVMTypeRef type = width == WIDE_BYTES
                           ? LLVMVectorType(f->g->i8, WIDE_BYTES)
                           : LLVMIntTypeInContext(f->g->context, (unsigned)width * 8);
    return (struct pieces){
        type, n_bytes, width, (unsigned)((n_bytes - 1) / width + 1), {0}};
}

static LLVMValueRef piece_address(struct fn_gen *f, const struct pieces *pieces,
                                  unsigned i, LLVMValueRef start)
{
    bool is_last = i == pieces->n - 1;
    return gen_offset(f->g, f->b, start,
                      is_last ? pieces->n_bytes - pieces->width : i * pieces->width);
}

/* Loads of the last bytes of a range, which find out whether it is in bounds, are such
 * that LLVM neither moves nor removes them: nothing is written before (core 4.4.7). */
static LLVMValueRef gen_load_last(struct fn_gen *f, LLVMTypeRef type,
                                  LLVMValueRef address)
{
    LLVMValueRef last = LLVMBuildLoad2(f->b, type, address, "");
    gen_set_access(f, last);
    LLVMSetVolatile(last, true);
    return last;
}

static void gen_load_pieces(struct fn_gen *f, struct pieces *pieces, LLVMValueRef from)
{
    unsigned last = pieces->n - 1;
    pieces->value[last] =
        gen_load_last(f, pieces->type, piece_address(f, pieces, last, from));
    for (unsigned i = 0; i < last; i++) {
        pieces->value[i] =
            LLVMBuildLoad2(f->b, pieces->type, piece_address(f, pieces, i, from), "");
        gen_set_access(f, pieces->value[i]);
    }
}

static void gen_equal_pieces(struct fn_gen *f, struct pieces *pieces, LLVMValueRef byte)
{
    LLVMTypeRef type = pieces->type;
    LLVMValueRef value = LLVMBuildTrunc(f->b, byte, f->g->i8, "");
    if (pieces->width == WIDE_BYTES)
        value = simd_splat(f, value, type);
    else
        value = LLVMBuildMul(f->b, LLVMBuildZExt(f->b, value, type, ""),
                             LLVMConstInt(type, 0x0101010101010101, false), "");
    for (unsigned i = 0; i < pieces->n; i++)
        pieces->value[i] = value;
}

/* Ranges that are copied may overlap, so all is loaded before anything is stored. */
static void gen_few_bytes(struct fn_gen *f, const struct bulk *bulk, uint64_t n_bytes)
{
    LLVMValueRef second = gen_pop(f), to = gen_pop(f);
    struct pieces pieces = pieces_of(f, n_bytes);
    uint32_t memory = bulk->in->imm.index;
    if (bulk->kind == BULK_COPY) {
        memory = bulk->in->imm.pair.first;
        uint32_t from_memory = bulk->in->imm.pair.second;
        gen_load_pieces(f, &pieces, gen_range_address(f, from_memory, second, n_bytes));
    } else {
        gen_equal_pieces(f, &pieces, second);
    }
    to = gen_range_address(f, memory, to, n_bytes);
    gen_load_last(f, f->g->i8, gen_offset(f->g, f->b, to, n_bytes - 1));
    for (unsigned i = 0; i < pieces.n; i++)
        gen_set_access(
            f, LLVMBuildStore(f->b, pieces.value[i], piece_address(f, &pieces, i, to)));
}

static void gen_bulk(struct fn_gen *f, const struct bulk *bulk)
{
    const struct point *point = point_at(&f->points, f->position, RT_POINT_BEFORE);
    if (point)
        gen_parts(f, bulk, point);
    LLVMValueRef n = gen_pop_u64(f);
    if (!point && has_few_bytes(bulk, n)) {
        gen_few_bytes(f, bulk, LLVMConstIntGetZExtValue(n));
        return;
    }
    LLVMValueRef second = bulk->kind == BULK_FILL ? gen_pop(f) : gen_pop_u64(f);
    gen_whole(f, bulk, gen_pop_u64(f), second, n);
}

void gen_memory_init(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_bulk(f, &(struct bulk){in, BULK_INIT, CALL_rt_memory_init, gen_memory,
                               gen_bulk_part(f, BULK_BYTES)});
}

void gen_memory_copy(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_bulk(f, &(struct bulk){in, BULK_COPY, CALL_rt_memory_copy, gen_memory,
                               gen_bulk_part(f, BULK_BYTES)});
}

void gen_memory_fill(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_bulk(f, &(struct bulk){in, BULK_FILL, CALL_rt_memory_fill, gen_memory,
                               gen_bulk_part(f, BULK_BYTES)});
}

void gen_table_init(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_bulk(f, &(struct bulk){in, BULK_INIT, CALL_rt_table_init, gen_table,
                               gen_bulk_part(f, BULK_ELEMENTS)});
}

void gen_table_copy(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_bulk(f, &(struct bulk){in, BULK_COPY, CALL_rt_table_copy, gen_table,
                               gen_bulk_part(f, BULK_ELEMENTS)});
}

void gen_table_fill(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_bulk(f, &(struct bulk){in, BULK_FILL, CALL_rt_table_fill, gen_table,
                               gen_bulk_part(f, BULK_ELEMENTS)});
}
