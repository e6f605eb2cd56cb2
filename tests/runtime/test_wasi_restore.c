#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/private.h"
#include "runtime/wasi_move.h"
#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_restore, .init = wasi_setup, .fini = wasi_teardown);

#define N(array)    (sizeof(array) / sizeof *(array))
#define MILLISECOND 1000000u

static char error[512];
static Wanco__Snapshot__Wasi *saved;

static struct rt_preopen preopens[3];
static struct rt_wasi_grants grants = {.preopens = preopens,
                                       .max_unlinked_bytes = MAX_UNLINKED};

static void grant(const char *host, const char *guest_name, bool read_only)
{
    preopens[grants.n_preopens++] =
        (struct rt_preopen){strdup(host_path(host)), guest_name, read_only};
}

/* The guest ends here, and its state is as it is read from a file. */
static void save(void)
{
    Wanco__Snapshot__Wasi *message = rt_wasi_save(wasi, error, sizeof error);
    cr_assert_not_null(message, "%s", error);
    size_t n = wanco__snapshot__wasi__get_packed_size(message);
    uint8_t *bytes = malloc(n);
    wanco__snapshot__wasi__pack(message, bytes);
    wanco__snapshot__wasi__free_unpacked(message, NULL);
    saved = wanco__snapshot__wasi__unpack(NULL, n, bytes);
    cr_assert_not_null(saved);
    free(bytes);
    rt_wasi_destroy(wasi);
    guest->private->wasi = wasi = NULL;
    grants.n_preopens = 0;
    grant("rw", "/rw", false);
    grant("ro", "/ro", true);
}

static bool restore(void)
{
    wasi = rt_wasi_restore(saved, &grants, error, sizeof error);
    guest->private->wasi = wasi;
    return wasi != NULL;
}

static void move(void)
{
    save();
    cr_assert(restore(), "%s", error);
    wanco__snapshot__wasi__free_unpacked(saved, NULL);
}

static void expect_refused(const char *line)
{
    cr_expect_not(restore());
    cr_expect_str_eq(error, line);
}

static uint32_t read_some(uint32_t fd, uint32_t n_bytes, char *text)
{
    uint32_t buffer = wasi_room(n_bytes), n_read = wasi_room(4);
    uint32_t e = rt_wasi_fd_read(guest, fd, wasi_iovec(buffer, n_bytes), 1, n_read);
    memcpy(text, wasi_at(buffer), n_bytes);
    text[rt_wasi_load32(wasi_at(n_read))] = 0;
    return e;
}

static uint32_t write_text(uint32_t fd, const char *text)
{
    return rt_wasi_fd_write(guest, fd, wasi_ciovec(text), 1, wasi_room(4));
}

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

/* ---- What the new machine lacks ---- */

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

Test(wasi_restore, files_that_are_gone)
{
    wasi_create_file("file", "content");
    save();
    unlink(host_path("rw/file"));
    expect_refused(
        "'/rw/file' does not exist, but the guest has it open: put it there, or "
        "give --restore-files relaxed");
    cr_expect_not(host_exists("rw/file"));
    mkdir(host_path("rw/file"), 0755);
    expect_refused("'/rw/file' is a directory now: put back the file the guest has open");
}

Test(wasi_restore, files_that_are_smaller)
{
    uint32_t fd = wasi_create_file("file", "content");
    save();
    host_write("rw/file", "cont");
    expect_refused("'/rw/file' has 4 bytes, but had 7 at the checkpoint: put back the "
                   "file the guest has open, or give --restore-files relaxed");
    cr_expect(host_holds("rw/file", "cont"));
    host_write("rw/file", "content and more");
    expect_refused("'/rw/file' has 16 bytes, but had 7 at the checkpoint: put back the "
                   "file the guest has open, or give --restore-files relaxed");
    grants.accepts_changes = true;
    cr_assert(restore());
    cr_expect_eq(write_text(fd, "!"), WASI_OK);
    cr_expect(host_holds("rw/file", "content!and more"));
}

