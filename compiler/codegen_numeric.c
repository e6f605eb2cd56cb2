/* Constants, arithmetic, comparison and conversion (core 4.3).
 *
 * IEEE semantics are exact: no fast-math flag is ever set, and where LLVM would fold an
 * operation with an identity (x * 1 → x), which keeps a signalling NaN that the operation
 * has to quiet, the operation is emitted in a way it does not fold. */
#include "compiler/codegen.h"

#include <math.h>
#include <string.h>

#include "runtime/abi.h"

LLVMTypeRef gen_signature_result(const struct fn_gen *f, const struct instr *in)
{
    const char *signature = op_info(in->op)->signature;
    switch (signature[strlen(signature) - 1]) {
    case 'i':
        return f->g->i32;
    case 'I':
        return f->g->i64;
    case 'f':
        return f->g->f32;
    case 'F':
        return f->g->f64;
    default:
        return f->g->v128;
    }
}

static LLVMValueRef vector_constant(const struct mod_gen *g, const uint8_t bytes[16])
{
    uint64_t halves[2]; /* little-endian, as this machine */
    memcpy(halves, bytes, sizeof halves);
    LLVMValueRef lanes[] = {gen_i64(g, halves[0]), gen_i64(g, halves[1])};
    return LLVMConstVector(lanes, 2);
}

void gen_const(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    struct mod_gen *g = f->g;
    switch (op_info(in->op)->immediate) {
    case IMM_I32:
        gen_push(f, gen_i32(g, in->imm.i32));
        break;
    case IMM_I64:
        gen_push(f, gen_i64(g, in->imm.i64));
        break;
    case IMM_F32: /* by its bits: a NaN's payload would not survive a double */
        gen_push(f, LLVMConstBitCast(gen_i32(g, in->imm.f32), g->f32));
        break;
    case IMM_F64:
        gen_push(f, LLVMConstBitCast(gen_i64(g, in->imm.f64), g->f64));
        break;
    default:
        gen_push(f, vector_constant(g, in->imm.bytes));
    }
}

void gen_eqz(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)in, (void)argument;
    LLVMValueRef value = gen_pop(f);
    LLVMValueRef is_zero =
        LLVMBuildICmp(f->b, LLVMIntEQ, value, LLVMConstNull(LLVMTypeOf(value)), "");
    gen_push(f, LLVMBuildZExt(f->b, is_zero, f->g->i32, ""));
}

void gen_compare_int(struct fn_gen *f, const struct instr *in, int predicate)
{
    (void)in;
    LLVMValueRef rhs = gen_pop(f);
    LLVMValueRef lhs = gen_pop(f);
    LLVMValueRef result = LLVMBuildICmp(f->b, (LLVMIntPredicate)predicate, lhs, rhs, "");
    gen_push(f, LLVMBuildZExt(f->b, result, f->g->i32, ""));
}

void gen_compare_float(struct fn_gen *f, const struct instr *in, int predicate)
{
    (void)in;
    LLVMValueRef rhs = gen_pop(f);
    LLVMValueRef lhs = gen_pop(f);
    LLVMValueRef result = LLVMBuildFCmp(f->b, (LLVMRealPredicate)predicate, lhs, rhs, "");
    gen_push(f, LLVMBuildZExt(f->b, result, f->g->i32, ""));
}

void gen_unary_int(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    (void)in;
    LLVMValueRef args[] = {gen_pop(f), LLVMConstInt(f->g->i1, 0, false)};
    LLVMTypeRef type = LLVMTypeOf(args[0]);
    unsigned n_args =
        intrinsic == INTRINSIC_CTPOP ? 1 : 2; /* 0 is no poison for clz and ctz */
    gen_push(
        f, gen_intrinsic(f->g, f->b, (enum intrinsic)intrinsic, &type, 1, args, n_args));
}

/* value * 1, which quiets a NaN; LLVM keeps it, since the rounding mode might be another.
 */
