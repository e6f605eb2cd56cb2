/* Writing: what was written is read again, whatever its size and encoding, and a failure
 * leaves nothing behind. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot-format/snapshot.h"
#include "tests/snapshot-format/sample.h"

static char error[512];

static void expect_sample(void)
{
    struct snapshot *s = snapshot_open(sample_path(), error, sizeof error);
    cr_assert_not_null(s, "%s", error);
    cr_assert(sample_equals(snapshot_header(s), sample_header()));
    for (uint32_t m = 0; m < SAMPLE_MEMORIES; m++) {
        const struct snapshot_memory *expected = &sample_memories()[m];
        uint8_t *base = calloc(1, expected->n_bytes);
        cr_assert(snapshot_load_memory(s, m, base, 0, error, sizeof error), "%s", error);
        cr_assert_eq(memcmp(base, expected->base, expected->n_bytes), 0);
        free(base);
    }
    cr_assert(snapshot_check_blocks(s, 0, error, sizeof error), "%s", error);
    snapshot_close(s);
}

Test(write, raw_pages_come_back)
{
    sample_write(SNAPSHOT_RAW);
    expect_sample();
}

Test(write, compressed_pages_come_back)
{
    sample_write(SNAPSHOT_ZSTD);
    expect_sample();
}

static bool is_compressed(void)
{
    struct snapshot *s = snapshot_open(sample_path(), error, sizeof error);
    cr_assert_not_null(s, "%s", error);
    bool result = snapshot_block_at(s, 0, 0).is_compressed;
    snapshot_close(s);
    return result;
}

Test(write, few_pages_are_compressed_by_themselves)
{
    sample_write(SNAPSHOT_AUTO);
    expect_sample();
    cr_assert(is_compressed());
}

Test(write, the_file_is_the_owners_alone)
{
    struct stat info;
    sample_write(SNAPSHOT_RAW);
    cr_assert_eq(stat(sample_path(), &info), 0);
    cr_assert_eq(info.st_mode & 07777, 0600);
    cr_assert_eq(sample_files(), 1);
}

Test(write, it_says_what_it_wrote)
{
    struct stat info;
    struct snapshot_written written;
    cr_assert(snapshot_write(sample_path(), sample_header(), sample_memories(), NULL,
                             &written, error, sizeof error));
    cr_assert_eq(stat(sample_path(), &info), 0);
    cr_assert_eq(written.n_bytes, (uint64_t)info.st_size);
    cr_assert_eq(written.page_bytes, 4 * SNAPSHOT_PAGE_BYTES);
}

/* Its own directory too: a path without one is in the current. */
Test(write, a_bare_name_is_enough)
{
    cr_assert_eq(chdir(sample_directory()), 0);
    cr_assert(snapshot_write("a.wsnap", sample_header(), sample_memories(), NULL, NULL,
                             error, sizeof error),
              "%s", error);
    expect_sample();
}

/* ---- Failures ---- */

static void expect_failure(const char *path, const char *word)
{
    cr_assert(!snapshot_write(path, sample_header(), sample_memories(), NULL, NULL, error,
                              sizeof error));
    cr_assert_not_null(strstr(error, word), "%s", error);
    cr_assert_not_null(strstr(error, path), "%s", error);
}

Test(write, a_missing_directory_is_an_error)
{
    expect_failure("/nonexistent/a.wsnap", "No such file or directory");
}

Test(write, a_directory_is_not_replaced)
{
    expect_failure(sample_directory(), "Is a directory");
    cr_assert_eq(sample_files(), 0);
}

Test(write, a_device_is_not_replaced)
{
    expect_failure("/dev/null", "cannot write");
}

Test(write, a_long_path_is_an_error)
{
    char path[5000];
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = '\0';
    cr_assert(!snapshot_write(path, sample_header(), sample_memories(), NULL, NULL, error,
                              sizeof error));
    cr_assert_not_null(strstr(error, "cannot write aaa"));
}

