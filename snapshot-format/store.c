/* Stores the pages in use of all memories in a file, as blocks, and notes where. Memories
 * are divided into stretches, which threads take one after another: to look for pages in
 * use, and then to store those. Raw blocks lie in the order of addresses; compressed ones
 * wherever the file ended when they were done. */
#define _GNU_SOURCE
#include "snapshot-format/store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zstd.h>

#include "snapshot-format/internal.h"

enum {
    DEFAULT_LEVEL = 1,
    BRIDGED_PAGES = 4,     /* zero pages that do not end a compressed block */
    AUTO_ZSTD_PAGES = 512, /* to compress more takes much longer than to write them */
    ASK_PAGEMAP_BYTES = 1 << 20, /* smaller memories are read faster */
    BUFFER_BYTES = 1 << 20,      /* compressed blocks that are written at once */
    WRITTEN_BYTES = 128 << 10,   /* raw, at once; see write_raw */
    SEARCHED_PER_THREAD = 512,   /* chunks; starting a thread costs as much, as do */
    COMPRESSED_PER_THREAD = 64,  /* so many pages, */
    RAW_PER_THREAD = 1024,       /* and so many */
    RAW_THREADS = 2,             /* one hashes while the other writes */
    SHARES = 16                  /* of all the work; threads end at about the same time */
};

/* Chunks of a memory that follow each other: the unit of work. */
struct stretch {
    uint32_t memory;
    uint32_t n_chunks;
    uint64_t first_chunk;
    uint64_t first_block; /* in the columns */
    uint64_t file_offset; /* raw: of its first block */
    uint32_t in_use[SNAPSHOT_MAX_CHUNKS];
};

/* What a thread compresses with; there once it is needed. */
struct worker {
    ZSTD_CCtx *zstd;
    uint8_t *buffer;
};

struct job {
    struct snapshot_store *store;
    struct snapshot_pagemap pagemap;
    uint64_t n_chunks;
    struct stretch *stretches;
    uint64_t n_stretches;
    int level;
    struct worker workers[SNAPSHOT_MAX_THREADS];
    atomic_uint_fast64_t next_offset; /* compressed: where the file ends by now */
    atomic_int error;                 /* the first one: an errno value */
    pthread_mutex_t writing;          /* raw blocks */
};

static void note_error(struct job *job, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&job->error, &none, error);
}

