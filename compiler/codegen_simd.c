/* Vector instructions (core 4.3.5, 4.4.2), in the portable operations of LLVM's vectors,
 * so that all ISAs compute the same.
 *
 * Between instructions a vector has the type g->v128; each instruction takes it as the
 * lanes that its name tells. Relaxed instructions leave a choice (core 4.3.6), which is
 * made once for all ISAs, since a program that moves must not change its results:
 * multiply-add rounds twice, minimum and maximum are the pseudo ones, dot products are of
 * signed lanes and wrap, and all others do what their strict relatives do. */
#include "compiler/codegen.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- Lanes ---- */

static LLVMTypeRef int_lanes(const struct mod_gen *g, unsigned bits)
{
    return LLVMVectorType(LLVMIntTypeInContext(g->context, bits), 128 / bits);
}

static LLVMTypeRef float_lanes(const struct mod_gen *g, unsigned bits)
{
    return LLVMVectorType(bits == 32 ? g->f32 : g->f64, 128 / bits);
}

/* The bits of a lane, by the shape that a name begins with; of "v128" 64. */
static unsigned lane_bits(const struct instr *in)
{
    unsigned bits = 64;
    sscanf(op_info(in->op)->text, "%*[if]%ux", &bits);
    return bits;
}

static LLVMTypeRef shape_of(const struct fn_gen *f, const struct instr *in)
{
    bool is_float = op_info(in->op)->text[0] == 'f';
    return is_float ? float_lanes(f->g, lane_bits(in)) : int_lanes(f->g, lane_bits(in));
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

static LLVMValueRef as(struct fn_gen *f, LLVMValueRef vector, LLVMTypeRef shape)
{
    if (LLVMTypeOf(vector) == f->g->v128 &&
        (LLVMIsAConstantDataVector(vector) || LLVMIsAConstantAggregateZero(vector)))
        return constant_as(f->g, vector, shape);
    while (LLVMIsABitCastInst(vector) && LLVMTypeOf(vector) != shape)
        vector = LLVMGetOperand(vector, 0);
    return LLVMTypeOf(vector) == shape ? vector
                                       : LLVMBuildBitCast(f->b, vector, shape, "");
}

static LLVMValueRef pop_as(struct fn_gen *f, LLVMTypeRef shape)
{
    return as(f, gen_pop(f), shape);
}

static void push_vector(struct fn_gen *f, LLVMValueRef vector)
{
    gen_push(f, as(f, vector, f->g->v128));
}

static LLVMValueRef splat(struct fn_gen *f, LLVMValueRef lane, LLVMTypeRef shape)
{
    LLVMValueRef zero = gen_i32(f->g, 0), poison = LLVMGetPoison(shape);
    LLVMValueRef first = LLVMBuildInsertElement(f->b, poison, lane, zero, "");
    LLVMValueRef mask =
        LLVMConstNull(LLVMVectorType(f->g->i32, LLVMGetVectorSize(shape)));
    return LLVMBuildShuffleVector(f->b, first, poison, mask, "");
}

static LLVMValueRef splat_int(LLVMTypeRef shape, uint64_t value)
{
    LLVMValueRef lanes[16];
    unsigned n = LLVMGetVectorSize(shape);
    assert(n <= sizeof lanes / sizeof lanes[0]);
    for (unsigned i = 0; i < n; i++)
        lanes[i] = LLVMConstInt(LLVMGetElementType(shape), value, false);
    return LLVMConstVector(lanes, n);
}

/* Lanes first, first + step … of both vectors in a row. */
static LLVMValueRef select_lanes(struct fn_gen *f, LLVMValueRef a, LLVMValueRef b,
                                 unsigned first, unsigned step, unsigned n)
{
    LLVMValueRef lanes[16];
    assert(n <= sizeof lanes / sizeof lanes[0]);
    for (unsigned i = 0; i < n; i++)
        lanes[i] = gen_i32(f->g, first + i * step);
    return LLVMBuildShuffleVector(f->b, a, b, LLVMConstVector(lanes, n), "");
}

static LLVMValueRef call1(struct fn_gen *f, enum intrinsic intrinsic, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    return gen_intrinsic(f->g, f->b, intrinsic, &type, 1, &value, 1);
}

static LLVMValueRef call2(struct fn_gen *f, enum intrinsic intrinsic, LLVMValueRef a,
                          LLVMValueRef b)
{
    LLVMTypeRef type = LLVMTypeOf(a);
    LLVMValueRef args[] = {a, b};
    return gen_intrinsic(f->g, f->b, intrinsic, &type, 1, args, 2);
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
    push_vector(f, LLVMBuildCast(f->b, n_bytes < 0 ? LLVMSExt : LLVMZExt, narrow,
                                 int_lanes(f->g, 2 * bits), ""));
}

void gen_load_splat(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMTypeRef shape = int_lanes(f->g, (unsigned)n_bytes * 8);
    push_vector(f, splat(f, load_access(f, in, LLVMGetElementType(shape)), shape));
}

void gen_load_zero(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMTypeRef shape = int_lanes(f->g, (unsigned)n_bytes * 8);
    LLVMValueRef lane = load_access(f, in, LLVMGetElementType(shape));
    push_vector(f, LLVMBuildInsertElement(f->b, LLVMConstNull(shape), lane,
                                          gen_i32(f->g, 0), ""));
}

void gen_load_lane(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMTypeRef shape = int_lanes(f->g, (unsigned)n_bytes * 8);
    LLVMValueRef vector = pop_as(f, shape);
    LLVMValueRef lane = load_access(f, in, LLVMGetElementType(shape));
    push_vector(f, LLVMBuildInsertElement(f->b, vector, lane,
                                          gen_i32(f->g, in->imm.memarg.lane), ""));
}

void gen_store_lane(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMValueRef vector = pop_as(f, int_lanes(f->g, (unsigned)n_bytes * 8));
    LLVMValueRef index = gen_i32(f->g, in->imm.memarg.lane);
    LLVMValueRef lane = LLVMBuildExtractElement(f->b, vector, index, "");
    LLVMValueRef pointer = gen_access_address(f, in, gen_pop(f));
    gen_set_access(f, LLVMBuildStore(f->b, lane, pointer));
}

/* ---- Moving lanes ---- */

void gen_splat(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = shape_of(f, in), lane = LLVMGetElementType(shape);
    LLVMValueRef value = gen_pop(f);
    if (LLVMTypeOf(value) != lane)
        value = LLVMBuildTrunc(f->b, value, lane, "");
    push_vector(f, splat(f, value, shape));
}

void gen_extract_lane(struct fn_gen *f, const struct instr *in, int extension)
{
    LLVMValueRef vector = pop_as(f, shape_of(f, in));
    LLVMValueRef lane =
        LLVMBuildExtractElement(f->b, vector, gen_i32(f->g, in->imm.lane), "");
    if (extension)
        lane = LLVMBuildCast(f->b, (LLVMOpcode)extension, lane, f->g->i32, "");
    gen_push(f, lane);
}

void gen_replace_lane(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = shape_of(f, in), lane = LLVMGetElementType(shape);
    LLVMValueRef value = gen_pop(f);
    LLVMValueRef vector = pop_as(f, shape);
    if (LLVMTypeOf(value) != lane)
        value = LLVMBuildTrunc(f->b, value, lane, "");
    push_vector(
        f, LLVMBuildInsertElement(f->b, vector, value, gen_i32(f->g, in->imm.lane), ""));
}

void gen_shuffle(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = int_lanes(f->g, 8);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    LLVMValueRef lanes[16];
    for (unsigned i = 0; i < 16; i++)
        lanes[i] = gen_i32(f->g, in->imm.bytes[i]);
    push_vector(f, LLVMBuildShuffleVector(f->b, a, b, LLVMConstVector(lanes, 16), ""));
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
    LLVMTypeRef shape = int_lanes(g, 8);
    LLVMValueRef indices = pop_as(f, shape), vector = pop_as(f, shape);
    if (strncmp(LLVMGetTarget(g->llvm), "x86_64", 6) == 0) {
        /* Not even the oldest baseline that --cpu can name goes without. */
        if (!g->options->features[0])
            gen_set_string_attribute(g, f->fn, "target-features", "+ssse3");
        if (!are_nibbles(indices))
            indices = call2(f, INTRINSIC_UADD_SAT, indices, splat_int(shape, 0x70));
        LLVMValueRef args[] = {vector, indices};
        push_vector(f, gen_intrinsic(g, f->b, INTRINSIC_X86_PSHUFB, NULL, 0, args, 2));
    } else {
        LLVMValueRef args[] = {vector, indices};
        push_vector(f, gen_intrinsic(g, f->b, INTRINSIC_AARCH64_TBL, &shape, 1, args, 2));
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
    LLVMValueRef all = call1(f, INTRINSIC_REDUCE_OR, gen_pop(f));
    push_bool(f, LLVMBuildICmp(f->b, LLVMIntNE, all, gen_i64(f->g, 0), ""));
}

void gen_all_true(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef zero = LLVMConstNull(shape), vector = pop_as(f, shape);
    LLVMValueRef is_true = LLVMBuildICmp(f->b, LLVMIntNE, vector, zero, "");
    push_bool(f, call1(f, INTRINSIC_REDUCE_AND, is_true));
}

void gen_bitmask(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef zero = LLVMConstNull(shape), vector = pop_as(f, shape);
    LLVMValueRef is_negative = LLVMBuildICmp(f->b, LLVMIntSLT, vector, zero, "");
    LLVMTypeRef bits = LLVMIntTypeInContext(f->g->context, LLVMGetVectorSize(shape));
    push_bool(f, LLVMBuildBitCast(f->b, is_negative, bits, ""));
}

/* ---- Lane by lane ---- */

static void push_mask(struct fn_gen *f, LLVMValueRef conditions, LLVMTypeRef shape)
{
    push_vector(f, LLVMBuildSExt(f->b, conditions, shape, ""));
}

void gen_lanes_compare_int(struct fn_gen *f, const struct instr *in, int predicate)
{
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    push_mask(f, LLVMBuildICmp(f->b, (LLVMIntPredicate)predicate, a, b, ""), shape);
}

void gen_lanes_compare_float(struct fn_gen *f, const struct instr *in, int predicate)
{
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    push_mask(f, LLVMBuildFCmp(f->b, (LLVMRealPredicate)predicate, a, b, ""),
              int_lanes(f->g, lane_bits(in)));
}

void gen_lanes_binary(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    push_vector(f, gen_arithmetic(f, (LLVMOpcode)op, a, b));
}

void gen_lanes_intrinsic(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    push_vector(f, call2(f, (enum intrinsic)intrinsic, a, b));
}

void gen_lanes_unary(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    push_vector(f, call1(f, (enum intrinsic)intrinsic, pop_as(f, shape_of(f, in))));
}

void gen_lanes_abs(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef args[] = {pop_as(f, shape), LLVMConstInt(f->g->i1, 0, false)};
    push_vector(f, gen_intrinsic(f->g, f->b, INTRINSIC_ABS, &shape, 1, args, 2));
}

void gen_lanes_neg(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef vector = pop_as(f, shape_of(f, in));
    bool is_float = op_info(in->op)->text[0] == 'f';
    push_vector(f, is_float ? LLVMBuildFNeg(f->b, vector, "")
                            : LLVMBuildNeg(f->b, vector, ""));
}

/* Counts are taken modulo the width of a lane. */
void gen_lanes_shift(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMTypeRef shape = shape_of(f, in), lane = LLVMGetElementType(shape);
    LLVMValueRef mask = gen_i32(f->g, lane_bits(in) - 1);
    LLVMValueRef count = LLVMBuildAnd(f->b, gen_pop(f), mask, "");
    count = LLVMBuildIntCast2(f->b, count, lane, false, "");
    LLVMValueRef counts = splat(f, count, shape);
    push_vector(f, LLVMBuildBinOp(f->b, (LLVMOpcode)op, pop_as(f, shape), counts, ""));
}

void gen_lanes_min_max(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    push_vector(f, gen_float_extreme(f, (enum intrinsic)intrinsic, a, b));
}

/* core 4.3.3, fpmin and fpmax: b if the predicate holds for b and a, else a. */
void gen_pseudo_min_max(struct fn_gen *f, const struct instr *in, int predicate)
{
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    LLVMValueRef is_b = LLVMBuildFCmp(f->b, (LLVMRealPredicate)predicate, b, a, "");
    push_vector(f, LLVMBuildSelect(f->b, is_b, b, a, ""));
}

/* op: addition to the product, or subtraction of it. */
void gen_relaxed_madd(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef c = pop_as(f, shape), b = pop_as(f, shape), a = pop_as(f, shape);
    LLVMValueRef product = gen_arithmetic(f, LLVMFMul, a, b);
    push_vector(f, gen_arithmetic(f, (LLVMOpcode)op, c, product));
}

/* ---- Lanes of other widths ---- */

/* Sign- or zero-extends as many lanes as a vector of twice the width has. */
static LLVMValueRef extend(struct fn_gen *f, LLVMValueRef narrow, bool is_signed)
{
    LLVMTypeRef type = LLVMTypeOf(narrow);
    unsigned bits = LLVMGetIntTypeWidth(LLVMGetElementType(type));
    LLVMTypeRef wide = LLVMVectorType(LLVMIntTypeInContext(f->g->context, 2 * bits),
                                      LLVMGetVectorSize(type));
    return LLVMBuildCast(f->b, is_signed ? LLVMSExt : LLVMZExt, narrow, wide, "");
}

static LLVMValueRef pop_half(struct fn_gen *f, const struct instr *in, int half)
{
    unsigned bits = lane_bits(in), n = 128 / bits;
    LLVMValueRef vector = pop_as(f, int_lanes(f->g, bits / 2));
    LLVMValueRef lanes = select_lanes(f, vector, vector, half & HALF_HIGH ? n : 0, 1, n);
    return extend(f, lanes, !(half & HALF_UNSIGNED));
}

void gen_extend_half(struct fn_gen *f, const struct instr *in, int half)
{
    push_vector(f, pop_half(f, in, half));
}

void gen_extmul(struct fn_gen *f, const struct instr *in, int half)
{
    LLVMValueRef b = pop_half(f, in, half), a = pop_half(f, in, half);
    push_vector(f, LLVMBuildMul(f->b, a, b, ""));
}

/* The odd lanes of half the width, extended by the shift op. */
static LLVMValueRef odd_lanes(struct fn_gen *f, LLVMValueRef vector, int op)
{
    LLVMTypeRef shape = LLVMTypeOf(vector);
    unsigned bits = LLVMGetIntTypeWidth(LLVMGetElementType(shape));
    return LLVMBuildBinOp(f->b, (LLVMOpcode)op, vector, splat_int(shape, bits / 2), "");
}

static LLVMValueRef even_lanes(struct fn_gen *f, LLVMValueRef vector, int op)
{
    LLVMTypeRef shape = LLVMTypeOf(vector);
    unsigned bits = LLVMGetIntTypeWidth(LLVMGetElementType(shape));
    LLVMValueRef up = LLVMBuildShl(f->b, vector, splat_int(shape, bits / 2), "");
    return odd_lanes(f, up, op);
}

static LLVMValueRef add_pairs(struct fn_gen *f, LLVMValueRef vector, int op)
{
    return LLVMBuildAdd(f->b, even_lanes(f, vector, op), odd_lanes(f, vector, op), "");
}

void gen_extadd_pairwise(struct fn_gen *f, const struct instr *in, int op)
{
    push_vector(f, add_pairs(f, pop_as(f, shape_of(f, in)), op));
}

/* Saturates lanes of twice the width; they are taken as signed. */
void gen_narrow(struct fn_gen *f, const struct instr *in, int is_signed)
{
    unsigned bits = lane_bits(in);
    LLVMTypeRef shape = int_lanes(f->g, 2 * bits);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    LLVMValueRef both = select_lanes(f, a, b, 0, 1, 128 / bits);
    LLVMTypeRef wide = LLVMTypeOf(both);
    uint64_t range = UINT64_C(1) << bits, half = range / 2;
    LLVMValueRef lowest = splat_int(wide, is_signed ? -half : 0);
    LLVMValueRef highest = splat_int(wide, is_signed ? half - 1 : range - 1);
    both = call2(f, INTRINSIC_SMIN, call2(f, INTRINSIC_SMAX, both, lowest), highest);
    push_vector(f, LLVMBuildTrunc(f->b, both, int_lanes(f->g, bits), ""));
}

/* (a + b + 1) / 2 without overflow. */
void gen_avgr(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef b = extend(f, pop_as(f, shape), false);
    LLVMValueRef a = extend(f, pop_as(f, shape), false);
    LLVMValueRef one = splat_int(LLVMTypeOf(a), 1);
    LLVMValueRef sum = LLVMBuildAdd(f->b, LLVMBuildAdd(f->b, a, b, ""), one, "");
    push_vector(f, LLVMBuildTrunc(f->b, LLVMBuildLShr(f->b, sum, one, ""), shape, ""));
}

/* (a * b + 2^14) / 2^15, saturated: only -1 * -1 is too large, and comes out as -1. In
 * the steps that PMULHRSW takes. */
void gen_q15mulr(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef b = extend(f, pop_as(f, shape), true);
    LLVMValueRef a = extend(f, pop_as(f, shape), true);
    LLVMTypeRef wide = LLVMTypeOf(a);
    LLVMValueRef one = splat_int(wide, 1), product = LLVMBuildMul(f->b, a, b, "");
    LLVMValueRef high = LLVMBuildLShr(f->b, product, splat_int(wide, 14), "");
    high = LLVMBuildLShr(f->b, LLVMBuildAdd(f->b, high, one, ""), one, "");
    LLVMValueRef rounded = LLVMBuildTrunc(f->b, high, shape, "");
    LLVMValueRef is_over =
        LLVMBuildICmp(f->b, LLVMIntEQ, rounded, splat_int(shape, 0x8000), "");
    LLVMValueRef flip = LLVMBuildSExt(f->b, is_over, shape, "");
    push_vector(f, LLVMBuildXor(f->b, rounded, flip, ""));
}

void gen_dot(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    unsigned n = 128 / lane_bits(in);
    LLVMTypeRef shape = int_lanes(f->g, lane_bits(in) / 2);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    LLVMValueRef products[2];
    for (unsigned odd = 0; odd < 2; odd++) {
        LLVMValueRef x = extend(f, select_lanes(f, a, a, odd, 2, n), true);
        LLVMValueRef y = extend(f, select_lanes(f, b, b, odd, 2, n), true);
        products[odd] = LLVMBuildMul(f->b, x, y, "");
    }
    push_vector(f, LLVMBuildAdd(f->b, products[0], products[1], ""));
}

/* Pairs of products of 8-bit lanes. */
static LLVMValueRef pop_byte_dot(struct fn_gen *f)
{
    LLVMTypeRef shape = int_lanes(f->g, 16);
    LLVMValueRef b = pop_as(f, shape), a = pop_as(f, shape);
    LLVMValueRef even =
        LLVMBuildMul(f->b, even_lanes(f, a, LLVMAShr), even_lanes(f, b, LLVMAShr), "");
    LLVMValueRef odd =
        LLVMBuildMul(f->b, odd_lanes(f, a, LLVMAShr), odd_lanes(f, b, LLVMAShr), "");
    return LLVMBuildAdd(f->b, even, odd, "");
}

void gen_relaxed_dot(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    push_vector(f, pop_byte_dot(f));
}

void gen_relaxed_dot_add(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = shape_of(f, in);
    LLVMValueRef addend = pop_as(f, shape);
    LLVMValueRef pairs = as(f, pop_byte_dot(f), shape);
    push_vector(f, LLVMBuildAdd(f->b, add_pairs(f, pairs, LLVMAShr), addend, ""));
}

/* ---- Conversions ---- */

/* Of the operand the lanes that there are results of: all, or the lower half. */
static LLVMValueRef pop_convertible(struct fn_gen *f, const struct instr *in,
                                    LLVMTypeRef source)
{
    unsigned n = LLVMGetVectorSize(source), n_results = 128 / lane_bits(in);
    LLVMValueRef vector = pop_as(f, source);
    return n <= n_results ? vector : select_lanes(f, vector, vector, 0, 1, n_results);
}

/* Lanes of the result's kind, as many as there were; zero in the others. */
static void push_converted(struct fn_gen *f, const struct instr *in, LLVMValueRef lanes)
{
    LLVMTypeRef type = LLVMTypeOf(lanes);
    if (LLVMGetVectorSize(type) < 128 / lane_bits(in))
        lanes = select_lanes(f, lanes, LLVMConstNull(type), 0, 1, 128 / lane_bits(in));
    push_vector(f, lanes);
}

static LLVMTypeRef with_lane(const struct fn_gen *f, const struct instr *in,
                             LLVMValueRef source)
{
    return LLVMVectorType(LLVMGetElementType(shape_of(f, in)),
                          LLVMGetVectorSize(LLVMTypeOf(source)));
}

void gen_lanes_convert(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMTypeRef source = op == LLVMFPTrunc ? float_lanes(f->g, 64)
                         : op == LLVMFPExt ? float_lanes(f->g, 32)
                                           : int_lanes(f->g, 32);
    LLVMValueRef lanes = pop_convertible(f, in, source);
    push_converted(
        f, in, LLVMBuildCast(f->b, (LLVMOpcode)op, lanes, with_lane(f, in, lanes), ""));
}

void gen_lanes_trunc_sat(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    bool is_double = strstr(op_info(in->op)->text, "f64x2") != NULL;
    LLVMValueRef lanes = pop_convertible(f, in, float_lanes(f->g, is_double ? 64 : 32));
    LLVMTypeRef types[] = {with_lane(f, in, lanes), LLVMTypeOf(lanes)};
    push_converted(
        f, in, gen_intrinsic(f->g, f->b, (enum intrinsic)intrinsic, types, 2, &lanes, 1));
}