static void set_time(const char *path, struct timespec time)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, time};
    cr_assert_eq(utimensat(AT_FDCWD, host_path(path), times, 0), 0);
}

Test(wasi_restore, files_that_were_changed)
{
    uint32_t fd = wasi_create_file("file", "content");
    const struct timespec time = {1600000000, 123456789};
    set_time("rw/file", time);
    save();
    host_write("rw/file", "CONTENT");
    const char *line =
        "'/rw/file' was changed after the checkpoint, or copied without its "
        "time: put back the file the guest has open, by cp -p or rsync -t, "
        "or give --restore-files relaxed";
    expect_refused(line);
    set_time("rw/file", (struct timespec){1600000000, 123456788});
    expect_refused(line);
    set_time("rw/file", (struct timespec){1600000001, 0});
    expect_refused(line);
    set_time("rw/file", (struct timespec){1600000000, 0}); /* as tar and scp keep it */
    cr_expect(restore());
    rt_wasi_destroy(wasi);
    set_time("rw/file", time);
    cr_expect(restore());
    rt_wasi_destroy(wasi);
    saved->descriptors[5]->identity->mtime_ns = INT64_MIN;
    expect_refused(line);
    grants.accepts_changes = true;
    cr_assert(restore());
    cr_expect_eq(write_text(fd, "!"), WASI_OK);
    cr_expect(host_holds("rw/file", "CONTENT!"));
}

/* Calls on what is not there fail, instead of working on something else. */
Test(wasi_restore, files_that_may_be_missing)
{
    char text[16];
    uint32_t fd = wasi_create_file("file", "content"), dir, at = wasi_room(64);
    mkdir(host_path("rw/dir"), 0755);
    cr_assert_eq(wasi_open_to_read(RW, "dir", &dir), WASI_OK);
    save();
    unlink(host_path("rw/file"));
    rmdir(host_path("rw/dir"));
    grants.accepts_changes = true;
    cr_assert(restore(), "%s", error);
    for (int hop = 0; hop < 2; hop++) {
        cr_expect_eq(write_text(fd, "!"), WASI_ESTALE);
        cr_expect_eq(read_some(fd, 8, text), WASI_ESTALE);
        cr_expect_eq(rt_wasi_fd_filestat_get(guest, fd, at), WASI_ESTALE);
        cr_expect_eq(rt_wasi_fd_readdir(guest, dir, at, 64, 0, at), WASI_ESTALE);
        cr_expect_eq(rt_wasi_path_create_directory(guest, dir, PATH("x")), WASI_ESTALE);
        cr_expect_eq(rt_wasi_fd_fdstat_get(guest, fd, at), WASI_OK);
        cr_expect_eq(wasi_at(at)[0], WASI_TYPE_REGULAR_FILE);
        cr_expect_not(host_exists("rw/file"));
        move(); /* strictly: there is nothing to look for any more */
    }
    cr_expect_eq(rt_wasi_fd_close(guest, fd), WASI_OK);
    cr_expect_eq(rt_wasi_fd_close(guest, dir), WASI_OK);
    cr_expect_eq(rt_wasi_fd_close(guest, fd), WASI_EBADF);
}

Test(wasi_restore, removed_directories)
{
    uint32_t dir, file, at = wasi_room(64);
    mkdir(host_path("rw/dir"), 0755);
    cr_assert_eq(wasi_open_to_read(RW, "dir", &dir), WASI_OK);
    cr_assert_eq(rt_wasi_path_remove_directory(guest, RW, PATH("dir")), WASI_OK);
    mkdir(host_path("rw/dir"), 0755); /* another one */
    for (int hop = 0; hop < 2; hop++) {
        move();
        cr_expect_eq(wasi_open(dir, "file", WASI_O_CREAT, &file), WASI_ENOENT);
        cr_expect_eq(rt_wasi_path_create_directory(guest, dir, PATH("x")), WASI_ENOENT);
        cr_expect_eq(rt_wasi_fd_fdstat_get(guest, dir, at), WASI_OK);
        cr_expect_eq(wasi_at(at)[0], WASI_TYPE_DIRECTORY);
    }
    cr_expect_eq(rt_wasi_fd_close(guest, dir), WASI_OK);
}

