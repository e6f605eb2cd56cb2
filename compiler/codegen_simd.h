/* What the files that generate vector instructions share: vectors as lanes.
 *
 * Between instructions a vector has the type g->v128; each instruction takes it as the
 * lanes that its name tells. */
#ifndef COMPILER_CODEGEN_SIMD_H
#define COMPILER_CODEGEN_SIMD_H

#include "compiler/codegen.h"

LLVMTypeRef simd_int_lanes(const struct mod_gen *g, unsigned bits);
LLVMTypeRef simd_float_lanes(const struct mod_gen *g, unsigned bits);
/* The bits of a lane, by the shape that a name begins with; of "v128" 64. */
unsigned simd_lane_bits(const struct instr *in);
/* The type of vectors of that shape. */
LLVMTypeRef simd_shape(const struct fn_gen *f, const struct instr *in);

/* A vector of 128 bits as other lanes. */
LLVMValueRef simd_as(struct fn_gen *f, LLVMValueRef vector, LLVMTypeRef shape);
LLVMValueRef simd_pop(struct fn_gen *f, LLVMTypeRef shape);
void simd_push(struct fn_gen *f, LLVMValueRef vector);

LLVMValueRef simd_splat(struct fn_gen *f, LLVMValueRef lane, LLVMTypeRef shape);
LLVMValueRef simd_splat_int(LLVMTypeRef shape, uint64_t value);
/* Lanes first, first + step … of both vectors in a row. */
LLVMValueRef simd_select(struct fn_gen *f, LLVMValueRef a, LLVMValueRef b, unsigned first,
                         unsigned step, unsigned n);

/* Intrinsics that work lane by lane. */
LLVMValueRef simd_call1(struct fn_gen *f, enum intrinsic intrinsic, LLVMValueRef value);
LLVMValueRef simd_call2(struct fn_gen *f, enum intrinsic intrinsic, LLVMValueRef a,
                        LLVMValueRef b);
/* Whether code is for x86_64: LLVM has no portable name for a few instructions. */
bool simd_is_x86(const struct fn_gen *f);
/* Not even the oldest processor that --cpu can name goes without. */
void simd_need_ssse3(struct fn_gen *f);

#endif
