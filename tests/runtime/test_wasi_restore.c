#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/runtime/wasi_moved.h"

TestSuite(wasi_restore, .init = wasi_setup, .fini = wasi_teardown);

#define MILLISECOND 1000000u

static uint32_t open_with_flags(const char *path, uint32_t fdflags, uint64_t rights)
{
    uint32_t opened = wasi_room(4);
    cr_assert_eq(rt_wasi_path_open(guest, RW, 0, PATH(path), WASI_O_CREAT, rights, 0,
                                   fdflags, opened),
                 WASI_OK);
    return rt_wasi_load32(wasi_at(opened));
}

static uint64_t now(uint32_t clock)
{
    uint64_t time;
    cr_assert_eq(rt_wasi_now(wasi, clock, &time), WASI_OK);
    return time;
}

/* ---- What is moved without notice ---- */

Test(wasi_restore, arguments_and_environment)
{
    char before[64];
    size_t n = wasi->args.n_bytes;
    memcpy(before, wasi->args.chars, n);
    move();
    cr_expect_eq(wasi->args.n_strings, 3);
    cr_expect_eq(wasi->args.n_bytes, n);
    cr_expect_arr_eq(wasi->args.chars, before, n);
    cr_expect_eq(wasi->env.n_strings, 1);
    cr_expect_str_eq(wasi->env.chars, "HOME=/rw");
}

static void read_and_write_files(void)
{
    char text[16];
    uint32_t in = wasi_create_file("in", "0123456789"), out, log;
    rt_wasi_fd_seek(guest, in, 0, 0, wasi_room(8));
    cr_expect_eq(read_some(in, 4, text), WASI_OK);
    out = wasi_create_file("out", "ab");
    log = open_with_flags("log", WASI_FD_APPEND | WASI_FD_DSYNC, ALL_RIGHTS);
    cr_expect_eq(write_text(log, "1"), WASI_OK);
    for (int hop = 0; hop < 3; hop++)
        move();
    cr_expect_eq(read_some(in, 4, text), WASI_OK);
    cr_expect_str_eq(text, "4567");
    cr_expect_eq(write_text(out, "cd"), WASI_OK);
    cr_expect(host_holds("rw/out", "abcd"));
    host_write("rw/log", "12");
    cr_expect_eq(write_text(log, "3"), WASI_OK);
    cr_expect(host_holds("rw/log", "123"));
    cr_expect_eq(wasi->fds[log].fdflags, WASI_FD_APPEND | WASI_FD_DSYNC);
    cr_expect_eq(fcntl(wasi->fds[log].host_fd, F_GETFL) & O_NONBLOCK, 0);
}

Test(wasi_restore, files)
{
    read_and_write_files();
}

