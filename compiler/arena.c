/* Arenas are lists of blocks, each bigger than the last, so that the number of calls to
 * malloc grows with the logarithm of what is allocated. */
#include "compiler/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/out_of_memory.h"

enum { FIRST_BLOCK_BYTES = 64 << 10, MAX_BLOCK_BYTES = 16 << 20 };

struct arena_block {
    struct arena_block *next;
    size_t n_bytes; /* of data */
    _Alignas(max_align_t) unsigned char data[];
};

static struct arena_block *add_block(struct arena *a, size_t n_bytes)
{
    size_t wanted = FIRST_BLOCK_BYTES;
    if (a->blocks)
        wanted = a->blocks->n_bytes < MAX_BLOCK_BYTES / 2 ? a->blocks->n_bytes * 2
                                                          : MAX_BLOCK_BYTES;
    if (wanted < n_bytes)
        wanted = n_bytes;
    if (wanted > SIZE_MAX - sizeof(struct arena_block))
        out_of_memory();
    struct arena_block *block = malloc(sizeof(struct arena_block) + wanted);
    if (!block)
        out_of_memory();
    block->next = a->blocks;
    block->n_bytes = wanted;
    a->blocks = block;
    a->used = 0;
    return block;
}

void *arena_alloc(struct arena *a, size_t n_bytes)
{
    const size_t alignment = _Alignof(max_align_t);
    if (n_bytes > SIZE_MAX - alignment)
        out_of_memory();
    n_bytes = (n_bytes + alignment - 1) / alignment * alignment;
    struct arena_block *block = a->blocks;
    if (!block || n_bytes > block->n_bytes - a->used)
        block = add_block(a, n_bytes);
    unsigned char *p = block->data + a->used;
    a->used += n_bytes;
    return memset(p, 0, n_bytes);
}

void *arena_array(struct arena *a, size_t n, size_t element_bytes)
{
    if (element_bytes > 0 && n > SIZE_MAX / element_bytes)
        out_of_memory();
    return arena_alloc(a, n * element_bytes);
}

void *arena_grow(struct arena *a, const void *array, size_t *capacity,
                 size_t element_bytes)
{
    enum { FIRST_CAPACITY = 16 };
    size_t n = *capacity;
    *capacity = n > 0 ? 2 * n : FIRST_CAPACITY;
    void *copy = arena_array(a, *capacity, element_bytes);
    if (n > 0)
        memcpy(copy, array, n * element_bytes);
    return copy;
}

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_reset(struct arena *a)
{
    if (!a->blocks)
        return;
    free_blocks(a->blocks->next);
    a->blocks->next = NULL;
    a->used = 0;
}

void arena_free(struct arena *a)
{
    free_blocks(a->blocks);
    a->blocks = NULL;
    a->used = 0;
}
