/* What the cold copy of a function and the clean copies of its loops share. */
#ifndef COMPILER_CODEGEN_RESUME_H
#define COMPILER_CODEGEN_RESUME_H

#include "compiler/codegen_checkpoint.h"

/* What only a cold or clean copy has. */
struct resume_gen {
    LLVMValueRef frame;
    LLVMValueRef entry_switch;
    LLVMValueRef number;  /* of the point the cold copy is at; alloca */
    LLVMValueRef results; /* of the frame that is resumed within; alloca, or NULL */
    LLVMValueRef thrown; /* the exception that leaves that, or NULL: nothing catches it */
    LLVMValueRef handlers;   /* a switch from the point's number to where it goes */
    LLVMBasicBlockRef pad;   /* the cold copy's landing pad; on demand, as is: */
    LLVMBasicBlockRef raise; /* where it is suspended by itself */
    uint32_t n_slot_words;   /* of operands, used so far */
    bool copies_all_loops;   /* see is_copied */
    /* Of a clean copy: the locals it changes, and the operands that stay in their slots.
     */
    const bool *is_changed;
    uint32_t height;
    uint32_t position; /* of its loop */
};

/* ---- codegen_resume.c: the image ---- */

/* Where the operand with so many words of operands below it lies. */
LLVMValueRef gen_operand_slot(struct fn_gen *f, uint32_t words_below);
LLVMValueRef gen_local_slot(struct fn_gen *f, uint32_t local);

/* ---- codegen_clean.c ---- */

/* In the cold copy, whose innermost label is the loop, with all operands in their slots:
 * calls the loop's clean copy, and goes on by the branch that left it. */
void gen_clean_loop(struct fn_gen *f, const struct point *point,
                    const struct func_type *type);

#endif