/* The limit on a file's size stands for the full disk. */
Test(write, a_full_disk_leaves_the_old_file)
{
    const struct rlimit limit = {2000, 2000};
    sample_store((const uint8_t *)"old", 3);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_failure(sample_path(), "File too large");
    size_t n = 0;
    uint8_t *bytes = sample_load(sample_path(), &n);
    cr_assert(n == 3 && memcmp(bytes, "old", 3) == 0);
    cr_assert_eq(sample_files(), 1);
    free(bytes);
}

/* However few are left: a snapshot is there, or it is told that there is none. */
Test(write, a_lack_of_descriptors_leaves_no_file)
{
    struct rlimit enough, few;
    int first = dup(STDERR_FILENO);
    close(first);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &enough), 0);
    few = enough;
    for (few.rlim_cur = (rlim_t)first; few.rlim_cur < (rlim_t)first + 4; few.rlim_cur++) {
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
        bool ok = snapshot_write(sample_path(), sample_header(), sample_memories(), NULL,
                                 NULL, error, sizeof error);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &enough), 0);
        cr_expect_eq(sample_files(), ok, "up to %d: %s", (int)few.rlim_cur,
                     ok ? "" : error);
        unlink(sample_path());
    }
}

Test(write, a_header_that_no_one_could_read_is_refused)
{
    Wanco__Snapshot__Header *h = sample_header();
    h->entry = NULL;
    cr_assert(!snapshot_write(sample_path(), h, sample_memories(), NULL, NULL, error,
                              sizeof error));
    cr_assert_not_null(strstr(error, "entry"));
    cr_assert_eq(sample_files(), 0);
}

Test(write, memories_are_those_of_the_header)
{
    Wanco__Snapshot__Header *h = sample_header();
    h->memories[0]->n_pages = 1;
    cr_assert(!snapshot_write(sample_path(), h, sample_memories(), NULL, NULL, error,
                              sizeof error));
    cr_assert_not_null(strstr(error, "size"));
    cr_assert_eq(sample_files(), 0);
}

Test(write, a_memory_whose_pages_are_bytes_may_end_anywhere)
{
    struct snapshot_memory memories[SAMPLE_MEMORIES] = {sample_memories()[0]};
    static _Alignas(4096) uint8_t base[2 * SNAPSHOT_PAGE_BYTES], loaded[sizeof base];
    memset(base + SNAPSHOT_PAGE_BYTES, 7, 3);
    memories[1] =
        (struct snapshot_memory){.base = base, .n_bytes = SNAPSHOT_PAGE_BYTES + 3};
    Wanco__Snapshot__Header *h = sample_header();
    h->memories[1]->page_bytes = 1;
    h->memories[1]->n_pages = SNAPSHOT_PAGE_BYTES + 3;
    cr_assert(snapshot_write(sample_path(), h, memories, NULL, NULL, error, sizeof error),
              "%s", error);
    struct snapshot *s = snapshot_open(sample_path(), error, sizeof error);
    cr_assert_not_null(s, "%s", error);
    cr_assert_eq(snapshot_n_blocks(s, 1), 1);
    cr_assert(snapshot_load_memory(s, 1, loaded, 0, error, sizeof error), "%s", error);
    cr_assert_arr_eq(loaded, base, sizeof base);
    snapshot_close(s);
}

/* ---- Large memories ---- */

enum { LARGE_WASM_PAGES = 1024 };
#define LARGE_BYTES ((uint64_t)LARGE_WASM_PAGES * SNAPSHOT_WASM_PAGE_BYTES)

