#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_io, .init = wasi_setup, .fini = wasi_teardown);

static uint32_t n_done;

static uint32_t count(void)
{
    return rt_wasi_load32(wasi_at(n_done));
}

static uint32_t write_text(uint32_t fd, const char *text)
{
    n_done = wasi_room(4);
    return rt_wasi_fd_write(guest, fd, wasi_ciovec(text), 1, n_done);
}

static uint32_t read_some(uint32_t fd, uint32_t buffer, uint32_t n_bytes)
{
    n_done = wasi_room(4);
    return rt_wasi_fd_read(guest, fd, wasi_iovec(buffer, n_bytes), 1, n_done);
}

static uint32_t inherit(int host_fd)
{
    uint32_t fd;
    cr_assert_eq(rt_wasi_inherit(wasi, host_fd, &fd), WASI_OK);
    return fd;
}

Test(wasi_io, writes_and_reads)
{
    uint32_t fd = wasi_create_file("file", ""), buffer = wasi_room(16);
    cr_expect_eq(write_text(fd, "hello"), WASI_OK);
    cr_expect_eq(count(), 5);
    cr_assert_eq(wasi_open_to_read(RW, "file", &fd), WASI_OK);
    cr_expect_eq(read_some(fd, buffer, 3), WASI_OK);
    cr_expect_eq(count(), 3);
    cr_expect_eq(read_some(fd, buffer + 3, 13), WASI_OK);
    cr_expect_eq(count(), 2);
    cr_expect_eq(memcmp(wasi_at(buffer), "hello\0", 6), 0);
    cr_expect_eq(read_some(fd, buffer, 1), WASI_OK);
    cr_expect_eq(count(), 0);
}

Test(wasi_io, gathers_and_scatters)
{
    uint32_t fd = wasi_create_file("file", ""), iovs = wasi_ciovec("ab");
    wasi_room(16); /* the text comes before its iovec: two more, the first one empty */
    rt_wasi_store32(wasi_at(iovs) + 8, 0xffffffff);
    rt_wasi_store32(wasi_at(iovs) + 16, wasi_put("cdef"));
    rt_wasi_store32(wasi_at(iovs) + 20, 4);
    n_done = wasi_room(4);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, iovs, 3, n_done), WASI_OK);
    cr_expect_eq(count(), 6);
    cr_expect(host_holds("rw/file", "abcdef"));
    memset(wasi_at(rt_wasi_load32(wasi_at(iovs))), 0, 2);
    cr_expect_eq(rt_wasi_fd_pread(guest, fd, iovs, 3, 2, n_done), WASI_OK);
    cr_expect_eq(count(), 4);
    cr_expect_eq(memcmp(wasi_at(rt_wasi_load32(wasi_at(iovs))), "cd", 2), 0);
    cr_expect_eq(memcmp(wasi_at(rt_wasi_load32(wasi_at(iovs) + 16)), "efef", 4), 0);
}

Test(wasi_io, reads_and_writes_at_an_offset)
{
    uint32_t fd = wasi_create_file("file", "0123456789"), buffer = wasi_room(8);
    n_done = wasi_room(4);
    cr_expect_eq(rt_wasi_fd_pwrite(guest, fd, wasi_ciovec("ab"), 1, 3, n_done), WASI_OK);
    cr_expect_eq(count(), 2);
    cr_expect(host_holds("rw/file", "012ab56789"));
    cr_expect_eq(rt_wasi_fd_pread(guest, fd, wasi_iovec(buffer, 3), 1, 8, n_done),
                 WASI_OK);
    cr_expect_eq(count(), 2);
    cr_expect_eq(memcmp(wasi_at(buffer), "89\0", 3), 0);
    cr_expect_eq(write_text(fd, "!"), WASI_OK, "the position is where it was");
    cr_expect(host_holds("rw/file", "012ab56789!"));
    cr_expect_eq(
        rt_wasi_fd_pread(guest, fd, wasi_iovec(buffer, 3), 1, UINT64_MAX, n_done),
        WASI_EINVAL);
}

