/* A load out of bounds traps even if its value is unused (core 4.4.7), but LLVM removes
 * unused loads.
 *
 * Instructions with an effect need their operands, those need theirs, and so on; a load
 * that none of them reaches is unused, and is made volatile. */
#include "compiler/dead_loads.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "compiler/arena.h"

/* A set of pointers by open addressing, and the list of those not yet looked into. */
struct needed {
    struct arena *arena;
    LLVMValueRef *slots;
    size_t capacity; /* a power of 2 */
    size_t n;
    LLVMValueRef *pending;
    size_t n_pending, pending_capacity;
};

static size_t slot_of(const struct needed *s, LLVMValueRef value)
{
    size_t i =
        ((uintptr_t)value >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20 & (s->capacity - 1);
    while (s->slots[i] && s->slots[i] != value)
        i = (i + 1) & (s->capacity - 1);
    return i;
}

static void grow(struct needed *s)
{
    LLVMValueRef *old = s->slots;
    size_t n_old = s->capacity;
    s->capacity = n_old ? 2 * n_old : 256;
    s->slots = arena_array(s->arena, s->capacity, sizeof *s->slots);
    for (size_t i = 0; i < n_old; i++)
        if (old[i])
            s->slots[slot_of(s, old[i])] = old[i];
}

static void need(struct needed *s, LLVMValueRef value)
{
    if (2 * s->n >= s->capacity)
        grow(s);
    size_t i = slot_of(s, value);
    if (s->slots[i])
        return;
    s->slots[i] = value;
    s->n++;
    if (s->n_pending == s->pending_capacity) {
        s->pending_capacity = s->pending_capacity ? 2 * s->pending_capacity : 256;
        LLVMValueRef *pending =
            arena_array(s->arena, s->pending_capacity, sizeof *pending);
        if (s->n_pending)
            memcpy(pending, s->pending, s->n_pending * sizeof *pending);
        s->pending = pending;
    }
    s->pending[s->n_pending++] = value;
}

/* The intrinsics in use compute a value and do nothing else. */
static bool has_effect(LLVMValueRef instruction)
{
    LLVMOpcode op = LLVMGetInstructionOpcode(instruction);
    if (op == LLVMCall)
        return LLVMGetIntrinsicID(LLVMGetCalledValue(instruction)) == 0;
    return op == LLVMStore || LLVMIsATerminatorInst(instruction) != NULL;
}

static void need_operands(struct needed *s, LLVMValueRef instruction)
{
    int n = LLVMGetNumOperands(instruction);
    for (int i = 0; i < n; i++) {
        LLVMValueRef operand = LLVMGetOperand(instruction, (unsigned)i);
        if (LLVMIsAInstruction(operand))
            need(s, operand);
    }
}

void keep_dead_loads(LLVMValueRef fn, struct arena *arena)
{
    struct needed s = {.arena = arena};
    bool has_load = false;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b;
         b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
             i = LLVMGetNextInstruction(i)) {
            has_load = has_load || LLVMGetInstructionOpcode(i) == LLVMLoad;
            if (has_effect(i))
                need(&s, i);
        }
    while (has_load && s.n_pending > 0)
        need_operands(&s, s.pending[--s.n_pending]);
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b && has_load;
         b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
             i = LLVMGetNextInstruction(i))
            if (LLVMGetInstructionOpcode(i) == LLVMLoad && !s.slots[slot_of(&s, i)])
                LLVMSetVolatile(i, true);
}