/* Every second page, long runs, text that compresses and noise that doesn't. */
static uint8_t *large_memory(void)
{
    uint8_t *base = mmap(NULL, LARGE_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t noise = 88172645463325252;
    cr_assert_neq(base, MAP_FAILED);
    for (uint64_t page = 0; page < LARGE_BYTES / SNAPSHOT_PAGE_BYTES; page++) {
        uint8_t *p = base + page * SNAPSHOT_PAGE_BYTES;
        if (page < 1500 ? page % 2 == 0 : page % 1000 < 300)
            for (unsigned i = 0; i < SNAPSHOT_PAGE_BYTES; i += 8) {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                uint64_t word = page % 3 == 0 ? i * page : noise;
                memcpy(p + i, &word, sizeof word);
            }
    }
    return base;
}

/* Of its first pages of Wasm. */
static void write_part(const uint8_t *base, uint64_t n_pages,
                       enum snapshot_compression compression, unsigned n_threads)
{
    Wanco__Snapshot__Header *h = sample_header();
    const struct snapshot_options options = {.compression = compression,
                                             .n_threads = n_threads};
    const struct snapshot_memory memories[] = {
        {.base = base, .n_bytes = n_pages * SNAPSHOT_WASM_PAGE_BYTES},
        sample_memories()[1]};
    h->memories[0]->n_pages = h->memories[0]->max_pages = n_pages;
    cr_assert(
        snapshot_write(sample_path(), h, memories, &options, NULL, error, sizeof error),
        "%s", error);
}

static void write_large(const uint8_t *base, enum snapshot_compression compression,
                        unsigned n_threads)
{
    write_part(base, LARGE_WASM_PAGES, compression, n_threads);
}

static void expect_part(const uint8_t *base, uint64_t n_pages, unsigned n_threads)
{
    uint64_t n_bytes = n_pages * SNAPSHOT_WASM_PAGE_BYTES;
    struct snapshot *s = snapshot_open(sample_path(), error, sizeof error);
    cr_assert_not_null(s, "%s", error);
    uint8_t *loaded =
        mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(loaded, MAP_FAILED);
    cr_assert(snapshot_load_memory(s, 0, loaded, n_threads, error, sizeof error), "%s",
              error);
    cr_assert_eq(memcmp(base, loaded, n_bytes), 0);
    cr_assert(snapshot_check_blocks(s, n_threads, error, sizeof error), "%s", error);
    munmap(loaded, n_bytes);
    snapshot_close(s);
}

static void expect_large(const uint8_t *base, unsigned n_threads)
{
    expect_part(base, LARGE_WASM_PAGES, n_threads);
}

Test(write, large_memories_come_back_from_several_threads)
{
    uint8_t *base = large_memory();
    const enum snapshot_compression kinds[] = {SNAPSHOT_RAW, SNAPSHOT_ZSTD};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (unsigned n_threads = 1; n_threads <= 3; n_threads += 2) {
            write_large(base, kinds[i], n_threads);
            expect_large(base, n_threads);
        }
}

Test(write, up_to_2_mib_are_compressed_by_themselves)
{
    enum { PAGES_OF_2_MIB = 64 }; /* every other page is in use */
    uint8_t *base = large_memory();
    for (unsigned n_threads = 1; n_threads <= 3; n_threads += 2) {
        write_part(base, PAGES_OF_2_MIB, SNAPSHOT_AUTO, n_threads);
        expect_part(base, PAGES_OF_2_MIB, n_threads);
        cr_assert(is_compressed());
    }
    write_part(base, PAGES_OF_2_MIB + 2, SNAPSHOT_AUTO, 0);
    expect_part(base, PAGES_OF_2_MIB + 2, 0);
    cr_assert(!is_compressed());
}

Test(write, what_is_raw_depends_on_the_content_alone)
{
    uint8_t *base = large_memory();
    size_t n[2];
    uint8_t *bytes[2];
    for (unsigned i = 0; i < 2; i++) {
        write_large(base, SNAPSHOT_RAW, i * 2 + 1);
        bytes[i] = sample_load(sample_path(), &n[i]);
    }
    cr_assert_eq(n[0], n[1]);
    cr_assert_eq(memcmp(bytes[0], bytes[1], n[0]), 0);
}
