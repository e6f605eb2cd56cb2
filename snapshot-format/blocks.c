/* Reads the blocks of an open snapshot: into memory, or only to check them. Every one is
 * hashed before it is decompressed. Of several that are damaged the first is reported,
 * whatever thread met it. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "snapshot-format/internal.h"
#include "snapshot-format/reader.h"

enum {
    BLOCKS_PER_ITEM = 16,   /* what a thread takes at once */
    BLOCKS_PER_THREAD = 64, /* fewer are not worth starting one */
    GAP_BYTES = 4096        /* checked at once */
};

struct buffer {
    uint8_t *bytes;
    size_t n_bytes;
};

/* Per thread; each is there once it is needed. */
struct worker {
    ZSTD_DCtx *zstd;
    struct buffer stored;
    struct buffer pages; /* where a block that is only checked goes */
};

struct loader {
    const struct snapshot *s;
    uint32_t memory;
    uint8_t *base;               /* NULL: only check */
    struct snapshot_runs mapped; /* there already */
    uint64_t n_blocks;
    struct worker workers[SNAPSHOT_MAX_THREADS];
    atomic_uint_fast64_t first_bad; /* block */
    atomic_int read_error;          /* errno, if that is why */
};

/* Of n_bytes at least; small ones for small programs, which are back sooner. */
static bool have_buffer(struct buffer *buffer, size_t n_bytes)
{
    if (buffer->n_bytes >= n_bytes)
        return true;
    free(buffer->bytes);
    buffer->bytes = malloc(n_bytes);
    buffer->n_bytes = buffer->bytes != NULL ? n_bytes : 0;
    return buffer->bytes != NULL;
}

static bool have_zstd(struct worker *worker)
{
    if (worker->zstd == NULL)
        worker->zstd = ZSTD_createDCtx();
    return worker->zstd != NULL;
}

/* False with errno 0: its content is wrong. */
static bool load_block(struct loader *l, struct worker *worker,
                       const struct snapshot_block *b)
{
    errno = ENOMEM;
    if (l->base == NULL && !have_buffer(&worker->pages, b->n_bytes))
        return false;
    uint8_t *to = l->base != NULL ? l->base + b->address : worker->pages.bytes;
    if (!b->is_compressed) {
        if (!snapshot_is_in_runs(&l->mapped, b->address) &&
            !snapshot_read_at(l->s, to, b->n_bytes, b->file_offset))
            return false;
        errno = 0;
        return snapshot_hash(to, b->n_bytes) == b->hash;
    }
    if (!have_zstd(worker) || !have_buffer(&worker->stored, b->stored_bytes))
        return false;
    if (!snapshot_read_at(l->s, worker->stored.bytes, b->stored_bytes, b->file_offset))
        return false;
    errno = 0;
    return snapshot_hash(worker->stored.bytes, b->stored_bytes) == b->hash &&
           ZSTD_decompressDCtx(worker->zstd, to, b->n_bytes, worker->stored.bytes,
                               b->stored_bytes) == b->n_bytes;
}

