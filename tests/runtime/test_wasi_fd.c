#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_fd, .init = wasi_setup, .fini = wasi_teardown);

static uint32_t last;

static uint64_t result(void)
{
    return rt_wasi_load64(wasi_at(last));
}

static uint32_t seek(uint32_t fd, int64_t delta, uint32_t whence)
{
    last = wasi_room(8);
    return rt_wasi_fd_seek(guest, fd, (uint64_t)delta, whence, last);
}

Test(wasi_fd, close_frees_the_number)
{
    uint32_t a = wasi_create_file("a", ""), b = wasi_create_file("b", ""), c;
    cr_expect_eq(rt_wasi_fd_close(guest, a), WASI_OK);
    cr_expect_eq(rt_wasi_fd_close(guest, a), WASI_EBADF);
    cr_expect_eq(wasi_open(RW, "b", 0, &c), WASI_OK);
    cr_expect_eq(c, a);
    cr_expect_eq(rt_wasi_fd_close(guest, b), WASI_OK);
    cr_expect_eq(rt_wasi_fd_close(guest, UINT32_MAX), WASI_EBADF);
}

Test(wasi_fd, closing_a_standard_stream_keeps_the_hosts)
{
    uint32_t fd;
    cr_expect_eq(rt_wasi_fd_close(guest, 2), WASI_OK);
    cr_expect_geq(fcntl(2, F_GETFD), 0);
    host_write("rw/file", "");
    cr_expect_eq(wasi_open(RW, "file", 0, &fd), WASI_OK);
    cr_expect_eq(fd, 2);
    cr_expect_gt(wasi->fds[fd].host_fd, 2);
}

Test(wasi_fd, renumber_moves)
{
    uint32_t a = wasi_create_file("a", "aaaa"), b = wasi_create_file("b", "bb");
    int host_b = wasi->fds[b].host_fd;
    cr_expect_eq(rt_wasi_fd_renumber(guest, a, b), WASI_OK);
    cr_expect_eq(seek(b, 0, 1), WASI_OK);
    cr_expect_eq(result(), 4);
    cr_expect_eq(seek(a, 0, 1), WASI_EBADF);
    cr_expect_eq(fcntl(host_b, F_GETFD), -1);
    cr_expect_eq(rt_wasi_fd_renumber(guest, b, b), WASI_OK);
    cr_expect_eq(rt_wasi_fd_renumber(guest, b, a), WASI_EBADF);
    cr_expect_eq(rt_wasi_fd_renumber(guest, a, b), WASI_EBADF);
    cr_expect_eq(rt_wasi_fd_renumber(guest, b, RW), WASI_OK);
    cr_expect_eq(rt_wasi_fd_prestat_get(guest, RW, 16), WASI_EBADF);
    cr_expect_eq(rt_wasi_fd_renumber(guest, 1, 2), WASI_OK);
    cr_expect_eq(rt_wasi_fd_close(guest, 2), WASI_OK);
    cr_expect_geq(fcntl(1, F_GETFD), 0);
}

Test(wasi_fd, unstable_has_other_numbers_for_whence)
{
    uint32_t fd = wasi_create_file("file", "0123456789"), at = wasi_room(8);
    cr_expect_eq(rt_wasi_unstable_fd_seek(guest, fd, (uint64_t)-3, 0, at), WASI_OK);
    cr_expect_eq(rt_wasi_load64(wasi_at(at)), 7, "cur");
    cr_expect_eq(rt_wasi_unstable_fd_seek(guest, fd, (uint64_t)-1, 1, at), WASI_OK);
    cr_expect_eq(rt_wasi_load64(wasi_at(at)), 9, "end");
    cr_expect_eq(rt_wasi_unstable_fd_seek(guest, fd, 2, 2, at), WASI_OK);
    cr_expect_eq(rt_wasi_load64(wasi_at(at)), 2, "set");
    cr_expect_eq(rt_wasi_unstable_fd_seek(guest, fd, 0, 3, at), WASI_EINVAL);
    cr_expect_eq(rt_wasi_unstable_fd_seek(guest, fd, 0, UINT32_MAX, at), WASI_EINVAL);
    cr_expect_eq(rt_wasi_unstable_fd_seek(guest, fd, 0, 0, UINT32_MAX), WASI_EFAULT);
    cr_expect_eq(rt_wasi_unstable_fd_seek(guest, 99, 0, 0, at), WASI_EBADF);
}

