/* Vector instructions that compute (core 4.3.5), in the portable operations of LLVM's
 * vectors where it has them, so that all ISAs give the same results.
 *
 * Relaxed instructions leave a choice (core 4.3.6), which is made once for all ISAs,
 * since a program that moves must not change its results: multiply-add rounds twice,
 * minimum and maximum are the pseudo ones, dot products are of signed lanes and wrap, and
 * all others do what their strict relatives do. */
#include "compiler/codegen_simd.h"

#include <string.h>

/* ---- Lane by lane ---- */

static void push_mask(struct fn_gen *f, LLVMValueRef conditions, LLVMTypeRef shape)
{
    simd_push(f, LLVMBuildSExt(f->b, conditions, shape, ""));
}

void gen_lanes_compare_int(struct fn_gen *f, const struct instr *in, int predicate)
{
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    push_mask(f, LLVMBuildICmp(f->b, (LLVMIntPredicate)predicate, a, b, ""), shape);
}

void gen_lanes_compare_float(struct fn_gen *f, const struct instr *in, int predicate)
{
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    push_mask(f, LLVMBuildFCmp(f->b, (LLVMRealPredicate)predicate, a, b, ""),
              simd_int_lanes(f->g, simd_lane_bits(in)));
}

void gen_lanes_binary(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    simd_push(f, gen_arithmetic(f, (LLVMOpcode)op, a, b));
}

void gen_lanes_intrinsic(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    simd_push(f, simd_call2(f, (enum intrinsic)intrinsic, a, b));
}

void gen_lanes_unary(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    simd_push(f,
              simd_call1(f, (enum intrinsic)intrinsic, simd_pop(f, simd_shape(f, in))));
}

void gen_lanes_abs(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef args[] = {simd_pop(f, shape), LLVMConstInt(f->g->i1, 0, false)};
    simd_push(f, gen_intrinsic(f->g, f->b, INTRINSIC_ABS, &shape, 1, args, 2));
}

void gen_lanes_neg(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef vector = simd_pop(f, simd_shape(f, in));
    bool is_float = op_info(in->op)->text[0] == 'f';
    simd_push(f, is_float ? LLVMBuildFNeg(f->b, vector, "")
                          : LLVMBuildNeg(f->b, vector, ""));
}

/* Counts are taken modulo the width of a lane. */
void gen_lanes_shift(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMTypeRef shape = simd_shape(f, in), lane = LLVMGetElementType(shape);
    LLVMValueRef mask = gen_i32(f->g, simd_lane_bits(in) - 1);
    LLVMValueRef count = LLVMBuildAnd(f->b, gen_pop(f), mask, "");
    count = LLVMBuildIntCast2(f->b, count, lane, false, "");
    LLVMValueRef counts = simd_splat(f, count, shape);
    simd_push(f, LLVMBuildBinOp(f->b, (LLVMOpcode)op, simd_pop(f, shape), counts, ""));
}

void gen_lanes_min_max(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    simd_push(f, gen_float_extreme(f, (enum intrinsic)intrinsic, a, b));
}

/* core 4.3.3, fpmin and fpmax: b if the predicate holds for b and a, else a. */
void gen_pseudo_min_max(struct fn_gen *f, const struct instr *in, int predicate)
{
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    LLVMValueRef is_b = LLVMBuildFCmp(f->b, (LLVMRealPredicate)predicate, b, a, "");
    simd_push(f, LLVMBuildSelect(f->b, is_b, b, a, ""));
}

/* op: addition to the product, or subtraction of it. */
void gen_relaxed_madd(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef c = simd_pop(f, shape), b = simd_pop(f, shape), a = simd_pop(f, shape);
    LLVMValueRef product = gen_arithmetic(f, LLVMFMul, a, b);
    simd_push(f, gen_arithmetic(f, (LLVMOpcode)op, c, product));
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
    unsigned bits = simd_lane_bits(in), n = 128 / bits;
    LLVMValueRef vector = simd_pop(f, simd_int_lanes(f->g, bits / 2));
    LLVMValueRef lanes = simd_select(f, vector, vector, half & HALF_HIGH ? n : 0, 1, n);
    return extend(f, lanes, !(half & HALF_UNSIGNED));
}

void gen_extend_half(struct fn_gen *f, const struct instr *in, int half)
{
    simd_push(f, pop_half(f, in, half));
}

void gen_extmul(struct fn_gen *f, const struct instr *in, int half)
{
    LLVMValueRef b = pop_half(f, in, half), a = pop_half(f, in, half);
    simd_push(f, LLVMBuildMul(f->b, a, b, ""));
}

/* The odd lanes of half the width, extended by the shift op. */
static LLVMValueRef odd_lanes(struct fn_gen *f, LLVMValueRef vector, int op)
{
    LLVMTypeRef shape = LLVMTypeOf(vector);
    unsigned bits = LLVMGetIntTypeWidth(LLVMGetElementType(shape));
    return LLVMBuildBinOp(f->b, (LLVMOpcode)op, vector, simd_splat_int(shape, bits / 2),
                          "");
}

