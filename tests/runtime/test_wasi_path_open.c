#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

static uint32_t opened;

static uint32_t open_as(const char *path, uint32_t lookup, uint32_t oflags,
                        uint64_t rights, uint32_t fdflags)
{
    if (!opened)
        opened = wasi_room(4);
    return rt_wasi_path_open(guest, RW, lookup, PATH(path), oflags, rights, 0, fdflags,
                             opened);
}

static uint64_t rights_of(uint32_t fd)
{
    return wasi->fds[fd].rights_base;
}

BOTH_WAYS(path_open, creates_and_truncates)
{
    uint32_t fd;
    cr_expect_eq(wasi_open(RW, "file", 0, &fd), WASI_ENOENT);
    cr_expect_eq(wasi_open(RW, "file", WASI_O_CREAT, &fd), WASI_OK);
    cr_expect_eq(fd, 5, "the lowest free number");
    cr_expect_eq(wasi_open(RW, "file", WASI_O_CREAT | WASI_O_EXCL, &fd), WASI_EEXIST);
    host_write("rw/file", "text");
    cr_expect_eq(wasi_open(RW, "file", WASI_O_TRUNC, &fd), WASI_OK);
    cr_expect(host_holds("rw/file", ""));
    cr_expect_eq(wasi_open(RW, "file", WASI_O_CREAT | WASI_O_DIRECTORY, &fd),
                 WASI_EINVAL);
    cr_expect_eq(wasi_open(RW, "file", 16, &fd), WASI_EINVAL);
    cr_expect_eq(wasi_open(RW, "missing/file", WASI_O_CREAT, &fd), WASI_ENOENT);
    cr_expect_eq(wasi_open(RW, "", WASI_O_CREAT, &fd), WASI_ENOENT);
}

BOTH_WAYS(path_open, knows_trailing_slashes)
{
    uint32_t fd;
    mkdir(host_path("rw/dir"), 0755);
    host_write("rw/file", "");
    cr_expect_eq(wasi_open_to_read(RW, "file/", &fd), WASI_ENOTDIR);
    cr_expect_eq(wasi_open_to_read(RW, "file///", &fd), WASI_ENOTDIR);
    cr_expect_eq(wasi_open_to_read(RW, "missing/", &fd), WASI_ENOENT);
    cr_expect_eq(wasi_open_to_read(RW, "dir/", &fd), WASI_OK);
    cr_expect_eq(wasi_open_to_read(RW, "dir///", &fd), WASI_OK);
    cr_expect_eq(wasi_open(RW, "new/", WASI_O_CREAT, &fd), WASI_EISDIR);
    cr_expect_not(host_exists("rw/new"));
}

BOTH_WAYS(path_open, follows_links_only_if_asked_to)
{
    const uint32_t follow = WASI_LOOKUP_SYMLINK_FOLLOW;
    mkdir(host_path("rw/dir"), 0755);
    host_write("rw/file", "");
    symlink("dir", host_path("rw/dir_link"));
    symlink("file", host_path("rw/file_link"));
    cr_expect_eq(open_as("file_link", 0, 0, 0, 0), WASI_ELOOP);
    cr_expect_eq(open_as("dir_link", 0, 0, 0, 0), WASI_ELOOP);
    uint32_t error = open_as("dir_link", 0, WASI_O_DIRECTORY, 0, 0);
    cr_expect(error == WASI_ELOOP || error == WASI_ENOTDIR);
    cr_expect_eq(open_as("dir_link/", 0, 0, 0, 0), WASI_OK);
    cr_expect_eq(open_as("file_link", follow, 0, 0, 0), WASI_OK);
    cr_expect_eq(open_as("dir_link", follow, WASI_O_DIRECTORY, 0, 0), WASI_OK);
    cr_expect_eq(open_as("file_link", follow, WASI_O_DIRECTORY, 0, 0), WASI_ENOTDIR);
    cr_expect_eq(open_as("file", 0, WASI_O_DIRECTORY, 0, 0), WASI_ENOTDIR);
}

