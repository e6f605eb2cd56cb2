/* How often a counted loop goes round, and other sums over locals before a loop. */
#ifndef COMPILER_CODEGEN_TRIP_H
#define COMPILER_CODEGEN_TRIP_H

#include <llvm-c/Core.h>
#include <stdint.h>

struct affine;
struct fn_gen;
struct loop_plan;

/* The iterations of a loop, at least 1, in 64 bits: the count is right if *is_exact
 * holds, or in any case if that is NULL. */
LLVMValueRef gen_trip(struct fn_gen *f, const struct loop_plan *plan,
                      LLVMValueRef *is_exact);

/* A local as it is now, or its low half: an integer of this type. */
LLVMValueRef gen_integer_local(struct fn_gen *f, uint32_t local, LLVMTypeRef type);
/* The value of an affine function of the locals as they are now: of 32 bits, or of 64 if
 * it is wide. */
LLVMValueRef gen_affine(struct fn_gen *f, const struct affine *a);
/* Whether lowest <= value < highest, of 64 bits. */
LLVMValueRef gen_is_between(struct fn_gen *f, int64_t lowest, LLVMValueRef value,
                            int64_t highest);
/* Whether both hold; a may be NULL, which holds. */
LLVMValueRef gen_both(struct fn_gen *f, LLVMValueRef a, LLVMValueRef b);

#endif