static LLVMValueRef even_lanes(struct fn_gen *f, LLVMValueRef vector, int op)
{
    LLVMTypeRef shape = LLVMTypeOf(vector);
    unsigned bits = LLVMGetIntTypeWidth(LLVMGetElementType(shape));
    LLVMValueRef up = LLVMBuildShl(f->b, vector, simd_splat_int(shape, bits / 2), "");
    return odd_lanes(f, up, op);
}

static LLVMValueRef add_pairs(struct fn_gen *f, LLVMValueRef vector, int op)
{
    return LLVMBuildAdd(f->b, even_lanes(f, vector, op), odd_lanes(f, vector, op), "");
}

void gen_extadd_pairwise(struct fn_gen *f, const struct instr *in, int op)
{
    simd_push(f, add_pairs(f, simd_pop(f, simd_shape(f, in)), op));
}

/* Saturates lanes of twice the width; they are taken as signed. */
void gen_narrow(struct fn_gen *f, const struct instr *in, int is_signed)
{
    unsigned bits = simd_lane_bits(in);
    LLVMTypeRef shape = simd_int_lanes(f->g, 2 * bits);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    LLVMValueRef both = simd_select(f, a, b, 0, 1, 128 / bits);
    LLVMTypeRef wide = LLVMTypeOf(both);
    uint64_t range = UINT64_C(1) << bits, half = range / 2;
    LLVMValueRef lowest = simd_splat_int(wide, is_signed ? -half : 0);
    LLVMValueRef highest = simd_splat_int(wide, is_signed ? half - 1 : range - 1);
    both = simd_call2(f, INTRINSIC_SMIN, simd_call2(f, INTRINSIC_SMAX, both, lowest),
                      highest);
    simd_push(f, LLVMBuildTrunc(f->b, both, simd_int_lanes(f->g, bits), ""));
}

/* (a + b + 1) / 2 without overflow. */
void gen_avgr(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef b = extend(f, simd_pop(f, shape), false);
    LLVMValueRef a = extend(f, simd_pop(f, shape), false);
    LLVMValueRef one = simd_splat_int(LLVMTypeOf(a), 1);
    LLVMValueRef sum = LLVMBuildAdd(f->b, LLVMBuildAdd(f->b, a, b, ""), one, "");
    simd_push(f, LLVMBuildTrunc(f->b, LLVMBuildLShr(f->b, sum, one, ""), shape, ""));
}

/* (a * b + 2^14) / 2^15, saturated: only -1 * -1 is too large, and PMULHRSW gives -1. */
void gen_q15mulr(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    if (!simd_is_x86(f)) {
        simd_push(f, simd_call2(f, INTRINSIC_AARCH64_SQRDMULH, a, b));
        return;
    }
    LLVMValueRef args[] = {a, b};
    simd_need_ssse3(f);
    LLVMValueRef rounded =
        gen_intrinsic(f->g, f->b, INTRINSIC_X86_PMULHRSW, NULL, 0, args, 2);
    LLVMValueRef is_over =
        LLVMBuildICmp(f->b, LLVMIntEQ, rounded, simd_splat_int(shape, 0x8000), "");
    LLVMValueRef flip = LLVMBuildSExt(f->b, is_over, shape, "");
    simd_push(f, LLVMBuildXor(f->b, rounded, flip, ""));
}

void gen_dot(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    unsigned n = 128 / simd_lane_bits(in);
    LLVMTypeRef shape = simd_int_lanes(f->g, simd_lane_bits(in) / 2);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    LLVMValueRef products[2];
    for (unsigned odd = 0; odd < 2; odd++) {
        LLVMValueRef x = extend(f, simd_select(f, a, a, odd, 2, n), true);
        LLVMValueRef y = extend(f, simd_select(f, b, b, odd, 2, n), true);
        products[odd] = LLVMBuildMul(f->b, x, y, "");
    }
    simd_push(f, LLVMBuildAdd(f->b, products[0], products[1], ""));
}

/* Pairs of products of 8-bit lanes. */
static LLVMValueRef pop_byte_dot(struct fn_gen *f)
{
    LLVMTypeRef shape = simd_int_lanes(f->g, 16);
    LLVMValueRef b = simd_pop(f, shape), a = simd_pop(f, shape);
    LLVMValueRef even =
        LLVMBuildMul(f->b, even_lanes(f, a, LLVMAShr), even_lanes(f, b, LLVMAShr), "");
    LLVMValueRef odd =
        LLVMBuildMul(f->b, odd_lanes(f, a, LLVMAShr), odd_lanes(f, b, LLVMAShr), "");
    return LLVMBuildAdd(f->b, even, odd, "");
}

void gen_relaxed_dot(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    simd_push(f, pop_byte_dot(f));
}

void gen_relaxed_dot_add(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMTypeRef shape = simd_shape(f, in);
    LLVMValueRef addend = simd_pop(f, shape);
    LLVMValueRef pairs = simd_as(f, pop_byte_dot(f), shape);
    simd_push(f, LLVMBuildAdd(f->b, add_pairs(f, pairs, LLVMAShr), addend, ""));
}