static LLVMValueRef quiet_nan(struct fn_gen *f, LLVMValueRef value)
{
    LLVMContextRef c = f->g->context;
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef args[] = {
        value, LLVMConstReal(type, 1),
        LLVMMetadataAsValue(c, LLVMMDStringInContext2(c, "round.dynamic", 13)),
        LLVMMetadataAsValue(c, LLVMMDStringInContext2(c, "fpexcept.ignore", 15))};
    return gen_intrinsic(f->g, f->b, INTRINSIC_CONSTRAINED_FMUL, &type, 1, args, 4);
}

/* Of a vector: all lanes. */
static bool is_float_constant(LLVMValueRef value, double expected)
{
    if (!value) /* the lane of an expression */
        return false;
    if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVectorTypeKind &&
        LLVMIsConstant(value)) {
        unsigned n = LLVMGetVectorSize(LLVMTypeOf(value)), i = 0;
        while (i < n && is_float_constant(LLVMGetAggregateElement(value, i), expected))
            i++;
        return i == n;
    }
    if (!LLVMIsAConstantFP(value))
        return false;
    LLVMBool loses_info;
    double actual = LLVMConstRealGetDouble(value, &loses_info);
    return actual == expected && signbit(actual) == signbit(expected);
}

/* The operation as quiet_nan (and negate) where LLVM would drop it as an identity;
 * else NULL. */
static LLVMValueRef float_identity(struct fn_gen *f, LLVMOpcode op, LLVMValueRef lhs,
                                   LLVMValueRef rhs)
{
    switch (op) {
    case LLVMFMul:
        if (is_float_constant(lhs, 1))
            return quiet_nan(f, rhs);
        if (is_float_constant(lhs, -1))
            return LLVMBuildFNeg(f->b, quiet_nan(f, rhs), "");
        /* fallthrough */
    case LLVMFDiv:
        if (is_float_constant(rhs, 1))
            return quiet_nan(f, lhs);
        if (is_float_constant(rhs, -1))
            return LLVMBuildFNeg(f->b, quiet_nan(f, lhs), "");
        return NULL;
    case LLVMFAdd:
        if (is_float_constant(lhs, -0.0))
            return quiet_nan(f, rhs);
        return is_float_constant(rhs, -0.0) ? quiet_nan(f, lhs) : NULL;
    case LLVMFSub:
        if (is_float_constant(lhs, -0.0))
            return LLVMBuildFNeg(f->b, quiet_nan(f, rhs), "");
        return is_float_constant(rhs, 0.0) ? quiet_nan(f, lhs) : NULL;
    default:
        return NULL;
    }
}

LLVMValueRef gen_arithmetic(struct fn_gen *f, LLVMOpcode op, LLVMValueRef lhs,
                            LLVMValueRef rhs)
{
    LLVMValueRef value = float_identity(f, op, lhs, rhs);
    return value ? value : LLVMBuildBinOp(f->b, op, lhs, rhs, "");
}

void gen_binary(struct fn_gen *f, const struct instr *in, int op)
{
    (void)in;
    LLVMValueRef rhs = gen_pop(f);
    LLVMValueRef lhs = gen_pop(f);
    gen_push(f, gen_arithmetic(f, (LLVMOpcode)op, lhs, rhs));
}

/* Division traps on 0, and on the one quotient that does not fit; the remainder of that
 * is 0. */