/* As a machine whose kernel is older than openat2. */
static void forget_openat2(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {N(code), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        cr_skip_test("the kernel has no seccomp");
}

Test(wasi_restore, files_without_openat2)
{
    forget_openat2();
    read_and_write_files();
    cr_expect(wasi->lacks_openat2);
}

/* An offset may lie behind the end. */
Test(wasi_restore, offsets_beyond_the_end)
{
    uint32_t fd = wasi_create_file("file", "ab"), at = wasi_room(8);
    rt_wasi_fd_seek(guest, fd, 2000, 0, at);
    move();
    rt_wasi_fd_tell(guest, fd, at);
    cr_expect_eq(rt_wasi_load64(wasi_at(at)), 2000);
}

/* Rights that were given up stay so, even where the host's descriptor allows more. */
Test(wasi_restore, rights_and_numbers)
{
    uint8_t before[8][24];
    uint32_t fdstat = wasi_room(24), fds[4];
    for (uint32_t i = 0; i < 4; i++)
        fds[i] = wasi_create_file((char[]){(char)('a' + i), 0}, "x");
    uint64_t all = wasi->fds[fds[0]].rights_base;
    cr_assert_eq(rt_wasi_fd_fdstat_set_rights(guest, fds[0],
                                              all & ~(uint64_t)WASI_RIGHT_FD_WRITE, 0),
                 WASI_OK);
    cr_assert_eq(rt_wasi_fd_renumber(guest, fds[3], fds[1]), WASI_OK);
    cr_assert_eq(rt_wasi_fd_renumber(guest, fds[2], 0), WASI_OK);
    rt_wasi_fd_close(guest, RO);
    for (uint32_t fd = 0; fd < 8; fd++)
        if (rt_wasi_fd_fdstat_get(guest, fd, fdstat) == WASI_OK)
            memcpy(before[fd], wasi_at(fdstat), 24);
    move();
    for (uint32_t fd = 0; fd < 8; fd++) {
        bool is_open = fd != RO && fd != fds[2];
        cr_expect_eq(rt_wasi_fd_fdstat_get(guest, fd, fdstat) == WASI_OK, is_open, "%u",
                     fd);
        if (is_open)
            cr_expect_arr_eq(wasi_at(fdstat), before[fd], 24, "%u", fd);
    }
    cr_expect_eq(write_text(fds[0], "x"), WASI_ENOTCAPABLE);
    cr_expect_eq(rt_wasi_fd_filestat_set_size(guest, fds[0], 3), WASI_OK);
    cr_expect_eq(write_text(0, "y"), WASI_OK);
    cr_expect(host_holds("rw/c", "xy"));
    uint32_t next;
    cr_assert_eq(wasi_open_to_read(RW, "a", &next), WASI_OK);
    cr_expect_eq(next, RO, "the lowest free one");
}

Test(wasi_restore, directories)
{
    uint32_t dir, fd;
    char text[16];
    cr_assert_eq(rt_wasi_path_create_directory(guest, RW, PATH("dir")), WASI_OK);
    wasi_create_file("dir/file", "content");
    cr_assert_eq(wasi_open_to_read(RW, "dir", &dir), WASI_OK);
    move();
    cr_assert_eq(wasi_open_to_read(dir, "file", &fd), WASI_OK);
    cr_expect_eq(read_some(fd, 8, text), WASI_OK);
    cr_expect_str_eq(text, "content");
    move();
    cr_expect_eq(rt_wasi_path_unlink_file(guest, dir, PATH("file")), WASI_OK);
}

/* A guest that removes files while it reads their names misses none. */
Test(wasi_restore, a_directory_that_is_being_read)
{
    uint32_t used = wasi_room(4), room = wasi_room(1024), total;
    uint8_t before[1024];
    for (char name[] = "a"; name[0] <= 'h'; name[0]++)
        rt_wasi_fd_close(guest, wasi_create_file(name, ""));
    cr_assert_eq(rt_wasi_fd_readdir(guest, RW, room, 1024, 0, used), WASI_OK);
    cr_assert_eq(rt_wasi_fd_readdir(guest, RW, room, 1024, 4, used), WASI_OK);
    total = rt_wasi_load32(wasi_at(used));
    memcpy(before, wasi_at(room), total);
    move();
    cr_expect_eq(rt_wasi_path_unlink_file(guest, RW, PATH("a")), WASI_OK);
    move();
    cr_assert_eq(rt_wasi_fd_readdir(guest, RW, room, 1024, 4, used), WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(used)), total);
    cr_expect_arr_eq(wasi_at(room), before, total);
}

Test(wasi_restore, devices)
{
    const struct rt_wasi_config config = {
        .grants = {.preopens = (const struct rt_preopen[]){{"/dev", "/dev", false}},
                   .n_preopens = 1}};
    uint32_t fd;
    char text[16];
    rt_wasi_destroy(wasi);
    guest->private->wasi = wasi = rt_wasi_create(&config, error, sizeof error);
    cr_assert_not_null(wasi);
    cr_assert_eq(wasi_open(RW, "null", 0, &fd), WASI_OK);
    save();
    preopens[0] = (struct rt_preopen){"/dev", "/dev", false};
    grants.n_preopens = 1;
    cr_assert(restore(), "%s", error);
    cr_expect_eq(read_some(fd, 8, text), WASI_OK);
    cr_expect_str_eq(text, "");
    cr_expect_eq(write_text(fd, "x"), WASI_OK);
}

Test(wasi_restore, clocks_go_on)
{
    rt_wasi_set_clock(wasi, WASI_CLOCK_MONOTONIC, 77);
    rt_wasi_set_clock(wasi, WASI_CLOCK_PROCESS_CPUTIME, UINT64_C(1) << 60);
    save();
    nanosleep(&(struct timespec){0, 30 * MILLISECOND}, NULL);
    cr_assert(restore());
    uint64_t monotonic = now(WASI_CLOCK_MONOTONIC);
    cr_expect(monotonic >= saved->clocks->monotonic &&
              monotonic < saved->clocks->monotonic + 20 * MILLISECOND);
    cr_expect_gt(now(WASI_CLOCK_PROCESS_CPUTIME), UINT64_C(1) << 60);
    cr_expect_gt(now(WASI_CLOCK_REALTIME), saved->clocks->realtime + 30 * MILLISECOND);
}

Test(wasi_restore, several_directories_of_one_name)
{
    uint32_t fd;
    char text[16];
    save();
    free(saved->preopens[0]->guest_name.data);
    saved->preopens[0]->guest_name.data = (uint8_t *)strdup("/ro");
    preopens[0].guest_name = "/ro"; /* the first of the name is the first again */
    cr_assert(restore(), "%s", error);
    cr_assert_eq(wasi_open_to_read(RO, "file", &fd), WASI_OK);
    cr_expect_eq(read_some(fd, 9, text), WASI_OK);
    cr_expect_str_eq(text, "constant");
    cr_expect_eq(wasi_open_to_read(RW, "file", &fd), WASI_ENOENT);
}

/* ---- The standard streams ---- */

