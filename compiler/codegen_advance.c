/* Loops that advance (advance.h) need no fuel: the way itself tells when it is time to
 * poll. The branch back compares with a limit nearby in place of the loop's own; where it
 * ends, the loop's own test decides, and the way back from there polls and sets the next
 * one. So an iteration costs what it does without polls.
 *
 * Behind the nearby limit, an iteration more does not wrap; where the loop's own limit
 * is too near to where that happens, there is none nearby, and each iteration polls. */
#include "compiler/codegen_advance.h"

#include "compiler/advance.h"
#include "compiler/codegen_checkpoint.h"

struct advance_gen {
    struct advance loop;
    LLVMTypeRef type;  /* of local and limits */
    LLVMValueRef near; /* an alloca */
    uint64_t way;      /* to the nearby limit, from where it is set */
};

enum { LONGEST_WAY = 1 << 30 };

static LLVMValueRef constant(const struct advance_gen *a, int64_t value)
{
    return LLVMConstInt(a->type, (uint64_t)value, true);
}

/* Whether the loop goes on with a value, as far as a limit is concerned. */
static LLVMValueRef goes_on(struct fn_gen *f, const struct advance *loop,
                            LLVMValueRef value, LLVMValueRef limit)
{
    static const LLVMIntPredicate below[2][2] = {{LLVMIntULT, LLVMIntULE},
                                                 {LLVMIntSLT, LLVMIntSLE}};
    LLVMIntPredicate order = below[loop->is_signed][loop->is_inclusive];
    return loop->is_up ? LLVMBuildICmp(f->b, order, value, limit, "")
                       : LLVMBuildICmp(f->b, order, limit, value, "");
}

/* The least or the greatest of the type's values. */
static LLVMValueRef extreme(const struct advance_gen *a, bool is_least)
{
    uint64_t sign = UINT64_C(1) << (LLVMGetIntTypeWidth(a->type) - 1);
    uint64_t least = a->loop.is_signed ? sign : 0;
    return LLVMConstInt(a->type, is_least ? least : least - 1, false);
}

static LLVMValueRef further(struct fn_gen *f, const struct advance *loop,
                            LLVMValueRef from, LLVMValueRef way)
{
    return loop->is_up ? LLVMBuildAdd(f->b, from, way, "")
                       : LLVMBuildSub(f->b, from, way, "");
}

static LLVMValueRef limit_value(struct fn_gen *f, const struct advance_gen *a)
{
    const struct instr *in = a->loop.limit;
    if (in->op == OP_LocalGet)
        return gen_load_local(f, in->imm.index, f->locals[in->imm.index]);
    return in->op == OP_I32Const ? gen_i32(f->g, in->imm.i32)
                                 : gen_i64(f->g, in->imm.i64);
}

/* The limit until the next poll: the loop's own, or one before that. */
static void set_near(struct fn_gen *f, const struct advance_gen *a)
{
    const struct advance *loop = &a->loop;
    LLVMBuilderRef b = f->b;
    LLVMValueRef limit = limit_value(f, a);
    LLVMValueRef value = gen_load_local(f, loop->local, f->locals[loop->local]);
    LLVMValueRef distance = loop->is_up ? LLVMBuildSub(b, limit, value, "")
                                        : LLVMBuildSub(b, value, limit, "");
    LLVMValueRef is_far =
        LLVMBuildICmp(b, LLVMIntUGT, distance, constant(a, (int64_t)a->way), "");
    is_far = LLVMBuildAnd(b, is_far, goes_on(f, loop, value, limit), "");
    LLVMValueRef near = LLVMBuildSelect(
        b, is_far, further(f, loop, value, constant(a, (int64_t)a->way)), limit, "");
    LLVMValueRef last =
        further(f, loop, extreme(a, !loop->is_up), constant(a, -(int64_t)loop->most));
    LLVMValueRef wraps = LLVMBuildNot(b, goes_on(f, loop, limit, last), "");
    near = LLVMBuildSelect(b, wraps, extreme(a, loop->is_up), near, "");
    LLVMBuildStore(b, near, a->near);
}

bool gen_begin_advance(struct fn_gen *f, struct label *loop)
{
    struct advance found;
    uint32_t n_iterations = gen_loop_fuel(f, f->position);
    if (n_iterations == 0 || loop->n_params > 0 || !f->g->options->has_optimizer ||
        !find_advance(&found, &f->body, f->position))
        return false;
    struct advance_gen *a = arena_array(f->arena, 1, sizeof *a);
    a->loop = found;
    a->type = gen_type(f->g, f->body.locals[found.local]);
    a->near = gen_entry_alloca(f, a->type);
    /* So many steps, at least, to pass it; to be at it is enough where that ends it. */
    a->way = (uint64_t)n_iterations * found.least - found.is_inclusive;
    if (a->way > LONGEST_WAY)
        a->way = LONGEST_WAY;
    loop->advance = a;
    set_near(f, a);
    return true;
}

bool gen_advance_test(struct fn_gen *f, struct label *loop, LLVMValueRef condition)
{
    const struct advance_gen *a = loop->advance;
    if (!a)
        return false;
    LLVMBasicBlockRef there = gen_new_block(f, ""), next = gen_new_block(f, "");
    LLVMValueRef value = gen_load_local(f, a->loop.local, f->locals[a->loop.local]);
    LLVMValueRef near = LLVMBuildLoad2(f->b, a->type, a->near, "");
    LLVMBuildCondBr(f->b, goes_on(f, &a->loop, value, near), loop->head, there);
    LLVMPositionBuilderAtEnd(f->b, there);
    gen_rare_branch(f, condition, loop->target, next);
    LLVMPositionBuilderAtEnd(f->b, next);
    return true;
}

void gen_advance_poll(struct fn_gen *f, const struct label *loop)
{
    gen_poll(f, loop->point);
    set_near(f, loop->advance);
}
