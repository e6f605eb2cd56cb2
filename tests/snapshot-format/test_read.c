/* Reading: what is refused, and with which line. Every truncation and every changed bit
 * is found; the golden files of every format version are read. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot-format/internal.h"
#include "tests/snapshot-format/sample.h"

static char error[512];

/* Whether all of a file is found good. */
static bool is_good(const char *path)
{
    struct snapshot *s = snapshot_open(path, error, sizeof error);
    bool ok = s != NULL && snapshot_check_blocks(s, 1, error, sizeof error);
    snapshot_close(s);
    return ok;
}

static void expect_refusal(const char *path, const char *words)
{
    error[0] = '\0';
    cr_assert(!is_good(path));
    cr_assert_not_null(strstr(error, words), "'%s' without '%s'", error, words);
    cr_assert_not_null(strstr(error, path), "%s", error);
    cr_assert_null(strchr(error, '\n'));
}

static void expect_refusal_of(const uint8_t *bytes, size_t n_bytes, const char *words)
{
    sample_store(bytes, n_bytes);
    expect_refusal(sample_path(), words);
}

static uint8_t *sample_bytes(enum snapshot_compression compression, size_t *n_bytes)
{
    sample_write(compression);
    return sample_load(sample_path(), n_bytes);
}

/* ---- What is no snapshot ---- */

Test(read, other_files_are_refused)
{
    expect_refusal("/nonexistent/x", "No such file or directory");
    expect_refusal(sample_directory(), "is a directory");
    expect_refusal("/dev/null", "not a regular file");
    expect_refusal_of((const uint8_t *)"", 0, "is empty");
    expect_refusal_of((const uint8_t *)"\0asm\1\0\0\0", 8, "is not a snapshot");
    expect_refusal_of((const uint8_t *)"WANCO", 5, "is not a snapshot");
}

Test(read, a_fifo_does_not_wait)
{
    cr_assert_eq(mkfifo(sample_path(), 0600), 0);
    expect_refusal(sample_path(), "not a regular file");
}

Test(read, what_may_not_be_read_is_an_error)
{
    if (geteuid() == 0) {
        cr_assert_eq(chmod(sample_directory(), 0755), 0);
        sample_write(SNAPSHOT_RAW);
        cr_assert_eq(seteuid(65534), 0);
    }
    expect_refusal(sample_path(), "Permission denied");
    cr_assert_eq(seteuid(0), 0);
}

Test(read, a_newer_format_is_named)
{
    size_t n;
    uint8_t *bytes = sample_bytes(SNAPSHOT_RAW, &n);
    bytes[8] = 2;
    expect_refusal_of(bytes, n, "has snapshot format 2, and this program reads format 1");
}

/* ---- Damage ---- */

Test(read, the_damaged_part_is_named)
{
    size_t n;
    uint8_t *bytes = sample_bytes(SNAPSHOT_RAW, &n);
    const struct {
        size_t at;
        const char *words;
    } flips[] = {{16, "damaged: its first bytes"},
                 {40, "damaged: its header"},
                 {4095, "damaged: bytes between its parts"},
                 {5000, "damaged: the pages at 0x0 of memory 0"},
                 {4 * 4096 + 1, "damaged: the pages at 0x4000 of memory 1"},
                 {5 * 4096 + 1, "damaged: its page directory"},
                 {n - 20, "damaged: its last bytes"},
                 {n - 1, "damaged: its last bytes"}};
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        bytes[flips[i].at] ^= 0x10;
        expect_refusal_of(bytes, n, flips[i].words);
        bytes[flips[i].at] ^= 0x10;
    }
}

/* A file in memory, which is quick to change. */
static char memory_path[32];
static int memory_file(const uint8_t *bytes, size_t n_bytes)
{
    int fd = memfd_create("snapshot", MFD_CLOEXEC);
    cr_assert_eq(pwrite(fd, bytes, n_bytes, 0), (ssize_t)n_bytes);
    snprintf(memory_path, sizeof memory_path, "/proc/self/fd/%d", fd);
    return fd;
}

static void flip_all(enum snapshot_compression compression, unsigned bits_per_byte)
{
    size_t n;
    uint8_t *bytes = sample_bytes(compression, &n);
    int fd = memory_file(bytes, n);
    cr_assert(is_good(memory_path), "%s", error);
    for (size_t i = 0; i < n; i++)
        for (unsigned bit = 0; bit < bits_per_byte; bit++) {
            uint8_t changed = bytes[i] ^ (uint8_t)(1 << (i + bit) % 8);
            cr_assert_eq(pwrite(fd, &changed, 1, (off_t)i), 1);
            cr_assert(!is_good(memory_path), "bit %zu.%zu", i, (i + bit) % 8);
            cr_assert_eq(pwrite(fd, bytes + i, 1, (off_t)i), 1);
        }
    cr_assert(is_good(memory_path), "%s", error);
    free(bytes);
    close(fd);
}

Test(read, every_changed_bit_is_found)
{
    flip_all(SNAPSHOT_ZSTD, 8);
}

Test(read, every_changed_byte_is_found)
{
    flip_all(SNAPSHOT_RAW, 1);
}

