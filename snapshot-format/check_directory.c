/* Checks a page directory: that it is parallel to the header's memories, that its blocks
 * lie in memory and file where they may, and that none overlap. */
#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>

#include "snapshot-format/internal.h"

static bool check_block(const Wanco__Snapshot__MemoryPages *p, size_t i,
                        uint64_t memory_pages, uint64_t from, uint64_t to)
{
    uint64_t first = p->first_pages[i], n = p->n_pages[i];
    uint64_t at = p->file_offsets[i], stored = p->stored_bytes[i];
    uint64_t next = i == 0 ? 0 : p->first_pages[i - 1] + p->n_pages[i - 1];
    if (n == 0 || n > SNAPSHOT_MAX_BLOCK_PAGES || first < next || n > memory_pages ||
        first > memory_pages - n)
        return false;
    if (at < from || at > to || stored == 0 || stored > to - at)
        return false;
    uint64_t n_bytes = n * SNAPSHOT_PAGE_BYTES;
    if (p->encoding == WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__RAW)
        return stored == n_bytes && at % SNAPSHOT_PAGE_BYTES == 0;
    return stored <= ZSTD_COMPRESSBOUND(n_bytes);
}

static bool check_memory(const Wanco__Snapshot__MemoryPages *p, uint64_t memory_pages,
                         uint64_t from, uint64_t to)
{
    size_t n = p->n_first_pages;
    if (p->encoding != WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__RAW &&
        p->encoding != WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__ZSTD)
        return false;
    if (p->n_n_pages != n || p->n_file_offsets != n || p->n_stored_bytes != n ||
        p->n_hashes != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!check_block(p, i, memory_pages, from, to))
            return false;
    return true;
}

bool snapshot_check_directory(const Wanco__Snapshot__Directory *d,
                              const Wanco__Snapshot__Header *h, uint64_t from,
                              uint64_t to, char *error, size_t error_bytes)
{
    if (d->n_memories != h->n_memories)
        return snapshot_fail(error, error_bytes,
                             "its page directory has %zu memories, its header %zu",
                             d->n_memories, h->n_memories);
    for (size_t m = 0; m < h->n_memories; m++) {
        uint64_t n_bytes = snapshot_page_up(snapshot_memory_bytes(h->memories[m]));
        if (!check_memory(d->memories[m], n_bytes / SNAPSHOT_PAGE_BYTES, from, to))
            return snapshot_fail(error, error_bytes,
                                 "the page directory of its memory %" PRIu32
                                 " has a block that can't be",
                                 h->memories[m]->index);
    }
    return true;
}
