#include "compiler/arena.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static bool is_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i])
            return false;
    }
    return true;
}

Test(arena, memory_is_zeroed_and_aligned_even_after_a_reset)
{
    struct arena a = {0};
    for (int round = 0; round < 2; round++) {
        for (size_t n = 1; n < 300; n++) {
            unsigned char *p = arena_alloc(&a, n);
            cr_assert_eq((uintptr_t)p % _Alignof(max_align_t), 0);
            cr_assert(is_zero(p, n));
            memset(p, 0xff, n);
        }
        arena_reset(&a);
    }
    arena_free(&a);
}

Test(arena, allocations_do_not_overlap)
{
    struct arena a = {0};
    unsigned char *p[100];
    for (size_t i = 0; i < 100; i++)
        memset(p[i] = arena_alloc(&a, 10000), (int)i, 10000);
    for (size_t i = 0; i < 100; i++) {
        cr_assert_eq(p[i][0], i);
        cr_assert_eq(p[i][9999], i);
    }
    arena_free(&a);
}

Test(arena, a_reset_keeps_one_block_for_reuse)
{
    struct arena a = {0};
    void *first = arena_alloc(&a, 100);
    arena_reset(&a);
    cr_expect_eq(arena_alloc(&a, 100), first);
    arena_free(&a);
    cr_expect_null(a.blocks);
}

Test(arena, a_block_bigger_than_all_others_is_given)
{
    struct arena a = {0};
    arena_alloc(&a, 1);
    unsigned char *big = arena_alloc(&a, 100 << 20);
    cr_expect_eq(big[(100 << 20) - 1], 0);
    arena_free(&a);
}

Test(arena, an_array_grows_and_keeps_its_elements)
{
    struct arena a = {0};
    size_t capacity = 0;
    int *numbers = NULL;
    for (int i = 0; i < 1000; i++) {
        if ((size_t)i == capacity)
            numbers = arena_grow(&a, numbers, &capacity, sizeof *numbers);
        cr_assert_gt(capacity, (size_t)i);
        cr_assert_eq(numbers[capacity - 1], 0);
        numbers[i] = i + 1;
    }
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(numbers[i], i + 1);
    arena_free(&a);
}

Test(arena, an_array_too_big_to_count_ends_the_process, .exit_code = 1)
{
    struct arena a = {0};
    arena_array(&a, SIZE_MAX / 4, 8);
}