static void become_stdin(const char *path)
{
    int fd = open(host_path(path), O_RDONLY);
    cr_assert(fd >= 0 && dup2(fd, 0) == 0);
    close(fd);
}

Test(wasi_restore, stdin_from_a_file_goes_on)
{
    char text[16];
    host_write("rw/in", "0123456789");
    become_stdin("rw/in");
    wasi_teardown();
    wasi_setup();
    host_write("rw/in", "0123456789");
    become_stdin("rw/in");
    cr_expect_eq(read_some(0, 4, text), WASI_OK);
    save();
    become_stdin("rw/in");
    cr_assert(restore());
    cr_expect_eq(read_some(0, 4, text), WASI_OK);
    cr_expect_str_eq(text, "4567");
    save();
    become_stdin("ro/file");
    cr_assert(restore());
    cr_expect_eq(read_some(0, 16, text), WASI_OK);
    cr_expect_str_eq(text, "");
}

Test(wasi_restore, a_new_stdin_may_be_of_another_kind)
{
    int ends[2];
    char text[16];
    save();
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[0], 0);
    saved->descriptors[0]->fdflags |= WASI_FD_NONBLOCK;
    cr_assert(restore());
    cr_expect_eq(read_some(0, 8, text), WASI_EAGAIN);
    cr_assert_eq(write(ends[1], "piped", 5), 5);
    cr_expect_eq(read_some(0, 8, text), WASI_OK);
    cr_expect_str_eq(text, "piped");
    rt_wasi_destroy(wasi);
    guest->private->wasi = wasi = NULL;
    cr_expect_eq(fcntl(0, F_GETFL) & O_NONBLOCK, 0, "the flags it had");
}

Test(wasi_restore, closed_streams_stay_closed)
{
    rt_wasi_fd_close(guest, 0);
    rt_wasi_fd_close(guest, 2);
    move();
    cr_expect_not(wasi->fds[0].is_open);
    cr_expect(wasi->fds[1].is_open);
    cr_expect_not(wasi->fds[2].is_open);
    cr_expect_geq(fcntl(2, F_GETFD), 0);
}

/* ---- Directories ---- */

Test(wasi_restore, directories_that_are_not_given)
{
    save();
    grants.n_preopens = 1;
    expect_refused("the guest's directories must be given again: add --dir HOST::/ro:ro");
    grants.n_preopens = 0;
    expect_refused("the guest's directories must be given again: add --dir HOST::/rw "
                   "--dir HOST::/ro:ro");
    grants.n_preopens = 2;
    grant("outside", "/other", false);
    expect_refused("the guest has no directory '/other': leave out its --dir");
    grants.n_preopens = 1;
    preopens[grants.n_preopens++] =
        (struct rt_preopen){"/missing directory", "/ro", true};
    expect_refused(
        "cannot open the directory '/missing directory': No such file or directory");
}

/* ---- Sockets ---- */

Test(wasi_restore, connections_are_reset)
{
    int pair[2];
    char text[16];
    uint32_t fd, at = wasi_room(64), iovs = wasi_iovec(wasi_room(8), 8);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(rt_wasi_inherit(wasi, pair[0], &fd), WASI_OK);
    cr_assert_eq(write(pair[1], "lost", 4), 4);
    move();
    for (int hop = 0; hop < 2; hop++) {
        cr_expect_eq(read_some(fd, 8, text), WASI_ECONNRESET);
        cr_expect_eq(write_text(fd, "x"), WASI_ECONNRESET);
        cr_expect_eq(rt_wasi_sock_recv(guest, fd, iovs, 1, 0, at, at), WASI_ECONNRESET);
        cr_expect_eq(rt_wasi_sock_send(guest, fd, iovs, 1, 0, at), WASI_ECONNRESET);
        cr_expect_eq(rt_wasi_sock_shutdown(guest, fd, 1), WASI_ECONNRESET);
        cr_expect_eq(rt_wasi_fd_fdstat_get(guest, fd, at), WASI_OK);
        cr_expect_eq(wasi_at(at)[0], WASI_TYPE_SOCKET_STREAM);
        move();
    }
    cr_expect_eq(rt_wasi_fd_close(guest, fd), WASI_OK);
}

/* A poll tells at once, lest the guest wait for ever. */
Test(wasi_restore, polls_of_connections_end)
{
    int pair[2];
    uint32_t fd, subscription = wasi_room(48), event = wasi_room(32), at = wasi_room(4);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(rt_wasi_inherit(wasi, pair[0], &fd), WASI_OK);
    move();
    wasi_at(subscription)[8] = 1; /* fd_read */
    rt_wasi_store32(wasi_at(subscription) + 16, fd);
    cr_expect_eq(rt_wasi_poll_oneoff(guest, subscription, event, 1, at), WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(at)), 1);
    cr_expect_eq(rt_wasi_load16(wasi_at(event) + 8), WASI_ECONNRESET);
}
