/* The body that resumes: used for frames that come from a snapshot, and for nothing else.
 *
 * Its entry switches on the point, restores the frame's locals and operands, and goes on
 * within a cold copy of the function, at the point. No loop of the cold copy goes round:
 * what goes back to a loop's head, and a frame that was at one, goes to a clean copy of
 * that loop, which has this one entry and is optimised as the loop of the fast body is;
 * where it is left, the cold copy goes on. Calls made from here on are those of fast
 * bodies. The body polls, and can be suspended, at the same points as the fast one.
 *
 * Locals lie in allocas, as everywhere. Operands of the cold copy do too, in slots: where
 * a way in joins, and wherever ways meet after it, they are read again. LLVM turns both
 * into values. */
#include "compiler/codegen.h"

#include <assert.h>
#include <string.h>

#include "compiler/decode.h"
#include "compiler/diag.h"
#include "compiler/passes.h"
#include "runtime/abi.h"

enum slot_type { SLOT_I32, SLOT_I64, SLOT_F32, SLOT_F64, SLOT_REF, N_SLOT_TYPES };

struct resume_gen {
    LLVMValueRef frame;
    LLVMValueRef entry_switch;
    LLVMValueRef (*slots)[N_SLOT_TYPES]; /* by operand stack index; allocas, on demand */
    uint32_t n_slots;
    bool copies_all_loops; /* else only the two innermost levels have clean copies */
};

static enum slot_type slot_type_of(LLVMTypeRef type)
{
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind:
        return LLVMGetIntTypeWidth(type) == 32 ? SLOT_I32 : SLOT_I64;
    case LLVMFloatTypeKind:
        return SLOT_F32;
    case LLVMDoubleTypeKind:
        return SLOT_F64;
    default:
        assert(LLVMGetTypeKind(type) == LLVMPointerTypeKind);
        return SLOT_REF;
    }
}

static void need_slots(struct fn_gen *f, uint32_t n)
{
    struct resume_gen *r = f->resume;
    if (n <= r->n_slots)
        return;
    uint32_t n_slots = n < 32 ? 32 : 2 * n;
    LLVMValueRef(*slots)[N_SLOT_TYPES] = arena_array(f->arena, n_slots, sizeof *slots);
    if (r->n_slots)
        memcpy(slots, r->slots, r->n_slots * sizeof *slots);
    r->slots = slots;
    r->n_slots = n_slots;
}

static LLVMValueRef slot(struct fn_gen *f, uint32_t at, LLVMTypeRef type)
{
    need_slots(f, at + 1);
    LLVMValueRef *found = &f->resume->slots[at][slot_type_of(type)];
    if (!*found)
        *found = gen_entry_alloca(f, type);
    return *found;
}

void gen_store_slot(struct fn_gen *f, uint32_t at)
{
    LLVMValueRef value = f->stack[at];
    LLVMBuildStore(f->b, value, slot(f, at, LLVMTypeOf(value)));
}

void gen_reload_stack(struct fn_gen *f)
{
    for (uint32_t i = 0; i < f->sp; i++) {
        LLVMTypeRef type = LLVMTypeOf(f->stack[i]);
        f->stack[i] = LLVMBuildLoad2(f->b, type, slot(f, i, type), "");
    }
}

/* ---- Ways in ---- */

/* Starts the block that the entry switches to for this point; its frame's locals are
 * restored, its operands are the operand stack. */
