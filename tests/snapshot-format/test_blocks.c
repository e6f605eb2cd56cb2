/* Blocks: where they are, and what happens when they can't be had. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "snapshot-format/snapshot.h"
#include "tests/snapshot-format/sample.h"

static char error[512];

static struct snapshot *open_sample(enum snapshot_compression compression)
{
    sample_write(compression);
    struct snapshot *s = snapshot_open(sample_path(), error, sizeof error);
    cr_assert_not_null(s, "%s", error);
    return s;
}

Test(blocks, raw_ones_can_be_mapped)
{
    struct snapshot *s = open_sample(SNAPSHOT_RAW);
    cr_assert_eq(snapshot_n_blocks(s, 0), 2);
    cr_assert_eq(snapshot_n_blocks(s, 1), 1);
    struct snapshot_block b = snapshot_block_at(s, 0, 1);
    cr_assert_eq(b.address, 31 * SNAPSHOT_PAGE_BYTES);
    cr_assert_eq(b.n_bytes, SNAPSHOT_PAGE_BYTES);
    cr_assert_eq(b.stored_bytes, SNAPSHOT_PAGE_BYTES);
    cr_assert_eq(b.file_offset % SNAPSHOT_PAGE_BYTES, 0);
    cr_assert(!b.is_compressed);
    snapshot_close(s);
}

Test(blocks, compressed_ones_are_shorter)
{
    struct snapshot *s = open_sample(SNAPSHOT_ZSTD);
    struct snapshot_block b = snapshot_block_at(s, 0, 0);
    cr_assert_eq(b.n_bytes, 2 * SNAPSHOT_PAGE_BYTES);
    cr_assert_lt(b.stored_bytes, b.n_bytes);
    cr_assert(b.is_compressed);
    snapshot_close(s);
}

static void expect_damage(enum snapshot_compression compression)
{
    size_t n;
    struct snapshot *s = open_sample(compression);
    struct snapshot_block b = snapshot_block_at(s, 0, 1);
    uint8_t *bytes = sample_load(sample_path(), &n);
    uint8_t *base = calloc(2, SNAPSHOT_WASM_PAGE_BYTES);
    bytes[b.file_offset] ^= 1;
    sample_store(bytes, n);
    cr_assert(!snapshot_load_memory(s, 0, base, 1, error, sizeof error));
    cr_assert_not_null(strstr(error, "the pages at 0x1f000 of memory 0"), "%s", error);
    cr_assert(!snapshot_check_blocks(s, 1, error, sizeof error));
    snapshot_close(s);
    free(bytes);
    free(base);
}

Test(blocks, damage_is_found_when_they_are_loaded)
{
    expect_damage(SNAPSHOT_RAW);
    expect_damage(SNAPSHOT_ZSTD);
}

Test(blocks, a_file_that_shrinks_is_an_error)
{
    struct snapshot *s = open_sample(SNAPSHOT_RAW);
    uint8_t *base = calloc(2, SNAPSHOT_WASM_PAGE_BYTES);
    cr_assert_eq(truncate(sample_path(), 5000), 0);
    cr_assert(!snapshot_load_memory(s, 0, base, 1, error, sizeof error));
    cr_assert_not_null(strstr(error, "cannot read"), "%s", error);
    snapshot_close(s);
    free(base);
}