BOTH_WAYS(path_open, opens_directories)
{
    uint32_t fd;
    mkdir(host_path("rw/dir"), 0755);
    cr_expect_eq(wasi_open_to_read(RW, "dir", &fd), WASI_OK);
    cr_expect_eq(wasi->fds[fd].filetype, WASI_TYPE_DIRECTORY);
    cr_expect_eq(rights_of(fd) & (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_READ), 0);
    cr_expect_eq(wasi->fds[fd].rights_inheriting, ALL_RIGHTS);
    cr_expect_str_eq(wasi->fds[fd].path, "dir");
    mkdir(host_path("rw/dir/inner"), 0755);
    cr_expect_eq(wasi_open_to_read(fd, "inner", &fd), WASI_OK);
    cr_expect_str_eq(wasi->fds[fd].path, "dir/inner");
    cr_expect_eq(wasi_open_to_read(RW, ".", &fd), WASI_OK);
    cr_expect_not(wasi->fds[fd].is_preopen);
    cr_expect_eq(wasi_open(RW, "dir", 0, &fd), WASI_EISDIR, "to write");
}

BOTH_WAYS(path_open, gives_the_rights_asked_for)
{
    host_write("rw/file", "text");
    cr_assert_eq(open_as("file", 0, 0, WASI_RIGHT_FD_READ, 0), WASI_OK);
    uint32_t fd = rt_wasi_load32(wasi_at(opened)), n = wasi_room(4);
    cr_expect_eq(rights_of(fd), WASI_RIGHT_FD_READ);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, wasi_ciovec("x"), 1, n), WASI_ENOTCAPABLE);
    cr_assert_eq(open_as("file", 0, 0, WASI_RIGHT_FD_WRITE, 0), WASI_OK);
    fd = rt_wasi_load32(wasi_at(opened));
    cr_expect_eq(rt_wasi_fd_read(guest, fd, wasi_ciovec("x"), 1, n), WASI_ENOTCAPABLE);
    cr_expect_eq(open_as("file", 0, 0, UINT64_MAX, 0), WASI_OK,
                 "unknown rights are ignored");
    fd = rt_wasi_load32(wasi_at(opened));
    cr_expect_eq(rights_of(fd) & WASI_RIGHT_PATH_OPEN, 0);
    cr_assert_eq(open_as("file", 0, 0, WASI_RIGHT_FD_FILESTAT_SET_SIZE, 0), WASI_OK);
    fd = rt_wasi_load32(wasi_at(opened));
    cr_expect_eq(rt_wasi_fd_filestat_set_size(guest, fd, 2), WASI_OK);
    cr_expect(host_holds("rw/file", "te"));
}

BOTH_WAYS(path_open, needs_rights)
{
    host_write("rw/file", "text");
    const uint64_t inheriting = ALL_RIGHTS & ~(uint64_t)WASI_RIGHT_FD_WRITE;
    rt_wasi_fd_fdstat_set_rights(guest, RW, rights_of(RW), inheriting);
    cr_expect_eq(open_as("file", 0, 0, WASI_RIGHT_FD_WRITE, 0), WASI_ENOTCAPABLE);
    cr_expect_eq(open_as("file", 0, 0, WASI_RIGHT_FD_READ, 0), WASI_OK);
    cr_expect_eq(open_as("file", 0, WASI_O_TRUNC, 0, 0), WASI_OK);
    const uint64_t base = WASI_RIGHT_PATH_OPEN | WASI_RIGHT_PATH_CREATE_FILE;
    cr_assert_eq(rt_wasi_fd_fdstat_set_rights(guest, RW, base, WASI_RIGHT_FD_READ),
                 WASI_OK);
    cr_expect_eq(open_as("file", 0, WASI_O_TRUNC, 0, 0), WASI_ENOTCAPABLE);
    cr_expect_eq(open_as("file", 0, 0, 0, WASI_FD_DSYNC), WASI_ENOTCAPABLE);
    cr_expect_eq(open_as("file", 0, 0, 0, WASI_FD_SYNC), WASI_ENOTCAPABLE);
    cr_expect_eq(open_as("new", 0, WASI_O_CREAT, 0, 0), WASI_OK);
    rt_wasi_fd_fdstat_set_rights(guest, RW, WASI_RIGHT_PATH_OPEN, 0);
    cr_expect_eq(open_as("newer", 0, WASI_O_CREAT, 0, 0), WASI_ENOTCAPABLE);
    cr_expect_eq(open_as("new", 0, 0, 0, 0), WASI_OK);
    rt_wasi_fd_fdstat_set_rights(guest, RW, 0, 0);
    cr_expect_eq(open_as("new", 0, 0, 0, 0), WASI_ENOTCAPABLE);
}