void gen_divide(struct fn_gen *f, const struct instr *in, int op)
{
    (void)in;
    LLVMValueRef rhs = gen_pop(f);
    LLVMValueRef lhs = gen_pop(f);
    LLVMTypeRef type = LLVMTypeOf(lhs);
    unsigned bits = LLVMGetIntTypeWidth(type);
    LLVMValueRef zero = LLVMConstNull(type);
    LLVMValueRef minus_one = LLVMConstAllOnes(type);
    if (!LLVMIsAConstantInt(rhs) || rhs == zero)
        gen_trap_if(f, LLVMBuildICmp(f->b, LLVMIntEQ, rhs, zero, ""),
                    RT_TRAP_DIVIDE_BY_ZERO);
    bool may_overflow = !LLVMIsAConstantInt(rhs) || rhs == minus_one;
    if (op == LLVMSDiv && may_overflow) {
        LLVMValueRef lowest = LLVMConstInt(type, UINT64_C(1) << (bits - 1), false);
        LLVMValueRef is_lowest = LLVMBuildICmp(f->b, LLVMIntEQ, lhs, lowest, "");
        LLVMValueRef by_minus_one = LLVMBuildICmp(f->b, LLVMIntEQ, rhs, minus_one, "");
        gen_trap_if(f, LLVMBuildAnd(f->b, is_lowest, by_minus_one, ""),
                    RT_TRAP_INTEGER_OVERFLOW);
    }
    if (op == LLVMSRem && may_overflow) {
        LLVMValueRef by_minus_one = LLVMBuildICmp(f->b, LLVMIntEQ, rhs, minus_one, "");
        rhs = LLVMBuildSelect(f->b, by_minus_one, LLVMConstInt(type, 1, false), rhs, "");
    }
    gen_push(f, LLVMBuildBinOp(f->b, (LLVMOpcode)op, lhs, rhs, ""));
}

/* Shift counts are taken modulo the width. */
void gen_shift(struct fn_gen *f, const struct instr *in, int op)
{
    (void)in;
    LLVMValueRef rhs = gen_pop(f);
    LLVMValueRef lhs = gen_pop(f);
    LLVMTypeRef type = LLVMTypeOf(lhs);
    LLVMValueRef mask = LLVMConstInt(type, LLVMGetIntTypeWidth(type) - 1, false);
    rhs = LLVMBuildAnd(f->b, rhs, mask, "");
    gen_push(f, LLVMBuildBinOp(f->b, (LLVMOpcode)op, lhs, rhs, ""));
}

void gen_rotate(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    (void)in;
    LLVMValueRef count = gen_pop(f);
    LLVMValueRef value = gen_pop(f);
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef args[] = {value, value, count};
    gen_push(f, gen_intrinsic(f->g, f->b, (enum intrinsic)intrinsic, &type, 1, args, 3));
}

void gen_unary_float(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    (void)in;
    LLVMValueRef value = gen_pop(f);
    LLVMTypeRef type = LLVMTypeOf(value);
    if (intrinsic == INTRINSIC_FNEG)
        gen_push(f, LLVMBuildFNeg(f->b, value, ""));
    else
        gen_push(
            f, gen_intrinsic(f->g, f->b, (enum intrinsic)intrinsic, &type, 1, &value, 1));
}

LLVMValueRef gen_float_extreme(struct fn_gen *f, enum intrinsic intrinsic,
                               LLVMValueRef lhs, LLVMValueRef rhs)
{
    LLVMTypeRef type = LLVMTypeOf(lhs);
    LLVMValueRef args[] = {lhs, rhs};
    LLVMValueRef result = gen_intrinsic(f->g, f->b, intrinsic, &type, 1, args, 2);
    LLVMSetFastMathFlags(result, LLVMFastMathNoNaNs);
    LLVMValueRef sum = gen_arithmetic(f, LLVMFAdd, lhs, rhs);
    LLVMValueRef is_nan = LLVMBuildFCmp(f->b, LLVMRealUNO, lhs, rhs, "");
    return LLVMBuildSelect(f->b, is_nan, sum, result, "");
}

void gen_min_max(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    (void)in;
    LLVMValueRef rhs = gen_pop(f);
    LLVMValueRef lhs = gen_pop(f);
    gen_push(f, gen_float_extreme(f, (enum intrinsic)intrinsic, lhs, rhs));
}