static void truncate_all(enum snapshot_compression compression)
{
    size_t n;
    uint8_t *bytes = sample_bytes(compression, &n);
    int fd = memory_file(bytes, n);
    while (n-- > 0) {
        cr_assert_eq(ftruncate(fd, (off_t)n), 0);
        cr_assert(!is_good(memory_path), "%zu", n);
        const char *words = n == 0 ? "is empty" : n < 8 ? "not a snapshot" : "truncated";
        cr_assert_not_null(strstr(error, words), "%zu: %s", n, error);
    }
    free(bytes);
    close(fd);
}

Test(read, every_truncation_is_found)
{
    truncate_all(SNAPSHOT_RAW);
    truncate_all(SNAPSHOT_ZSTD);
}

Test(read, what_follows_the_end_is_found)
{
    size_t n;
    uint8_t *bytes = sample_bytes(SNAPSHOT_RAW, &n);
    bytes = realloc(bytes, n + 4096);
    cr_assert_not_null(bytes);
    memset(bytes + n, 0, 4096);
    expect_refusal_of(bytes, n + 1, "something follows it");
    memcpy(bytes + n, bytes + n - 64, 64); /* a second end */
    expect_refusal_of(bytes, n + 64, "damaged: its last bytes");
    free(bytes);
}

/* ---- Hashes that are right around messages that are wrong ---- */

static uint64_t get64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

/* Changes a byte of a message, and its hash with it. */
static void change(uint8_t *bytes, size_t n, bool header, size_t at, uint8_t value)
{
    struct snapshot_trailer t;
    uint8_t *end = bytes + n - SNAPSHOT_TRAILER_BYTES;
    cr_assert_eq(snapshot_get_trailer(end, &t), SNAPSHOT_LAYOUT_OK);
    uint8_t *message = bytes + (header ? SNAPSHOT_PREFIX_BYTES : t.directory_offset);
    message[at] = value;
    t.header_hash = snapshot_hash(bytes + SNAPSHOT_PREFIX_BYTES, get64(bytes + 16));
    t.directory_hash = snapshot_hash(bytes + t.directory_offset, t.directory_bytes);
    snapshot_put_trailer(end, &t);
}

/* No crash, whatever it is, and an error or the same pages. */
Test(read, any_byte_of_the_messages_may_be_anything)
{
    size_t n;
    uint8_t *bytes = sample_bytes(SNAPSHOT_ZSTD, &n), *copy = malloc(n);
    size_t header_bytes = get64(bytes + 16);
    size_t directory_bytes = get64(bytes + n - SNAPSHOT_TRAILER_BYTES + 8);
    int fd = memory_file(bytes, n);
    const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < header_bytes + directory_bytes; i++)
        for (size_t v = 0; v < sizeof values; v++) {
            bool header = i < header_bytes;
            memcpy(copy, bytes, n);
            change(copy, n, header, header ? i : i - header_bytes, values[v]);
            cr_assert_eq(pwrite(fd, copy, n, 0), (ssize_t)n);
            is_good(memory_path);
        }
    free(bytes);
    free(copy);
    close(fd);
}

/* ---- Files of released versions ---- */

static void expect_golden(const char *path, const Wanco__Snapshot__Header *sample)
{
    struct snapshot *s = snapshot_open(path, error, sizeof error);
    cr_assert_not_null(s, "%s", error);
    cr_assert(sample_equals(snapshot_header(s), sample), "%s", path);
    for (uint32_t m = 0; m < SAMPLE_MEMORIES; m++) {
        const struct snapshot_memory *expected = &sample_memories()[m];
        uint8_t *base = calloc(1, expected->n_bytes);
        cr_assert(snapshot_load_memory(s, m, base, 1, error, sizeof error), "%s", error);
        cr_assert_eq(memcmp(base, expected->base, expected->n_bytes), 0, "%s", path);
        free(base);
    }
    cr_assert(snapshot_check_blocks(s, 1, error, sizeof error), "%s", error);
    snapshot_close(s);
}

Test(read, golden_files_stay_readable)
{
    expect_golden("tests/snapshot-format/golden/format-1-raw.wsnap", sample_header());
    expect_golden("tests/snapshot-format/golden/format-1-zstd.wsnap", sample_header());
    expect_golden("tests/snapshot-format/golden/format-1-moves.wsnap",
                  sample_header_with_moves());
    expect_golden("tests/snapshot-format/golden/format-1-exceptions.wsnap",
                  sample_header_with_exceptions());
    expect_golden("tests/snapshot-format/golden/format-1-page-sizes.wsnap",
                  sample_header_with_page_sizes());
}

/* The format is fixed: the same content is the same bytes. (What zstd makes of pages
 * depends on its version.) */
Test(read, raw_golden_files_are_what_is_written)
{
    size_t n, golden_bytes;
    uint8_t *bytes = sample_bytes(SNAPSHOT_RAW, &n);
    uint8_t *golden =
        sample_load("tests/snapshot-format/golden/format-1-raw.wsnap", &golden_bytes);
    cr_assert_eq(n, golden_bytes);
    cr_assert_eq(memcmp(bytes, golden, n), 0);
}
