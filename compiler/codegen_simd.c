/* Vectors as lanes, and the instructions that move lanes about (core 4.3.5, 4.4.2): loads
 * and stores, splats, shuffles, and those on bits. */
#include "compiler/codegen_simd.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- Lanes ---- */

LLVMTypeRef simd_int_lanes(const struct mod_gen *g, unsigned bits)
{
    return LLVMVectorType(LLVMIntTypeInContext(g->context, bits), 128 / bits);
}

LLVMTypeRef simd_float_lanes(const struct mod_gen *g, unsigned bits)
{
    return LLVMVectorType(bits == 32 ? g->f32 : g->f64, 128 / bits);
}

unsigned simd_lane_bits(const struct instr *in)
{
    unsigned bits = 64;
    sscanf(op_info(in->op)->text, "%*[if]%ux", &bits);
    return bits;
}

LLVMTypeRef simd_shape(const struct fn_gen *f, const struct instr *in)
{
    bool is_float = op_info(in->op)->text[0] == 'f';
    return is_float ? simd_float_lanes(f->g, simd_lane_bits(in))
                    : simd_int_lanes(f->g, simd_lane_bits(in));
}

/* The operand of v128.const as other lanes: LLVM itself would only do so later, and here
 * numbers are looked at. */
static LLVMValueRef constant_as(const struct mod_gen *g, LLVMValueRef vector,
                                LLVMTypeRef shape)
{
    LLVMValueRef lanes[16];
    LLVMTypeRef lane = LLVMGetElementType(shape);
    unsigned n = LLVMGetVectorSize(shape), bits = 128 / n;
    for (unsigned i = 0; i < n; i++) {
        LLVMValueRef half = LLVMGetAggregateElement(vector, i * bits / 64);
        uint64_t value = LLVMConstIntGetZExtValue(half) >> i * bits % 64;
        LLVMTypeRef bits_type = LLVMIntTypeInContext(g->context, bits);
        lanes[i] = LLVMConstBitCast(LLVMConstInt(bits_type, value, false), lane);
    }
    return LLVMConstVector(lanes, n);
}

LLVMValueRef simd_as(struct fn_gen *f, LLVMValueRef vector, LLVMTypeRef shape)
{
    if (LLVMTypeOf(vector) == f->g->v128 &&
        (LLVMIsAConstantDataVector(vector) || LLVMIsAConstantAggregateZero(vector)))
        return constant_as(f->g, vector, shape);
    while (LLVMIsABitCastInst(vector) && LLVMTypeOf(vector) != shape)
        vector = LLVMGetOperand(vector, 0);
    return LLVMTypeOf(vector) == shape ? vector
                                       : LLVMBuildBitCast(f->b, vector, shape, "");
}

LLVMValueRef simd_pop(struct fn_gen *f, LLVMTypeRef shape)
{
    return simd_as(f, gen_pop(f), shape);
}

void simd_push(struct fn_gen *f, LLVMValueRef vector)
{
    gen_push(f, simd_as(f, vector, f->g->v128));
}

LLVMValueRef simd_splat(struct fn_gen *f, LLVMValueRef lane, LLVMTypeRef shape)
{
    LLVMValueRef zero = gen_i32(f->g, 0), poison = LLVMGetPoison(shape);
    LLVMValueRef first = LLVMBuildInsertElement(f->b, poison, lane, zero, "");
    LLVMValueRef mask =
        LLVMConstNull(LLVMVectorType(f->g->i32, LLVMGetVectorSize(shape)));
    return LLVMBuildShuffleVector(f->b, first, poison, mask, "");
}

LLVMValueRef simd_splat_int(LLVMTypeRef shape, uint64_t value)
{
    LLVMValueRef lanes[16];
    unsigned n = LLVMGetVectorSize(shape);
    assert(n <= sizeof lanes / sizeof lanes[0]);
    for (unsigned i = 0; i < n; i++)
        lanes[i] = LLVMConstInt(LLVMGetElementType(shape), value, false);
    return LLVMConstVector(lanes, n);
}

LLVMValueRef simd_select(struct fn_gen *f, LLVMValueRef a, LLVMValueRef b, unsigned first,
                         unsigned step, unsigned n)
{
    LLVMValueRef lanes[16];
    assert(n <= sizeof lanes / sizeof lanes[0]);
    for (unsigned i = 0; i < n; i++)
        lanes[i] = gen_i32(f->g, first + i * step);
    return LLVMBuildShuffleVector(f->b, a, b, LLVMConstVector(lanes, n), "");
}

LLVMValueRef simd_call1(struct fn_gen *f, enum intrinsic intrinsic, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    return gen_intrinsic(f->g, f->b, intrinsic, &type, 1, &value, 1);
}

