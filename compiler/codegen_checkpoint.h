/* Checkpoint code: how functions are suspended and resumed, as far as the rest of code
 * generation deals with it. */
#ifndef COMPILER_CODEGEN_CHECKPOINT_H
#define COMPILER_CODEGEN_CHECKPOINT_H

#include "compiler/codegen.h"

/* ---- codegen_suspend.c: polls and landing pads ---- */

bool gen_can_suspend(const struct mod_gen *g, uint32_t func_index);
/* Finds the points of a function that can be suspended, and says how to unwind it. */
void gen_begin_suspendable(struct fn_gen *f);
void gen_set_personality(struct mod_gen *g, LLVMValueRef fn);
/* The function calls rt_suspend. */
void gen_set_suspendable(struct mod_gen *g, LLVMValueRef fn);
/* Starts a landing pad: for frames that are suspended, for exceptions that are thrown, or
 * both. What it answers holds the exception, and 0 if the frame is suspended. */
LLVMValueRef gen_land(struct fn_gen *f, bool suspends, bool catches);
/* In a pad for both: goes to a block if an exception was thrown; goes on if not. */
void gen_branch_if_thrown(struct fn_gen *f, LLVMValueRef landed,
                          LLVMBasicBlockRef thrown);
/* A call with these arguments, which may be suspended at the point if there is one. What
 * the frame then holds is on the operand stack: no argument is. */
LLVMValueRef gen_suspendable_call(struct fn_gen *f, const struct point *point,
                                  LLVMTypeRef type, LLVMValueRef code, LLVMValueRef *args,
                                  unsigned n_args);
/* A call that may be suspended without a trace of this frame. */
LLVMValueRef gen_unrecorded_call(struct fn_gen *f, LLVMTypeRef type, LLVMValueRef code,
                                 LLVMValueRef *args, unsigned n_args);
/* A branch to a block that is hardly ever taken, else to next. */
void gen_rare_branch(struct fn_gen *f, LLVMValueRef condition, LLVMBasicBlockRef rare,
                     LLVMBasicBlockRef next);
/* The point of this kind at f->position, a loop or before a call, if the function polls
 * there; else NULL. The cold copy does everywhere, for each point is a way into it; and
 * all do, for tests, if the poll interval is given. */
const struct point *gen_poll_point(const struct fn_gen *f, enum rt_point_kind kind);
LLVMValueRef gen_load_flag(struct fn_gen *f); /* rt_poll_flag */
/* Suspends the frame at the point if a checkpoint is wanted. */
void gen_poll(struct fn_gen *f, const struct point *point);
/* The same once in so many times; the fuel must have been filled before the loop. */
void gen_fueled_poll(struct fn_gen *f, const struct point *point, uint32_t fuel);
void gen_fill_fuel(struct fn_gen *f, uint32_t fuel);
/* Iterations between the polls of a loop; 0 if something in it may take long. */
uint32_t gen_loop_fuel(const struct fn_gen *f, uint32_t loop_position);
/* The longest run of a fast version without a poll, in iterations of so many
 * instructions. */
uint32_t gen_chunk(const struct fn_gen *f, uint32_t n_instrs);
/* How much of an instruction on ranges is done without one; `most`, but for tests. */
uint32_t gen_bulk_part(const struct fn_gen *f, uint32_t most);

/* ---- codegen_resume.c: the body that resumes ---- */

/* Code that only runs after a restore, apart from the rest. */
#define RESUME_SECTION ".text.resume"

/* Generates the body of the function that goes on from each of its points. */
void gen_resume_function(struct mod_gen *g, uint32_t func_index, struct arena *arena);
/* In the cold copy: a way in, from a frame that is to be resumed at the point. */
void gen_way_in(struct fn_gen *f, const struct point *point);
/* The same after a call: the results are those of the frame that is resumed within. */
void gen_way_in_after_call(struct fn_gen *f, const struct point *point,
                           const struct func_type *type);
/* A loop of the cold copy, whose label is open. */
void gen_cold_loop(struct fn_gen *f, const struct func_type *type);
/* In the cold copy: the landing pad of a call that is generated next, and the end of a
 * block where the frame suspends itself. Both save the image. */
LLVMBasicBlockRef gen_cold_pad(struct fn_gen *f, const struct point *point, bool throws);
void gen_cold_raise(struct fn_gen *f, const struct point *point);
/* In a clean copy: the image, and with their slots in it what is not there now, of the
 * values at the point. Answers how many LLVM values that is. */
unsigned gen_image_changes(struct fn_gen *f, const struct point *point,
                           LLVMValueRef *values);
/* Operands in their slots of the image: all that are on the stack, or one. */
void gen_store_slots(struct fn_gen *f);
void gen_reload_stack(struct fn_gen *f);
LLVMValueRef gen_load_slot(struct fn_gen *f, uint32_t at, LLVMTypeRef type);

/* ---- codegen_clean.c: clean copies of loops ---- */

/* Whether f->position is the loop that a clean copy is of: it is run once. */
bool gen_is_rest(const struct fn_gen *f);

/* ---- codegen_entry.c: the fast body as the clean copy of its loops ---- */

/* Whether a resumed frame goes on in the fast body when it gets to this loop. */
bool gen_is_entered(const struct fn_gen *f, uint32_t position);
/* At the fast body's start, and before such a loop, which is at f->position. */
void gen_begin_entries(struct fn_gen *f);
void gen_entry(struct fn_gen *f);
/* In the cold copy, at such a loop: the fast body does the rest, by the image. */
void gen_enter(struct fn_gen *f, const struct point *point);

/* ---- codegen_points.c ---- */

/* Defines the function's struct rt_func_points. */
void gen_points(struct fn_gen *f);
/* It, as the module's description names it. */
LLVMValueRef gen_func_points(struct mod_gen *g, uint32_t func_index);
LLVMValueRef gen_resume_symbol(struct mod_gen *g, uint32_t func_index);

#endif
