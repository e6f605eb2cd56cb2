#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_sock, .init = wasi_setup, .fini = wasi_teardown);

enum { PEEK = 1, WAITALL = 2, RD = 1, WR = 2 };

static uint32_t n_done, roflags, buffer;

static uint32_t inherit(int host_fd)
{
    uint32_t fd;
    cr_assert_eq(rt_wasi_inherit(wasi, host_fd, &fd), WASI_OK);
    return fd;
}

/* One end for the guest, the other one for the test. */
static uint32_t make_pair(int type, int *host_end)
{
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    *host_end = ends[1];
    n_done = wasi_room(4);
    roflags = wasi_room(4);
    buffer = wasi_room(16);
    return inherit(ends[0]);
}

static uint32_t receive(uint32_t fd, uint32_t n_bytes, uint32_t riflags)
{
    return rt_wasi_sock_recv(guest, fd, wasi_iovec(buffer, n_bytes), 1, riflags, n_done,
                             roflags);
}

static uint32_t count(void)
{
    return rt_wasi_load32(wasi_at(n_done));
}

Test(wasi_sock, sends_and_receives)
{
    int host;
    char text[8] = "";
    uint32_t fd = make_pair(SOCK_STREAM, &host);
    cr_expect_eq(rt_wasi_sock_send(guest, fd, wasi_ciovec("ping"), 1, 0, n_done),
                 WASI_OK);
    cr_expect_eq(count(), 4);
    cr_assert_eq(read(host, text, sizeof text), 4);
    cr_expect_str_eq(text, "ping");
    cr_assert_eq(write(host, "pong", 4), 4);
    cr_expect_eq(receive(fd, 4, PEEK), WASI_OK);
    cr_expect_eq(receive(fd, 4, WAITALL), WASI_OK);
    cr_expect_eq(count(), 4);
    cr_expect_eq(memcmp(wasi_at(buffer), "pong\0", 5), 0);
    cr_expect_eq(rt_wasi_load16(wasi_at(roflags)), 0);
    cr_expect_eq(rt_wasi_sock_send(guest, fd, wasi_ciovec("x"), 1, 1, n_done),
                 WASI_EINVAL);
    cr_expect_eq(receive(fd, 4, 4), WASI_EINVAL);
    cr_expect_eq(rt_wasi_sock_recv(guest, fd, 16, 0, 0, UINT32_MAX, roflags),
                 WASI_EFAULT);
    cr_expect_eq(rt_wasi_sock_recv(guest, fd, UINT32_MAX, 1, 0, n_done, roflags),
                 WASI_EFAULT);
}

Test(wasi_sock, tells_of_cut_messages)
{
    int host;
    uint32_t fd = make_pair(SOCK_DGRAM, &host);
    cr_assert_eq(write(host, "message", 7), 7);
    cr_expect_eq(receive(fd, 4, 0), WASI_OK);
    cr_expect_eq(count(), 4);
    cr_expect_eq(rt_wasi_load16(wasi_at(roflags)), 1);
}

Test(wasi_sock, shuts_down)
{
    int host;
    char byte;
    uint32_t fd = make_pair(SOCK_STREAM, &host);
    cr_expect_eq(rt_wasi_sock_shutdown(guest, fd, 0), WASI_EINVAL);
    cr_expect_eq(rt_wasi_sock_shutdown(guest, fd, 4), WASI_EINVAL);
    cr_expect_eq(rt_wasi_sock_shutdown(guest, fd, WR), WASI_OK);
    cr_expect_eq(read(host, &byte, 1), 0);
    cr_expect_eq(rt_wasi_sock_send(guest, fd, wasi_ciovec("x"), 1, 0, n_done),
                 WASI_EPIPE);
    cr_expect_eq(rt_wasi_sock_shutdown(guest, fd, RD | WR), WASI_OK);
    cr_expect_eq(receive(fd, 1, 0), WASI_OK);
    cr_expect_eq(count(), 0);
}

Test(wasi_sock, accepts)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, host_path("socket"));
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 1), 0);
    uint32_t fd = inherit(listener), accepted = wasi_room(4);
    cr_expect_eq(rt_wasi_fd_fdstat_set_flags(guest, fd, WASI_FD_NONBLOCK), WASI_OK);
    cr_expect_eq(rt_wasi_sock_accept(guest, fd, 0, accepted), WASI_EAGAIN);
    cr_assert_eq(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    cr_expect_eq(rt_wasi_sock_accept(guest, fd, WASI_FD_APPEND, accepted), WASI_EINVAL);
    cr_expect_eq(rt_wasi_sock_accept(guest, fd, 0, UINT32_MAX), WASI_EFAULT);
    cr_expect_eq(rt_wasi_sock_accept(guest, fd, WASI_FD_NONBLOCK, accepted), WASI_OK);
    uint32_t connection = rt_wasi_load32(wasi_at(accepted));
    cr_expect_eq(wasi->fds[connection].fdflags, WASI_FD_NONBLOCK);
    n_done = wasi_room(4);
    cr_expect_eq(rt_wasi_fd_write(guest, connection, wasi_ciovec("hi"), 1, n_done),
                 WASI_OK);
    char text[4] = "";
    cr_expect_eq(read(client, text, 3), 2);
    cr_expect_str_eq(text, "hi");
}

Test(wasi_sock, other_descriptors_are_no_sockets)
{
    uint32_t fd = wasi_create_file("file", ""), at = wasi_room(8);
    cr_expect_eq(rt_wasi_sock_shutdown(guest, fd, RD), WASI_ENOTSOCK);
    cr_expect_eq(rt_wasi_sock_shutdown(guest, RW, RD), WASI_ENOTSOCK);
    cr_expect_eq(rt_wasi_sock_accept(guest, fd, 0, at), WASI_ENOTSOCK);
    cr_expect_eq(rt_wasi_sock_recv(guest, fd, at, 0, 0, at, at), WASI_ENOTSOCK);
    cr_expect_eq(rt_wasi_sock_send(guest, fd, at, 0, 0, at), WASI_ENOTSOCK);
    cr_expect_eq(rt_wasi_sock_shutdown(guest, 99, RD), WASI_EBADF);
}