static void begin_way_in(struct fn_gen *f, const struct point *point)
{
    struct mod_gen *g = f->g;
    LLVMBasicBlockRef way_in = gen_new_block(f, "resume");
    uint64_t number = (uint64_t)(point - f->points.points);
    LLVMAddCase(f->resume->entry_switch, gen_i64(g, number), way_in);
    LLVMPositionBuilderAtEnd(f->b, way_in);
    LLVMValueRef values = LLVMBuildLoad2(
        f->b, g->ptr,
        gen_offset(g, f->b, f->resume->frame, offsetof(struct rt_frame, values)), "");
    uint64_t at = 0;
    for (uint32_t i = 0; i < point->n_locals; i++, at += 8) {
        uint32_t local = point->locals[i];
        LLVMTypeRef type = gen_type(g, f->body.locals[local]);
        LLVMBuildStore(f->b,
                       LLVMBuildLoad2(f->b, type, gen_offset(g, f->b, values, at), ""),
                       f->locals[local]);
    }
    f->sp = 0;
    for (uint32_t i = 0; i < point->n_operands; i++, at += 8)
        gen_push(f, LLVMBuildLoad2(f->b, gen_type(g, point->operands[i]),
                                   gen_offset(g, f->b, values, at), ""));
}

/* The way in goes on together with the code before it. */
static void join(struct fn_gen *f, LLVMBasicBlockRef before)
{
    LLVMBasicBlockRef joined = gen_new_block(f, "");
    LLVMBuildBr(f->b, joined);
    LLVMPositionBuilderAtEnd(f->b, before);
    LLVMBuildBr(f->b, joined);
    LLVMPositionBuilderAtEnd(f->b, joined);
    gen_reload_stack(f);
}

void gen_way_in(struct fn_gen *f, const struct point *point)
{
    LLVMBasicBlockRef before = LLVMGetInsertBlock(f->b);
    begin_way_in(f, point);
    join(f, before);
}

void gen_way_in_after_call(struct fn_gen *f, const struct point *point,
                           const struct func_type *type)
{
    struct mod_gen *g = f->g;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(f->b);
    begin_way_in(f, point);
    LLVMValueRef results = LLVMConstNull(g->ptr);
    if (type->n_results > 0)
        results = gen_entry_alloca(
            f, LLVMArrayType2(g->i8, type->n_results * sizeof(union rt_value)));
    LLVMValueRef inner = gen_offset(g, f->b, f->resume->frame, sizeof(struct rt_frame));
    LLVMValueRef code = LLVMBuildLoad2(f->b, g->ptr, inner, "");
    _Static_assert(offsetof(struct rt_frame, resume) == 0,
                   "the code is the first member");
    LLVMTypeRef params[] = {g->ptr, g->ptr};
    LLVMTypeRef code_type = LLVMFunctionType(g->void_type, params, 2, false);
    LLVMValueRef args[] = {inner, results};
    gen_suspendable_call(f, point, code_type, code, args, 2);
    for (uint32_t i = 0; i < type->n_results; i++)
        gen_push(f, LLVMBuildLoad2(
                        f->b, gen_type(g, type->results[i]),
                        gen_offset(g, f->b, results, i * sizeof(union rt_value)), ""));
    join(f, before);
}

/* ---- Loops ---- */

/* How deep loops are nested within the loop at a position: 1 for an innermost one. */
static uint32_t loop_height(const struct body *body, uint32_t position)
{
    uint32_t end = body->instrs[position].imm.block.end;
    uint32_t highest = 0;
    uint32_t ends[3] = {0}; /* of the loops around, as far as they matter */
    uint32_t depth = 0;
    for (uint32_t i = position + 1; i < end; i++) {
        while (depth > 0 && ends[depth - 1] <= i)
            depth--;
        if (body->instrs[i].op != OP_Loop)
            continue;
        if (depth < 3)
            ends[depth++] = body->instrs[i].imm.block.end;
        if (depth > highest)
            highest = depth;
    }
    return highest + 1;
}

/* Whether clean copies of all loops are at most twice as long as the function. */
static bool can_copy_all_loops(const struct body *body)
{
    uint64_t n = 0, limit = 2 * (uint64_t)body->n_instrs;
    for (uint32_t i = 0; i < body->n_instrs && n <= limit; i++)
        if (body->instrs[i].op == OP_Loop)
            n += body->instrs[i].imm.block.end - i;
    return n <= limit;
}