/* ---- Sockets and pipes ---- */

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

Test(wasi_restore, pipes_by_path)
{
    char text[16];
    uint32_t in, out;
    cr_assert_eq(mkfifo(host_path("rw/fifo"), 0644), 0);
    int both = open(host_path("rw/fifo"), O_RDWR | O_CLOEXEC);
    cr_assert_eq(wasi_open_to_read(RW, "fifo", &in), WASI_OK);
    cr_assert_eq(wasi_open(RW, "fifo", 0, &out), WASI_OK);
    close(both);
    move(); /* both ends are the guest's: neither waits */
    cr_expect_eq(write_text(out, "piped"), WASI_OK);
    cr_expect_eq(read_some(in, 8, text), WASI_OK);
    cr_expect_str_eq(text, "piped");
    save();
    unlink(host_path("rw/fifo"));
    expect_refused(
        "'/rw/fifo' does not exist, but the guest has it open: put it there, or "
        "give --restore-files relaxed");
    host_write("rw/fifo", "file");
    expect_refused("'/rw/fifo' is of another type now: put back what the guest has open");
}

Test(wasi_restore, files_that_are_something_else)
{
    wasi_create_file("file", "");
    mkdir(host_path("rw/dir"), 0755);
    save();
    unlink(host_path("rw/file"));
    mkfifo(host_path("rw/file"), 0644);
    expect_refused("'/rw/file' is of another type now: put back what the guest has open");
    saved->descriptors[5]->access = RT_WASI_ACCESS_WRITE;
    expect_refused("'/rw/file' can't be opened: No such device or address");
}

Test(wasi_restore, directories_that_are_files)
{
    uint32_t fd;
    mkdir(host_path("rw/dir"), 0755);
    cr_assert_eq(wasi_open_to_read(RW, "dir", &fd), WASI_OK);
    save();
    rmdir(host_path("rw/dir"));
    expect_refused(
        "'/rw/dir' does not exist, but the guest has it open: put it there, or "
        "give --restore-files relaxed");
    host_write("rw/dir", "file");
    expect_refused("'/rw/dir' is not the directory it was: put it back");
}

Test(wasi_restore, files_that_are_not_permitted)
{
    if (geteuid() != 0)
        cr_skip_test("only root can give up rights here");
    uint32_t fd;
    wasi_create_file("file", "content");
    cr_assert_eq(wasi_open_to_read(RW, "file", &fd), WASI_OK);
    save();
    chmod(host_path(""), 0755);
    cr_assert_eq(seteuid(65534), 0);
    expect_refused(
        "'/rw/file' can't be opened for writing: Permission denied; permit it");
    cr_assert_eq(seteuid(0), 0);
    chmod(host_path("rw/file"), 0600);
    saved->descriptors[5]->access = RT_WASI_ACCESS_READ;
    cr_assert_eq(seteuid(65534), 0);
    expect_refused(
        "'/rw/file' can't be opened for reading: Permission denied; permit it");
    cr_assert_eq(seteuid(0), 0);
}

Test(wasi_restore, rights_never_exceed_the_grant)
{
    uint32_t in, file;
    wasi_create_file("file", "content");
    cr_assert_eq(wasi_open_to_read(RW, "file", &in), WASI_OK);
    save();
    preopens[0].read_only = true;
    expect_refused("'/rw/file' is open for writing, but '/rw' is given read-only: give "
                   "it without :ro");
    saved->descriptors[5]->access = RT_WASI_ACCESS_READ; /* as if closed */
    cr_assert(restore());
    cr_expect_eq(wasi_open(RW, "new", WASI_O_CREAT, &file), WASI_EROFS);
    cr_expect_eq(rt_wasi_fd_filestat_set_times(guest, in, 0, 0, 2), WASI_EROFS);
}