int snapshot_write_at(int fd, const void *bytes, uint64_t n_bytes, uint64_t at)
{
    const uint8_t *p = bytes;
    while (n_bytes > 0) {
        ssize_t n = pwrite(fd, p, n_bytes, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        p += n;
        at += (uint64_t)n;
        n_bytes -= (uint64_t)n;
    }
    return 0;
}

/* Usually in one call; if that ends early, the rest piece by piece. */
static int write_vectors(int fd, const struct iovec *vectors, int n_vectors, uint64_t at)
{
    ssize_t n = pwritev(fd, vectors, n_vectors, (off_t)at);
    uint64_t done = n > 0 ? (uint64_t)n : 0;
    int error = 0;
    for (int i = 0; i < n_vectors && error == 0; i++) {
        uint64_t n_bytes = vectors[i].iov_len, skip = done < n_bytes ? done : n_bytes;
        error = snapshot_write_at(fd, (const uint8_t *)vectors[i].iov_base + skip,
                                  n_bytes - skip, at + skip);
        done -= skip;
        at += n_bytes;
    }
    return error;
}

/* ---- The pages in use ---- */

static uint64_t chunks_of(const struct snapshot_memory *memory)
{
    return (memory->n_bytes + SNAPSHOT_CHUNK_BYTES - 1) / SNAPSHOT_CHUNK_BYTES;
}

static bool make_stretches(struct job *job)
{
    const struct snapshot_store *store = job->store;
    for (uint32_t m = 0; m < store->n_memories; m++)
        job->n_chunks += chunks_of(&store->memories[m]);
    uint64_t most = job->n_chunks / SHARES + 1;
    if (most > SNAPSHOT_MAX_CHUNKS)
        most = SNAPSHOT_MAX_CHUNKS;
    for (uint32_t m = 0; m < store->n_memories; m++)
        job->n_stretches += (chunks_of(&store->memories[m]) + most - 1) / most;
    job->stretches = calloc(job->n_stretches + 1, sizeof *job->stretches);
    if (job->stretches == NULL)
        return false;
    struct stretch *s = job->stretches;
    for (uint32_t m = 0; m < store->n_memories; m++) {
        uint64_t n = chunks_of(&store->memories[m]);
        for (uint64_t i = 0; i < n; i += most, s++) {
            uint64_t left = n - i;
            s->memory = m;
            s->first_chunk = i;
            s->n_chunks = (uint32_t)(left < most ? left : most);
        }
    }
    return true;
}

static void find_step(void *context, unsigned worker, uint64_t item)
{
    struct job *job = context;
    struct stretch *s = &job->stretches[item];
    (void)worker;
    snapshot_find_pages(&job->pagemap, &job->store->memories[s->memory], s->first_chunk,
                        s->n_chunks, s->in_use);
}

/* Finds them, and decides how they are stored. */
static void find_pages(struct job *job)
{
    struct snapshot_store *store = job->store;
    uint64_t n_bytes = 0, n_pages = 0;
    job->pagemap.fd = -1;
    for (uint32_t m = 0; m < store->n_memories; m++)
        n_bytes += store->memories[m].n_bytes;
    if (n_bytes > ASK_PAGEMAP_BYTES)
        snapshot_pagemap_open(&job->pagemap);
    snapshot_run(
        snapshot_threads(store->options.n_threads, job->n_chunks / SEARCHED_PER_THREAD),
        job->n_stretches, find_step, job);
    snapshot_pagemap_close(&job->pagemap);
    for (uint64_t i = 0; i < job->n_stretches; i++)
        for (uint32_t c = 0; c < job->stretches[i].n_chunks; c++)
            n_pages += (unsigned)__builtin_popcount(job->stretches[i].in_use[c]);
    store->is_compressed =
        store->options.compression == SNAPSHOT_ZSTD ||
        (store->options.compression == SNAPSHOT_AUTO && n_pages <= AUTO_ZSTD_PAGES);
}

/* ---- Blocks ---- */

/* Goes through the blocks of a stretch in the order of addresses. */
struct block_cursor {
    const struct stretch *stretch;
    unsigned max_gap;
    uint32_t chunk; /* in the stretch */
    unsigned page;  /* in the chunk */
    unsigned n_pages;
};

static struct block_cursor blocks_of(const struct job *job, const struct stretch *s)
{
    return (struct block_cursor){
        .stretch = s, .max_gap = job->store->is_compressed ? BRIDGED_PAGES : 0};
}

static bool next_block(struct block_cursor *c)
{
    c->page += c->n_pages;
    for (; c->chunk < c->stretch->n_chunks; c->chunk++, c->page = 0)
        if (snapshot_next_run(c->stretch->in_use[c->chunk], c->max_gap, &c->page,
                              &c->n_pages))
            return true;
    return false;
}

static bool allocate_columns(struct snapshot_store *store)
{
    struct snapshot_columns *c = &store->columns;
    uint64_t n = store->n_blocks + 1;
    c->first_pages = calloc(n, sizeof *c->first_pages);
    c->n_pages = calloc(n, sizeof *c->n_pages);
    c->file_offsets = calloc(n, sizeof *c->file_offsets);
    c->stored_bytes = calloc(n, sizeof *c->stored_bytes);
    c->hashes = calloc(n, sizeof *c->hashes);
    return c->first_pages && c->n_pages && c->file_offsets && c->stored_bytes &&
           c->hashes;
}

/* Gives every block its place in the columns, and raw ones, which are aligned, their
 * place in the file. */
static bool lay_out_blocks(struct job *job)
{
    struct snapshot_store *store = job->store;
    uint64_t raw_offset = snapshot_page_up(store->offset), i = 0;
    store->first_blocks =
        calloc((uint64_t)store->n_memories + 1, sizeof *store->first_blocks);
    if (store->first_blocks == NULL)
        return false;
    for (uint32_t m = 0; m < store->n_memories; m++) {
        store->first_blocks[m] = store->n_blocks;
        for (; i < job->n_stretches && job->stretches[i].memory == m; i++) {
            struct stretch *s = &job->stretches[i];
            s->first_block = store->n_blocks;
            s->file_offset = raw_offset + store->n_pages * SNAPSHOT_PAGE_BYTES;
            for (struct block_cursor c = blocks_of(job, s); next_block(&c);
                 store->n_blocks++)
                store->n_pages += c.n_pages;
        }
    }
    store->first_blocks[store->n_memories] = store->n_blocks;
    if (!store->is_compressed && store->n_pages > 0)
        store->offset = raw_offset + store->n_pages * SNAPSHOT_PAGE_BYTES;
    return allocate_columns(store);
}

/* Notes which pages a block has; answers where they are. */
static const uint8_t *describe_block(struct job *job, const struct block_cursor *c,
                                     uint64_t block)
{
    struct snapshot_store *store = job->store;
    uint64_t first =
        (c->stretch->first_chunk + c->chunk) * SNAPSHOT_CHUNK_PAGES + c->page;
    store->columns.first_pages[block] = first;
    store->columns.n_pages[block] = c->n_pages;
    return store->memories[c->stretch->memory].base + first * SNAPSHOT_PAGE_BYTES;
}

/* One thread at a time: the kernel lets no more write to a file, and would have the
 * others spin meanwhile. For more than WRITTEN_BYTES the kernel takes its cache from
 * large blocks of free memory; a hypervisor may have taken those back, and giving them
 * again costs ten times what the copy does. */
static int write_raw(struct job *job, const struct iovec *vectors, int n_vectors,
                     uint64_t at)
{
    pthread_mutex_lock(&job->writing);
    int error = write_vectors(job->store->fd, vectors, n_vectors, at);
    pthread_mutex_unlock(&job->writing);
    return error;
}

static int store_raw(struct job *job, const struct stretch *s)
{
    struct snapshot_columns *columns = &job->store->columns;
    struct iovec vectors[WRITTEN_BYTES / SNAPSHOT_PAGE_BYTES];
    int n_vectors = 0, error = 0;
    uint64_t block = s->first_block, at = s->file_offset, end = at;
    for (struct block_cursor c = blocks_of(job, s); error == 0 && next_block(&c);
         block++) {
        const uint8_t *pages = describe_block(job, &c, block);
        size_t n_bytes = c.n_pages * SNAPSHOT_PAGE_BYTES;
        if (end - at + n_bytes > WRITTEN_BYTES) {
            error = write_raw(job, vectors, n_vectors, at);
            n_vectors = 0;
            at = end;
        }
        columns->file_offsets[block] = end;
        columns->stored_bytes[block] = (uint32_t)n_bytes;
        columns->hashes[block] = snapshot_hash(pages, n_bytes);
        vectors[n_vectors++] =
            (struct iovec){.iov_base = (void *)(uintptr_t)pages, .iov_len = n_bytes};
        end += n_bytes;
    }
    return error != 0 || n_vectors == 0 ? error : write_raw(job, vectors, n_vectors, at);
}

static bool prepare_worker(struct worker *worker)
{
    if (worker->zstd == NULL)
        worker->zstd = ZSTD_createCCtx();
    if (worker->buffer == NULL)
        worker->buffer = malloc(BUFFER_BYTES);
    return worker->zstd != NULL && worker->buffer != NULL;
}

/* Writes blocks [from, to) out of the buffer, wherever the file ends by now. */
static int flush_blocks(struct job *job, const struct worker *worker, uint64_t from,
                        uint64_t to, size_t n_bytes)
{
    struct snapshot_columns *columns = &job->store->columns;
    uint64_t at = atomic_fetch_add(&job->next_offset, n_bytes);
    int error = snapshot_write_at(job->store->fd, worker->buffer, n_bytes, at);
    for (; from < to; from++) {
        columns->file_offsets[from] = at;
        at += columns->stored_bytes[from];
    }
    return error;
}

static int store_compressed(struct job *job, struct worker *worker,
                            const struct stretch *s)
{
    struct snapshot_columns *columns = &job->store->columns;
    uint64_t block = s->first_block, first_pending = block;
    size_t used = 0;
    int error = prepare_worker(worker) ? 0 : ENOMEM;
    _Static_assert(ZSTD_COMPRESSBOUND(SNAPSHOT_CHUNK_BYTES) <= BUFFER_BYTES,
                   "a block fits");
    for (struct block_cursor c = blocks_of(job, s); error == 0 && next_block(&c);
         block++) {
        const uint8_t *pages = describe_block(job, &c, block);
        size_t n_bytes = c.n_pages * SNAPSHOT_PAGE_BYTES;
        if (BUFFER_BYTES - used < ZSTD_COMPRESSBOUND(n_bytes)) {
            error = flush_blocks(job, worker, first_pending, block, used);
            first_pending = block;
            used = 0;
        }
        uint8_t *to = worker->buffer + used;
        size_t n = ZSTD_compressCCtx(worker->zstd, to, BUFFER_BYTES - used, pages,
                                     n_bytes, job->level);
        if (ZSTD_isError(n))
            return ENOMEM; /* nothing else can fail with room enough */
        columns->stored_bytes[block] = (uint32_t)n;
        columns->hashes[block] = snapshot_hash(to, n);
        used += n;
    }
    return error != 0 || used == 0
               ? error
               : flush_blocks(job, worker, first_pending, block, used);
}

static void store_step(void *context, unsigned worker, uint64_t item)
{
    struct job *job = context;
    const struct stretch *s = &job->stretches[item];
    if (atomic_load(&job->error) != 0)
        return;
    int error = job->store->is_compressed
                    ? store_compressed(job, &job->workers[worker], s)
                    : store_raw(job, s);
    if (error != 0)
        note_error(job, error);
}

static void store_blocks(struct job *job)
{
    struct snapshot_store *store = job->store;
    uint64_t n_threads = store->n_pages / COMPRESSED_PER_THREAD;
    if (!store->is_compressed) {
        n_threads = store->n_pages / RAW_PER_THREAD;
        n_threads = n_threads < RAW_THREADS ? n_threads : RAW_THREADS;
    }
    atomic_init(&job->next_offset, store->offset);
    snapshot_run(snapshot_threads(store->options.n_threads, n_threads), job->n_stretches,
                 store_step, job);
    store->offset = atomic_load(&job->next_offset);
    for (unsigned i = 0; i < SNAPSHOT_MAX_THREADS; i++) {
        ZSTD_freeCCtx(job->workers[i].zstd);
        free(job->workers[i].buffer);
    }
}

int snapshot_store_pages(struct snapshot_store *store)
{
    struct job job = {.store = store,
                      .writing = PTHREAD_MUTEX_INITIALIZER,
                      .level = store->options.zstd_level != 0 ? store->options.zstd_level
                                                              : DEFAULT_LEVEL};
    bool ok = make_stretches(&job);
    if (ok) {
        find_pages(&job);
        ok = lay_out_blocks(&job);
    }
    if (ok)
        store_blocks(&job);
    free(job.stretches);
    return ok ? atomic_load(&job.error) : ENOMEM;
}

void snapshot_store_free(struct snapshot_store *store)
{
    free(store->first_blocks);
    free(store->columns.first_pages);
    free(store->columns.n_pages);
    free(store->columns.file_offsets);
    free(store->columns.stored_bytes);
    free(store->columns.hashes);
}
