/* Which pages are in use: not zero, and found without touching others. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "snapshot-format/internal.h"

enum { CHUNKS = 3, PAGES = CHUNKS * SNAPSHOT_CHUNK_PAGES };

static uint8_t *map(void)
{
    uint8_t *base = mmap(NULL, PAGES * SNAPSHOT_PAGE_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(base, MAP_FAILED);
    madvise(base, PAGES * SNAPSHOT_PAGE_BYTES, MADV_NOHUGEPAGE);
    return base;
}

static void find(const struct snapshot_memory *memory, uint32_t in_use[CHUNKS])
{
    struct snapshot_pagemap map;
    snapshot_pagemap_open(&map);
    snapshot_find_pages(&map, memory, 0, CHUNKS, in_use);
    snapshot_pagemap_close(&map);
    cr_assert_eq(map.fd, -1);
}

Test(pages, those_that_are_not_zero_are_found)
{
    uint32_t in_use[CHUNKS];
    uint8_t *base = map();
    const struct snapshot_memory memory = {.base = base,
                                           .n_bytes = PAGES * SNAPSHOT_PAGE_BYTES};
    base[0] = 1;                              /* the first byte of a page */
    base[2 * SNAPSHOT_PAGE_BYTES - 1] = 1;    /* the last one */
    base[40 * SNAPSHOT_PAGE_BYTES + 16] = 1;  /* behind what is_zero looks at first */
    base[41 * SNAPSHOT_PAGE_BYTES + 100] = 0; /* touched, but zero */
    find(&memory, in_use);
    cr_assert_eq(in_use[0], 3);
    cr_assert_eq(in_use[1], 1 << (40 - SNAPSHOT_CHUNK_PAGES));
    cr_assert_eq(in_use[2], 0);
}

Test(pages, a_memory_may_end_within_a_chunk)
{
    uint32_t in_use[CHUNKS];
    uint8_t *base = map();
    memset(base, 1, PAGES * SNAPSHOT_PAGE_BYTES);
    const struct snapshot_memory memory = {.base = base,
                                           .n_bytes = 16 * SNAPSHOT_PAGE_BYTES};
    struct snapshot_pagemap none = {-1};
    snapshot_find_pages(&none, &memory, 0, 1, in_use);
    cr_assert_eq(in_use[0], 0xffff);
}

Test(pages, a_memory_may_end_within_a_page)
{
    uint32_t in_use[CHUNKS];
    uint8_t *base = map();
    const struct snapshot_memory memory = {.base = base,
                                           .n_bytes = 5 * SNAPSHOT_PAGE_BYTES + 1};
    base[5 * SNAPSHOT_PAGE_BYTES] = 1;
    find(&memory, in_use);
    cr_assert_eq(in_use[0], 1 << 5);
}

Test(pages, what_is_mapped_from_a_file_is_read)
{
    uint32_t in_use[CHUNKS];
    int fd = memfd_create("pages", 0);
    cr_assert_eq(ftruncate(fd, PAGES * SNAPSHOT_PAGE_BYTES), 0);
    cr_assert_eq(pwrite(fd, "x", 1, 5 * SNAPSHOT_PAGE_BYTES), 1);
    uint8_t *base =
        mmap(NULL, PAGES * SNAPSHOT_PAGE_BYTES, PROT_READ, MAP_PRIVATE, fd, 0);
    const struct snapshot_run run = {0, SNAPSHOT_CHUNK_BYTES};
    const struct snapshot_memory memory = {
        .base = base, .n_bytes = PAGES * SNAPSHOT_PAGE_BYTES, .mapped = {&run, 1}};
    find(&memory, in_use);
    cr_assert_eq(in_use[0], 1 << 5);
}

Test(pages, runs_are_found_by_their_addresses)
{
    const struct snapshot_run run[] = {{8, 8}, {16, 8}, {32, 4}};
    const struct snapshot_runs runs = {run, 3}, none = {NULL, 0};
    for (uint64_t address = 0; address < 48; address++) {
        bool expected = (address >= 8 && address < 24) || (address >= 32 && address < 36);
        cr_expect_eq(snapshot_is_in_runs(&runs, address), expected, "%d", (int)address);
        cr_expect(!snapshot_is_in_runs(&none, address));
    }
}

Test(pages, untouched_ones_stay_so)
{
    uint32_t in_use[CHUNKS];
    unsigned char resident[PAGES];
    uint8_t *base = map();
    const struct snapshot_memory memory = {.base = base,
                                           .n_bytes = PAGES * SNAPSHOT_PAGE_BYTES};
    struct snapshot_pagemap page_map;
    snapshot_pagemap_open(&page_map);
    if (page_map.fd < 0)
        cr_skip_test("no page map here");
    base[7 * SNAPSHOT_PAGE_BYTES] = 1;
    snapshot_find_pages(&page_map, &memory, 0, CHUNKS, in_use);
    snapshot_pagemap_close(&page_map);
    cr_assert_eq(in_use[0], 1 << 7);
    cr_assert_eq(mincore(base, PAGES * SNAPSHOT_PAGE_BYTES, resident), 0);
    for (unsigned i = 0; i < PAGES; i++)
        cr_assert_eq(resident[i] & 1, i == 7);
}

static unsigned runs(uint32_t in_use, unsigned max_gap, unsigned expected[][2])
{
    unsigned n = 0;
    for (unsigned page = 0, n_pages = 0;
         snapshot_next_run(in_use, max_gap, &page, &n_pages); page += n_pages, n++) {
        expected[n][0] = page;
        expected[n][1] = n_pages;
    }
    return n;
}

Test(pages, runs_are_maximal_and_bridge_short_gaps)
{
    unsigned r[SNAPSHOT_CHUNK_PAGES][2];
    cr_assert_eq(runs(0, 4, r), 0);
    cr_assert_eq(runs(UINT32_MAX, 0, r), 1);
    cr_assert(r[0][0] == 0 && r[0][1] == 32);
    cr_assert_eq(runs(0x80000001, 4, r), 2);
    cr_assert(r[0][0] == 0 && r[0][1] == 1 && r[1][0] == 31 && r[1][1] == 1);
    cr_assert_eq(runs(0x80000001, 30, r), 1);
    cr_assert(r[0][0] == 0 && r[0][1] == 32);
    cr_assert_eq(runs(0x55555555, 0, r), 16);
    cr_assert_eq(runs(0x23120, 2, r), 3); /* pages 5, 8, 12, 13, 17 */
    cr_assert(r[0][0] == 5 && r[0][1] == 4);
    cr_assert(r[1][0] == 12 && r[1][1] == 2);
    cr_assert(r[2][0] == 17 && r[2][1] == 1);
}
