/* The page section: which blocks there are, where they lie, and what is in them. */
#define _GNU_SOURCE
#include "snapshot-format/store.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "snapshot-format/internal.h"

enum { PAGES = 80, OFFSET = 100 };

static uint8_t *base;
static struct snapshot_memory memories[2];
static struct snapshot_store store;

/* Two memories: of the first, these pages are in use; the second is zero. */
static void set_up(const unsigned *pages, size_t n)
{
    base = mmap(NULL, PAGES * SNAPSHOT_PAGE_BYTES, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(base, MAP_FAILED);
    for (size_t i = 0; i < n; i++)
        memset(base + pages[i] * SNAPSHOT_PAGE_BYTES, (int)pages[i] + 1,
               SNAPSHOT_PAGE_BYTES);
    memories[0] =
        (struct snapshot_memory){.base = base, .n_bytes = 64 * SNAPSHOT_PAGE_BYTES};
    memories[1] = (struct snapshot_memory){.base = base + 64 * SNAPSHOT_PAGE_BYTES,
                                           .n_bytes = 16 * SNAPSHOT_PAGE_BYTES};
    store = (struct snapshot_store){.fd = memfd_create("store", MFD_CLOEXEC),
                                    .memories = memories,
                                    .n_memories = 2,
                                    .offset = OFFSET};
}

static void expect_block(uint64_t block, uint64_t first_page, uint32_t n_pages)
{
    cr_expect_eq(store.columns.first_pages[block], first_page);
    cr_expect_eq(store.columns.n_pages[block], n_pages);
}

Test(store, raw_blocks_are_aligned_and_in_order)
{
    const unsigned pages[] = {0, 1, 3, 31, 32, 63};
    uint8_t read[SNAPSHOT_PAGE_BYTES];
    set_up(pages, 6);
    store.options.compression = SNAPSHOT_RAW;
    cr_assert_eq(snapshot_store_pages(&store), 0);
    cr_assert_eq(store.n_blocks, 5); /* none crosses the border of a chunk */
    expect_block(0, 0, 2);
    expect_block(1, 3, 1);
    expect_block(2, 31, 1);
    expect_block(3, 32, 1);
    expect_block(4, 63, 1);
    for (size_t i = 1; i < 5; i++) {
        cr_expect_eq(store.columns.file_offsets[i],
                     store.columns.file_offsets[i - 1] +
                         store.columns.stored_bytes[i - 1]);
        pread(store.fd, read, sizeof read, (off_t)store.columns.file_offsets[i]);
        cr_expect_eq(snapshot_hash(read, sizeof read), store.columns.hashes[i]);
        cr_expect_eq(read[0], store.columns.first_pages[i] + 1);
    }
    cr_expect_eq(store.columns.file_offsets[0], SNAPSHOT_PAGE_BYTES);
    cr_expect_eq(store.offset, 7 * SNAPSHOT_PAGE_BYTES);
    cr_expect_eq(store.n_pages, 6);
    cr_expect(store.first_blocks[1] == 5 && store.first_blocks[2] == 5);
    snapshot_store_free(&store);
}

Test(store, compressed_blocks_bridge_short_gaps)
{
    const unsigned pages[] = {0, 1, 6, 12};
    set_up(pages, 4);
    store.options.compression = SNAPSHOT_ZSTD;
    cr_assert_eq(snapshot_store_pages(&store), 0);
    cr_assert_eq(store.n_blocks, 2);
    expect_block(0, 0, 7);
    expect_block(1, 12, 1);
    cr_expect_eq(store.columns.file_offsets[0], OFFSET);
    cr_expect_eq(store.offset,
                 OFFSET + store.columns.stored_bytes[0] + store.columns.stored_bytes[1]);
    snapshot_store_free(&store);
}

Test(store, nothing_takes_no_room)
{
    set_up(NULL, 0);
    cr_assert_eq(snapshot_store_pages(&store), 0);
    cr_expect_eq(store.n_blocks, 0);
    cr_expect_eq(store.offset, OFFSET);
    snapshot_store_free(&store);
    store = (struct snapshot_store){.fd = store.fd, .offset = OFFSET};
    cr_assert_eq(snapshot_store_pages(&store), 0);
    cr_expect_eq(store.offset, OFFSET);
    snapshot_store_free(&store);
}

Test(store, errors_are_answered)
{
    const unsigned pages[] = {2};
    const enum snapshot_compression kinds[] = {SNAPSHOT_RAW, SNAPSHOT_ZSTD};
    for (size_t i = 0; i < 2; i++) {
        set_up(pages, 1);
        close(store.fd);
        store.options.compression = kinds[i];
        cr_expect_eq(snapshot_store_pages(&store), EBADF);
        snapshot_store_free(&store);
    }
    cr_expect_eq(snapshot_write_at(-1, "x", 1, 0), EBADF);
    cr_expect_eq(snapshot_write_at(-1, "", 0, 0), 0);
}
