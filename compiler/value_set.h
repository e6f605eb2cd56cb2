/* A set of LLVM values in the order in which they were added. */
#ifndef COMPILER_VALUE_SET_H
#define COMPILER_VALUE_SET_H

#include <llvm-c/Core.h>
#include <stdint.h>

struct arena;

#define NO_VALUE UINT32_MAX

struct value_set {
    struct arena *arena;
    LLVMValueRef *values;
    uint32_t n;
    uint32_t *slots;   /* open addressing: index of a value plus 1, or 0 */
    uint32_t capacity; /* of slots, a power of 2; of values half of it */
};

/* Its index, NO_VALUE if it is not there. */
uint32_t value_set_find(const struct value_set *s, LLVMValueRef value);

/* Adds a value unless it is there. */
void value_set_add(struct value_set *s, LLVMValueRef value);

#endif
