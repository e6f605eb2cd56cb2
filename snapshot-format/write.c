/* Writes a snapshot: finds the pages in use, stores them as blocks behind the header, on
 * several threads if they are many, then the directory and the trailer. All into a
 * temporary file that takes the place of the old one once it is on the disk. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "snapshot-format/internal.h"

enum {
    DEFAULT_LEVEL = 1,
    BRIDGED_PAGES = 4,           /* zero pages that do not end a compressed block */
    AUTO_RAW_BYTES = 4 << 20,    /* up to this compression costs more than it saves */
    ASK_PAGEMAP_BYTES = 1 << 20, /* smaller memories are read faster */
    BUFFER_BYTES = 1 << 20,      /* compressed blocks that are written at once */
    MAX_VECTORS = 256,           /* raw blocks that are written at once */
    SEARCHED_PER_THREAD = 8,     /* stretches; starting a thread costs as much */
    STORED_PER_THREAD = 1024     /* pages */
};

/* A stretch of a memory, of up to SNAPSHOT_MAX_CHUNKS chunks: the unit of work. */
struct stretch {
    uint32_t memory;
    uint32_t n_chunks;
    uint64_t first_chunk;
    uint64_t first_block; /* in the columns */
    uint64_t file_offset; /* RAW: of its first block */
    uint32_t in_use[SNAPSHOT_MAX_CHUNKS];
};

/* The fields of MemoryPages for the blocks of all memories. */
struct columns {
    uint64_t *first_pages, *file_offsets, *hashes;
    uint32_t *n_pages, *stored_bytes;
};

/* What a thread stores blocks with. */
struct worker {
    ZSTD_CCtx *zstd;
    uint8_t *buffer;
};

struct writer {
    const struct snapshot_memory *memories;
    uint32_t n_memories;
    bool compress;
    int level;
    unsigned n_threads;
    struct snapshot_pagemap pagemap;
    struct stretch *stretches;
    uint64_t n_stretches;
    struct columns columns;
    uint64_t n_blocks;
    uint64_t n_pages;
    struct worker workers[SNAPSHOT_MAX_THREADS];
    int fd;
    atomic_uint_fast64_t next_offset; /* in the file */
    atomic_int error;                 /* the first one: an errno value */
};

static void note_error(struct writer *w, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&w->error, &none, error);
}

/* ---- Writing all of it ---- */

static bool write_at(struct writer *w, const uint8_t *bytes, uint64_t n_bytes,
                     uint64_t at)
{
    while (n_bytes > 0) {
        ssize_t n = pwrite(w->fd, bytes, n_bytes, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            note_error(w, n < 0 ? errno : EIO);
            return false;
        }
        bytes += n;
        at += (uint64_t)n;
        n_bytes -= (uint64_t)n;
    }
    return true;
}

static void write_vectors(struct writer *w, const struct iovec *vectors, int n_vectors,
                          uint64_t at)
{
    ssize_t n = pwritev(w->fd, vectors, n_vectors, (off_t)at);
    uint64_t done = n > 0 ? (uint64_t)n : 0;
    for (int i = 0; i < n_vectors; i++) {
        uint64_t n_bytes = vectors[i].iov_len, skip = done < n_bytes ? done : n_bytes;
        done -= skip;
        if (skip < n_bytes && !write_at(w, (const uint8_t *)vectors[i].iov_base + skip,
                                        n_bytes - skip, at + skip))
            return;
        at += n_bytes;
    }
}

/* ---- The pages in use ---- */

static uint64_t chunks_of(const struct snapshot_memory *memory)
{
    return (memory->n_bytes + SNAPSHOT_CHUNK_BYTES - 1) / SNAPSHOT_CHUNK_BYTES;
}

