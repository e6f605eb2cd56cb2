/* Pages that are mapped from the file instead of read. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "snapshot-format/snapshot.h"
#include "tests/snapshot-format/sample.h"

enum { WASM_PAGES = 32 };
#define MEMORY_BYTES ((uint64_t)WASM_PAGES * SNAPSHOT_WASM_PAGE_BYTES)

static char error[512];
static uint8_t *saved, *loaded;
static struct snapshot_runs runs;

static uint8_t *allocate(void)
{
    void *base = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(base, MAP_FAILED);
    return base;
}

/* A long run, a short one, and a long one up to the end; zeros between. */
static void write_runs(enum snapshot_compression compression)
{
    Wanco__Snapshot__Header *h = sample_header();
    const struct snapshot_options options = {.compression = compression};
    saved = allocate();
    loaded = allocate();
    memset(saved + 0x10000, 1, 0x80000);
    memset(saved + 0xa0000, 2, 0x3000);
    memset(saved + 0xb0000, 3, MEMORY_BYTES - 0xb0000);
    const struct snapshot_memory memories[] = {{.base = saved, .n_bytes = MEMORY_BYTES},
                                               sample_memories()[1]};
    h->memories[0]->n_pages = h->memories[0]->max_pages = WASM_PAGES;
    cr_assert(
        snapshot_write(sample_path(), h, memories, &options, NULL, error, sizeof error),
        "%s", error);
}

static bool map(void)
{
    struct snapshot *s = snapshot_open(sample_path(), error, sizeof error);
    cr_assert_not_null(s, "%s", error);
    bool ok = snapshot_map_memory(s, 0, loaded, 0, &runs, error, sizeof error);
    snapshot_close(s);
    return ok;
}

Test(map, long_runs_are_mapped_and_short_ones_read)
{
    write_runs(SNAPSHOT_RAW);
    cr_assert(map(), "%s", error);
    cr_assert_eq(runs.n_runs, 2);
    cr_expect_eq(runs.runs[0].address, 0x10000);
    cr_expect_eq(runs.runs[0].n_bytes, 0x80000);
    cr_expect_eq(runs.runs[1].address, 0xb0000);
    cr_expect_eq(runs.runs[1].n_bytes, MEMORY_BYTES - 0xb0000);
    cr_assert_arr_eq(loaded, saved, MEMORY_BYTES);
    free((void *)(uintptr_t)runs.runs);
}

Test(map, what_is_written_does_not_reach_the_file)
{
    write_runs(SNAPSHOT_RAW);
    cr_assert(map(), "%s", error);
    memset(loaded, 9, MEMORY_BYTES);
    loaded = allocate();
    cr_assert(map(), "%s", error);
    cr_assert_arr_eq(loaded, saved, MEMORY_BYTES);
}

Test(map, compressed_pages_are_not_mapped)
{
    write_runs(SNAPSHOT_ZSTD);
    cr_assert(map(), "%s", error);
    cr_assert_eq(runs.n_runs, 0);
    cr_assert_arr_eq(loaded, saved, MEMORY_BYTES);
}

Test(map, damage_is_found)
{
    size_t n;
    write_runs(SNAPSHOT_RAW);
    uint8_t *bytes = sample_load(sample_path(), &n);
    struct snapshot *s = snapshot_open(sample_path(), error, sizeof error);
    cr_assert_not_null(s, "%s", error);
    bytes[snapshot_block_at(s, 0, 1).file_offset] ^= 1;
    snapshot_close(s);
    sample_store(bytes, n);
    cr_assert(!map());
    cr_assert_not_null(strstr(error, "the pages at 0x20000 of memory 0"), "%s", error);
}