Test(wasi_io, checks_addresses_before_it_does_anything)
{
    uint32_t fd = wasi_create_file("file", ""), text = wasi_put("abc");
    const uint32_t end = 2 * RT_PAGE_BYTES;
    n_done = wasi_room(4);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, wasi_iovec(text, end), 1, n_done),
                 WASI_EFAULT);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, wasi_iovec(end - 2, 3), 1, n_done),
                 WASI_EFAULT);
    cr_expect_eq(
        rt_wasi_fd_write(guest, fd, wasi_iovec(UINT32_MAX, UINT32_MAX), 1, n_done),
        WASI_EFAULT);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, wasi_iovec(text, 3), 1, end - 3),
                 WASI_EFAULT);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, end - 7, 1, n_done), WASI_EFAULT);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, 16, UINT32_MAX, n_done), WASI_EFAULT);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, 0, 0x20000001, n_done), WASI_EFAULT);
    cr_expect(host_holds("rw/file", ""));
    cr_expect_eq(rt_wasi_fd_write(guest, fd, wasi_iovec(end - 3, 3), 1, n_done), WASI_OK);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, end, 0, n_done), WASI_OK);
    cr_expect_eq(count(), 0);
}

/* More than the host takes at once: a short transfer, also behind many empty ones. */
Test(wasi_io, takes_any_number_of_iovecs)
{
    uint32_t fd = wasi_create_file("file", ""), text = wasi_put("x"),
             iovs = wasi_room(8 * 2000);
    n_done = wasi_room(4);
    for (uint32_t i = 0; i < 2000; i++) {
        rt_wasi_store32(wasi_at(iovs) + i * 8, text);
        rt_wasi_store32(wasi_at(iovs) + i * 8 + 4, 1);
    }
    cr_expect_eq(rt_wasi_fd_write(guest, fd, iovs, 2000, n_done), WASI_OK);
    cr_expect_eq(count(), 1024);
    for (uint32_t i = 0; i < 1999; i++)
        rt_wasi_store32(wasi_at(iovs) + i * 8 + 4, 0);
    cr_expect_eq(rt_wasi_fd_write(guest, fd, iovs, 2000, n_done), WASI_OK);
    cr_expect_eq(count(), 1);
}

Test(wasi_io, directories_are_no_files)
{
    cr_expect_eq(write_text(RW, "x"), WASI_EISDIR);
    cr_expect_eq(read_some(RW, 16, 1), WASI_EISDIR);
    cr_expect_eq(rt_wasi_fd_pread(guest, RW, 16, 0, 0, n_done), WASI_EISDIR);
    cr_expect_eq(write_text(99, "x"), WASI_EBADF);
}

Test(wasi_io, a_broken_pipe_is_an_error)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    uint32_t fd = inherit(ends[1]);
    cr_expect_eq(wasi->fds[fd].filetype, WASI_TYPE_UNKNOWN);
    cr_expect_eq(read_some(fd, 16, 1), WASI_ENOTCAPABLE);
    cr_expect_eq(write_text(fd, "x"), WASI_OK);
    close(ends[0]);
    cr_expect_eq(write_text(fd, "x"), WASI_EPIPE);
}

Test(wasi_io, a_pipe_has_no_offset)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    uint32_t fd = inherit(ends[0]);
    n_done = wasi_room(8);
    cr_expect_eq(rt_wasi_fd_pread(guest, fd, wasi_iovec(16, 1), 1, 0, n_done),
                 WASI_ESPIPE);
    cr_expect_eq(rt_wasi_fd_seek(guest, fd, 1, 0, n_done), WASI_ESPIPE);
}

Test(wasi_io, a_nonblocking_read_does_not_wait)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    uint32_t fd = inherit(ends[0]);
    cr_expect_eq(rt_wasi_fd_fdstat_set_flags(guest, fd, WASI_FD_NONBLOCK), WASI_OK);
    cr_expect_eq(read_some(fd, 16, 1), WASI_EAGAIN);
}

static int late_end;

static void on_alarm(int signal)
{
    static int n;
    (void)signal;
    if (++n == 2 && write(late_end, "late", 4) != 4)
        abort();
}

/* The first signal interrupts the read without data, the second one brings some. */
Test(wasi_io, an_interrupted_read_goes_on)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    late_end = ends[1];
    uint32_t fd = inherit(ends[0]), buffer = wasi_room(8);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {{0, 20000}, {0, 20000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    cr_expect_eq(read_some(fd, buffer, 8), WASI_OK);
    cr_expect_eq(count(), 4);
}

Test(wasi_io, a_full_disk_reaches_the_guest)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    cr_assert_geq(full, 0);
    cr_expect_eq(write_text(inherit(full), "x"), WASI_ENOSPC);
    struct rlimit limit = {4, 4};
    uint32_t fd = wasi_create_file("file", "1234");
    setrlimit(RLIMIT_FSIZE, &limit);
    cr_expect_eq(write_text(fd, "5"), WASI_EFBIG);
}
