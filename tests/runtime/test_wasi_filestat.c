#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

static const uint32_t follow = WASI_LOOKUP_SYMLINK_FOLLOW;
enum { ATIM = 1, ATIM_NOW = 2, MTIM = 4, MTIM_NOW = 8 };

static uint32_t filestat;

static uint32_t stat_path(uint32_t fd, const char *path, uint32_t lookup)
{
    if (!filestat)
        filestat = wasi_room(64);
    return rt_wasi_path_filestat_get(guest, fd, lookup, PATH(path), filestat);
}

static uint64_t field(uint32_t offset)
{
    return rt_wasi_load64(wasi_at(filestat + offset));
}

static uint32_t set_times(uint32_t fd, const char *path, uint32_t lookup, uint64_t mtim,
                          uint32_t flags)
{
    return rt_wasi_path_filestat_set_times(guest, fd, lookup, PATH(path), 1000000007,
                                           mtim, flags);
}

BOTH_WAYS(filestat, tells_what_the_host_knows)
{
    struct stat st;
    host_write("rw/file", "12345");
    cr_expect_eq(rt_wasi_path_link(guest, RW, 0, PATH("file"), RW, PATH("second")),
                 WASI_OK);
    cr_assert_eq(stat(host_path("rw/file"), &st), 0);
    cr_expect_eq(stat_path(RW, "file", 0), WASI_OK);
    cr_expect_eq(field(0), st.st_dev);
    cr_expect_eq(field(8), st.st_ino);
    cr_expect_eq(field(16), WASI_TYPE_REGULAR_FILE);
    cr_expect_eq(field(24), 2);
    cr_expect_eq(field(32), 5);
    cr_expect_eq(field(48),
                 (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec);
    cr_expect_eq(field(56),
                 (uint64_t)st.st_ctim.tv_sec * 1000000000 + (uint64_t)st.st_ctim.tv_nsec);
    cr_expect_eq(rt_wasi_fd_filestat_get(guest, RW, filestat), WASI_OK);
    cr_expect_eq(field(16), WASI_TYPE_DIRECTORY);
}

/* Its last byte is the memory's last one. */
BOTH_WAYS(filestat, unstable_has_a_narrow_count_of_links)
{
    struct stat st;
    uint32_t at = (uint32_t)rt_instance_memory(guest, 0)->n_bytes - 56;
    host_write("rw/file", "12345");
    link(host_path("rw/file"), strdup(host_path("rw/second")));
    cr_assert_eq(stat(host_path("rw/file"), &st), 0);
    uint32_t fd;
    cr_assert_eq(wasi_open_to_read(RW, "file", &fd), WASI_OK);
    for (int by_path = 0; by_path < 2; by_path++) {
        memset(wasi_at(at), 0xff, 56);
        cr_expect_eq(
            by_path ? rt_wasi_unstable_path_filestat_get(guest, RW, 0, PATH("file"), at)
                    : rt_wasi_unstable_fd_filestat_get(guest, fd, at),
            WASI_OK);
        cr_expect_eq(rt_wasi_load64(wasi_at(at + 8)), st.st_ino);
        cr_expect_eq(rt_wasi_load32(wasi_at(at + 16)), WASI_TYPE_REGULAR_FILE);
        cr_expect_eq(rt_wasi_load32(wasi_at(at + 20)), st.st_nlink);
        cr_expect_eq(rt_wasi_load64(wasi_at(at + 24)), 5);
        cr_expect_eq(rt_wasi_load64(wasi_at(at + 40)),
                     (uint64_t)st.st_mtim.tv_sec * 1000000000 +
                         (uint64_t)st.st_mtim.tv_nsec);
        cr_expect_eq(rt_wasi_load64(wasi_at(at + 48)),
                     (uint64_t)st.st_ctim.tv_sec * 1000000000 +
                         (uint64_t)st.st_ctim.tv_nsec);
    }
    cr_expect_eq(rt_wasi_unstable_fd_filestat_get(guest, fd, at + 1), WASI_EFAULT);
    cr_expect_eq(rt_wasi_unstable_path_filestat_get(guest, RW, 0, PATH("file"), at + 1),
                 WASI_EFAULT);
    cr_expect_eq(rt_wasi_unstable_path_filestat_get(guest, RW, 0, PATH("none"), at),
                 WASI_ENOENT);
}

BOTH_WAYS(filestat, follows_links_only_if_asked_to)
{
    host_write("rw/file", "12345");
    mkdir(host_path("rw/dir"), 0755);
    symlink("file", host_path("rw/link"));
    symlink("dir", host_path("rw/dir_link"));
    symlink("missing", host_path("rw/dangling"));
    cr_expect_eq(stat_path(RW, "link", 0), WASI_OK);
    cr_expect_eq(field(16), WASI_TYPE_SYMBOLIC_LINK);
    cr_expect_eq(field(32), 4);
    cr_expect_eq(stat_path(RW, "link", follow), WASI_OK);
    cr_expect_eq(field(16), WASI_TYPE_REGULAR_FILE);
    cr_expect_eq(stat_path(RW, "dir_link/", 0), WASI_OK);
    cr_expect_eq(field(16), WASI_TYPE_DIRECTORY);
    cr_expect_eq(stat_path(RW, "dangling", 0), WASI_OK);
    cr_expect_eq(stat_path(RW, "dangling", follow), WASI_ENOENT);
    cr_expect_eq(stat_path(RW, "link/", 0), WASI_ENOTDIR);
    cr_expect_eq(stat_path(RW, "file/", follow), WASI_ENOTDIR);
    cr_expect_eq(stat_path(RW, "missing", follow), WASI_ENOENT);
    cr_expect_eq(stat_path(RW, ".", follow), WASI_OK);
    cr_expect_eq(stat_path(RW, "dir/..", 0), WASI_OK);
    cr_expect_eq(field(16), WASI_TYPE_DIRECTORY);
}

BOTH_WAYS(filestat, sets_times_by_path)
{
    struct stat st;
    host_write("rw/file", "");
    symlink("file", host_path("rw/link"));
    cr_expect_eq(set_times(RW, "link", follow, 5, ATIM | MTIM), WASI_OK);
    stat(host_path("rw/file"), &st);
    cr_expect_eq(st.st_atim.tv_sec, 1);
    cr_expect_eq(st.st_atim.tv_nsec, 7);
    cr_expect_eq(st.st_mtim.tv_nsec, 5);
    cr_expect_eq(set_times(RW, "link", 0, 6, MTIM), WASI_OK);
    lstat(host_path("rw/link"), &st);
    cr_expect_eq(st.st_mtim.tv_nsec, 6);
    stat(host_path("rw/file"), &st);
    cr_expect_eq(st.st_mtim.tv_nsec, 5);
    cr_expect_eq(set_times(RW, "file", 0, 0, MTIM_NOW), WASI_OK);
    stat(host_path("rw/file"), &st);
    cr_expect_gt(st.st_mtim.tv_sec, 1000000);
    cr_expect_eq(st.st_atim.tv_sec, 1);
    cr_expect_eq(set_times(RW, "file", 0, 0, MTIM | MTIM_NOW), WASI_EINVAL);
    cr_expect_eq(set_times(RW, "file", 0, 0, ATIM | ATIM_NOW), WASI_EINVAL);
    cr_expect_eq(set_times(RW, "file", 0, 0, 16), WASI_EINVAL);
    cr_expect_eq(set_times(RW, "file/", 0, 0, MTIM), WASI_ENOTDIR);
    cr_expect_eq(set_times(RW, "missing", 0, 0, MTIM), WASI_ENOENT);
    cr_expect_eq(set_times(RO, "file", 0, 0, MTIM), WASI_EROFS);
}

TestSuite(wasi_filestat, .init = wasi_setup, .fini = wasi_teardown);

Test(wasi_filestat, sets_size_and_times_by_descriptor)
{
    struct stat st;
    uint32_t fd = wasi_create_file("file", "12345"), ro;
    cr_expect_eq(rt_wasi_fd_filestat_set_size(guest, fd, 3), WASI_OK);
    cr_expect(host_holds("rw/file", "123"));
    cr_expect_eq(rt_wasi_fd_filestat_set_size(guest, fd, UINT64_MAX), WASI_EINVAL);
    cr_expect_eq(rt_wasi_fd_filestat_set_size(guest, RW, 0), WASI_EISDIR);
    cr_expect_eq(rt_wasi_fd_filestat_set_times(guest, fd, 9, 1, ATIM), WASI_OK);
    stat(host_path("rw/file"), &st);
    cr_expect_eq(st.st_atim.tv_nsec, 9);
    cr_expect_gt(st.st_mtim.tv_sec, 0);
    cr_expect_eq(rt_wasi_fd_filestat_set_times(guest, fd, 9, 1, ATIM | ATIM_NOW),
                 WASI_EINVAL);
    cr_assert_eq(wasi_open_to_read(RO, "file", &ro), WASI_OK);
    cr_expect_eq(rt_wasi_fd_filestat_set_times(guest, ro, 9, 1, ATIM), WASI_EROFS);
    cr_expect_eq(rt_wasi_fd_filestat_set_size(guest, ro, 0), WASI_ENOTCAPABLE);
    cr_expect_eq(rt_wasi_fd_filestat_set_times(guest, RO, 9, 1, ATIM), WASI_EROFS);
}

Test(wasi_filestat, knows_sockets)
{
    uint32_t fd, out = wasi_room(64);
    cr_assert_eq(rt_wasi_inherit(wasi, socket(AF_UNIX, SOCK_DGRAM, 0), &fd), WASI_OK);
    cr_expect_eq(rt_wasi_fd_filestat_get(guest, fd, out), WASI_OK);
    cr_expect_eq(*wasi_at(out + 16), WASI_TYPE_SOCKET_DGRAM);
    cr_assert_eq(rt_wasi_inherit(wasi, socket(AF_UNIX, SOCK_STREAM, 0), &fd), WASI_OK);
    cr_expect_eq(rt_wasi_fd_filestat_get(guest, fd, out), WASI_OK);
    cr_expect_eq(*wasi_at(out + 16), WASI_TYPE_SOCKET_STREAM);
    cr_expect_eq(rt_wasi_fd_filestat_get(guest, fd, 2 * RT_PAGE_BYTES - 63), WASI_EFAULT);
}
