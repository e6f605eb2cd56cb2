/* The compiler's malloc. LLVM spent a seventh of its time in the C library's, which joins
 * and splits blocks that are soon wanted again in the sizes they had. Here a block keeps
 * its size for good, and a thread what it frees: nothing is locked, and nothing returned
 * to the system. Larger blocks than LARGEST are the C library's, as all are where a
 * sanitizer wants to see each. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)

enum {
    GRANULE = 16, /* sizes are multiples of it, and addresses */
    LARGEST = 4096,
    N_SIZES = LARGEST / GRANULE,
    SPAN_BYTES = 64 << 10, /* what is cut into blocks of one size */
};

/* Address space; beyond it all blocks are the C library's. */
#define REGION_BYTES ((size_t)64 << 30)
#define N_SPANS      (REGION_BYTES / SPAN_BYTES)

/* The C library's own, whatever malloc and its like are. */
void *__libc_malloc(size_t n_bytes);
void *__libc_calloc(size_t n, size_t n_bytes);
void *__libc_realloc(void *block, size_t n_bytes);
void *__libc_memalign(size_t alignment, size_t n_bytes);
void __libc_free(void *block);

struct free_block {
    struct free_block *next;
};

/* What a thread has of a size: blocks that were freed, and a span's rest. */
struct shelf {
    struct free_block *freed;
    uint8_t *rest;
    uint32_t rest_bytes;
};

static _Thread_local struct shelf shelves[N_SIZES + 1]; /* by granules */
static uint16_t span_granules[N_SPANS];                 /* of the blocks in a span */
static atomic_size_t n_spans;
static _Atomic(uint8_t *) region; /* NULL at first, MAP_FAILED if there is none */

static uint8_t *make_region(void)
{
    uint8_t *made = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *none = NULL;
    if (atomic_compare_exchange_strong(&region, &none, made))
        return made;
    if (made != MAP_FAILED)
        munmap(made, REGION_BYTES); /* another thread was faster */
    return none;
}

static bool is_ours(const void *block)
{
    return (uintptr_t)block - (uintptr_t)region < n_spans * SPAN_BYTES;
}

/* Of a block that is ours. */
static size_t block_bytes(const void *block)
{
    size_t span = ((uintptr_t)block - (uintptr_t)region) / SPAN_BYTES;
    return (size_t)span_granules[span] * GRANULE;
}

/* A block of a new span, whose rest goes to the shelf. */
static void *begin_span(struct shelf *shelf, uint32_t granules)
{
    uint8_t *base = region ? region : make_region();
    size_t span = n_spans;
    do {
        if (base == MAP_FAILED || span >= N_SPANS)
            return NULL;
    } while (!atomic_compare_exchange_weak(&n_spans, &span, span + 1));
    span_granules[span] = (uint16_t)granules;
    uint32_t n_bytes = granules * GRANULE;
    uint8_t *block = base + span * SPAN_BYTES;
    shelf->rest = block + n_bytes;
    shelf->rest_bytes = SPAN_BYTES / n_bytes * n_bytes - n_bytes;
    return block;
}

static void *take(uint32_t granules)
{
    struct shelf *shelf = &shelves[granules];
    struct free_block *block = shelf->freed;
    if (block) {
        shelf->freed = block->next;
        return block;
    }
    if (shelf->rest_bytes == 0)
        return begin_span(shelf, granules);
    void *cut = shelf->rest;
    shelf->rest += granules * GRANULE;
    shelf->rest_bytes -= granules * GRANULE;
    return cut;
}

/* NULL if it is not ours to give. */
static void *take_bytes(size_t n_bytes)
{
    if (n_bytes > LARGEST)
        return NULL;
    return take((uint32_t)((n_bytes + !n_bytes + GRANULE - 1) / GRANULE));
}

void *malloc(size_t n_bytes)
{
    void *block = take_bytes(n_bytes);
    return block ? block : __libc_malloc(n_bytes);
}

void free(void *block)
{
    if (!is_ours(block)) {
        __libc_free(block);
        return;
    }
    struct shelf *shelf = &shelves[block_bytes(block) / GRANULE];
    struct free_block *freed = block;
    freed->next = shelf->freed;
    shelf->freed = freed;
}

void *calloc(size_t n, size_t n_bytes)
{
    size_t all;
    void *block = __builtin_mul_overflow(n, n_bytes, &all) ? NULL : take_bytes(all);
    return block ? memset(block, 0, all) : __libc_calloc(n, n_bytes);
}

void *realloc(void *block, size_t n_bytes)
{
    if (!block)
        return malloc(n_bytes);
    if (!is_ours(block))
        return __libc_realloc(block, n_bytes);
    if (n_bytes == 0) {
        free(block);
        return NULL;
    }
    size_t had = block_bytes(block);
    if (n_bytes <= had && n_bytes > had / 2)
        return block;
    void *moved = malloc(n_bytes);
    if (moved) {
        memcpy(moved, block, n_bytes < had ? n_bytes : had);
        free(block);
    }
    return moved;
}

void *memalign(size_t alignment, size_t n_bytes)
{
    return alignment <= GRANULE ? malloc(n_bytes) : __libc_memalign(alignment, n_bytes);
}

void *aligned_alloc(size_t alignment, size_t n_bytes)
{
    return memalign(alignment, n_bytes);
}

int posix_memalign(void **block, size_t alignment, size_t n_bytes)
{
    *block = memalign(alignment, n_bytes);
    return *block ? 0 : ENOMEM;
}

#endif