LLVMValueRef simd_call2(struct fn_gen *f, enum intrinsic intrinsic, LLVMValueRef a,
                        LLVMValueRef b)
{
    LLVMTypeRef type = LLVMTypeOf(a);
    LLVMValueRef args[] = {a, b};
    return gen_intrinsic(f->g, f->b, intrinsic, &type, 1, args, 2);
}

bool simd_is_x86(const struct fn_gen *f)
{
    return strncmp(LLVMGetTarget(f->g->llvm), "x86_64", 6) == 0;
}

void simd_need_ssse3(struct fn_gen *f)
{
    if (!f->g->options->features[0])
        gen_set_string_attribute(f->g, f->fn, "target-features", "+ssse3");
}

/* ---- Loads and stores of lanes ---- */

/* Pops the address. */
static LLVMValueRef load_access(struct fn_gen *f, const struct instr *in,
                                LLVMTypeRef type)
{
    LLVMValueRef pointer = gen_access_address(f, in, gen_pop(f));
    LLVMValueRef value = LLVMBuildLoad2(f->b, type, pointer, "");
    gen_set_access(f, value);
    return value;
}

void gen_load_extend(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    unsigned bits = 0;
    sscanf(op_info(in->op)->text, "v128.load%ux", &bits);
    LLVMTypeRef half =
        LLVMVectorType(LLVMIntTypeInContext(f->g->context, bits), 64 / bits);
    LLVMValueRef narrow = load_access(f, in, half);
    simd_push(f, LLVMBuildCast(f->b, n_bytes < 0 ? LLVMSExt : LLVMZExt, narrow,
                               simd_int_lanes(f->g, 2 * bits), ""));
}

void gen_load_splat(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMTypeRef shape = simd_int_lanes(f->g, (unsigned)n_bytes * 8);
    simd_push(f, simd_splat(f, load_access(f, in, LLVMGetElementType(shape)), shape));
}

void gen_load_zero(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMTypeRef shape = simd_int_lanes(f->g, (unsigned)n_bytes * 8);
    LLVMValueRef lane = load_access(f, in, LLVMGetElementType(shape));
    simd_push(f, LLVMBuildInsertElement(f->b, LLVMConstNull(shape), lane,
                                        gen_i32(f->g, 0), ""));
}

void gen_load_lane(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMTypeRef shape = simd_int_lanes(f->g, (unsigned)n_bytes * 8);
    LLVMValueRef vector = simd_pop(f, shape);
    LLVMValueRef lane = load_access(f, in, LLVMGetElementType(shape));
    simd_push(f, LLVMBuildInsertElement(f->b, vector, lane,
                                        gen_i32(f->g, in->imm.memarg.lane), ""));
}

void gen_store_lane(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMValueRef vector = simd_pop(f, simd_int_lanes(f->g, (unsigned)n_bytes * 8));
    LLVMValueRef index = gen_i32(f->g, in->imm.memarg.lane);
    LLVMValueRef lane = LLVMBuildExtractElement(f->b, vector, index, "");
    LLVMValueRef pointer = gen_access_address(f, in, gen_pop(f));
    gen_set_access(f, LLVMBuildStore(f->b, lane, pointer));
}

/* ---- Moving lanes ---- */

void gen_splat(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_shape(f, in), lane = LLVMGetElementType(shape);
    LLVMValueRef value = gen_pop(f);
    if (LLVMTypeOf(value) != lane)
        value = LLVMBuildTrunc(f->b, value, lane, "");
    simd_push(f, simd_splat(f, value, shape));
}

void gen_extract_lane(struct fn_gen *f, const struct instr *in, int extension)
{
    LLVMValueRef vector = simd_pop(f, simd_shape(f, in));
    LLVMValueRef lane =
        LLVMBuildExtractElement(f->b, vector, gen_i32(f->g, in->imm.lane), "");
    if (extension)
        lane = LLVMBuildCast(f->b, (LLVMOpcode)extension, lane, f->g->i32, "");
    gen_push(f, lane);
}

void gen_replace_lane(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_shape(f, in), lane = LLVMGetElementType(shape);
    LLVMValueRef value = gen_pop(f);
    LLVMValueRef vector = simd_pop(f, shape);
    if (LLVMTypeOf(value) != lane)
        value = LLVMBuildTrunc(f->b, value, lane, "");
    simd_push(
        f, LLVMBuildInsertElement(f->b, vector, value, gen_i32(f->g, in->imm.lane), ""));
}

void gen_shuffle(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_int_lanes(f->g, 8);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    LLVMValueRef lanes[16];
    for (unsigned i = 0; i < 16; i++)
        lanes[i] = gen_i32(f->g, in->imm.bytes[i]);
    simd_push(f, LLVMBuildShuffleVector(f->b, a, b, LLVMConstVector(lanes, 16), ""));
}

