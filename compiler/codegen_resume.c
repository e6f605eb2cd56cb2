/* The body that resumes: used for frames that come from a snapshot, and for nothing else.
 *
 * It is a cold copy of the function, quick to compile rather than fast, that keeps
 * locals, and operands wherever it can be suspended, in memory: the frame's image. The
 * entry fills the image from the frame, calls the next inner frame if this one was in a
 * call, and switches to the point; there the copy goes on. Its one landing pad saves the
 * image as a record.
 *
 * No loop of the cold copy goes round. A frame that was at a loop's head, and whatever
 * comes or goes back there, calls the loop's clean copy: a function that has this one way
 * in, holds locals and operands as values, and is optimised as the fast body is. It
 * returns by which branch the loop was left; from there the cold copy goes on. Calls go
 * to fast bodies, and all copies can be suspended where the fast body can. Some loops
 * have no clean copy: codegen_entry.c. */
#include "compiler/codegen_resume.h"
#include "runtime/abi.h"

/* ---- The image: locals, then operands, in words of 8 bytes ---- */

/* The word of the operand that has so many words of operands below it. */
static uint32_t operand_word(struct fn_gen *f, uint32_t words_below)
{
    enum { MOST_WORDS = 2 };
    if (words_below + MOST_WORDS > f->resume->n_slot_words)
        f->resume->n_slot_words = words_below + MOST_WORDS;
    return f->local_words[f->body.n_locals] + words_below;
}

LLVMValueRef gen_operand_slot(struct fn_gen *f, uint32_t words_below)
{
    return gen_offset(f->g, f->b, f->image, 8 * (uint64_t)operand_word(f, words_below));
}

LLVMValueRef gen_local_slot(struct fn_gen *f, uint32_t local)
{
    return gen_offset(f->g, f->b, f->image, 8 * (uint64_t)f->local_words[local]);
}

LLVMValueRef gen_load_slot(struct fn_gen *f, uint32_t at, LLVMTypeRef type)
{
    return gen_load_value(f->g, f->b, type, gen_operand_slot(f, f->stack_words[at]));
}

void gen_store_slots(struct fn_gen *f)
{
    for (uint32_t i = 0; i < f->sp; i++)
        gen_store_value(f->g, f->b, f->stack[i], gen_operand_slot(f, f->stack_words[i]));
}

void gen_reload_stack(struct fn_gen *f)
{
    for (uint32_t i = 0; i < f->sp; i++)
        f->stack[i] = gen_load_slot(f, i, LLVMTypeOf(f->stack[i]));
}

/* ---- Suspending ---- */

/* Calls what saves the image: exception, points, instance, number and image. */
static void gen_save_call(struct fn_gen *f, enum runtime_call call,
                          LLVMValueRef exception)
{
    struct mod_gen *g = f->g;
    LLVMValueRef args[] = {exception, gen_func_points(g, f->func_index),
                           g->options->is_only_instance ? LLVMConstNull(g->ptr)
                                                        : f->instance,
                           LLVMBuildLoad2(f->b, g->i32, f->resume->number, ""), f->image};
    gen_runtime_call(g, f->b, call, exception ? args : args + 1);
}

/* The record is of this point, if the next instruction suspends the cold copy. */
static void note_point(struct fn_gen *f, const struct point *point)
{
    gen_store_slots(f);
    LLVMBuildStore(f->b, gen_i32(f->g, point_number(&f->points, point)),
                   f->resume->number);
}

/* Saves the image, if no exception is thrown. What that would be is answered. */
static LLVMValueRef gen_save_pad(struct fn_gen *f, LLVMBasicBlockRef pad,
                                 LLVMBasicBlockRef thrown)
{
    LLVMPositionBuilderAtEnd(f->b, pad);
    LLVMValueRef landed = gen_land(f, true, thrown);
    LLVMValueRef exception = LLVMBuildExtractValue(f->b, landed, 0, "");
    if (thrown)
        gen_branch_if_thrown(f, landed, thrown);
    gen_save_call(f, CALL_rt_image_save, exception);
    LLVMBuildResume(f->b, landed);
    return exception;
}

static LLVMBasicBlockRef cold_pad(struct fn_gen *f)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b);
    if (!f->resume->pad) {
        f->resume->pad = gen_new_block(f, "pad");
        gen_save_pad(f, f->resume->pad, NULL);
        LLVMPositionBuilderAtEnd(f->b, here);
    }
    return f->resume->pad;
}

