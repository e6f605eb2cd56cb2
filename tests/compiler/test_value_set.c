#include "compiler/value_set.h"

#include <criterion/criterion.h>

#include "compiler/arena.h"

Test(value_set, an_empty_one_holds_nothing)
{
    struct value_set set = {0};
    int value;
    cr_expect_eq(value_set_find(&set, (LLVMValueRef)&value), NO_VALUE);
}

Test(value_set, keeps_the_order_of_many)
{
    enum { N = 1000 };
    static char objects[N][32];
    struct arena arena = {0};
    struct value_set set = {.arena = &arena};
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < N; i++)
            value_set_add(&set, (LLVMValueRef)objects[i]);
    cr_assert_eq(set.n, N);
    for (uint32_t i = 0; i < N; i++) {
        cr_expect_eq(set.values[i], (LLVMValueRef)objects[i]);
        cr_expect_eq(value_set_find(&set, (LLVMValueRef)objects[i]), i);
    }
    cr_expect_eq(value_set_find(&set, (LLVMValueRef)(objects[0] + 1)), NO_VALUE);
    arena_free(&arena);
}
