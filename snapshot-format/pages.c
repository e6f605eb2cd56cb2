/* Which pages of a memory must be saved: those that are not zero.
 *
 * A guest can reserve gigabytes and touch little. Reading a page that was never touched
 * makes the kernel map one, so of large anonymous memories the kernel's page map is asked
 * first. What it says is only believed after a trial: under an emulator it may describe
 * the addresses of another process image. */
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "snapshot-format/internal.h"

/* Bits of an entry (Linux, admin-guide/mm/pagemap): in memory, or swapped out. */
#define PAGEMAP_TOUCHED (UINT64_C(3) << 62)

/* Reads the entries of n pages from address. */
static bool read_entries(int fd, const void *address, uint64_t *entries, size_t n)
{
    size_t n_bytes = n * sizeof *entries;
    off_t at = (off_t)((uintptr_t)address / SNAPSHOT_PAGE_BYTES * sizeof *entries);
    return pread(fd, entries, n_bytes, at) == (ssize_t)n_bytes;
}

/* Whether the map tells a new page before and after it is written. */
static bool is_true(int fd)
{
    uint64_t before = PAGEMAP_TOUCHED, after = 0;
    volatile uint8_t *page = mmap(NULL, SNAPSHOT_PAGE_BYTES, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return false;
    void *address = (void *)(uintptr_t)page;
    bool ok = read_entries(fd, address, &before, 1);
    *page = 1;
    ok = ok && read_entries(fd, address, &after, 1);
    munmap(address, SNAPSHOT_PAGE_BYTES);
    return ok && !(before & PAGEMAP_TOUCHED) && (after & PAGEMAP_TOUCHED);
}

void snapshot_pagemap_open(struct snapshot_pagemap *map)
{
    map->fd = -1;
    if (sysconf(_SC_PAGESIZE) != (long)SNAPSHOT_PAGE_BYTES)
        return; /* entries are of larger pages */
    map->fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (map->fd >= 0 && !is_true(map->fd))
        snapshot_pagemap_close(map);
}

void snapshot_pagemap_close(struct snapshot_pagemap *map)
{
    if (map->fd >= 0)
        close(map->fd);
    map->fd = -1;
}

/* A page is zero if its first bytes are and it equals itself shifted by them. */
static bool is_zero(const uint8_t *page)
{
    uint64_t head[2];
    memcpy(head, page, sizeof head);
    return (head[0] | head[1]) == 0 &&
           memcmp(page, page + sizeof head, SNAPSHOT_PAGE_BYTES - sizeof head) == 0;
}

bool snapshot_is_in_runs(const struct snapshot_runs *runs, uint64_t address)
{
    size_t from = 0, to = runs->n_runs; /* the first run behind it is in [from, to] */
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (runs->runs[middle].address <= address)
            from = middle + 1;
        else
            to = middle;
    }
    return from > 0 &&
           address - runs->runs[from - 1].address < runs->runs[from - 1].n_bytes;
}

void snapshot_find_pages(const struct snapshot_pagemap *map,
                         const struct snapshot_memory *memory, uint64_t first_chunk,
                         uint32_t n_chunks, uint32_t *in_use)
{
    uint64_t entries[SNAPSHOT_MAX_CHUNKS * SNAPSHOT_CHUNK_PAGES];
    uint64_t from = first_chunk * SNAPSHOT_CHUNK_BYTES;
    uint64_t n_bytes = n_chunks * SNAPSHOT_CHUNK_BYTES;
    assert(n_chunks <= SNAPSHOT_MAX_CHUNKS && from <= memory->n_bytes);
    if (n_bytes > memory->n_bytes - from)
        n_bytes = memory->n_bytes - from;
    size_t n_pages = (size_t)(snapshot_page_up(n_bytes) / SNAPSHOT_PAGE_BYTES);
    const uint8_t *page = memory->base + from;
    bool asked = map->fd >= 0 && read_entries(map->fd, page, entries, n_pages);
    memset(in_use, 0, n_chunks * sizeof *in_use);
    for (size_t i = 0; i < n_pages; i++, page += SNAPSHOT_PAGE_BYTES)
        if ((!asked || (entries[i] & PAGEMAP_TOUCHED) ||
             snapshot_is_in_runs(&memory->mapped, (uint64_t)(page - memory->base))) &&
            !is_zero(page))
            in_use[i / SNAPSHOT_CHUNK_PAGES] |= UINT32_C(1) << i % SNAPSHOT_CHUNK_PAGES;
}

bool snapshot_next_run(uint32_t in_use, unsigned max_gap, unsigned *page,
                       unsigned *n_pages)
{
    uint64_t rest = *page < SNAPSHOT_CHUNK_PAGES ? (uint64_t)in_use >> *page : 0;
    if (rest == 0)
        return false;
    unsigned gap = (unsigned)__builtin_ctzll(rest);
    *page += gap;
    rest >>= gap;
    *n_pages = 0;
    do {
        unsigned run = (unsigned)__builtin_ctzll(~rest);
        *n_pages += gap * (*n_pages > 0) + run;
        rest >>= run;
        gap = rest > 0 ? (unsigned)__builtin_ctzll(rest) : 0;
        rest >>= gap;
    } while (rest > 0 && gap <= max_gap);
    return true;
}