/* ---- Conversions ---- */

/* Of the operand the lanes that there are results of: all, or the lower half. */
static LLVMValueRef pop_convertible(struct fn_gen *f, const struct instr *in,
                                    LLVMTypeRef source)
{
    unsigned n = LLVMGetVectorSize(source), n_results = 128 / simd_lane_bits(in);
    LLVMValueRef vector = simd_pop(f, source);
    return n <= n_results ? vector : simd_select(f, vector, vector, 0, 1, n_results);
}

/* Lanes of the result's kind, as many as there were; zero in the others. */
static void push_converted(struct fn_gen *f, const struct instr *in, LLVMValueRef lanes)
{
    LLVMTypeRef type = LLVMTypeOf(lanes);
    if (LLVMGetVectorSize(type) < 128 / simd_lane_bits(in))
        lanes =
            simd_select(f, lanes, LLVMConstNull(type), 0, 1, 128 / simd_lane_bits(in));
    simd_push(f, lanes);
}

static LLVMTypeRef with_lane(const struct fn_gen *f, const struct instr *in,
                             LLVMValueRef source)
{
    return LLVMVectorType(LLVMGetElementType(simd_shape(f, in)),
                          LLVMGetVectorSize(LLVMTypeOf(source)));
}

void gen_lanes_convert(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMTypeRef source = op == LLVMFPTrunc ? simd_float_lanes(f->g, 64)
                         : op == LLVMFPExt ? simd_float_lanes(f->g, 32)
                                           : simd_int_lanes(f->g, 32);
    LLVMValueRef lanes = pop_convertible(f, in, source);
    push_converted(
        f, in, LLVMBuildCast(f->b, (LLVMOpcode)op, lanes, with_lane(f, in, lanes), ""));
}

/* CVTTPS2DQ gives -2^31 for whatever does not fit. */
static LLVMValueRef x86_trunc_sat_s(struct fn_gen *f, LLVMValueRef lanes)
{
    LLVMTypeRef floats = LLVMTypeOf(lanes), shape = simd_int_lanes(f->g, 32);
    LLVMValueRef is_number = LLVMBuildFCmp(f->b, LLVMRealORD, lanes, lanes, "");
    LLVMValueRef is_over =
        LLVMBuildFCmp(f->b, LLVMRealOGE, lanes, LLVMConstReal(floats, 0x1p31), "");
    lanes = LLVMBuildSelect(f->b, is_number, lanes, LLVMConstNull(floats), "");
    LLVMValueRef result =
        gen_intrinsic(f->g, f->b, INTRINSIC_X86_CVTTPS2DQ, NULL, 0, &lanes, 1);
    return LLVMBuildXor(f->b, result, LLVMBuildSExt(f->b, is_over, shape, ""), "");
}

/* What is 2^31 or more is converted without it. */
static LLVMValueRef x86_trunc_sat_u(struct fn_gen *f, LLVMValueRef lanes)
{
    LLVMTypeRef floats = LLVMTypeOf(lanes), shape = simd_int_lanes(f->g, 32);
    LLVMValueRef zero = LLVMConstNull(floats), limit = LLVMConstReal(floats, 0x1p31);
    LLVMValueRef is_positive = LLVMBuildFCmp(f->b, LLVMRealOGT, lanes, zero, "");
    lanes = LLVMBuildSelect(f->b, is_positive, lanes, zero, "");
    LLVMValueRef is_large = LLVMBuildFCmp(f->b, LLVMRealOGE, lanes, limit, "");
    LLVMValueRef rest = LLVMBuildFSub(f->b, lanes, limit, "");
    lanes = LLVMBuildSelect(f->b, is_large, rest, lanes, "");
    LLVMValueRef high = LLVMBuildSelect(f->b, is_large, simd_splat_int(shape, 0x80000000),
                                        LLVMConstNull(shape), "");
    return LLVMBuildAdd(f->b, x86_trunc_sat_s(f, lanes), high, "");
}

/* The saturating conversion of LLVM is one instruction on aarch64, and for x86_64 a lane
 * at a time where there are four. */
void gen_lanes_trunc_sat(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    bool is_double = strstr(op_info(in->op)->text, "f64x2") != NULL;
    LLVMTypeRef source = simd_float_lanes(f->g, is_double ? 64 : 32);
    LLVMValueRef lanes = pop_convertible(f, in, source);
    if (simd_is_x86(f) && !is_double) {
        bool is_signed = intrinsic == INTRINSIC_FPTOSI_SAT;
        simd_push(f, is_signed ? x86_trunc_sat_s(f, lanes) : x86_trunc_sat_u(f, lanes));
        return;
    }
    LLVMTypeRef types[] = {with_lane(f, in, lanes), LLVMTypeOf(lanes)};
    push_converted(
        f, in, gen_intrinsic(f->g, f->b, (enum intrinsic)intrinsic, types, 2, &lanes, 1));
}