Test(wasi_fd, seeks_and_tells)
{
    uint32_t fd = wasi_create_file("file", "0123456789");
    cr_expect_eq(seek(fd, 0, 1), WASI_OK);
    cr_expect_eq(result(), 10);
    cr_expect_eq(seek(fd, 4, 0), WASI_OK);
    cr_expect_eq(result(), 4);
    cr_expect_eq(seek(fd, -1, 1), WASI_OK);
    cr_expect_eq(result(), 3);
    cr_expect_eq(seek(fd, -2, 2), WASI_OK);
    cr_expect_eq(result(), 8);
    cr_expect_eq(seek(fd, 100, 2), WASI_OK);
    cr_expect_eq(seek(fd, -1, 0), WASI_EINVAL);
    cr_expect_eq(seek(fd, 0, 3), WASI_EINVAL);
    cr_expect_eq(rt_wasi_fd_tell(guest, fd, last), WASI_OK);
    cr_expect_eq(result(), 110);
    cr_expect_eq(seek(RW, 0, 1), WASI_EISDIR);
    cr_expect_eq(rt_wasi_fd_tell(guest, RW, last), WASI_EISDIR);
    cr_expect_eq(rt_wasi_fd_tell(guest, fd, UINT32_MAX - 3), WASI_EFAULT);
    uint64_t rights = WASI_RIGHT_FD_TELL;
    rt_wasi_fd_fdstat_set_rights(guest, fd, rights, 0);
    cr_expect_eq(seek(fd, 0, 1), WASI_OK);
    cr_expect_eq(seek(fd, 1, 1), WASI_ENOTCAPABLE);
}

Test(wasi_fd, fdstat_tells_type_flags_and_rights)
{
    uint32_t stat = wasi_room(24);
    cr_expect_eq(rt_wasi_fd_fdstat_get(guest, RW, stat), WASI_OK);
    const uint8_t *p = wasi_at(stat);
    cr_expect_eq(p[0], WASI_TYPE_DIRECTORY);
    cr_expect_eq(rt_wasi_load16(p + 2), 0);
    cr_expect_eq(rt_wasi_load64(p + 8) & WASI_RIGHT_FD_FILESTAT_SET_SIZE, 0);
    cr_expect_neq(rt_wasi_load64(p + 8) & WASI_RIGHT_FD_READDIR, 0);
    cr_expect_eq(rt_wasi_load64(p + 16), ALL_RIGHTS);
    uint32_t fd = wasi_create_file("file", "");
    cr_expect_eq(rt_wasi_fd_fdstat_get(guest, fd, stat), WASI_OK);
    cr_expect_eq(p[0], WASI_TYPE_REGULAR_FILE);
    cr_expect_eq(rt_wasi_load64(p + 16), 0);
    cr_expect_eq(rt_wasi_fd_fdstat_get(guest, fd, 2 * RT_PAGE_BYTES - 23), WASI_EFAULT);
}

Test(wasi_fd, a_null_device_is_no_terminal)
{
    uint32_t fd;
    int host_fd = open("/dev/null", O_RDONLY);
    cr_assert_eq(rt_wasi_inherit(wasi, host_fd, &fd), WASI_OK);
    cr_expect_eq(wasi->fds[fd].filetype, WASI_TYPE_CHARACTER_DEVICE);
    cr_expect_neq(wasi->fds[fd].rights_base & WASI_RIGHT_FD_SEEK, 0);
    cr_expect_eq(wasi->fds[fd].rights_base & WASI_RIGHT_FD_WRITE, 0);
    host_fd = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert_eq(rt_wasi_inherit(wasi, host_fd, &fd), WASI_OK);
    cr_expect_eq(wasi->fds[fd].filetype, WASI_TYPE_CHARACTER_DEVICE);
    cr_expect_eq(wasi->fds[fd].rights_base & (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL),
                 0);
}

/* The guest was not given it as a preopen. */
Test(wasi_fd, an_inherited_directory_opens_nothing)
{
    uint32_t fd, other;
    int host_fd = open(host_path("outside"), O_RDONLY | O_DIRECTORY);
    cr_assert_eq(rt_wasi_inherit(wasi, host_fd, &fd), WASI_OK);
    cr_expect_eq(wasi_open_to_read(fd, "secret", &other), WASI_ENOTCAPABLE);
    cr_expect_eq(rt_wasi_path_unlink_file(guest, fd, PATH("secret")), WASI_ENOTCAPABLE);
    cr_expect_eq(rt_wasi_fd_readdir(guest, fd, 16, 16, 0, 16), WASI_ENOTCAPABLE);
    cr_expect_eq(rt_wasi_fd_prestat_get(guest, fd, 16), WASI_EBADF);
}