/* The landing pad of calls that throw in a try. */
static LLVMBasicBlockRef catching_pad(struct fn_gen *f, struct label *try)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b);
    if (!try->pad) {
        LLVMBasicBlockRef thrown = gen_new_block(f, "thrown");
        try->pad = gen_new_block(f, "pad");
        LLVMValueRef exception = gen_save_pad(f, try->pad, thrown);
        LLVMPositionBuilderAtEnd(f->b, thrown);
        gen_throw_from(f, f->n_labels, exception);
        LLVMPositionBuilderAtEnd(f->b, here);
    }
    return try->pad;
}

LLVMBasicBlockRef gen_cold_pad(struct fn_gen *f, const struct point *point, bool throws)
{
    struct label *try = throws ? gen_enclosing_try(f, f->n_labels) : NULL;
    if (point)
        note_point(f, point);
    return try ? catching_pad(f, try) : cold_pad(f);
}

void gen_cold_raise(struct fn_gen *f, const struct point *point)
{
    struct resume_gen *r = f->resume;
    note_point(f, point);
    bool is_first = !r->raise;
    if (is_first)
        r->raise = gen_new_block(f, "raise");
    LLVMBuildBr(f->b, r->raise);
    if (is_first) {
        LLVMPositionBuilderAtEnd(f->b, r->raise);
        gen_save_call(f, CALL_rt_image_raise, NULL);
        LLVMBuildUnreachable(f->b);
    }
}

/* A value, and before it where in the image it belongs. */
static LLVMValueRef *add_change(struct fn_gen *f, LLVMValueRef *next, uint32_t word,
                                LLVMValueRef value)
{
    bool is_two = gen_words(f->g, value) == 2;
    *next++ = gen_i32(f->g, word << 1 | is_two);
    *next++ = value;
    return next;
}

unsigned gen_image_changes(struct fn_gen *f, const struct point *point,
                           LLVMValueRef *values)
{
    LLVMValueRef *next = values;
    *next++ = f->image;
    for (uint32_t i = 0; i < point->n_locals; i++) {
        uint32_t local = point->locals[i];
        if (f->resume->is_changed[local])
            next = add_change(f, next, f->local_words[local],
                              gen_load_local(f, local, f->locals[local]));
    }
    for (uint32_t i = f->resume->height; i < f->sp; i++)
        next = add_change(f, next, operand_word(f, f->stack_words[i]), f->stack[i]);
    return (unsigned)(next - values);
}

/* ---- Ways in ---- */

/* Starts the block that the entry switches to for this point; its operands are in their
 * slots. */
static void begin_way_in(struct fn_gen *f, const struct point *point)
{
    LLVMBasicBlockRef way_in = gen_new_block(f, "resume");
    LLVMAddCase(f->resume->entry_switch, gen_i64(f->g, point_number(&f->points, point)),
                way_in);
    LLVMPositionBuilderAtEnd(f->b, way_in);
}

void gen_way_in(struct fn_gen *f, const struct point *point)
{
    LLVMBasicBlockRef joined = gen_new_block(f, "");
    LLVMBuildBr(f->b, joined);
    begin_way_in(f, point);
    LLVMBuildBr(f->b, joined);
    LLVMPositionBuilderAtEnd(f->b, joined);
    gen_reload_stack(f);
}

/* What the frame within throws goes to the handler around the point. */
static void add_handler(struct fn_gen *f, const struct point *point)
{
    struct resume_gen *r = f->resume;
    if (!r->thrown || !gen_call_throws(f) || !gen_enclosing_try(f, f->n_labels))
        return;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b), thrown = gen_new_block(f, "");
    LLVMAddCase(r->handlers, gen_i32(f->g, point_number(&f->points, point)), thrown);
    LLVMPositionBuilderAtEnd(f->b, thrown);
    gen_throw_from(f, f->n_labels, r->thrown);
    LLVMPositionBuilderAtEnd(f->b, here);
}

void gen_way_in_after_call(struct fn_gen *f, const struct point *point,
                           const struct func_type *type)
{
    uint32_t n = type->n_results;
    add_handler(f, point);
    LLVMBasicBlockRef joined = gen_new_block(f, "");
    LLVMValueRef *phis = gen_phis(f, joined, type->results, n);
    gen_edge(f, phis, n);
    LLVMBuildBr(f->b, joined);
    begin_way_in(f, point);
    f->sp -= n;
    gen_push_values(f, type->results, n, f->resume->results);
    gen_edge(f, phis, n);
    LLVMBuildBr(f->b, joined);
    LLVMPositionBuilderAtEnd(f->b, joined);
    f->sp -= n;
    gen_reload_stack(f);
    for (uint32_t i = 0; i < n; i++)
        gen_push(f, phis[i]);
}

/* ---- Loops of the cold copy ---- */

