/* The checkpoint side: landing pads and polls.
 *
 * A poll is a load of a flag. Where it is set, rt_suspend is called and unwinds; so does
 * the landing pad of each call on the way. The frame's live values stay where they are:
 * LLVM notes, in a table beside the code, in which registers and stack slots. So no code
 * is spent on them, nothing runs otherwise, and no call is followed by a check. A landing
 * pad belongs to one call and has no PHIs: their copies would be made on the hot path. */
#include "compiler/codegen_checkpoint.h"

#include <assert.h>
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

#include "compiler/ways_out.h"
#include "runtime/abi.h"

/* About a millisecond of instructions, and of loads that miss every cache. */
enum { POLL_INSTRS = 1 << 20, FUEL_MOST = 4096, CHUNK_MOST = 16384, CHUNK_LEAST = 64 };

/* Instructions of a landing pad, and of what a poll does when the flag is set. */
enum { PAD_INSTRS = 2, RAISE_INSTRS = 1 };

bool gen_can_suspend(const struct mod_gen *g, uint32_t func_index)
{
    return g->options->suspension && g->options->suspension->can_suspend[func_index];
}

void gen_set_personality(struct mod_gen *g, LLVMValueRef fn)
{
    if (!g->personality) {
        LLVMTypeRef type = LLVMFunctionType(g->i32, NULL, 0, true);
        g->personality = LLVMAddFunction(g->llvm, "rt_personality", type);
    }
    LLVMSetPersonalityFn(fn, g->personality);
}

void gen_set_suspendable(struct mod_gen *g, LLVMValueRef fn)
{
    gen_set_personality(g, fn);
    LLVMSetGC(fn, "statepoint-example"); /* what LLVM wants to see around statepoints */
}

void gen_begin_suspendable(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    if (!gen_can_suspend(g, f->func_index))
        return;
    find_points(&f->points, g->m, g->options->suspension, f->func_index, &f->body,
                f->arena);
    if (!f->is_cold)
        gen_set_suspendable(g, f->fn);
}

/* The values of a frame record, in its order. */
static unsigned record_values(struct fn_gen *f, const struct point *point,
                              LLVMValueRef *values)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < point->n_locals; i++) {
        uint32_t local = point->locals[i];
        values[n++] = gen_load_local(f, local, f->locals[local]);
    }
    for (uint32_t i = 0; i < point->n_operands; i++)
        values[n++] = f->stack[i];
    return n;
}

static void set_statepoint_attributes(struct mod_gen *g, LLVMValueRef call,
                                      LLVMTypeRef callee_type)
{
    enum { CALLEE_PARAM = 3 };
    unsigned kind = LLVMGetEnumAttributeKindForName("elementtype", 11);
    LLVMAddCallSiteAttribute(call, CALLEE_PARAM,
                             LLVMCreateTypeAttribute(g->context, kind, callee_type));
    kind = LLVMGetEnumAttributeKindForName("noreturn", 8);
    LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                             LLVMCreateEnumAttribute(g->context, kind, 0));
}

/* Vectors do not stay: where aarch64 has two in a pair of registers that goes to the
 * stack, LLVM notes the place of the first for the second. */
static bool has_vector(const LLVMValueRef *values, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (LLVMGetTypeKind(LLVMTypeOf(values[i])) == LLVMVectorTypeKind)
            return true;
    return false;
}

/* Ends the block: rt_suspend writes the frame's record, and unwinds. It is called through
 * LLVM's statepoint, which notes where the values happen to lie, and costs no code. */
static LLVMValueRef gen_suspend(struct fn_gen *f, const struct point *point)
{
    enum { VALUES_ARE_READ_AT_CALL = 2 }; /* StatepointFlags::DeoptLiveIn */
    struct mod_gen *g = f->g;
    assert(f->sp == point->n_operands);
    size_t n_most = 2 + 2 * ((size_t)point->n_locals + point->n_operands);
    LLVMValueRef *values = arena_array(f->arena, n_most, sizeof *values);
    uint32_t number = point_number(&f->points, point);
    unsigned n_values = 0;
    if (!g->options->is_only_instance) {
        number |= RT_SITE_HAS_INSTANCE;
        values[n_values++] = f->instance;
    }
    if (f->resume) {
        number |= RT_SITE_HAS_IMAGE;
        n_values += gen_image_changes(f, point, values + n_values);
    } else {
        n_values += record_values(f, point, values + n_values);
    }
    LLVMValueRef callee = gen_runtime_function(g, CALL_rt_suspend);
    /* Else they go to the stack. Without an optimiser, what assigns registers could run
     * out of them. */
    bool stay = g->options->has_optimizer && g->options->has_saved_registers_only &&
                !has_vector(values, n_values);
    uint32_t flags = stay ? VALUES_ARE_READ_AT_CALL : 0;
    LLVMValueRef args[] = {gen_i64(g, (uint64_t)number << 32 | f->func_index),
                           gen_i32(g, 0),
                           callee,
                           gen_i32(g, 0),
                           gen_i32(g, flags),
                           gen_i32(g, 0),
                           gen_i32(g, 0)};
    static const char name[] = "llvm.experimental.gc.statepoint";
    unsigned id = LLVMLookupIntrinsicID(name, sizeof name - 1);
    LLVMValueRef fn = LLVMGetIntrinsicDeclaration(g->llvm, id, &g->ptr, 1);
    LLVMTypeRef type = LLVMIntrinsicGetType(g->context, id, &g->ptr, 1);
    LLVMOperandBundleRef bundle = LLVMCreateOperandBundle("deopt", 5, values, n_values);
    LLVMValueRef call = LLVMBuildCallWithOperandBundles(
        f->b, type, fn, args, sizeof args / sizeof args[0], &bundle, 1, "");
    LLVMDisposeOperandBundle(bundle);
    set_statepoint_attributes(g, call, LLVMGlobalGetValueType(callee));
    LLVMBuildUnreachable(f->b);
    return call;
}

