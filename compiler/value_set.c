#include "compiler/value_set.h"

#include <string.h>

#include "compiler/arena.h"

static uint32_t slot_of(const struct value_set *s, LLVMValueRef value)
{
    uint32_t mask = s->capacity - 1;
    uint32_t i =
        (uint32_t)(((uintptr_t)value >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;
    while (s->slots[i] != 0 && s->values[s->slots[i] - 1] != value)
        i = (i + 1) & mask;
    return i;
}

static void grow(struct value_set *s)
{
    s->capacity = s->capacity ? 2 * s->capacity : 64;
    LLVMValueRef *values = arena_array(s->arena, s->capacity / 2, sizeof *values);
    if (s->n)
        memcpy(values, s->values, s->n * sizeof *values);
    s->values = values;
    s->slots = arena_array(s->arena, s->capacity, sizeof *s->slots);
    for (uint32_t i = 0; i < s->n; i++)
        s->slots[slot_of(s, values[i])] = i + 1;
}

uint32_t value_set_find(const struct value_set *s, LLVMValueRef value)
{
    return s->capacity == 0 ? NO_VALUE : s->slots[slot_of(s, value)] - 1;
}

void value_set_add(struct value_set *s, LLVMValueRef value)
{
    if (2 * s->n >= s->capacity)
        grow(s);
    uint32_t slot = slot_of(s, value);
    if (s->slots[slot] != 0)
        return;
    s->values[s->n++] = value;
    s->slots[slot] = s->n;
}
