/* A load out of bounds traps even if its value is unused (core 4.4.7), but LLVM removes
 * unused loads.
 *
 * Instructions with an effect need their operands, those need theirs, and so on; a load
 * that none of them reaches is unused, and is made volatile. */
#include "compiler/dead_loads.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/value_set.h"

/* The intrinsics in use compute a value and do nothing else. */
static bool has_effect(LLVMValueRef instruction)
{
    LLVMOpcode op = LLVMGetInstructionOpcode(instruction);
    if (op == LLVMCall)
        return LLVMGetIntrinsicID(LLVMGetCalledValue(instruction)) == 0;
    return op == LLVMStore || LLVMIsATerminatorInst(instruction) != NULL;
}

static void need_operands(struct value_set *needed, LLVMValueRef instruction)
{
    int n = LLVMGetNumOperands(instruction);
    for (int i = 0; i < n; i++) {
        LLVMValueRef operand = LLVMGetOperand(instruction, (unsigned)i);
        if (LLVMIsAInstruction(operand))
            value_set_add(needed, operand);
    }
}

void keep_dead_loads(LLVMValueRef fn, struct arena *arena)
{
    struct value_set needed = {.arena = arena};
    bool has_load = false;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b;
         b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
             i = LLVMGetNextInstruction(i)) {
            has_load = has_load || LLVMGetInstructionOpcode(i) == LLVMLoad;
            if (has_effect(i))
                value_set_add(&needed, i);
        }
    for (uint32_t n = 0; has_load && n < needed.n; n++)
        need_operands(&needed, needed.values[n]);
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b && has_load;
         b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
             i = LLVMGetNextInstruction(i))
            if (LLVMGetInstructionOpcode(i) == LLVMLoad &&
                value_set_find(&needed, i) == NO_VALUE)
                LLVMSetVolatile(i, true);
}