Test(wasi_fd, sets_flags)
{
    uint32_t fd = wasi_create_file("file", "text"), n = wasi_room(4);
    const uint32_t flags = WASI_FD_APPEND | WASI_FD_NONBLOCK;
    cr_expect_eq(rt_wasi_fd_fdstat_set_flags(guest, fd, flags), WASI_OK);
    seek(fd, 0, 0);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, wasi_ciovec("!"), 1, n), WASI_OK);
    cr_expect(host_holds("rw/file", "text!"));
    cr_expect_eq(wasi->fds[fd].fdflags, flags);
    cr_expect_eq(rt_wasi_fd_fdstat_set_flags(guest, fd, WASI_FD_SYNC), WASI_ENOTSUP);
    cr_expect_eq(rt_wasi_fd_fdstat_set_flags(guest, fd, 64), WASI_EINVAL);
    cr_expect_eq(rt_wasi_fd_fdstat_set_flags(guest, fd, 0), WASI_OK);
    cr_expect_eq(fcntl(wasi->fds[fd].host_fd, F_GETFL) & (O_APPEND | O_NONBLOCK), 0);
}

Test(wasi_fd, rights_only_shrink)
{
    uint32_t fd = wasi_create_file("file", ""), n = wasi_room(4);
    uint64_t rights = wasi->fds[fd].rights_base;
    uint64_t fewer = rights & ~(uint64_t)WASI_RIGHT_FD_WRITE;
    cr_expect_eq(rt_wasi_fd_fdstat_set_rights(guest, fd, rights, 0), WASI_OK);
    cr_expect_eq(rt_wasi_fd_fdstat_set_rights(guest, fd, fewer, 0), WASI_OK);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, wasi_ciovec("!"), 1, n), WASI_ENOTCAPABLE);
    cr_expect_eq(rt_wasi_fd_fdstat_set_rights(guest, fd, rights, 0), WASI_ENOTCAPABLE);
    cr_expect_eq(rt_wasi_fd_fdstat_set_rights(guest, fd, fewer, 1), WASI_ENOTCAPABLE);
}

Test(wasi_fd, advises_and_allocates)
{
    uint32_t fd = wasi_create_file("file", ""), readable;
    struct stat st;
    for (uint32_t advice = 0; advice < 6; advice++)
        cr_expect_eq(rt_wasi_fd_advise(guest, fd, 0, 100, advice), WASI_OK);
    cr_expect_eq(rt_wasi_fd_advise(guest, fd, 0, 100, 6), WASI_EINVAL);
    cr_expect_eq(rt_wasi_fd_advise(guest, fd, UINT64_MAX, 1, 0), WASI_EINVAL);
    cr_expect_eq(rt_wasi_fd_advise(guest, fd, INT64_MAX, 1, 0), WASI_EINVAL);
    uint32_t error = rt_wasi_fd_allocate(guest, fd, 100, 100);
    stat(host_path("rw/file"), &st);
    cr_expect(error == WASI_ENOTSUP || (error == WASI_OK && st.st_size == 200));
    cr_expect_eq(rt_wasi_fd_allocate(guest, fd, 1, UINT64_MAX), WASI_EINVAL);
    cr_expect_eq(rt_wasi_fd_allocate(guest, RW, 0, 1), WASI_EISDIR);
    cr_assert_eq(wasi_open_to_read(RW, "file", &readable), WASI_OK);
    cr_expect_eq(rt_wasi_fd_allocate(guest, readable, 0, 1000), WASI_ENOTCAPABLE);
}

Test(wasi_fd, syncs)
{
    uint32_t fd = wasi_create_file("file", "text");
    cr_expect_eq(rt_wasi_fd_sync(guest, fd), WASI_OK);
    cr_expect_eq(rt_wasi_fd_datasync(guest, fd), WASI_OK);
    cr_expect_eq(rt_wasi_fd_sync(guest, RW), WASI_OK);
    cr_expect_eq(rt_wasi_fd_sync(guest, 50), WASI_EBADF);
}

Test(wasi_fd, names_preopens)
{
    uint32_t stat = wasi_room(8), name = wasi_room(8);
    cr_expect_eq(rt_wasi_fd_prestat_get(guest, RW, stat), WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(stat)), 0);
    cr_expect_eq(rt_wasi_load32(wasi_at(stat) + 4), 3);
    cr_expect_eq(rt_wasi_fd_prestat_dir_name(guest, RW, name, 3), WASI_OK);
    cr_expect_eq(memcmp(wasi_at(name), "/rw\0", 4), 0);
    cr_expect_eq(rt_wasi_fd_prestat_dir_name(guest, RO, name, 4), WASI_OK);
    cr_expect_eq(memcmp(wasi_at(name), "/ro\0", 4), 0);
    cr_expect_eq(rt_wasi_fd_prestat_dir_name(guest, RO, name, 2), WASI_ENAMETOOLONG);
    cr_expect_eq(rt_wasi_fd_prestat_get(guest, 0, stat), WASI_EBADF);
    cr_expect_eq(rt_wasi_fd_prestat_get(guest, 5, stat), WASI_EBADF);
    cr_expect_eq(rt_wasi_fd_prestat_dir_name(guest, 5, name, 4), WASI_EBADF);
}
