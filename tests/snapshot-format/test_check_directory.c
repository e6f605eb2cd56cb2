/* What makes a page directory unusable. */
#include <criterion/criterion.h>
#include <string.h>

#include "snapshot-format/internal.h"
#include "tests/snapshot-format/sample.h"

enum { FROM = 500, TO = 100000 };

static uint64_t first_pages[] = {0, 3}, file_offsets[] = {4096, 8192}, hashes[2];
static uint32_t n_pages[] = {1, 2}, stored_bytes[] = {4096, 8192};
static Wanco__Snapshot__MemoryPages pages[2];
static char error[256];

static void set(void)
{
    wanco__snapshot__memory_pages__init(&pages[0]);
    wanco__snapshot__memory_pages__init(&pages[1]);
    pages[0].n_first_pages = pages[0].n_n_pages = pages[0].n_file_offsets =
        pages[0].n_stored_bytes = pages[0].n_hashes = 2;
    pages[0].first_pages = first_pages;
    pages[0].n_pages = n_pages;
    pages[0].file_offsets = file_offsets;
    pages[0].stored_bytes = stored_bytes;
    pages[0].hashes = hashes;
}

static bool check(size_t n_memories)
{
    static Wanco__Snapshot__MemoryPages *list[] = {&pages[0], &pages[1]};
    Wanco__Snapshot__Directory d = WANCO__SNAPSHOT__DIRECTORY__INIT;
    d.n_memories = n_memories;
    d.memories = list;
    return snapshot_check_directory(&d, sample_header(), FROM, TO, error, sizeof error);
}

Test(check_directory, good_ones_pass)
{
    set();
    cr_assert(check(2), "%s", error);
    pages[0].encoding = WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__ZSTD;
    file_offsets[0] = FROM;
    stored_bytes[0] = 1;
    cr_assert(check(2), "%s", error);
}

Test(check_directory, it_is_parallel_to_the_header)
{
    set();
    cr_assert(!check(1));
    cr_assert_not_null(strstr(error, "has 1 memories, its header 2"));
}

/* first page, pages, offset, stored bytes of the second block; compressed? */
#define REFUSED(name, first, n, offset, stored, compressed)                              \
    Test(check_directory, name)                                                          \
    {                                                                                    \
        set();                                                                           \
        pages[0].encoding = compressed;                                                  \
        first_pages[1] = first;                                                          \
        n_pages[1] = n;                                                                  \
        file_offsets[1] = offset;                                                        \
        stored_bytes[1] = stored;                                                        \
        cr_assert(!check(2));                                                            \
        cr_assert_not_null(strstr(error, "memory 0"), "%s", error);                      \
    }

REFUSED(no_pages, 3, 0, 8192, 8192, 0)
REFUSED(overlapping_pages, 0, 2, 8192, 8192, 0)
REFUSED(pages_beyond_memory, 31, 2, 8192, 8192, 0)
REFUSED(pages_far_beyond_memory, UINT64_MAX, 2, 8192, 8192, 0)
REFUSED(too_many_pages, 3, 257, 8192, 8192, 1)
REFUSED(raw_of_other_length, 3, 2, 8192, 8191, 0)
REFUSED(raw_out_of_line, 3, 2, 8193, 8192, 0)
REFUSED(in_the_header, 3, 2, 0, 8192, 0)
REFUSED(in_the_directory, 3, 2, 94208, 8192, 0)
REFUSED(beyond_the_file, 3, 2, UINT64_MAX, 10, 1)
REFUSED(nothing_stored, 3, 2, 8192, 0, 1)
REFUSED(more_stored_than_zstd_gives, 3, 2, 8192, 9000, 1)
REFUSED(unknown_encoding, 3, 2, 8192, 8192, 2)

Test(check_directory, fields_are_parallel)
{
    size_t *const counts[] = {&pages[0].n_n_pages, &pages[0].n_file_offsets,
                              &pages[0].n_stored_bytes, &pages[0].n_hashes};
    for (size_t i = 0; i < 4; i++) {
        set();
        --*counts[i];
        cr_assert(!check(2));
    }
}
