#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 9000 };

static void fill(unsigned char *block, size_t n_bytes, size_t seed)
{
    for (size_t i = 0; i < n_bytes; i++)
        block[i] = (unsigned char)(seed + i);
}

static bool is_filled(const unsigned char *block, size_t n_bytes, size_t seed)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (block[i] != (unsigned char)(seed + i))
            return false;
    return true;
}

#ifndef __SANITIZE_ADDRESS__
Test(heap, blocks_of_a_size_lie_side_by_side_and_are_used_again)
{
    char *volatile blocks[3];
    for (int i = 0; i < 3; i++)
        blocks[i] = malloc(48);
    cr_assert_eq(blocks[2] - blocks[1], 48);
    uintptr_t freed = (uintptr_t)blocks[1];
    free(blocks[1]);
    blocks[1] = malloc(40);
    cr_assert_eq((uintptr_t)blocks[1], freed);
    for (int i = 0; i < 3; i++)
        free(blocks[i]);
}

Test(heap, calloc_refuses_too_much)
{
    volatile size_t too_many = SIZE_MAX / 2;
    void *volatile block = calloc(too_many, 3);
    cr_assert_null(block);
}
#endif

Test(heap, blocks_of_all_sizes_are_aligned_and_apart)
{
    static unsigned char *blocks[MOST_BYTES];
    for (size_t n = 0; n < MOST_BYTES; n += 7) {
        blocks[n] = malloc(n);
        cr_assert_not_null(blocks[n]);
        cr_assert_eq((uintptr_t)blocks[n] % 16, 0);
        fill(blocks[n], n, n);
    }
    for (size_t n = 0; n < MOST_BYTES; n += 7) {
        cr_assert(is_filled(blocks[n], n, n), "%zu bytes", n);
        free(blocks[n]);
    }
}

Test(heap, calloc_clears_what_was_used)
{
    for (size_t n = 1; n < MOST_BYTES; n += 100) {
        unsigned char *used = malloc(n), *volatile kept = used;
        fill(kept, n, 1);
        free(used);
        unsigned char *cleared = calloc(n, 1);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(cleared[i], 0);
        free(cleared);
    }
}

Test(heap, realloc_keeps_the_content_at_any_size)
{
    static const size_t sizes[] = {1, 16, 17, 4096, 4097, 200000, 5000, 4000, 100, 3};
    size_t had = 8;
    unsigned char *block = realloc(NULL, had);
    fill(block, had, 5);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        block = realloc(block, sizes[i]);
        cr_assert(is_filled(block, had < sizes[i] ? had : sizes[i], 5));
        fill(block, sizes[i], 5);
        had = sizes[i];
    }
    free(block);
}

Test(heap, alignment_is_as_asked)
{
    for (size_t alignment = 8; alignment <= 1 << 16; alignment *= 2) {
        void *block;
        cr_assert_eq(posix_memalign(&block, alignment, 100), 0);
        void *other = aligned_alloc(alignment, 4 * alignment);
        cr_assert_eq((uintptr_t)block % alignment, 0);
        cr_assert_eq((uintptr_t)other % alignment, 0);
        free(block);
        free(other);
    }
}

/* Frees the blocks, and puts others in their places. */
static void *take_over(void *context)
{
    unsigned char **blocks = context;
    for (size_t n = 0; n < 1000; n++) {
        unsigned char *old = blocks[n];
        cr_assert(is_filled(old, n, n));
        free(old);
        blocks[n] = malloc(n);
        fill(blocks[n], n, n + 1);
    }
    return NULL;
}

Test(heap, threads_free_blocks_of_others)
{
    enum { THREADS = 4 };
    static unsigned char *blocks[THREADS][1000];
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++)
        for (size_t n = 0; n < 1000; n++) {
            blocks[t][n] = malloc(n);
            fill(blocks[t][n], n, n);
        }
    for (int t = 0; t < THREADS; t++)
        cr_assert_eq(pthread_create(&threads[t], NULL, take_over, blocks[t]), 0);
    for (int t = 0; t < THREADS; t++) {
        pthread_join(threads[t], NULL);
        for (size_t n = 0; n < 1000; n++) {
            cr_assert(is_filled(blocks[t][n], n, n + 1));
            free(blocks[t][n]);
        }
    }
}