/* The head that everything outside of a loop's clean copy goes to, and its way in. */
static void gen_outer_head(struct fn_gen *f, const struct func_type *type,
                           LLVMBasicBlockRef *head, LLVMValueRef **phis)
{
    const struct point *point = point_at(&f->points, f->position, RT_POINT_LOOP);
    *head = gen_new_block(f, "enter");
    *phis = gen_phis(f, *head, type->params, type->n_params);
    gen_edge(f, *phis, type->n_params);
    LLVMBuildBr(f->b, *head);
    if (point) {
        begin_way_in(f, point);
        gen_edge(f, *phis, type->n_params);
        LLVMBuildBr(f->b, *head);
    }
    LLVMPositionBuilderAtEnd(f->b, *head);
    f->sp -= type->n_params;
    gen_reload_stack(f);
    for (uint32_t i = 0; i < type->n_params; i++)
        gen_push(f, (*phis)[i]);
}

/* A block of the cold copy that only ways in lead to, at the start of a loop's body. */
static void begin_cold_body(struct fn_gen *f, const struct func_type *type)
{
    LLVMPositionBuilderAtEnd(f->b, gen_new_block(f, "cold"));
    f->sp = f->labels[f->n_labels - 1].stack_height;
    gen_reload_stack(f);
    for (uint32_t i = 0; i < type->n_params; i++)
        gen_push(f, LLVMGetPoison(gen_type(f->g, type->params[i])));
    f->is_dead = false;
}

void gen_resumed_loop(struct fn_gen *f, const struct func_type *type)
{
    uint32_t position = f->position, own = f->n_labels - 1;
    uint32_t end = f->body.instrs[position].imm.block.end;
    LLVMBasicBlockRef head;
    LLVMValueRef *phis;
    gen_outer_head(f, type, &head, &phis);
    if (!f->resume->copies_all_loops && loop_height(&f->body, position) > 2) {
        gen_start_loop(f, type); /* it goes round in the cold copy, ways in and all */
        return;
    }
    f->is_cold = false;
    gen_start_loop(f, type);
    gen_range(f, position + 1, end);
    gen_finish_body(f);
    f->is_cold = true;
    struct label *label = &f->labels[own];
    label->point = NULL;
    label->target = head;
    label->target_phis = phis;
    label->is_slow = false;
    if (has_point_in(&f->points, position + 1, end)) {
        begin_cold_body(f, type);
        gen_range(f, position + 1, end);
    } else {
        f->is_dead = true;
    }
    f->position = end - 1;
}

/* ---- The function ---- */

static void begin_resume_entry(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    LLVMValueRef number = LLVMBuildLoad2(
        f->b, g->i64,
        gen_offset(g, f->b, f->resume->frame, offsetof(struct rt_frame, point)), "");
    /* A point that the code never has; checked frames name no such. */
    LLVMBasicBlockRef none = gen_trap_block(f, RT_TRAP_UNREACHABLE);
    f->resume->entry_switch = LLVMBuildSwitch(f->b, number, none, f->points.n_points);
    LLVMPositionBuilderAtEnd(f->b, gen_new_block(f, "cold"));
}

void gen_resume_function(struct mod_gen *g, uint32_t func_index, struct arena *arena)
{
    struct resume_gen resume = {0};
    struct fn_gen f = {.g = g,
                       .func_index = func_index,
                       .b = g->b,
                       .arena = arena,
                       .resume = &resume,
                       .is_cold = true};
    f.type = module_func_type(g->m, func_index);
    f.fn = gen_resume_symbol(g, func_index);
    gen_function_attributes(g, f.fn);
    gen_set_attribute(g, f.fn, "cold", 0);
    gen_set_attribute(g, f.fn, "noinline", 0);
    LLVMSetSection(f.fn, ".text.unlikely.resume");
    resume.frame = LLVMGetParam(f.fn, 0);
    f.results = LLVMGetParam(f.fn, 1);
    gen_begin_body(&f);
    resume.copies_all_loops = can_copy_all_loops(&f.body);
    begin_resume_entry(&f);
    gen_whole_body(&f);
    gen_points(&f);
}