static bool make_stretches(struct writer *w)
{
    for (uint32_t m = 0; m < w->n_memories; m++)
        w->n_stretches +=
            (chunks_of(&w->memories[m]) + SNAPSHOT_MAX_CHUNKS - 1) / SNAPSHOT_MAX_CHUNKS;
    w->stretches = calloc(w->n_stretches + 1, sizeof *w->stretches);
    if (w->stretches == NULL)
        return false;
    struct stretch *s = w->stretches;
    for (uint32_t m = 0; m < w->n_memories; m++) {
        uint64_t n = chunks_of(&w->memories[m]);
        for (uint64_t i = 0; i < n; i += SNAPSHOT_MAX_CHUNKS, s++) {
            uint64_t left = n - i;
            s->memory = m;
            s->first_chunk = i;
            s->n_chunks =
                left < SNAPSHOT_MAX_CHUNKS ? (uint32_t)left : SNAPSHOT_MAX_CHUNKS;
        }
    }
    return true;
}

static void find_step(void *context, unsigned worker, uint64_t item)
{
    struct writer *w = context;
    struct stretch *s = &w->stretches[item];
    (void)worker;
    snapshot_find_pages(&w->pagemap, &w->memories[s->memory], s->first_chunk, s->n_chunks,
                        s->in_use);
}

/* Which pages each block has, in the order of addresses. */
struct block_cursor {
    const struct stretch *stretch;
    unsigned max_gap;
    uint32_t chunk; /* in the stretch */
    unsigned page;  /* in the chunk */
    unsigned n_pages;
};

static bool next_block(struct block_cursor *c)
{
    c->page += c->n_pages;
    for (; c->chunk < c->stretch->n_chunks; c->chunk++, c->page = 0)
        if (snapshot_next_run(c->stretch->in_use[c->chunk], c->max_gap, &c->page,
                              &c->n_pages))
            return true;
    return false;
}

static struct block_cursor blocks_of(const struct writer *w, const struct stretch *s)
{
    return (struct block_cursor){.stretch = s,
                                 .max_gap = w->compress ? BRIDGED_PAGES : 0};
}

/* Finds the pages in use and decides how they are stored. */
static void find_pages(struct writer *w, enum snapshot_compression compression)
{
    uint64_t n_bytes = 0;
    w->pagemap.fd = -1;
    for (uint32_t m = 0; m < w->n_memories; m++)
        n_bytes += w->memories[m].n_bytes;
    if (n_bytes > ASK_PAGEMAP_BYTES)
        snapshot_pagemap_open(&w->pagemap);
    snapshot_run(snapshot_threads(w->n_threads, w->n_stretches / SEARCHED_PER_THREAD),
                 w->n_stretches, find_step, w);
    snapshot_pagemap_close(&w->pagemap);
    uint64_t n_pages = 0;
    for (uint64_t i = 0; i < w->n_stretches; i++)
        for (uint32_t c = 0; c < w->stretches[i].n_chunks; c++)
            n_pages += (unsigned)__builtin_popcount(w->stretches[i].in_use[c]);
    w->compress =
        compression == SNAPSHOT_ZSTD ||
        (compression == SNAPSHOT_AUTO && n_pages > AUTO_RAW_BYTES / SNAPSHOT_PAGE_BYTES);
}

/* Gives every block its place in the columns, and raw ones, which are aligned, their
 * place in the file. */
static bool lay_out_blocks(struct writer *w, uint64_t header_end)
{
    uint64_t pages_offset = snapshot_page_up(header_end), end = header_end;
    for (uint64_t i = 0; i < w->n_stretches; i++) {
        struct stretch *s = &w->stretches[i];
        s->first_block = w->n_blocks;
        s->file_offset = pages_offset + w->n_pages * SNAPSHOT_PAGE_BYTES;
        for (struct block_cursor c = blocks_of(w, s); next_block(&c); w->n_blocks++)
            w->n_pages += c.n_pages;
    }
    if (!w->compress && w->n_pages > 0)
        end = pages_offset + w->n_pages * SNAPSHOT_PAGE_BYTES;
    atomic_init(&w->next_offset, end);
    struct columns *c = &w->columns;
    uint64_t n = w->n_blocks + 1;
    c->first_pages = calloc(n, sizeof *c->first_pages);
    c->n_pages = calloc(n, sizeof *c->n_pages);
    c->file_offsets = calloc(n, sizeof *c->file_offsets);
    c->stored_bytes = calloc(n, sizeof *c->stored_bytes);
    c->hashes = calloc(n, sizeof *c->hashes);
    return c->first_pages && c->n_pages && c->file_offsets && c->stored_bytes &&
           c->hashes;
}

