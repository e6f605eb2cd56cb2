#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_moved.h"

TestSuite(wasi_unlinked, .init = wasi_setup, .fini = wasi_teardown);

static uint32_t open_with(const char *path, uint64_t rights, uint32_t fdflags)
{
    uint32_t opened = wasi_room(4);
    cr_assert_eq(
        rt_wasi_path_open(guest, RW, 0, PATH(path), 0, rights, 0, fdflags, opened),
        WASI_OK);
    return rt_wasi_load32(wasi_at(opened));
}

static void expect_content(uint32_t fd, const char *content)
{
    uint32_t buffer = wasi_room(64), n_read = wasi_room(4);
    cr_expect_eq(rt_wasi_fd_pread(guest, fd, wasi_iovec(buffer, 64), 1, 0, n_read),
                 WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(n_read)), strlen(content));
    cr_expect_arr_eq(wasi_at(buffer), content, strlen(content));
}

static uint64_t offset_of(uint32_t fd)
{
    uint32_t at = wasi_room(8);
    cr_expect_eq(rt_wasi_fd_tell(guest, fd, at), WASI_OK);
    return rt_wasi_load64(wasi_at(at));
}

static void unlink_file(const char *path)
{
    cr_assert_eq(rt_wasi_path_unlink_file(guest, RW, PATH(path)), WASI_OK);
}

Test(wasi_unlinked, content_offset_and_time_travel)
{
    uint32_t fd = wasi_create_file("file", "content"), stat = wasi_room(64);
    const struct timespec times[2] = {{0, UTIME_OMIT}, {1500000000, 7}};
    unlink_file("file");
    cr_assert_eq(futimens(wasi->fds[fd].host_fd, times), 0);
    for (int hop = 0; hop < 3; hop++) {
        move();
        expect_content(fd, "content");
        cr_expect_eq(offset_of(fd), 7);
        cr_expect_eq(rt_wasi_fd_filestat_get(guest, fd, stat), WASI_OK);
        cr_expect_eq(wasi_at(stat)[16], WASI_TYPE_REGULAR_FILE);
        cr_expect_eq(rt_wasi_load64(wasi_at(stat) + 24), 0, "links");
        cr_expect_eq(rt_wasi_load64(wasi_at(stat) + 32), 7, "bytes");
        cr_expect_eq(rt_wasi_load64(wasi_at(stat) + 48), 1500000000000000007, "time");
    }
    cr_expect_eq(write_text(fd, "!"), WASI_OK);
    expect_content(fd, "content!");
    cr_expect_not(host_exists("rw/file"));
}

Test(wasi_unlinked, replaced_files_are_unlinked)
{
    uint32_t old = wasi_create_file("file", "old"), new = wasi_create_file("new", "new");
    cr_assert_eq(rt_wasi_path_rename(guest, RW, PATH("new"), RW, PATH("file")), WASI_OK);
    move();
    expect_content(old, "old");
    expect_content(new, "new");
    cr_expect(host_holds("rw/file", "new"));
}

/* Two descriptors of one file share it, each with its own offset and rights. */
Test(wasi_unlinked, descriptors_share_a_file)
{
    uint32_t first = wasi_create_file("file", "0123456789");
    uint32_t other = wasi_create_file("other", "other");
    uint32_t log =
        open_with("file", WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_TELL, WASI_FD_APPEND);
    uint32_t in = open_with(
        "file", WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL, 0);
    unlink_file("file");
    unlink_file("other");
    saved = rt_wasi_save(wasi, error, sizeof error);
    cr_assert_not_null(saved, "%s", error);
    cr_expect_eq(saved->n_unlinked_files, 2);
    wanco__snapshot__wasi__free_unpacked(saved, NULL);
    for (int hop = 0; hop < 2; hop++)
        move();
    cr_expect_eq(offset_of(first), 10);
    cr_expect_eq(offset_of(in), 0);
    cr_expect_eq(write_text(log, "+"), WASI_OK);
    expect_content(in, "0123456789+");
    expect_content(first, "0123456789+");
    expect_content(other, "other");
    cr_expect_eq(write_text(in, "x"), WASI_ENOTCAPABLE);
    cr_expect_eq(fcntl(wasi->fds[in].host_fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    cr_expect_eq(fcntl(wasi->fds[log].host_fd, F_GETFL) & (O_ACCMODE | O_APPEND),
                 O_WRONLY | O_APPEND);
}

Test(wasi_unlinked, files_open_only_for_writing)
{
    rt_wasi_fd_close(guest, wasi_create_file("file", "content"));
    uint32_t fd = open_with("file", WASI_RIGHT_FD_WRITE, 0);
    unlink_file("file");
    move();
    cr_expect_eq(write_text(fd, "CON"), WASI_OK);
    char text[8] = "", link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", wasi->fds[fd].host_fd);
    int host_fd = open(link, O_RDONLY);
    cr_expect_eq(read(host_fd, text, 7), 7);
    cr_expect_str_eq(text, "CONtent");
}

/* The limit counts all files of a snapshot, holes included. */
Test(wasi_unlinked, files_that_are_too_large)
{
    uint32_t fd = wasi_create_file("file", "");
    uint32_t second = wasi_create_file("second", "1");
    unlink_file("file");
    unlink_file("second");
    cr_assert_eq(rt_wasi_fd_filestat_set_size(guest, fd, MAX_UNLINKED), WASI_OK);
    cr_expect_null(rt_wasi_save(wasi, error, sizeof error));
    cr_expect_str_eq(error, "descriptor 6 ('/rw/second') is an unlinked file of 1 bytes, "
                            "and snapshots may hold 100000 of such files: start with a "
                            "larger --max-unlinked");
    rt_wasi_fd_close(guest, second);
    move();
    cr_assert_eq(rt_wasi_fd_filestat_set_size(guest, fd, UINT64_C(1) << 40), WASI_OK);
    cr_expect_null(rt_wasi_save(wasi, error, sizeof error));
    cr_expect_str_eq(error, "descriptor 5 ('/rw/file') is an unlinked file of "
                            "1099511627776 bytes, and snapshots may hold 100000 of such "
                            "files: start with a larger --max-unlinked");
}

Test(wasi_unlinked, empty_files)
{
    uint32_t fd = wasi_create_file("file", "");
    unlink_file("file");
    move();
    expect_content(fd, "");
}