static bool is_innermost(const struct body *body, uint32_t position)
{
    uint32_t end = body->instrs[position].imm.block.end;
    for (uint32_t i = position + 1; i < end; i++)
        if (body->instrs[i].op == OP_Loop)
            return false;
    return true;
}

/* Whether the loop whose label is the innermost lies in no other. */
static bool is_outermost(const struct fn_gen *f)
{
    for (uint32_t i = 0; i + 1 < f->n_labels; i++)
        if (f->labels[i].op == OP_Loop)
            return false;
    return true;
}

/* Whether clean copies of all loops that need one are at most half as long as the
 * function. */
static bool can_copy_all_loops(const struct fn_gen *f)
{
    const struct body *body = &f->body;
    uint64_t n = 0;
    for (uint32_t i = 0; i < body->n_instrs && 2 * n <= body->n_instrs; i++)
        if (body->instrs[i].op == OP_Loop && !gen_is_entered(f, i))
            n += body->instrs[i].imm.block.end - i;
    return 2 * n <= body->n_instrs;
}

/* Else only the innermost loops, for the rest of what was interrupted, and the outermost
 * ones, for all that follows: levels between them go round in the cold copy. */
static bool is_copied(const struct fn_gen *f)
{
    return f->resume->copies_all_loops || is_innermost(&f->body, f->position) ||
           is_outermost(f);
}

/* Makes the block that all ways to the loop's head lead to its innermost label's target,
 * and goes on there. */
static void gen_cold_head(struct fn_gen *f, const struct point *point,
                          const struct func_type *type)
{
    struct label *label = &f->labels[f->n_labels - 1];
    uint32_t n = type->n_params;
    label->target = gen_new_block(f, "enter");
    label->target_phis = gen_phis(f, label->target, type->params, n);
    label->n_target_phis = n;
    gen_edge(f, label->target_phis, n);
    LLVMBuildBr(f->b, label->target);
    begin_way_in(f, point);
    gen_reload_stack(f);
    gen_edge(f, label->target_phis, n);
    LLVMBuildBr(f->b, label->target);
    LLVMPositionBuilderAtEnd(f->b, label->target);
    f->sp -= n;
    gen_reload_stack(f);
    for (uint32_t i = 0; i < n; i++)
        gen_push(f, label->target_phis[i]);
}

static void gen_cold_body(struct fn_gen *f, const struct func_type *type)
{
    uint32_t end = f->body.instrs[f->position].imm.block.end;
    LLVMPositionBuilderAtEnd(f->b,
                             gen_new_block(f, "cold")); /* reached by ways in only */
    f->sp = f->labels[f->n_labels - 1].stack_height;
    gen_reload_stack(f);
    for (uint32_t i = 0; i < type->n_params; i++)
        gen_push(f, LLVMGetPoison(gen_type(f->g, type->params[i])));
    f->is_dead = false;
    gen_range(f, f->position + 1, end);
}

void gen_cold_loop(struct fn_gen *f, const struct func_type *type)
{
    uint32_t position = f->position;
    uint32_t end = f->body.instrs[position].imm.block.end;
    const struct point *point = point_at(&f->points, position, RT_POINT_LOOP);
    gen_cold_head(f, point, type);
    if (gen_is_entered(f, position)) {
        gen_enter(f, point);
        gen_cold_body(f, type); /* points in the loop and behind it have ways in */
        f->position = end - 1;
        return;
    }
    if (!is_copied(f)) {
        gen_start_loop(f, type);
        return;
    }
    gen_store_slots(f);
    gen_clean_loop(f, point, type);
    f->is_dead = true;
    if (has_point_in(&f->points, position + 1, end))
        gen_cold_body(f, type);
    f->position = end - 1;
}

/* ---- The function ---- */

/* Room for the results of any call; NULL if it can't be suspended in one. */
static LLVMValueRef gen_inner_results(struct fn_gen *f)
{
    bool has_call = false;
    uint32_t most = 0;
    for (uint32_t i = 0; i < f->points.n_points; i++) {
        const struct point *point = &f->points.points[i];
        if (point->kind != RT_POINT_CALL)
            continue;
        has_call = true;
        const struct instr *call = &f->body.instrs[point->position];
        uint32_t n = f->g->m->types[module_call_type(f->g->m, call)].n_results;
        most = n > most ? n : most;
    }
    LLVMTypeRef type = LLVMArrayType2(f->g->i64, 2 * (uint64_t)most);
    return has_call ? LLVMBuildAlloca(f->b, type, "") : NULL;
}