/* Whether no byte of a constant has any of these bits. */
static bool lacks_bits(LLVMValueRef constant, uint64_t bits)
{
    LLVMTypeRef type = LLVMTypeOf(constant);
    if (!LLVMIsAConstantDataVector(constant))
        return false;
    unsigned lane_bits = LLVMGetIntTypeWidth(LLVMGetElementType(type));
    for (unsigned i = 0; i < LLVMGetVectorSize(type); i++) {
        uint64_t lane = LLVMConstIntGetZExtValue(LLVMGetAggregateElement(constant, i));
        for (unsigned at = 0; at < lane_bits; at += 8)
            if (lane >> at & bits)
                return false;
    }
    return true;
}

/* Whether PSHUFB takes these indices as they are: the usual code takes four bits of a
 * byte as index. */
static bool are_nibbles(LLVMValueRef indices)
{
    enum { IGNORED = 0x70 };
    LLVMValueRef value = indices;
    while (LLVMIsABitCastInst(value))
        value = LLVMGetOperand(value, 0);
    if (!LLVMIsAInstruction(value))
        return lacks_bits(value, IGNORED);
    LLVMOpcode op = LLVMGetInstructionOpcode(value);
    if (op == LLVMAnd)
        return lacks_bits(LLVMGetOperand(value, 0), IGNORED) ||
               lacks_bits(LLVMGetOperand(value, 1), IGNORED);
    if (op != LLVMLShr || LLVMTypeOf(value) != LLVMTypeOf(indices))
        return false;
    LLVMValueRef counts = LLVMGetOperand(value, 1); /* a splat, below 8 */
    LLVMValueRef count =
        LLVMIsConstant(counts) ? LLVMGetAggregateElement(counts, 0) : NULL;
    return count && LLVMConstIntGetZExtValue(count) >= 4;
}

/* A lane is 0 where its index is 16 or more. LLVM has no shuffle by a variable: TBL does
 * just that, PSHUFB looks at the lowest four bits and the highest of an index. */
void gen_swizzle(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    struct mod_gen *g = f->g;
    LLVMTypeRef shape = simd_int_lanes(g, 8);
    LLVMValueRef indices = simd_pop(f, shape), vector = simd_pop(f, shape);
    if (simd_is_x86(f)) {
        simd_need_ssse3(f);
        if (!are_nibbles(indices))
            indices =
                simd_call2(f, INTRINSIC_UADD_SAT, indices, simd_splat_int(shape, 0x70));
        LLVMValueRef args[] = {vector, indices};
        simd_push(f, gen_intrinsic(g, f->b, INTRINSIC_X86_PSHUFB, NULL, 0, args, 2));
    } else {
        LLVMValueRef args[] = {vector, indices};
        simd_push(f, gen_intrinsic(g, f->b, INTRINSIC_AARCH64_TBL, &shape, 1, args, 2));
    }
}

/* ---- Bits ---- */

void gen_lanes_not(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    gen_push(f, LLVMBuildNot(f->b, gen_pop(f), ""));
}

void gen_andnot(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    LLVMValueRef mask = LLVMBuildNot(f->b, gen_pop(f), "");
    gen_push(f, LLVMBuildAnd(f->b, gen_pop(f), mask, ""));
}

void gen_bitselect(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    LLVMValueRef mask = gen_pop(f), b = gen_pop(f), a = gen_pop(f);
    LLVMValueRef from_a = LLVMBuildAnd(f->b, a, mask, "");
    LLVMValueRef from_b = LLVMBuildAnd(f->b, b, LLVMBuildNot(f->b, mask, ""), "");
    gen_push(f, LLVMBuildOr(f->b, from_a, from_b, ""));
}

static void push_bool(struct fn_gen *f, LLVMValueRef condition)
{
    gen_push(f, LLVMBuildZExt(f->b, condition, f->g->i32, ""));
}

void gen_any_true(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    LLVMValueRef all = simd_call1(f, INTRINSIC_REDUCE_OR, gen_pop(f));
    push_bool(f, LLVMBuildICmp(f->b, LLVMIntNE, all, gen_i64(f->g, 0), ""));
}

void gen_all_true(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef zero = LLVMConstNull(shape), vector = simd_pop(f, shape);
    LLVMValueRef is_true = LLVMBuildICmp(f->b, LLVMIntNE, vector, zero, "");
    push_bool(f, simd_call1(f, INTRINSIC_REDUCE_AND, is_true));
}

void gen_bitmask(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef zero = LLVMConstNull(shape), vector = simd_pop(f, shape);
    LLVMValueRef is_negative = LLVMBuildICmp(f->b, LLVMIntSLT, vector, zero, "");
    LLVMTypeRef bits = LLVMIntTypeInContext(f->g->context, LLVMGetVectorSize(shape));
    push_bool(f, LLVMBuildBitCast(f->b, is_negative, bits, ""));
}