LLVMValueRef gen_land(struct fn_gen *f, bool suspends, bool catches)
{
    struct mod_gen *g = f->g;
    LLVMTypeRef members[] = {g->ptr, g->i32};
    LLVMTypeRef type = LLVMStructTypeInContext(g->context, members, 2, false);
    LLVMValueRef landed = LLVMBuildLandingPad(f->b, type, NULL, catches, "");
    LLVMSetCleanup(landed, suspends);
    if (catches)
        LLVMAddClause(landed, LLVMConstNull(g->ptr));
    return landed;
}

void gen_branch_if_thrown(struct fn_gen *f, LLVMValueRef landed, LLVMBasicBlockRef thrown)
{
    LLVMBasicBlockRef next = gen_new_block(f, "");
    LLVMValueRef selector = LLVMBuildExtractValue(f->b, landed, 1, "");
    LLVMValueRef is_suspended =
        LLVMBuildICmp(f->b, LLVMIntEQ, selector, gen_i32(f->g, 0), "");
    LLVMBuildCondBr(f->b, is_suspended, next, thrown);
    LLVMPositionBuilderAtEnd(f->b, next);
}

/* An exception enters a pad that does not catch only where that was inlined into a try of
 * the caller's: resuming is a branch to that one's pad. */
static LLVMBasicBlockRef gen_landing_pad(struct fn_gen *f, const struct point *point,
                                         bool throws)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b), pad = gen_new_block(f, "pad");
    bool catches = throws && gen_enclosing_try(f, f->n_labels);
    LLVMPositionBuilderAtEnd(f->b, pad);
    LLVMValueRef landed = gen_land(f, point, catches);
    if (throws && point) {
        LLVMBasicBlockRef thrown = gen_new_block(f, "thrown");
        gen_branch_if_thrown(f, landed, thrown);
        gen_suspend(f, point);
        LLVMPositionBuilderAtEnd(f->b, thrown);
    } else if (point) {
        gen_suspend(f, point);
    }
    if (catches)
        gen_throw_from(f, f->n_labels, LLVMBuildExtractValue(f->b, landed, 0, ""));
    else if (throws)
        LLVMBuildResume(f->b, landed);
    LLVMPositionBuilderAtEnd(f->b, here);
    return pad;
}

static void set_call_attribute(struct fn_gen *f, LLVMValueRef call, const char *name)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                             LLVMCreateEnumAttribute(f->g->context, kind, 0));
}

/* What is done to suspend a frame counts nothing when LLVM asks whether a function is
 * small enough to be inlined: a call's bonus makes up for so many instructions. */
static void make_up_for(struct fn_gen *f, LLVMValueRef call, unsigned n_instrs)
{
    enum { INSTRUCTION_COST = 5 };
    char bonus[32];
    snprintf(bonus, sizeof bonus, "%u", n_instrs * INSTRUCTION_COST);
    LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                             LLVMCreateStringAttribute(f->g->context,
                                                       "call-threshold-bonus", 20, bonus,
                                                       (unsigned)strlen(bonus)));
}

LLVMValueRef gen_suspendable_call(struct fn_gen *f, const struct point *point,
                                  LLVMTypeRef type, LLVMValueRef code, LLVMValueRef *args,
                                  unsigned n_args)
{
    LLVMValueRef call;
    bool throws = gen_call_throws(f);
    if (point || (throws && gen_enclosing_try(f, f->n_labels))) {
        LLVMBasicBlockRef pad = f->is_cold ? gen_cold_pad(f, point, throws)
                                           : gen_landing_pad(f, point, throws);
        LLVMBasicBlockRef next = gen_new_block(f, "");
        call = LLVMBuildInvoke2(f->b, type, code, args, n_args, next, pad, "");
        LLVMPositionBuilderAtEnd(f->b, next);
        make_up_for(f, call, PAD_INSTRS);
    } else {
        call = LLVMBuildCall2(f->b, type, code, args, n_args, "");
        if (!throws)
            set_call_attribute(f, call, "nounwind");
    }
    if (f->is_cold)
        set_call_attribute(f, call, "noinline");
    return call;
}