/* A link on the new machine may lead elsewhere below the directory, but not out of it. */
Test(wasi_restore, links_that_lead_out)
{
    wasi_create_file("file", "secret");
    save();
    unlink(host_path("rw/file"));
    cr_assert_eq(symlink("../outside/secret", host_path("rw/file")), 0);
    expect_refused("'/rw/file' leads out of the directory that was given");
    unlink(host_path("rw/file"));
    host_write("rw/other", "secret");
    cr_assert_eq(symlink("other", host_path("rw/file")), 0);
    grants.accepts_changes = true;
    cr_expect(restore());
}

/* ---- What no program has written ---- */

static void change_path(const char *path, size_t n_bytes)
{
    ProtobufCBinaryData *to = &saved->descriptors[5]->path;
    free(to->data);
    to->data = malloc(n_bytes + 1);
    memcpy(to->data, path, n_bytes);
    to->len = n_bytes;
}

Test(wasi_restore, hostile_paths)
{
    static char long_path[2 * PATH_MAX];
    const char *paths[] = {"",     "/etc/passwd", "..",   "../outside/secret",
                           "a/..", "a/../file",   "./..", "/"};
    wasi_create_file("file", "secret");
    save();
    for (size_t i = 0; i < N(paths); i++) {
        change_path(paths[i], strlen(paths[i]));
        expect_refused("the snapshot is damaged: the path of a file");
    }
    change_path("file\0/..", 8);
    expect_refused("the snapshot is damaged: the path of a file");
    memset(long_path, 'x', sizeof long_path);
    change_path(long_path, sizeof long_path);
    expect_refused("the snapshot is damaged: the path of a file");
    change_path(long_path, 1000);
    cr_expect_not(restore());
    change_path("file", 4);
    cr_expect(restore());
}

Test(wasi_restore, hostile_descriptors)
{
    wasi_create_file("file", "content");
    save();
    Wanco__Snapshot__Descriptor *d = saved->descriptors[5], good = *d;
    const uint32_t numbers[] = {0, 3, 1u << 20, UINT32_MAX};
    for (size_t i = 0; i < N(numbers); i++) {
        d->number = numbers[i];
        expect_refused("the snapshot is damaged: the number of a descriptor");
    }
    *d = good, d->preopen = 2;
    expect_refused("the snapshot is damaged: a file is in no directory");
    *d = good, d->rights_base |= UINT64_C(1) << 30;
    expect_refused("the snapshot is damaged: the rights of a descriptor");
    *d = good, d->rights_inheriting = UINT64_MAX;
    expect_refused("the snapshot is damaged: the rights of a descriptor");
    *d = good, d->fdflags = 32;
    expect_refused("the snapshot is damaged: the state of a descriptor");
    *d = good, d->offset = UINT64_C(1) << 63;
    expect_refused("the snapshot is damaged: the state of a descriptor");
    *d = good, d->access = 0;
    expect_refused("the snapshot is damaged: how a file is open");
    *d = good, d->access = 4;
    expect_refused("the snapshot is damaged: how a file is open");
    *d = good, d->kind = KIND(OTHER);
    expect_refused("the snapshot is damaged: a descriptor of unknown kind");
    *d = good, d->kind = KIND(SOCKET);
    expect_refused("the snapshot is damaged: the type of a socket");
    d->filetype = WASI_TYPE_SOCKET_STREAM;
    expect_refused("the snapshot is damaged: a socket of unknown kind");
    d->socket = WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__LISTENER;
    expect_refused("the snapshot is damaged: a socket of unknown kind");
    *d = good, d->lost = 77;
    expect_refused("the snapshot is damaged: an error");
    *d = good, d->identity->unlinked = true;
    expect_refused("the snapshot is damaged: the number of an unlinked file");
    d->unlinked_file = 1;
    expect_refused("the snapshot is damaged: the number of an unlinked file");
    d->identity->unlinked = false;
    *d = good, d->kind = (Wanco__Snapshot__Descriptor__Kind)99;
    expect_refused("the snapshot is damaged: a descriptor of unknown kind");
    *d = good, d->kind = KIND(STREAM), d->stream = 3;
    expect_refused("the snapshot is damaged: the number of a stream");
    *d = good, d->kind = KIND(STREAM), d->stream = 2;
    expect_refused("the snapshot is damaged: a stream is there twice");
    *d = good, d->kind = KIND(PREOPEN), d->preopen = 2;
    expect_refused("the snapshot is damaged: the number of a directory");
    *d = good, d->identity = NULL;
    expect_refused("the snapshot is damaged: the size of a file");
    *d = good, d->filetype = WASI_TYPE_DIRECTORY;
    expect_refused("'/rw/file' is of another type now: put back what the guest has open");
    *d = good, d->number = 1000;
    cr_expect(restore());
}