/* ---- The page section ---- */

static const uint8_t *describe_block(struct writer *w, const struct block_cursor *c,
                                     uint64_t block)
{
    uint64_t first =
        (c->stretch->first_chunk + c->chunk) * SNAPSHOT_CHUNK_PAGES + c->page;
    w->columns.first_pages[block] = first;
    w->columns.n_pages[block] = c->n_pages;
    return w->memories[c->stretch->memory].base + first * SNAPSHOT_PAGE_BYTES;
}

static void store_raw(struct writer *w, const struct stretch *s)
{
    struct iovec vectors[MAX_VECTORS];
    int n_vectors = 0;
    uint64_t block = s->first_block, at = s->file_offset, end = at;
    for (struct block_cursor c = blocks_of(w, s); next_block(&c); block++) {
        const uint8_t *pages = describe_block(w, &c, block);
        size_t n_bytes = (size_t)c.n_pages * SNAPSHOT_PAGE_BYTES;
        if (n_vectors == MAX_VECTORS) {
            write_vectors(w, vectors, n_vectors, at);
            n_vectors = 0;
            at = end;
        }
        w->columns.file_offsets[block] = end;
        w->columns.stored_bytes[block] = (uint32_t)n_bytes;
        w->columns.hashes[block] = snapshot_hash(pages, n_bytes);
        vectors[n_vectors++] =
            (struct iovec){.iov_base = (void *)(uintptr_t)pages, .iov_len = n_bytes};
        end += n_bytes;
    }
    if (n_vectors > 0)
        write_vectors(w, vectors, n_vectors, at);
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
static void flush_blocks(struct writer *w, const struct worker *worker, uint64_t from,
                         uint64_t to, size_t n_bytes)
{
    uint64_t at = atomic_fetch_add(&w->next_offset, n_bytes);
    write_at(w, worker->buffer, n_bytes, at);
    for (; from < to; from++) {
        w->columns.file_offsets[from] = at;
        at += w->columns.stored_bytes[from];
    }
}

static void store_compressed(struct writer *w, struct worker *worker,
                             const struct stretch *s)
{
    uint64_t block = s->first_block, first_pending = block;
    size_t used = 0;
    static_assert(ZSTD_COMPRESSBOUND(SNAPSHOT_CHUNK_BYTES) <= BUFFER_BYTES,
                  "a block fits");
    if (!prepare_worker(worker)) {
        note_error(w, ENOMEM);
        return;
    }
    for (struct block_cursor c = blocks_of(w, s); next_block(&c); block++) {
        const uint8_t *pages = describe_block(w, &c, block);
        size_t n_bytes = (size_t)c.n_pages * SNAPSHOT_PAGE_BYTES;
        if (BUFFER_BYTES - used < ZSTD_COMPRESSBOUND(n_bytes)) {
            flush_blocks(w, worker, first_pending, block, used);
            first_pending = block;
            used = 0;
        }
        uint8_t *to = worker->buffer + used;
        size_t n = ZSTD_compressCCtx(worker->zstd, to, BUFFER_BYTES - used, pages,
                                     n_bytes, w->level);
        if (ZSTD_isError(n)) {
            note_error(w, ENOMEM); /* nothing else can fail with room enough */
            return;
        }
        w->columns.stored_bytes[block] = (uint32_t)n;
        w->columns.hashes[block] = snapshot_hash(to, n);
        used += n;
    }
    if (used > 0)
        flush_blocks(w, worker, first_pending, block, used);
}

static void store_step(void *context, unsigned worker, uint64_t item)
{
    struct writer *w = context;
    if (atomic_load(&w->error) != 0)
        return;
    if (w->compress)
        store_compressed(w, &w->workers[worker], &w->stretches[item]);
    else
        store_raw(w, &w->stretches[item]);
}

/* ---- The messages ---- */

/* Packs the directory, with a trailer behind it. NULL: no memory, or too large. */
static uint8_t *pack_directory(const struct writer *w, struct snapshot_trailer *trailer)
{
    Wanco__Snapshot__Directory directory = WANCO__SNAPSHOT__DIRECTORY__INIT;
    Wanco__Snapshot__MemoryPages *memories = calloc(w->n_memories + 1, sizeof *memories);
    Wanco__Snapshot__MemoryPages **pointers = calloc(w->n_memories + 1, sizeof *pointers);
    uint8_t *bytes = NULL;
    uint64_t stretch = 0;
    if (memories == NULL || pointers == NULL)
        goto out;
    for (uint32_t m = 0; m < w->n_memories; m++) {
        uint64_t from = w->stretches[stretch].first_block;
        while (stretch < w->n_stretches && w->stretches[stretch].memory == m)
            stretch++;
        uint64_t to =
            stretch < w->n_stretches ? w->stretches[stretch].first_block : w->n_blocks;
        Wanco__Snapshot__MemoryPages *p = pointers[m] = &memories[m];
        wanco__snapshot__memory_pages__init(p);
        p->encoding = w->compress ? WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__ZSTD
                                  : WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__RAW;
        p->n_first_pages = p->n_n_pages = p->n_file_offsets = p->n_stored_bytes =
            p->n_hashes = to - from;
        p->first_pages = w->columns.first_pages + from;
        p->n_pages = w->columns.n_pages + from;
        p->file_offsets = w->columns.file_offsets + from;
        p->stored_bytes = w->columns.stored_bytes + from;
        p->hashes = w->columns.hashes + from;
    }
    directory.memories = pointers;
    directory.n_memories = w->n_memories;
    trailer->directory_bytes = wanco__snapshot__directory__get_packed_size(&directory);
    if (trailer->directory_bytes <= SNAPSHOT_MAX_MESSAGE_BYTES)
        bytes = malloc(trailer->directory_bytes + SNAPSHOT_TRAILER_BYTES);
    if (bytes == NULL)
        goto out;
    wanco__snapshot__directory__pack(&directory, bytes);
    trailer->directory_hash = snapshot_hash(bytes, trailer->directory_bytes);
out:
    free(memories);
    free(pointers);
    return bytes;
}

/* Everything but the page section, around it. */
static bool write_messages(struct writer *w, const Wanco__Snapshot__Header *header,
                           uint64_t header_bytes, struct snapshot_trailer *trailer)
{
    uint8_t *front = malloc(SNAPSHOT_PREFIX_BYTES + header_bytes);
    uint8_t *back = pack_directory(w, trailer);
    if (front == NULL || back == NULL) {
        note_error(w, ENOMEM);
    } else {
        snapshot_put_prefix(front,
                            &(struct snapshot_prefix){.version = SNAPSHOT_FORMAT_VERSION,
                                                      .header_bytes = header_bytes});
        wanco__snapshot__header__pack(header, front + SNAPSHOT_PREFIX_BYTES);
        trailer->header_hash = snapshot_hash(front + SNAPSHOT_PREFIX_BYTES, header_bytes);
        trailer->directory_offset = atomic_load(&w->next_offset);
        trailer->file_bytes =
            trailer->directory_offset + trailer->directory_bytes + SNAPSHOT_TRAILER_BYTES;
        snapshot_put_trailer(back + trailer->directory_bytes, trailer);
        (void)(write_at(w, front, SNAPSHOT_PREFIX_BYTES + header_bytes, 0) &&
               write_at(w, back, trailer->directory_bytes + SNAPSHOT_TRAILER_BYTES,
                        trailer->directory_offset));
    }
    free(front);
    free(back);
    return atomic_load(&w->error) == 0;
}

/* ---- The file ---- */

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Makes a renamed file's new name last. A file system that has no such thing says EINVAL.
 */
static int sync_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(directory, sizeof directory, ".");
    else
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - path) + 1, path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno; /* it may be written to, yet not read */
    int error = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
    close(fd);
    return error;
}