/* The landing pad of the frame within, which may be in any of the function's tries. */
static LLVMBasicBlockRef inner_pad(struct fn_gen *f)
{
    struct resume_gen *r = f->resume;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b), pad = gen_new_block(f, "pad");
    LLVMBasicBlockRef thrown = gen_new_block(f, "thrown"), none = gen_new_block(f, "");
    r->thrown = gen_save_pad(f, pad, thrown);
    LLVMPositionBuilderAtEnd(f->b, thrown);
    LLVMValueRef number = LLVMBuildLoad2(f->b, f->g->i32, r->number, "");
    r->handlers = LLVMBuildSwitch(f->b, number, none, f->points.n_points);
    LLVMPositionBuilderAtEnd(f->b, none);
    gen_throw_from(f, 0, r->thrown);
    LLVMPositionBuilderAtEnd(f->b, here);
    return pad;
}

/* Calls the frame that this one has called. */
static void gen_inner_frame(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    LLVMValueRef inner = gen_offset(g, f->b, f->resume->frame, sizeof(struct rt_frame));
    _Static_assert(offsetof(struct rt_frame, resume) == 0,
                   "the code is the first member");
    LLVMValueRef code = LLVMBuildLoad2(f->b, g->ptr, inner, "");
    LLVMTypeRef params[] = {g->ptr, g->ptr};
    LLVMTypeRef type = LLVMFunctionType(g->void_type, params, 2, false);
    LLVMValueRef args[] = {inner, f->resume->results};
    LLVMBasicBlockRef next = gen_new_block(f, "");
    LLVMBasicBlockRef pad = gen_has_try(f) ? inner_pad(f) : cold_pad(f);
    LLVMBuildInvoke2(f->b, type, code, args, 2, next, pad, "");
    LLVMPositionBuilderAtEnd(f->b, next);
}

/* Fills the image, and leaves the builder where the switch to the points belongs. */
static void gen_resume_entry(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    struct resume_gen *r = f->resume;
    r->number = LLVMBuildAlloca(f->b, g->i32, "");
    r->results = gen_inner_results(f);
    LLVMValueRef args[] = {r->frame, gen_func_points(g, f->func_index), f->image};
    LLVMValueRef kind = gen_runtime_call(g, f->b, CALL_rt_image_load, args);
    LLVMValueRef number = LLVMBuildLoad2(
        f->b, g->i64, gen_offset(g, f->b, r->frame, offsetof(struct rt_frame, point)),
        "");
    LLVMBuildStore(f->b, LLVMBuildTrunc(f->b, number, g->i32, ""), r->number);
    LLVMBasicBlockRef go_on = gen_new_block(f, "");
    if (r->results) {
        LLVMBasicBlockRef in_call = gen_new_block(f, "");
        LLVMValueRef call_kind = gen_i32(g, RT_POINT_CALL);
        LLVMValueRef is_call = LLVMBuildICmp(f->b, LLVMIntEQ, kind, call_kind, "");
        LLVMBuildCondBr(f->b, is_call, in_call, go_on);
        LLVMPositionBuilderAtEnd(f->b, in_call);
        gen_inner_frame(f);
    }
    LLVMBuildBr(f->b, go_on);
    LLVMPositionBuilderAtEnd(f->b, go_on);
    /* There is no other point: frames are checked before they are resumed. */
    LLVMBasicBlockRef none = gen_trap_block(f, RT_TRAP_UNREACHABLE);
    r->entry_switch = LLVMBuildSwitch(f->b, number, none, f->points.n_points);
    LLVMPositionBuilderAtEnd(f->b, gen_new_block(f, "cold"));
}

static void set_cold_attributes(struct mod_gen *g, LLVMValueRef fn)
{
    gen_function_attributes(g, fn);
    gen_set_attribute(g, fn, "cold", 0); /* so passes do little about it: pipeline.c */
    gen_set_attribute(g, fn, "noinline", 0);
    gen_set_personality(g, fn);
    LLVMSetSection(fn, RESUME_SECTION);
}

void gen_resume_function(struct mod_gen *g, uint32_t func_index, struct arena *arena)
{
    struct resume_gen resume = {0};
    struct fn_gen f = {.g = g, .func_index = func_index, .b = g->b, .arena = arena};
    f.type = module_func_type(g->m, func_index);
    f.fn = gen_resume_symbol(g, func_index);
    set_cold_attributes(g, f.fn);
    f.resume = &resume;
    f.is_cold = true;
    resume.frame = LLVMGetParam(f.fn, 0);
    f.results = LLVMGetParam(f.fn, 1);
    gen_begin_body(&f);
    resume.copies_all_loops = can_copy_all_loops(&f);
    gen_resume_entry(&f);
    gen_whole_body(&f);
    uint32_t n_words = f.local_words[f.body.n_locals] + resume.n_slot_words;
    LLVMSetOperand(f.image, 0, gen_i32(g, n_words > 0 ? n_words : 1));
    gen_points(&f);
}
