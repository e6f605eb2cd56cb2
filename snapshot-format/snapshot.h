/* Snapshot files: written, opened, checked. FORMAT.md describes them; snapshot.proto
 * their messages, which callers fill and read through protobuf-c's types.
 *
 * Functions that fail return false or NULL with a line in error (without newline). */
#ifndef SNAPSHOT_FORMAT_SNAPSHOT_H
#define SNAPSHOT_FORMAT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot-format/snapshot.pb-c.h"

#define SNAPSHOT_FORMAT_VERSION 1

/* Of Header.required_features, those that this reader knows; FORMAT.md says what they
 * are. */
#define SNAPSHOT_FEATURE_MOVES      1
#define SNAPSHOT_FEATURE_EXCEPTIONS 2
#define SNAPSHOT_FEATURE_PAGE_SIZES 3

#define SNAPSHOT_PAGE_BYTES      UINT64_C(4096)
#define SNAPSHOT_WASM_PAGE_BYTES UINT64_C(65536)
#define SNAPSHOT_SHA256_BYTES    32
#define SNAPSHOT_NO_LIMIT        UINT64_MAX /* Table.max_elements, Memory.max_pages */

/* ---- Typed values: the fields `types` and `words` ---- */

/* How many words a value of this type takes, 0 if the format has no such type. */
uint32_t snapshot_words_of(uint8_t type);

static inline uint64_t snapshot_funcref(uint32_t instance, uint32_t func_index)
{
    return ((uint64_t)instance << 32 | func_index) + 1;
}

/* False if the reference is null. */
static inline bool snapshot_funcref_parts(uint64_t word, uint32_t *instance,
                                          uint32_t *func_index)
{
    *instance = (uint32_t)((word - 1) >> 32);
    *func_index = (uint32_t)(word - 1);
    return word != 0;
}

/* ---- Memories ---- */

/* Its size in bytes, if snapshot_check_header has found nothing wrong with it. */
static inline uint64_t snapshot_memory_bytes(const Wanco__Snapshot__Memory *m)
{
    return m->n_pages * (m->page_bytes == 0 ? SNAPSHOT_WASM_PAGE_BYTES : m->page_bytes);
}

/* ---- Writing ---- */

/* Bytes of a memory. */
struct snapshot_run {
    uint64_t address, n_bytes;
};

/* They ascend and do not overlap. */
struct snapshot_runs {
    const struct snapshot_run *runs;
    size_t n_runs;
};

struct snapshot_memory {
    const uint8_t *base; /* aligned to SNAPSHOT_PAGE_BYTES, and readable in such pages */
    uint64_t n_bytes;    /* as its Memory says */
    struct snapshot_runs mapped; /* of a file; other pages never touched are zero */
};

enum snapshot_compression {
    SNAPSHOT_AUTO, /* up to 2 MiB by zstd, more as they are */
    SNAPSHOT_RAW,  /* fastest to write, and can be mapped */
    SNAPSHOT_ZSTD
};

struct snapshot_options {
    enum snapshot_compression compression;
    int zstd_level;     /* 0: the library's choice */
    unsigned n_threads; /* 0: as many as there are processors */
};

struct snapshot_written {
    uint64_t n_bytes;    /* of the file */
    uint64_t page_bytes; /* of memory in it, before compression */
    uint64_t
        disk_ns; /* of the whole time, spent waiting for the disk: in fsync, in rename */
};

/* Writes a snapshot to a temporary file beside path, of mode 0600, and renames it when it
 * has reached the disk. On failure path is what it was and nothing else is left. Pages
 * that were never touched stay so. memories is parallel to header->memories. options may
 * be NULL, and written too. */
bool snapshot_write(const char *path, const Wanco__Snapshot__Header *header,
                    const struct snapshot_memory *memories,
                    const struct snapshot_options *options,
                    struct snapshot_written *written, char *error, size_t error_bytes);

/* ---- Reading ---- */

struct snapshot;

/* Opens a file and checks all of it but the content of its blocks. What it has accepted
 * holds together: indices are of things that exist, parallel fields are equally long,
 * types and kinds are known (check_header.c and check_directory.c have the list). Whether
 * it fits a module is not known yet. */
struct snapshot *snapshot_open(const char *path, char *error, size_t error_bytes);
void snapshot_close(struct snapshot *s);

/* Lives as long as s. */
const Wanco__Snapshot__Header *snapshot_header(const struct snapshot *s);
uint64_t snapshot_file_bytes(const struct snapshot *s);

/* A block of consecutive pages of a memory. */
struct snapshot_block {
    uint64_t
        address; /* in the memory; a multiple of SNAPSHOT_PAGE_BYTES, as is n_bytes */
    uint64_t n_bytes;
    uint64_t file_offset;
    uint64_t stored_bytes; /* n_bytes if they are stored as they are */
    uint64_t hash;
    bool is_compressed;
};

uint64_t snapshot_n_blocks(const struct snapshot *s, uint32_t memory);
struct snapshot_block snapshot_block_at(const struct snapshot *s, uint32_t memory,
                                        uint64_t block);

/* Reads and checks all blocks of memory number `memory` of the header into the memory at
 * base, which is zero and as large as the header says. n_threads as in
 * struct snapshot_options. */
bool snapshot_load_memory(const struct snapshot *s, uint32_t memory, uint8_t *base,
                          unsigned n_threads, char *error, size_t error_bytes);

/* The same, but long runs of pages that the file holds as they are become private
 * mappings of it, in *mapped, which the caller frees: that takes no time for pages that
 * are never written to. While they are in use the file must not change, and the memory
 * can't be moved. */
bool snapshot_map_memory(const struct snapshot *s, uint32_t memory, uint8_t *base,
                         unsigned n_threads, struct snapshot_runs *mapped, char *error,
                         size_t error_bytes);

/* The file that is open, as long as s. */
int snapshot_fd(const struct snapshot *s);

/* Checks all blocks of all memories. */
bool snapshot_check_blocks(const struct snapshot *s, unsigned n_threads, char *error,
                           size_t error_bytes);

#endif