/* Makes the temporary file for a path; its name lands in temporary. */
static int create_file(const char *path, char temporary[PATH_MAX], int *fd)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return S_ISDIR(info.st_mode) ? EISDIR : EEXIST;
    if (snprintf(temporary, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
        return ENAMETOOLONG;
    *fd = mkostemp(temporary, O_CLOEXEC);
    return *fd < 0 ? errno : 0;
}

/* Puts the finished file in its place. */
static int finish_file(int fd, const char *temporary, const char *path)
{
    if (fsync(fd) != 0 || rename(temporary, path) != 0)
        return errno;
    return sync_directory(path);
}

static bool fits(const Wanco__Snapshot__Header *header,
                 const struct snapshot_memory *memories)
{
    for (size_t i = 0; i < header->n_memories; i++)
        if (memories[i].n_bytes !=
            header->memories[i]->n_pages * SNAPSHOT_WASM_PAGE_BYTES)
            return false;
    return true;
}

static void write_all(struct writer *w, const Wanco__Snapshot__Header *header,
                      enum snapshot_compression compression,
                      struct snapshot_trailer *trailer)
{
    uint64_t header_bytes = wanco__snapshot__header__get_packed_size(header);
    if (header_bytes > SNAPSHOT_MAX_MESSAGE_BYTES) {
        note_error(w, EFBIG);
        return;
    }
    if (!make_stretches(w)) {
        note_error(w, ENOMEM);
        return;
    }
    find_pages(w, compression);
    if (!lay_out_blocks(w, SNAPSHOT_PREFIX_BYTES + header_bytes)) {
        note_error(w, ENOMEM);
        return;
    }
    unsigned n_threads = snapshot_threads(w->n_threads, w->n_pages / STORED_PER_THREAD);
    snapshot_run(n_threads, w->n_stretches, store_step, w);
    if (atomic_load(&w->error) == 0)
        write_messages(w, header, header_bytes, trailer);
}

static void free_writer(struct writer *w)
{
    for (unsigned i = 0; i < SNAPSHOT_MAX_THREADS; i++) {
        ZSTD_freeCCtx(w->workers[i].zstd);
        free(w->workers[i].buffer);
    }
    free(w->stretches);
    free(w->columns.first_pages);
    free(w->columns.n_pages);
    free(w->columns.file_offsets);
    free(w->columns.stored_bytes);
    free(w->columns.hashes);
}

bool snapshot_write(const char *path, const Wanco__Snapshot__Header *header,
                    const struct snapshot_memory *memories,
                    const struct snapshot_options *options,
                    struct snapshot_written *written, char *error, size_t error_bytes)
{
    static const struct snapshot_options defaults;
    const struct snapshot_options *o = options != NULL ? options : &defaults;
    char temporary[PATH_MAX], flaw[256];
    struct snapshot_trailer trailer = {0};
    struct writer w = {.memories = memories,
                       .n_memories = (uint32_t)header->n_memories,
                       .level = o->zstd_level != 0 ? o->zstd_level : DEFAULT_LEVEL,
                       .n_threads = o->n_threads,
                       .fd = -1};
    if (!snapshot_check_header(header, flaw, sizeof flaw))
        return snapshot_fail(error, error_bytes, "cannot write %s: %s", path, flaw);
    if (!fits(header, memories))
        return snapshot_fail(error, error_bytes,
                             "cannot write %s: a memory's size is not "
                             "what its header says",
                             path);
    int failure = create_file(path, temporary, &w.fd);
    if (failure != 0)
        return snapshot_fail(error, error_bytes, "cannot write %s: %s", path,
                             strerror(failure));
    write_all(&w, header, o->compression, &trailer);
    failure = atomic_load(&w.error);
    uint64_t start = now();
    if (failure == 0)
        failure = finish_file(w.fd, temporary, path);
    uint64_t disk_ns = now() - start;
    if (close(w.fd) != 0 && failure == 0)
        failure = errno;
    free_writer(&w);
    if (failure != 0) {
        unlink(temporary);
        return snapshot_fail(error, error_bytes, "cannot write %s: %s", path,
                             strerror(failure));
    }
    if (written != NULL)
        *written =
            (struct snapshot_written){.n_bytes = trailer.file_bytes,
                                      .page_bytes = w.n_pages * SNAPSHOT_PAGE_BYTES,
                                      .disk_ns = disk_ns};
    return true;
}