BOTH_WAYS(path_open, sets_flags)
{
    const uint32_t flags = WASI_FD_APPEND | WASI_FD_NONBLOCK | WASI_FD_SYNC;
    cr_assert_eq(open_as("file", 0, WASI_O_CREAT, WASI_RIGHT_FD_WRITE, flags), WASI_OK);
    uint32_t fd = rt_wasi_load32(wasi_at(opened));
    int host = fcntl(wasi->fds[fd].host_fd, F_GETFL);
    cr_expect_eq(host & (O_APPEND | O_NONBLOCK), O_APPEND | O_NONBLOCK);
    cr_expect_eq(host & O_SYNC, O_SYNC);
    cr_expect_eq(wasi->fds[fd].fdflags, flags);
    cr_expect_eq(fcntl(wasi->fds[fd].host_fd, F_GETFD), FD_CLOEXEC);
    cr_expect_eq(open_as("file", 0, 0, 0, 32), WASI_EINVAL);
}

BOTH_WAYS(path_open, a_read_only_preopen_is_a_read_only_file_system)
{
    uint32_t fd;
    cr_expect_eq(wasi_open_to_read(RO, "file", &fd), WASI_OK);
    cr_expect_eq(wasi_open(RO, "file", 0, &fd), WASI_EROFS);
    const uint64_t read = WASI_RIGHT_FD_READ;
    uint32_t out = wasi_room(4), creat = WASI_O_CREAT, excl = WASI_O_CREAT | WASI_O_EXCL;
    cr_expect_eq(rt_wasi_path_open(guest, RO, 0, PATH("file"), creat, read, 0, 0, out),
                 WASI_OK);
    cr_expect_eq(rt_wasi_path_open(guest, RO, 0, PATH("file"), excl, read, 0, 0, out),
                 WASI_EEXIST);
    cr_expect_eq(rt_wasi_path_open(guest, RO, 0, PATH("new"), creat, read, 0, 0, out),
                 WASI_EROFS);
    cr_expect_eq(
        rt_wasi_path_open(guest, RO, 0, PATH("file"), WASI_O_TRUNC, read, 0, 0, out),
        WASI_EROFS);
    cr_expect_eq(wasi_open_to_read(RO, "dir", &fd), WASI_OK);
    cr_expect_eq(rt_wasi_path_create_directory(guest, fd, PATH("new")), WASI_EROFS);
    cr_expect(host_holds("ro/file", "constant"));
    cr_expect_not(host_exists("ro/new"));
}

BOTH_WAYS(path_open, too_many_open_files_are_an_error)
{
    struct rlimit limit = {32, 32};
    uint32_t fd, error = WASI_OK, path = wasi_put("file"), out = wasi_room(4);
    host_write("rw/file", "");
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < 64 && !error; i++)
        error = rt_wasi_path_open(guest, RW, 0, path, 4, 0, 0, 0, 0, out);
    cr_expect_eq(error, WASI_EMFILE);
    cr_expect_eq(rt_wasi_fd_close(guest, rt_wasi_load32(wasi_at(out))), WASI_OK);
    cr_expect_eq(wasi_open_to_read(RW, "file", &fd), WASI_OK);
}

BOTH_WAYS(path_open, checks_what_the_guest_passes)
{
    uint32_t out = wasi_room(4), nul = wasi_room(8), bad = wasi_put("a\xff");
    host_write("rw/a", "");
    memcpy(wasi_at(nul), "a\0", 2);
    cr_expect_eq(rt_wasi_path_open(guest, RW, 0, nul, 2, 0, 0, 0, 0, out), WASI_EILSEQ);
    cr_expect_eq(rt_wasi_path_open(guest, RW, 0, bad, 2, 0, 0, 0, 0, out), WASI_EILSEQ);
    cr_expect_eq(rt_wasi_path_open(guest, RW, 0, UINT32_MAX, 2, 0, 0, 0, 0, out),
                 WASI_EFAULT);
    cr_expect_eq(rt_wasi_path_open(guest, RW, 0, 0, UINT32_MAX, 0, 0, 0, 0, out),
                 WASI_EFAULT);
    cr_expect_eq(
        rt_wasi_path_open(guest, RW, 0, nul, 1, 0, 0, 0, 0, 2 * RT_PAGE_BYTES - 3),
        WASI_EFAULT);
    cr_expect_eq(rt_wasi_path_open(guest, 77, 0, nul, 1, 0, 0, 0, 0, out), WASI_EBADF);
    cr_expect_eq(rt_wasi_path_open(guest, 1, 0, nul, 1, 0, 0, 0, 0, out), WASI_ENOTDIR);
}
