/* How often a counted loop goes round, computed before it from the locals' values there.
 * Values of the test may wrap on the way, and 64 bits do not hold all that could be
 * computed from wide ones: the count comes with a test that it is exact. */
#include "compiler/codegen_trip.h"

#include "compiler/codegen.h"
#include "compiler/loops.h"

/* Of a 64-bit counter, that no sum of it and its limit wraps. */
#define LONGEST_WAY (INT64_C(1) << 61)

LLVMValueRef gen_integer_local(struct fn_gen *f, uint32_t local, LLVMTypeRef type)
{
    LLVMValueRef value = gen_load_local(f, local, f->locals[local]);
    return LLVMBuildIntCast2(f->b, value, type, false, "");
}

static LLVMTypeRef affine_type(const struct fn_gen *f, const struct affine *a)
{
    return a->is_wide ? f->g->i64 : f->g->i32;
}

LLVMValueRef gen_affine(struct fn_gen *f, const struct affine *a)
{
    LLVMTypeRef type = affine_type(f, a);
    LLVMValueRef sum = LLVMConstInt(type, a->constant, false);
    for (uint32_t i = 0; i < a->n_terms; i++) {
        LLVMValueRef term = gen_integer_local(f, a->terms[i].local, type);
        if (a->terms[i].factor != 1)
            term = LLVMBuildMul(f->b, term, LLVMConstInt(type, a->terms[i].factor, false),
                                "");
        sum = LLVMBuildAdd(f->b, sum, term, "");
    }
    return sum;
}

LLVMValueRef gen_is_between(struct fn_gen *f, int64_t lowest, LLVMValueRef value,
                            int64_t highest)
{
    uint64_t first = (uint64_t)lowest, n = (uint64_t)highest - first;
    LLVMValueRef place = LLVMBuildSub(f->b, value, gen_i64(f->g, first), "");
    return LLVMBuildICmp(f->b, LLVMIntULT, place, gen_i64(f->g, n), "");
}

LLVMValueRef gen_both(struct fn_gen *f, LLVMValueRef a, LLVMValueRef b)
{
    return a ? LLVMBuildAnd(f->b, a, b, "") : b;
}

/* while value != 0: value reaches 0 exactly if the step divides it. */
static LLVMValueRef not_zero_trip(struct fn_gen *f, const struct loop_plan *plan,
                                  LLVMValueRef *is_exact)
{
    bool is_up = plan->step > 0;
    uint32_t stride = is_up ? (uint32_t)plan->step : (uint32_t)-plan->step;
    LLVMValueRef value = gen_affine(f, &plan->value);
    LLVMValueRef distance = is_up ? LLVMBuildNeg(f->b, value, "") : value;
    if (plan->value.is_wide)
        *is_exact = gen_is_between(f, 0, distance, LONGEST_WAY);
    if (stride > 1) {
        LLVMTypeRef type = LLVMTypeOf(distance);
        LLVMValueRef by = LLVMConstInt(type, stride, false);
        LLVMValueRef rest = LLVMBuildURem(f->b, distance, by, "");
        LLVMValueRef divides =
            LLVMBuildICmp(f->b, LLVMIntEQ, rest, LLVMConstNull(type), "");
        *is_exact = gen_both(f, *is_exact, divides);
        distance = LLVMBuildUDiv(f->b, distance, by, "");
    }
    LLVMValueRef wide = LLVMBuildIntCast2(f->b, distance, f->g->i64, false, "");
    return LLVMBuildAdd(f->b, wide, gen_i64(f->g, 1), "");
}

/* By how much value moves in an iteration, at least 1, in 64 bits. */
static LLVMValueRef stride_of(struct fn_gen *f, const struct loop_plan *plan,
                              LLVMValueRef *is_right)
{
    struct mod_gen *g = f->g;
    int64_t step = plan->step;
    if (step != 0)
        return gen_i64(g, (uint64_t)(step < 0 ? -step : step));
    LLVMValueRef stride = gen_affine(f, &plan->stride);
    LLVMValueRef above_least = LLVMBuildSub(f->b, stride, gen_i32(g, 1), "");
    *is_right =
        LLVMBuildICmp(f->b, LLVMIntULT, above_least, gen_i32(g, LOOP_LONGEST_STEP), "");
    stride = LLVMBuildSelect(f->b, *is_right, stride, gen_i32(g, 1), "");
    return LLVMBuildZExt(f->b, stride, g->i64, "");
}

/* Whether an ordered test is right about all values from the first to the last, which are
 * extended to 64 bits. Wide ones leave room for what is computed from them. */
static LLVMValueRef does_not_wrap(struct fn_gen *f, const struct loop_plan *plan,
                                  LLVMValueRef first, LLVMValueRef limit,
                                  LLVMValueRef last)
{
    int64_t lowest = plan->is_signed ? INT32_MIN : 0;
    int64_t highest = plan->is_signed ? INT32_MAX : (int64_t)UINT32_MAX;
    if (!plan->value.is_wide)
        return gen_is_between(f, lowest, last, highest + 1);
    lowest = plan->is_signed ? -LONGEST_WAY : 0;
    return LLVMBuildAnd(f->b, gen_is_between(f, lowest, first, LONGEST_WAY),
                        gen_is_between(f, lowest, limit, LONGEST_WAY), "");
}

/* while value < limit (or >, <=, >=): in 64 bits, and exact if value does not wrap before
 * the end. */
static LLVMValueRef ordered_trip(struct fn_gen *f, const struct loop_plan *plan,
                                 LLVMValueRef *is_exact)
{
    struct mod_gen *g = f->g;
    LLVMBuilderRef b = f->b;
    bool is_signed = plan->is_signed;
    LLVMValueRef value =
        LLVMBuildIntCast2(b, gen_affine(f, &plan->value), g->i64, is_signed, "");
    LLVMValueRef limit =
        LLVMBuildIntCast2(b, gen_affine(f, &plan->limit), g->i64, is_signed, "");
    bool is_up = plan->test == LOOP_INCREASING;
    LLVMValueRef stride_is_right = NULL, stride = stride_of(f, plan, &stride_is_right);
    LLVMValueRef distance =
        is_up ? LLVMBuildSub(b, limit, value, "") : LLVMBuildSub(b, value, limit, "");
    if (plan->is_inclusive)
        distance = LLVMBuildAdd(b, distance, gen_i64(g, 1), "");
    LLVMValueRef is_over = LLVMBuildICmp(b, LLVMIntSLE, distance, gen_i64(g, 0), "");
    LLVMValueRef rounded =
        LLVMBuildAdd(b, distance, LLVMBuildSub(b, stride, gen_i64(g, 1), ""), "");
    LLVMValueRef steps = LLVMBuildUDiv(b, rounded, stride, "");
    steps = LLVMBuildSelect(b, is_over, gen_i64(g, 0), steps, "");
    LLVMValueRef way = LLVMBuildMul(b, steps, stride, "");
    LLVMValueRef last =
        is_up ? LLVMBuildAdd(b, value, way, "") : LLVMBuildSub(b, value, way, "");
    *is_exact = gen_both(f, stride_is_right, does_not_wrap(f, plan, value, limit, last));
    return LLVMBuildAdd(b, steps, gen_i64(g, 1), "");
}

LLVMValueRef gen_trip(struct fn_gen *f, const struct loop_plan *plan,
                      LLVMValueRef *is_exact)
{
    *is_exact = NULL;
    return plan->test == LOOP_NOT_ZERO ? not_zero_trip(f, plan, is_exact)
                                       : ordered_trip(f, plan, is_exact);
}