Test(wasi_restore, hostile_listings)
{
    uint32_t room = wasi_room(512);
    wasi_create_file("a", "");
    cr_assert_eq(rt_wasi_fd_readdir(guest, RW, room, 512, 0, wasi_room(4)), WASI_OK);
    save();
    Wanco__Snapshot__Listing *listing = saved->descriptors[RW]->listing, good = *listing;
    listing->n_inodes--;
    expect_refused("the snapshot is damaged: a directory's entries");
    *listing = good, listing->filetypes.len--;
    expect_refused("the snapshot is damaged: a directory's entries");
    *listing = good, listing->filetypes.data[0] = 8;
    expect_refused("the snapshot is damaged: a directory's entry");
    *listing = good, listing->filetypes.data[0] = 3;
    listing->names[0].data[0] = 0;
    expect_refused("the snapshot is damaged: a directory's entry");
    listing->names[0].data[0] = 'x';
    saved->descriptors[5]->listing = listing;
    expect_refused("the snapshot is damaged: a directory's entries");
    saved->descriptors[5]->listing = NULL;
    cr_expect(restore());
}

Test(wasi_restore, hostile_strings)
{
    save();
    saved->args[0].data[2] = 0;
    expect_refused("the snapshot is damaged: an argument or variable holds a 0");
    saved->args[0].data[2] = 'x';
    saved->preopens[0]->guest_name.data[1] = 0;
    expect_refused("the snapshot is damaged: the name of a directory");
    memcpy(saved->preopens[0]->guest_name.data, "\n\x1b", 2);
    expect_refused("the guest's directories must be given again: add --dir HOST::??w");
    saved->n_preopens = 0;
    grants.n_preopens = 0;
    expect_refused("the snapshot is damaged: the number of a directory");
    saved->n_descriptors = 0;
    saved->clocks = NULL;
    cr_expect(restore());
}

/* Any bytes that are a message end in an error or a guest. */
Test(wasi_restore, random_damage)
{
    uint32_t dir, seed = 1;
    int pair[2];
    wasi_create_file("file", "content");
    wasi_create_file("unlinked", "content");
    cr_assert_eq(rt_wasi_path_unlink_file(guest, RW, PATH("unlinked")), WASI_OK);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(rt_wasi_inherit(wasi, pair[0], &dir), WASI_OK);
    cr_assert_eq(wasi_open_to_read(RW, ".", &dir), WASI_OK);
    cr_assert_eq(rt_wasi_fd_readdir(guest, dir, wasi_room(512), 512, 0, wasi_room(4)),
                 WASI_OK);
    save();
    size_t n = wanco__snapshot__wasi__get_packed_size(saved);
    uint8_t *good = malloc(n), *bytes = malloc(n);
    wanco__snapshot__wasi__pack(saved, good);
    for (int i = 0; i < 3000; i++) {
        memcpy(bytes, good, n);
        for (int change = 0; change <= i % 3; change++) {
            seed = seed * 1103515245 + 12345;
            bytes[(seed >> 8) % n] = (uint8_t)(seed >> 24);
        }
        wanco__snapshot__wasi__free_unpacked(saved, NULL);
        saved = wanco__snapshot__wasi__unpack(NULL, n, bytes);
        if (saved && restore())
            rt_wasi_destroy(wasi);
    }
    guest->private->wasi = wasi = NULL;
    cr_expect(host_holds("rw/file", "content"));
    cr_expect(host_holds("ro/file", "constant"));
    free(good);
    free(bytes);
}
