#define _GNU_SOURCE
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/private.h"
#include "runtime/wasi_move.h"
#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_listen, .init = wasi_setup, .fini = wasi_teardown);

static char error[512];
static char address[2][32]; /* free ones on this machine */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static uint16_t find_port(void)
{
    struct sockaddr_in found = loopback(0);
    socklen_t n = sizeof found;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&found, n), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&found, &n), 0);
    close(fd);
    return ntohs(found.sin_port);
}

static void find_addresses(void)
{
    for (int i = 0; i < 2; i++)
        snprintf(address[i], sizeof address[i], "127.0.0.1:%u", find_port());
}

static int connect_to(const char *text)
{
    struct sockaddr_in to = loopback((uint16_t)atoi(strrchr(text, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static struct rt_wasi_grants grants_of(const char *const *listeners, size_t n)
{
    static struct rt_preopen preopens[2];
    preopens[0] = (struct rt_preopen){strdup(host_path("rw")), "/rw", false};
    preopens[1] = (struct rt_preopen){strdup(host_path("ro")), "/ro", true};
    return (struct rt_wasi_grants){
        .preopens = preopens, .n_preopens = 2, .listeners = listeners, .n_listeners = n};
}

static void begin(size_t n)
{
    const char *const listeners[] = {address[0], address[1]};
    const struct rt_wasi_config config = {.grants = grants_of(listeners, n)};
    rt_wasi_destroy(wasi);
    guest->private->wasi = wasi = rt_wasi_create(&config, error, sizeof error);
}

static uint32_t accept_one(uint32_t fd)
{
    uint32_t at = wasi_room(4);
    cr_assert_eq(rt_wasi_sock_accept(guest, fd, 0, at), WASI_OK);
    return rt_wasi_load32(wasi_at(at));
}

Test(wasi_listen, sockets_lie_behind_the_directories)
{
    find_addresses();
    begin(2);
    cr_assert_not_null(wasi, "%s", error);
    cr_expect_eq(rt_wasi_fd_prestat_get(guest, 4, wasi_room(8)), WASI_OK);
    cr_expect_eq(rt_wasi_fd_prestat_get(guest, 5, wasi_room(8)), WASI_EBADF);
    int client = connect_to(address[1]);
    uint32_t fd = accept_one(6);
    cr_expect_eq(rt_wasi_sock_send(guest, fd, wasi_ciovec("hi"), 1, 0, wasi_room(4)),
                 WASI_OK);
    char text[4] = "";
    cr_expect_eq(read(client, text, 3), 2);
    cr_expect_str_eq(text, "hi");
}

Test(wasi_listen, addresses_that_are_none)
{
    const char *const texts[] = {"",
                                 ":",
                                 "8080",
                                 ":8080",
                                 "localhost:1",
                                 "127.0.0.1",
                                 "127.0.0.1:",
                                 "127.0.0.1:0",
                                 "1.2.3.4:65536",
                                 "1.2.3.4:+1",
                                 "1.2.3.4:1x",
                                 "1.2.3:80",
                                 "::1:80",
                                 "[::1]",
                                 "[::1]80",
                                 "[::1:80",
                                 "[]:80",
                                 "[1.2.3.4]:80",
                                 "1.2.3.4:99999999999999999999"};
    int fd;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char line[256];
        snprintf(
            line, sizeof line,
            "--listen takes an address in numbers and a port, like 127.0.0.1:8080 or "
            "[::1]:8080, not %s",
            texts[i]);
        cr_expect_not(rt_wasi_listen(texts[i], &fd, error, sizeof error), "%s", texts[i]);
        cr_expect_str_eq(error, line);
    }
}

Test(wasi_listen, addresses_that_are_taken)
{
    char line[256];
    find_addresses();
    begin(1);
    cr_assert_not_null(wasi, "%s", error);
    int fd;
    snprintf(line, sizeof line,
             "cannot listen on %s: Address already in use; give --listen an address that "
             "is free here",
             address[0]);
    cr_expect_not(rt_wasi_listen(address[0], &fd, error, sizeof error));
    cr_expect_str_eq(error, line);
    cr_expect_not(rt_wasi_listen("192.0.2.1:1", &fd, error, sizeof error));
    cr_expect_not_null(strstr(error, "cannot listen on 192.0.2.1:1: "));
}

/* ---- In snapshots ---- */

static Wanco__Snapshot__Wasi *saved;

static void save(void)
{
    saved = rt_wasi_save(wasi, error, sizeof error);
    cr_assert_not_null(saved, "%s", error);
    rt_wasi_destroy(wasi);
    guest->private->wasi = wasi = NULL;
}

static bool restore(const char *const *listeners, size_t n)
{
    const struct rt_wasi_grants grants = grants_of(listeners, n);
    guest->private->wasi = wasi = rt_wasi_restore(saved, &grants, error, sizeof error);
    return wasi != NULL;
}

Test(wasi_listen, sockets_are_bound_again)
{
    find_addresses();
    begin(1);
    cr_assert_eq(rt_wasi_fd_fdstat_set_flags(guest, 5, WASI_FD_NONBLOCK), WASI_OK);
    cr_assert_eq(rt_wasi_fd_renumber(guest, 5, 4), WASI_OK);
    for (int hop = 0; hop < 3; hop++) {
        const char *const listeners[] = {address[hop % 2]};
        connect_to(listeners[0]);
        uint32_t connection = accept_one(4);
        cr_expect_eq(rt_wasi_sock_accept(guest, 4, 0, wasi_room(4)), WASI_EAGAIN);
        save();
        const char *const next[] = {address[(hop + 1) % 2]};
        cr_assert(restore(next, 1), "%s", error);
        cr_expect_eq(rt_wasi_sock_shutdown(guest, connection, 1), WASI_ECONNRESET);
        cr_expect_eq(rt_wasi_fd_close(guest, connection), WASI_OK);
    }
}

/* The number of one that the guest has closed still counts. */
Test(wasi_listen, the_order_tells_which_is_which)
{
    find_addresses();
    begin(2);
    cr_assert_eq(rt_wasi_fd_close(guest, 5), WASI_OK);
    save();
    const char *const listeners[] = {"192.0.2.1:1", address[0]};
    cr_assert(restore(listeners, 2), "%s", error);
    connect_to(address[0]);
    cr_expect_eq(accept_one(6), 5);
}

Test(wasi_listen, what_must_be_given_again)
{
    char line[256];
    find_addresses();
    begin(2);
    save();
    const char *const listeners[] = {address[0], address[1], "127.0.0.1:1"};
    snprintf(line, sizeof line,
             "the addresses the guest listens on must be given again, or others in their "
             "place: add --listen %s --listen %s",
             address[0], address[1]);
    cr_expect_not(restore(NULL, 0));
    cr_expect_str_eq(error, line);
    cr_expect_not(restore(listeners, 3));
    cr_expect_str_eq(error,
                     "the guest listens on 2 addresses: leave out --listen 127.0.0.1:1");
    const char *const same[] = {address[0], address[0]};
    cr_expect_not(restore(same, 2));
    cr_expect_not_null(strstr(error, "Address already in use"));
    cr_expect(restore(listeners, 2));
}