static void load_step(void *context, unsigned worker, uint64_t item)
{
    struct loader *l = context;
    uint64_t block = item * BLOCKS_PER_ITEM, end = block + BLOCKS_PER_ITEM;
    for (; block < end && block < l->n_blocks; block++) {
        if (block >= atomic_load(&l->first_bad))
            return;
        struct snapshot_block b = snapshot_block_at(l->s, l->memory, block);
        if (load_block(l, &l->workers[worker], &b))
            continue;
        int error = errno;
        uint64_t bad = atomic_load(&l->first_bad);
        while (block < bad && !atomic_compare_exchange_weak(&l->first_bad, &bad, block))
            ;
        if (error != 0)
            atomic_store(&l->read_error, error);
        return;
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through the loader */
static bool load(const struct snapshot *s, uint32_t memory, uint8_t *base,
                 struct snapshot_runs mapped, unsigned n_threads, char *error,
                 size_t error_bytes)
{
    struct loader l = {.s = s,
                       .memory = memory,
                       .base = base,
                       .mapped = mapped,
                       .n_blocks = snapshot_n_blocks(s, memory),
                       .first_bad = UINT64_MAX};
    snapshot_run(snapshot_threads(n_threads, l.n_blocks / BLOCKS_PER_THREAD),
                 (l.n_blocks + BLOCKS_PER_ITEM - 1) / BLOCKS_PER_ITEM, load_step, &l);
    for (unsigned i = 0; i < SNAPSHOT_MAX_THREADS; i++) {
        ZSTD_freeDCtx(l.workers[i].zstd);
        free(l.workers[i].stored.bytes);
        free(l.workers[i].pages.bytes);
    }
    uint64_t bad = atomic_load(&l.first_bad);
    int read_error = atomic_load(&l.read_error);
    if (bad == UINT64_MAX)
        return true;
    if (read_error != 0)
        return snapshot_fail(error, error_bytes, "cannot read %s: %s", s->path,
                             strerror(read_error));
    const struct snapshot_block b = snapshot_block_at(s, memory, bad);
    return snapshot_fail(error, error_bytes,
                         "%s is damaged: the pages at 0x%" PRIx64 " of memory %" PRIu32,
                         s->path, b.address, s->header->memories[memory]->index);
}

bool snapshot_load_memory(const struct snapshot *s, uint32_t memory, uint8_t *base,
                          unsigned n_threads, char *error, size_t error_bytes)
{
    return load(s, memory, base, (struct snapshot_runs){0}, n_threads, error,
                error_bytes);
}

bool snapshot_map_memory(const struct snapshot *s, uint32_t memory, uint8_t *base,
                         unsigned n_threads, struct snapshot_runs *mapped, char *error,
                         size_t error_bytes)
{
    *mapped = snapshot_map_runs(s, memory, base);
    return load(s, memory, base, *mapped, n_threads, error, error_bytes);
}

/* ---- Checking everything ---- */

struct extent {
    uint64_t from, to;
};

static int by_offset(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

/* Whether the file holds zeros in [from, to); errno is 0 if it holds something else. */
static bool is_gap(const struct snapshot *s, uint64_t from, uint64_t to)
{
    static const uint8_t zeros[GAP_BYTES];
    uint8_t bytes[GAP_BYTES];
    while (from < to) {
        size_t n = to - from < GAP_BYTES ? (size_t)(to - from) : GAP_BYTES;
        if (!snapshot_read_at(s, bytes, n, from))
            return false;
        errno = 0;
        if (memcmp(bytes, zeros, n) != 0)
            return false;
        from += n;
    }
    return true;
}

/* Between its parts and blocks a file holds zeros. */
static bool check_gaps(const struct snapshot *s, char *error, size_t error_bytes)
{
    uint64_t n = 0, at = s->pages_offset;
    bool ok = true;
    for (uint32_t m = 0; m < s->header->n_memories; m++)
        n += snapshot_n_blocks(s, m);
    struct extent *extents = calloc(n + 1, sizeof *extents), *e = extents;
    if (extents == NULL)
        return snapshot_fail(error, error_bytes, "cannot read %s: %s", s->path,
                             strerror(ENOMEM));
    for (uint32_t m = 0; m < s->header->n_memories; m++)
        for (uint64_t i = 0; i < snapshot_n_blocks(s, m); i++) {
            struct snapshot_block b = snapshot_block_at(s, m, i);
            *e++ = (struct extent){b.file_offset, b.file_offset + b.stored_bytes};
        }
    *e = (struct extent){s->directory_offset, s->directory_offset};
    qsort(extents, n + 1, sizeof *extents, by_offset);
    for (uint64_t i = 0; ok && i <= n; i++) {
        ok = at >= extents[i].from || is_gap(s, at, extents[i].from);
        at = extents[i].to > at ? extents[i].to : at;
    }
    int read_error = errno;
    free(extents);
    if (!ok && read_error != 0)
        return snapshot_fail(error, error_bytes, "cannot read %s: %s", s->path,
                             strerror(read_error));
    return ok || snapshot_fail(error, error_bytes,
                               "%s is damaged: bytes between its parts", s->path);
}

bool snapshot_check_blocks(const struct snapshot *s, unsigned n_threads, char *error,
                           size_t error_bytes)
{
    for (uint32_t m = 0; m < s->header->n_memories; m++)
        if (!load(s, m, NULL, (struct snapshot_runs){0}, n_threads, error, error_bytes))
            return false;
    return check_gaps(s, error, error_bytes);
}
