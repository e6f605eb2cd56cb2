/* The checkpoint side: frame records, landing pads and polls.
 *
 * A poll is a load of a flag. Where it is set, the frame's live values are written to the
 * frame buffer in line, and rt_raise unwinds; the landing pad of each call on the way
 * writes its frame's record behind and goes on unwinding. Nothing of this runs otherwise,
 * and no call is followed by a check. A landing pad belongs to one call, has no PHIs, and
 * stores values as they are: whatever it computed would be computed on the hot path. */
#include "compiler/codegen.h"

#include <assert.h>
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

#include "runtime/abi.h"

/* About a millisecond of instructions, and of loads that miss every cache. */
enum { POLL_INSTRS = 1 << 20, FUEL_MOST = 4096, CHUNK_MOST = 16384, CHUNK_LEAST = 64 };

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

void gen_begin_suspendable(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    if (!gen_can_suspend(g, f->func_index))
        return;
    find_points(&f->points, g->m, g->options->suspension, f->func_index, &f->body,
                f->arena);
    gen_set_personality(g, f->fn);
}

/* Writes the frame's record at the cursor; answers the cursor behind it. */
static LLVMValueRef gen_record(struct fn_gen *f, const struct point *point,
                               LLVMValueRef cursor)
{
    struct mod_gen *g = f->g;
    uint64_t at = 8;
    assert(f->sp == point->n_operands);
    LLVMBuildStore(f->b, gen_point_address(f, point), cursor);
    if (!g->options->is_only_instance) {
        LLVMBuildStore(f->b, f->instance, gen_offset(g, f->b, cursor, at));
        at += 8;
    }
    for (uint32_t i = 0; i < point->n_locals; i++) {
        val_type type = f->body.locals[point->locals[i]];
        LLVMValueRef value =
            gen_load_value(g, f->b, gen_type(g, type), f->locals[point->locals[i]]);
        gen_store_value(g, f->b, value, gen_offset(g, f->b, cursor, at));
        at += 8 * rt_words_of(type);
    }
    for (uint32_t i = 0; i < point->n_operands; i++) {
        gen_store_value(g, f->b, f->stack[i], gen_offset(g, f->b, cursor, at));
        at += 8 * rt_words_of(point->operands[i]);
    }
    return gen_offset(g, f->b, cursor, at);
}

LLVMTypeRef gen_caught_type(const struct mod_gen *g)
{
    LLVMTypeRef members[] = {g->ptr, g->i32};
    return LLVMStructTypeInContext(g->context, members, 2, false);
}

LLVMValueRef gen_catch(struct fn_gen *f)
{
    LLVMValueRef caught = LLVMBuildLandingPad(f->b, gen_caught_type(f->g), NULL, 0, "");
    LLVMSetCleanup(caught, true);
    return caught;
}

static LLVMBasicBlockRef gen_landing_pad(struct fn_gen *f, const struct point *point)
{
    struct mod_gen *g = f->g;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b), pad = gen_new_block(f, "pad");
    LLVMPositionBuilderAtEnd(f->b, pad);
    LLVMValueRef caught = gen_catch(f);
    LLVMValueRef exception = LLVMBuildExtractValue(f->b, caught, 0, "");
    LLVMValueRef place = gen_offset(g, f->b, exception, RT_UNWIND_CURSOR);
    LLVMValueRef cursor = LLVMBuildLoad2(f->b, g->ptr, place, "");
    LLVMBuildStore(f->b, gen_record(f, point, cursor), place);
    LLVMBuildResume(f->b, caught);
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
 * small enough to be inlined: the call's bonus makes up for it. */
static void make_up_for_record(struct fn_gen *f, LLVMValueRef call,
                               const struct point *point)
{
    enum { INSTRUCTION_COST = 5, OTHERS = 8 };
    char bonus[32];
    snprintf(bonus, sizeof bonus, "%u",
             (point->n_locals + point->n_operands + OTHERS) * INSTRUCTION_COST);
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
    if (point) {
        LLVMBasicBlockRef pad =
            f->resume ? gen_image_pad(f, point) : gen_landing_pad(f, point);
        LLVMBasicBlockRef next = gen_new_block(f, "");
        call = LLVMBuildInvoke2(f->b, type, code, args, n_args, next, pad, "");
        LLVMPositionBuilderAtEnd(f->b, next);
        make_up_for_record(f, call, point);
    } else {
        call = LLVMBuildCall2(f->b, type, code, args, n_args, "");
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

/* Writes the record of a frame that polls, and unwinds. */
static void gen_raise(struct fn_gen *f, const struct point *point)
{
    struct mod_gen *g = f->g;
    LLVMTypeRef unwind_type = LLVMArrayType2(g->i8, sizeof(struct rt_unwind));
    LLVMValueRef place = gen_offset(
        g, f->b, gen_runtime_object(g, unwind_type, "rt_unwind"), RT_UNWIND_CURSOR);
    LLVMValueRef cursor = LLVMBuildLoad2(f->b, g->ptr, place, "");
    LLVMValueRef end = gen_record(f, point, cursor);
    LLVMValueRef call = gen_runtime_call(g, f->b, CALL_rt_raise, &end);
    make_up_for_record(f, call, point);
    LLVMBuildUnreachable(f->b);
}

bool gen_polls(const struct fn_gen *f, const struct point *point)
{
    return !point->is_covered || f->is_cold || f->g->options->poll_interval;
}

void gen_poll(struct fn_gen *f, const struct point *point)
{
    struct mod_gen *g = f->g;
    LLVMBasicBlockRef raise = gen_new_block(f, "raise"), next = gen_new_block(f, "");
    LLVMValueRef flag =
        LLVMBuildLoad2(f->b, g->i32, gen_runtime_object(g, g->i32, "rt_poll_flag"), "");
    LLVMSetVolatile(flag, true);
    LLVMValueRef is_wanted = LLVMBuildICmp(f->b, LLVMIntNE, flag, gen_i32(g, 0), "");
    gen_rare_branch(f, is_wanted, raise, next);
    LLVMPositionBuilderAtEnd(f->b, raise);
    if (f->resume)
        gen_image_raise(f, point);
    else
        gen_raise(f, point);
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
    for (uint32_t i = loop_position + 1; i < end; i++) {
        enum opcode op = f->body.instrs[i].op;
        if (op == OP_Loop || op_info(op)->flags & OPF_SUSPEND)
            return 0;
    }
    if (f->g->options->poll_interval)
        return f->g->options->poll_interval;
    return between(1, POLL_INSTRS / (end - loop_position), FUEL_MOST);
}

uint32_t gen_chunk(const struct fn_gen *f, uint32_t loop_position)
{
    uint32_t end = f->body.instrs[loop_position].imm.block.end;
    if (f->g->options->poll_interval)
        return f->g->options->poll_interval;
    return between(CHUNK_LEAST, POLL_INSTRS / (end - loop_position), CHUNK_MOST);
}

uint32_t gen_bulk_part(const struct fn_gen *f, uint32_t most)
{
    enum { INTERVALS = 64 };
    uint32_t interval = f->g->options->poll_interval;
    return interval && interval < INTERVALS ? most / INTERVALS * interval : most;
}
