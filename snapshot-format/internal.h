/* What the library's sources share: the bytes around the messages (FORMAT.md), hashes,
 * threads, pages in use, checks. Names begin with snapshot_ since all this is linked with
 * other people's objects. */
#ifndef SNAPSHOT_FORMAT_INTERNAL_H
#define SNAPSHOT_FORMAT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot-format/snapshot.h"

/* ---- layout.c ---- */

#define SNAPSHOT_PREFIX_BYTES      32
#define SNAPSHOT_TRAILER_BYTES     64
#define SNAPSHOT_MAX_MESSAGE_BYTES (UINT64_C(1) << 30) /* protobuf ends at twice that */
#define SNAPSHOT_MAX_BLOCK_PAGES   256

struct snapshot_prefix {
    uint32_t version;
    uint64_t header_bytes;
};

struct snapshot_trailer {
    uint64_t directory_offset;
    uint64_t directory_bytes;
    uint64_t header_hash;
    uint64_t directory_hash;
    uint64_t file_bytes;
};

enum snapshot_layout {
    SNAPSHOT_LAYOUT_OK,
    SNAPSHOT_LAYOUT_FOREIGN, /* no magic number */
    SNAPSHOT_LAYOUT_NEWER,   /* of a version that this code doesn't know */
    SNAPSHOT_LAYOUT_DAMAGED
};

void snapshot_put_prefix(uint8_t *bytes, const struct snapshot_prefix *prefix);
enum snapshot_layout snapshot_get_prefix(const uint8_t *bytes,
                                         struct snapshot_prefix *prefix);
void snapshot_put_trailer(uint8_t *bytes, const struct snapshot_trailer *trailer);
enum snapshot_layout snapshot_get_trailer(const uint8_t *bytes,
                                          struct snapshot_trailer *trailer);

/* XXH3, 64 bits. */
uint64_t snapshot_hash(const void *bytes, size_t n_bytes);

/* Writes the line of a failure, and returns false. */
__attribute__((format(printf, 3, 4))) bool snapshot_fail(char *error, size_t error_bytes,
                                                         const char *format, ...);

static inline uint64_t snapshot_page_up(uint64_t n)
{
    return (n + SNAPSHOT_PAGE_BYTES - 1) & ~(SNAPSHOT_PAGE_BYTES - 1);
}

/* ---- parallel.c ---- */

#define SNAPSHOT_MAX_THREADS 64

/* How many threads n_items are worth, of n_threads (0: as there are processors). */
unsigned snapshot_threads(unsigned n_threads, uint64_t n_items);

/* Calls step(context, worker, item) for every item below n_items, on n_threads threads or
 * as many as can be had; workers count from 0, and those that are started take no
 * signals. */
typedef void snapshot_step(void *context, unsigned worker, uint64_t item);
void snapshot_run(unsigned n_threads, uint64_t n_items, snapshot_step *step,
                  void *context);

/* ---- pages.c ---- */

/* Memories are looked at in chunks of this many pages; a bit of a word for each. */
#define SNAPSHOT_CHUNK_PAGES 32
#define SNAPSHOT_CHUNK_BYTES (SNAPSHOT_CHUNK_PAGES * SNAPSHOT_PAGE_BYTES)

/* How the pages that were never touched can be told, without touching them. */
struct snapshot_pagemap {
    int fd; /* of /proc/self/pagemap, or -1: pages must be read */
};
void snapshot_pagemap_open(struct snapshot_pagemap *map);
void snapshot_pagemap_close(struct snapshot_pagemap *map);

/* Whether a page of a memory lies in one of these runs. */
bool snapshot_is_in_runs(const struct snapshot_runs *runs, uint64_t address);

/* For n_chunks chunks of a memory, the pages that are not zero. */
#define SNAPSHOT_MAX_CHUNKS 64
void snapshot_find_pages(const struct snapshot_pagemap *map,
                         const struct snapshot_memory *memory, uint64_t first_chunk,
                         uint32_t n_chunks, uint32_t *in_use);

/* The first run of pages at or after *page in such a word, where gaps of up to max_gap
 * pages are bridged; false if there is none. */
bool snapshot_next_run(uint32_t in_use, unsigned max_gap, unsigned *page,
                       unsigned *n_pages);

/* ---- check_header.c, check_directory.c ---- */

/* Whether a header holds together; the line says what does not, without a path. */
bool snapshot_check_header(const Wanco__Snapshot__Header *h, char *error,
                           size_t error_bytes);

/* The same of a directory with its header, in a file whose page section is [from, to). */
bool snapshot_check_directory(const Wanco__Snapshot__Directory *d,
                              const Wanco__Snapshot__Header *h, uint64_t from,
                              uint64_t to, char *error, size_t error_bytes);

#endif
