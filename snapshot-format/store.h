/* The page section of a snapshot that is being written. */
#ifndef SNAPSHOT_FORMAT_STORE_H
#define SNAPSHOT_FORMAT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot-format/snapshot.h"

/* The fields of MemoryPages for the blocks of all memories, one memory after another. */
struct snapshot_columns {
    uint64_t *first_pages, *file_offsets, *hashes;
    uint32_t *n_pages, *stored_bytes;
};

struct snapshot_store {
    /* The caller says what is to be stored, and how. */
    int fd;
    const struct snapshot_memory *memories;
    uint32_t n_memories;
    struct snapshot_options options;
    uint64_t
        offset; /* in the file, where the section may begin; afterwards, where it ends */
    /* Then it is told what was. */
    bool is_compressed;
    uint64_t n_pages; /* in blocks */
    uint64_t n_blocks;
    uint64_t *first_blocks; /* memory -> its first block; also one behind the last */
    struct snapshot_columns columns;
};

/* Finds the pages in use and writes them, on several threads if they are many. Answers 0
 * or an errno value; in either case it must be freed. */
int snapshot_store_pages(struct snapshot_store *s);
void snapshot_store_free(struct snapshot_store *s);

/* Writes all n_bytes. 0 or an errno value. */
int snapshot_write_at(int fd, const void *bytes, uint64_t n_bytes, uint64_t at);

#endif