LLVMValueRef gen_unrecorded_call(struct fn_gen *f, LLVMTypeRef type, LLVMValueRef code,
                                 LLVMValueRef *args, unsigned n_args)
{
    LLVMValueRef call = LLVMBuildCall2(f->b, type, code, args, n_args, "");
    if (f->is_cold)
        set_call_attribute(f, call, "noinline");
    return call;
}

void gen_rare_branch(struct fn_gen *f, LLVMValueRef condition, LLVMBasicBlockRef rare,
                     LLVMBasicBlockRef next)
{
    struct mod_gen *g = f->g;
    LLVMValueRef branch = LLVMBuildCondBr(f->b, condition, rare, next);
    LLVMMetadataRef weights[] = {LLVMMDStringInContext2(g->context, "branch_weights", 14),
                                 LLVMValueAsMetadata(gen_i32(g, 1)),
                                 LLVMValueAsMetadata(gen_i32(g, 1 << 20))};
    LLVMMetadataRef node = LLVMMDNodeInContext2(g->context, weights, 3);
    LLVMSetMetadata(branch, g->profile_kind, LLVMMetadataAsValue(g->context, node));
}

const struct point *gen_poll_point(const struct fn_gen *f, enum rt_point_kind kind)
{
    const struct point *point = point_at(&f->points, f->position, kind);
    bool polls = f->is_cold || f->g->options->poll_interval;
    return point && (polls || !point->is_covered) ? point : NULL;
}

LLVMValueRef gen_load_flag(struct fn_gen *f)
{
    LLVMTypeRef i32 = f->g->i32;
    LLVMValueRef flag =
        LLVMBuildLoad2(f->b, i32, gen_runtime_object(f->g, i32, "rt_poll_flag"), "");
    LLVMSetVolatile(flag, true);
    return flag;
}

void gen_poll(struct fn_gen *f, const struct point *point)
{
    LLVMBasicBlockRef raise = gen_new_block(f, "raise"), next = gen_new_block(f, "");
    if (!f->is_cold)
        gen_keep_stores(f);
    LLVMValueRef is_wanted =
        LLVMBuildICmp(f->b, LLVMIntNE, gen_load_flag(f), gen_i32(f->g, 0), "");
    gen_rare_branch(f, is_wanted, raise, next);
    LLVMPositionBuilderAtEnd(f->b, raise);
    if (f->is_cold)
        gen_cold_raise(f, point);
    else
        make_up_for(f, gen_suspend(f, point), RAISE_INSTRS);
    LLVMPositionBuilderAtEnd(f->b, next);
    if (f->is_cold)
        gen_store_slots(f);
}

void gen_fueled_poll(struct fn_gen *f, const struct point *point, uint32_t fuel)
{
    struct mod_gen *g = f->g;
    LLVMBasicBlockRef empty = gen_new_block(f, "empty"), next = gen_new_block(f, "");
    LLVMValueRef left = LLVMBuildLoad2(f->b, g->i32, f->fuel, "");
    left = LLVMBuildSub(f->b, left, gen_i32(g, 1), "");
    LLVMBuildStore(f->b, left, f->fuel);
    LLVMValueRef is_empty = LLVMBuildICmp(f->b, LLVMIntEQ, left, gen_i32(g, 0), "");
    gen_rare_branch(f, is_empty, empty, next);
    LLVMPositionBuilderAtEnd(f->b, empty);
    gen_poll(f, point);
    gen_fill_fuel(f, fuel);
    LLVMBuildBr(f->b, next);
    LLVMPositionBuilderAtEnd(f->b, next);
}

void gen_fill_fuel(struct fn_gen *f, uint32_t fuel)
{
    if (!f->fuel)
        f->fuel = gen_entry_alloca(f, f->g->i32);
    LLVMBuildStore(f->b, gen_i32(f->g, fuel), f->fuel);
}

static uint32_t between(uint32_t lowest, uint32_t n, uint32_t highest)
{
    return n < lowest ? lowest : n > highest ? highest : n;
}

uint32_t gen_loop_fuel(const struct fn_gen *f, uint32_t loop_position)
{
    uint32_t end = f->body.instrs[loop_position].imm.block.end;
    if (suspends_in_iteration(&f->body, loop_position))
        return 0;
    if (f->g->options->poll_interval)
        return f->g->options->poll_interval;
    return between(1, POLL_INSTRS / (end - loop_position), FUEL_MOST);
}

uint32_t gen_chunk(const struct fn_gen *f, uint32_t n_instrs)
{
    if (f->g->options->poll_interval)
        return f->g->options->poll_interval;
    return between(CHUNK_LEAST, POLL_INSTRS / n_instrs, CHUNK_MOST);
}

uint32_t gen_bulk_part(const struct fn_gen *f, uint32_t most)
{
    enum { INTERVALS = 64 };
    uint32_t interval = f->g->options->poll_interval;
    return interval && interval < INTERVALS ? most / INTERVALS * interval : most;
}