void gen_copysign(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    (void)in;
    LLVMValueRef rhs = gen_pop(f);
    LLVMValueRef lhs = gen_pop(f);
    LLVMTypeRef type = LLVMTypeOf(lhs);
    LLVMValueRef args[] = {lhs, rhs};
    gen_push(f, gen_intrinsic(f->g, f->b, INTRINSIC_COPYSIGN, &type, 1, args, 2));
}

void gen_convert(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMValueRef value = gen_pop(f);
    LLVMTypeRef type = gen_signature_result(f, in);
    /* LLVM folds a demotion of a promotion to nothing, which would not quiet a NaN. */
    if (op == LLVMFPTrunc && LLVMIsAFPExtInst(value))
        value = quiet_nan(f, LLVMGetOperand(value, 0));
    else
        value = LLVMBuildCast(f->b, (LLVMOpcode)op, value, type, "");
    gen_push(f, value);
}

void gen_extend_low(struct fn_gen *f, const struct instr *in, int bits)
{
    (void)in;
    LLVMValueRef value = gen_pop(f);
    LLVMTypeRef low = LLVMIntTypeInContext(f->g->context, (unsigned)bits);
    LLVMValueRef truncated = LLVMBuildTrunc(f->b, value, low, "");
    gen_push(f, LLVMBuildSExt(f->b, truncated, LLVMTypeOf(value), ""));
}

/* The open interval of the floats whose truncation fits: (-2^(n-1) - 1, 2^(n-1)) signed,
 * (-1, 2^n) unsigned. Where the lower bound is not representable, the first float above
 * it serves, inclusively. */
static LLVMValueRef truncation_fits(struct fn_gen *f, LLVMValueRef value, unsigned bits,
                                    bool is_signed)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    unsigned precision = type == f->g->f32 ? 24 : 53;
    double limit = ldexp(1, (int)bits - (is_signed ? 1 : 0));
    bool is_exact = !is_signed || bits - 1 < precision;
    double lowest = !is_signed ? -1 : is_exact ? -limit - 1 : -limit;
    LLVMValueRef above = LLVMBuildFCmp(f->b, is_exact ? LLVMRealOGT : LLVMRealOGE, value,
                                       LLVMConstReal(type, lowest), "");
    LLVMValueRef below =
        LLVMBuildFCmp(f->b, LLVMRealOLT, value, LLVMConstReal(type, limit), "");
    return LLVMBuildAnd(f->b, above, below, "");
}

void gen_trunc(struct fn_gen *f, const struct instr *in, int op)
{
    LLVMValueRef value = gen_pop(f);
    LLVMTypeRef type = gen_signature_result(f, in);
    LLVMValueRef fits =
        truncation_fits(f, value, LLVMGetIntTypeWidth(type), op == LLVMFPToSI);
    LLVMBasicBlockRef bad = gen_new_block(f, "");
    LLVMBasicBlockRef next = gen_new_block(f, "");
    LLVMBuildCondBr(f->b, fits, next, bad);
    LLVMPositionBuilderAtEnd(f->b, bad);
    LLVMValueRef is_nan = LLVMBuildFCmp(f->b, LLVMRealUNO, value, value, "");
    LLVMBuildCondBr(f->b, is_nan, gen_trap_block(f, RT_TRAP_INVALID_CONVERSION),
                    gen_trap_block(f, RT_TRAP_INTEGER_OVERFLOW));
    LLVMPositionBuilderAtEnd(f->b, next);
    gen_push(f, LLVMBuildCast(f->b, (LLVMOpcode)op, value, type, ""));
}

void gen_trunc_sat(struct fn_gen *f, const struct instr *in, int intrinsic)
{
    LLVMValueRef value = gen_pop(f);
    LLVMTypeRef types[] = {gen_signature_result(f, in), LLVMTypeOf(value)};
    gen_push(f,
             gen_intrinsic(f->g, f->b, (enum intrinsic)intrinsic, types, 2, &value, 1));
}
