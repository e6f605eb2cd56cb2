#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

static uint32_t open_error(const char *path)
{
    uint32_t fd;
    return wasi_open_to_read(RW, path, &fd);
}

static void host_link(const char *target, const char *path)
{
    cr_assert_eq(symlink(target, host_path(path)), 0);
}

BOTH_WAYS(sandbox, dot_dot_does_not_leave)
{
    mkdir(host_path("rw/a"), 0755);
    cr_expect_eq(open_error(".."), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("../outside/secret"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("a/../../outside/secret"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("a/../../rw/a"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("./../outside"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("a/.."), WASI_OK);
    cr_expect_eq(open_error("a/../a/./../a/"), WASI_OK);
    cr_expect_eq(open_error("missing/../a"), WASI_ENOENT);
}

BOTH_WAYS(sandbox, a_directory_of_the_guest_is_a_bound_too)
{
    uint32_t fd, other;
    mkdir(host_path("rw/a"), 0755);
    host_write("rw/b", "");
    cr_assert_eq(wasi_open_to_read(RW, "a", &fd), WASI_OK);
    cr_expect_eq(wasi_open_to_read(fd, "../b", &other), WASI_ENOTCAPABLE);
    cr_expect_eq(wasi_open_to_read(fd, "..", &other), WASI_ENOTCAPABLE);
    cr_expect_eq(wasi_open_to_read(fd, ".", &other), WASI_OK);
}

BOTH_WAYS(sandbox, absolute_paths_are_refused)
{
    cr_expect_eq(open_error("/"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("/etc/passwd"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("//"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error(host_path("rw")), WASI_ENOTCAPABLE);
}

BOTH_WAYS(sandbox, links_do_not_leave)
{
    host_link("../outside/secret", "rw/file_link");
    host_link("../outside", "rw/dir_link");
    host_link("/etc/passwd", "rw/absolute");
    host_link("/", "rw/root");
    host_link("file_link", "rw/link_to_link");
    cr_expect_eq(open_error("file_link"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("dir_link/secret"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("dir_link"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("dir_link/"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("absolute"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("root/etc/passwd"), WASI_ENOTCAPABLE);
    cr_expect_eq(open_error("link_to_link"), WASI_ENOTCAPABLE);
}

BOTH_WAYS(sandbox, no_operation_leaves)
{
    uint32_t room = wasi_room(64);
    const uint32_t follow = WASI_LOOKUP_SYMLINK_FOLLOW;
    host_write("rw/mine", "mine");
    host_link("../outside", "rw/out");
    host_link("../outside/secret", "rw/secret");
    const uint32_t refused = WASI_ENOTCAPABLE;
    cr_expect_eq(rt_wasi_path_unlink_file(guest, RW, PATH("out/secret")), refused);
    cr_expect_eq(rt_wasi_path_create_directory(guest, RW, PATH("out/new")), refused);
    cr_expect_eq(rt_wasi_path_create_directory(guest, RW, PATH("../new")), refused);
    cr_expect_eq(rt_wasi_path_remove_directory(guest, RW, PATH("../outside")), refused);
    cr_expect_eq(rt_wasi_path_rename(guest, RW, PATH("out/secret"), RW, PATH("x")),
                 refused);
    cr_expect_eq(rt_wasi_path_rename(guest, RW, PATH("mine"), RW, PATH("out/x")),
                 refused);
    cr_expect_eq(rt_wasi_path_rename(guest, RW, PATH("mine"), RW, PATH("../x")), refused);
    cr_expect_eq(rt_wasi_path_link(guest, RW, 0, PATH("out/secret"), RW, PATH("x")),
                 refused);
    cr_expect_eq(rt_wasi_path_link(guest, RW, follow, PATH("secret"), RW, PATH("x")),
                 refused);
    cr_expect_eq(rt_wasi_path_link(guest, RW, 0, PATH("mine"), RW, PATH("out/x")),
                 refused);
    cr_expect_eq(rt_wasi_path_symlink(guest, PATH("mine"), RW, PATH("out/x")), refused);
    cr_expect_eq(rt_wasi_path_symlink(guest, PATH("/etc"), RW, PATH("x")), refused);
    cr_expect_eq(rt_wasi_path_filestat_get(guest, RW, follow, PATH("secret"), room),
                 refused);
    cr_expect_eq(rt_wasi_path_filestat_get(guest, RW, 0, PATH("out/secret"), room),
                 refused);
    cr_expect_eq(rt_wasi_path_filestat_get(guest, RW, 0, PATH("out/"), room), refused);
    cr_expect_eq(
        rt_wasi_path_filestat_set_times(guest, RW, follow, PATH("secret"), 1, 1, 5),
        refused);
    cr_expect_eq(rt_wasi_path_readlink(guest, RW, PATH("out/secret"), room, 64, room),
                 refused);
    cr_expect(host_holds("outside/secret", "secret"));
    cr_expect(host_holds("rw/mine", "mine"));
}

/* A link that is followed on creation must not create anything elsewhere. */
BOTH_WAYS(sandbox, a_dangling_link_creates_nothing_outside)
{
    uint32_t fd;
    host_link("../outside/new", "rw/out");
    host_link("new", "rw/in");
    cr_expect_eq(wasi_open(RW, "out", WASI_O_CREAT, &fd), WASI_ENOTCAPABLE);
    cr_expect_not(host_exists("outside/new"));
    cr_expect_eq(wasi_open(RW, "out", WASI_O_CREAT | WASI_O_EXCL, &fd), WASI_EEXIST);
    cr_expect_eq(wasi_open(RW, "in", WASI_O_CREAT, &fd), WASI_OK);
    cr_expect(host_exists("rw/new"));
}

BOTH_WAYS(sandbox, links_of_proc_are_no_way_out)
{
    uint32_t fd;
    int proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(proc, 0);
    cr_assert_eq(dup2(proc, wasi->fds[RW].host_fd), wasi->fds[RW].host_fd);
    cr_expect_neq(wasi_open_to_read(RW, "root/etc/passwd", &fd), WASI_OK);
    cr_expect_neq(wasi_open_to_read(RW, "cwd", &fd), WASI_OK);
    cr_expect_neq(wasi_open_to_read(RW, "fd/0", &fd), WASI_OK);
    cr_expect_neq(wasi_open_to_read(RW, "exe", &fd), WASI_OK);
    cr_expect_eq(wasi_open_to_read(RW, "status", &fd), WASI_OK);
    close(proc);
}

BOTH_WAYS(resolve, follows_links_inside)
{
    mkdir(host_path("rw/a"), 0755);
    mkdir(host_path("rw/a/b"), 0755);
    host_write("rw/a/b/file", "deep");
    host_link("a/b", "rw/down");
    host_link("../../a/b/file", "rw/a/b/up");
    host_link("down/up", "rw/both");
    host_link("a/", "rw/slash");
    cr_expect_eq(open_error("down/file"), WASI_OK);
    cr_expect_eq(open_error("a/b/up"), WASI_OK);
    cr_expect_eq(open_error("down/up"), WASI_OK);
    cr_expect_eq(open_error("both"), WASI_OK);
    cr_expect_eq(open_error("down/../b/file"), WASI_OK);
    cr_expect_eq(open_error("slash/b/file"), WASI_OK);
    cr_expect_eq(open_error("both/file"), WASI_ENOTDIR);
    cr_expect_eq(open_error("a/b/file/x"), WASI_ENOTDIR);
    cr_expect_eq(open_error("a/b/file/.."), WASI_ENOTDIR);
}

BOTH_WAYS(resolve, ends_loops)
{
    host_link("loop", "rw/loop");
    host_link("pong", "rw/ping");
    host_link("ping", "rw/pong");
    cr_expect_eq(open_error("loop"), WASI_ELOOP);
    cr_expect_eq(open_error("loop/x"), WASI_ELOOP);
    cr_expect_eq(open_error("ping/x"), WASI_ELOOP);
    cr_expect_eq(open_error("ping"), WASI_ELOOP);
}

BOTH_WAYS(resolve, follows_forty_links)
{
    char name[16], target[16];
    host_write("rw/0", "");
    for (int i = 1; i <= 41; i++) {
        snprintf(name, sizeof name, "rw/%d", i);
        snprintf(target, sizeof target, "%d", i - 1);
        host_link(target, name);
    }
    cr_expect_eq(open_error("40"), WASI_OK);
    cr_expect_eq(open_error("41"), WASI_ELOOP);
}

BOTH_WAYS(resolve, bounds_names_and_paths)
{
    char path[PATH_MAX + 1];
    memset(path, 'x', sizeof path);
    path[256] = 0;
    cr_expect_eq(open_error(path), WASI_ENAMETOOLONG);
    path[255] = 0;
    cr_expect_eq(open_error(path), WASI_ENOENT);
    strcpy(path + 255, "/x");
    cr_expect_eq(open_error(path), WASI_ENOENT);
    for (size_t i = 0; i < PATH_MAX; i += 2)
        memcpy(path + i, "./", 2);
    path[PATH_MAX] = 0;
    cr_expect_eq(open_error(path), WASI_ENAMETOOLONG);
    path[PATH_MAX - 1] = 0;
    cr_expect_eq(open_error(path), WASI_OK);
}

/* Links that grow a path without end. */
BOTH_WAYS(resolve, bounds_what_links_expand_to)
{
    char target[2000];
    for (size_t i = 0; i + 2 < sizeof target; i += 2)
        memcpy(target + i, "./", 2);
    strcpy(target + 1990, "link/link");
    host_link(target, "rw/link");
    uint32_t error = open_error("link");
    cr_expect(error == WASI_ENAMETOOLONG || error == WASI_ELOOP, "%u", error);
}

BOTH_WAYS(resolve, goes_up_a_deep_path)
{
    char path[PATH_MAX] = "";
    for (int i = 0; i < 20; i++) {
        char host[PATH_MAX];
        strcat(path, "d/");
        snprintf(host, sizeof host, "rw/%.100s", path);
        cr_assert_eq(mkdir(host_path(host), 0755), 0);
    }
    host_write("rw/top", "");
    for (int i = 0; i < 20; i++)
        strcat(path, "../");
    strcat(path, "top");
    cr_expect_eq(open_error(path), WASI_OK);
    char *end = strstr(path, "top");
    strcpy(end, "../top");
    cr_expect_eq(open_error(path), WASI_ENOTCAPABLE);
}

BOTH_WAYS(resolve, leaves_no_descriptor_open)
{
    mkdir(host_path("rw/a"), 0755);
    mkdir(host_path("rw/a/b"), 0755);
    host_link("../../outside", "rw/a/out");
    host_link("a/b", "rw/link");
    int before = open("/dev/null", O_RDONLY);
    close(before);
    uint32_t room = wasi_room(64);
    rt_wasi_path_filestat_get(guest, RW, 1, PATH("link/../b"), room);
    rt_wasi_path_filestat_get(guest, RW, 1, PATH("link/../../a/b/."), room);
    rt_wasi_path_create_directory(guest, RW, PATH("a/b/c"));
    rt_wasi_path_create_directory(guest, RW, PATH("a/out/c"));
    rt_wasi_path_create_directory(guest, RW, PATH("a/missing/c"));
    rt_wasi_path_rename(guest, RW, PATH("a/b/c"), RW, PATH("a/out/x"));
    rt_wasi_path_link(guest, RW, 1, PATH("link"), RW, PATH("link/../x"));
    int after = open("/dev/null", O_RDONLY);
    cr_expect_eq(before, after);
}

/* A guest may make a link that leads out, but not follow it; neither where it is made
 * later. */
BOTH_WAYS(sandbox, links_of_the_guest_do_not_leave)
{
    uint32_t fd;
    cr_assert_eq(rt_wasi_path_create_directory(guest, RW, PATH("dir")), WASI_OK);
    cr_assert_eq(rt_wasi_path_symlink(guest, PATH("../outside"), RW, PATH("out")),
                 WASI_OK);
    cr_assert_eq(
        rt_wasi_path_symlink(guest, PATH("../../outside/secret"), RW, PATH("dir/out")),
        WASI_OK);
    cr_expect_eq(wasi_open_to_read(RW, "out/secret", &fd), WASI_ENOTCAPABLE);
    cr_expect_eq(wasi_open_to_read(RW, "dir/out", &fd), WASI_ENOTCAPABLE);
    cr_assert_eq(wasi_open_to_read(RW, "dir", &fd), WASI_OK);
    cr_expect_eq(wasi_open_to_read(fd, "out", &fd), WASI_ENOTCAPABLE);
    /* Where the link is moved to, it leads to a place inside. */
    cr_assert_eq(rt_wasi_path_create_directory(guest, RW, PATH("outside")), WASI_OK);
    rt_wasi_fd_close(guest, wasi_create_file("outside/secret", "inner!"));
    cr_assert_eq(rt_wasi_path_create_directory(guest, RW, PATH("dir/sub")), WASI_OK);
    cr_assert_eq(rt_wasi_path_rename(guest, RW, PATH("dir/out"), RW, PATH("dir/sub/out")),
                 WASI_OK);
    cr_expect_eq(wasi_open_to_read(RW, "dir/sub/out", &fd), WASI_OK);
}

struct swapper {
    char link[PATH_MAX], dir[PATH_MAX], spare[PATH_MAX];
    volatile bool stop;
};

/* Exchanges a directory and a link that leads out, as fast as it can. */
static void *swap(void *argument)
{
    struct swapper *s = argument;
    while (!s->stop)
        renameat2(AT_FDCWD, s->link, AT_FDCWD, s->dir, RENAME_EXCHANGE);
    return NULL;
}

BOTH_WAYS(sandbox, a_race_does_not_leave)
{
    struct swapper s = {.stop = false};
    pthread_t thread;
    mkdir(host_path("rw/dir"), 0755);
    host_write("rw/dir/secret", "inner!");
    host_link("../outside", "rw/link");
    strcpy(s.link, host_path("rw/link"));
    strcpy(s.dir, host_path("rw/dir"));
    cr_assert_eq(pthread_create(&thread, NULL, swap, &s), 0);
    uint32_t path = wasi_put("dir/secret"), opened = wasi_room(4), buffer = wasi_room(8);
    uint32_t iovec = wasi_iovec(buffer, 6), n_read = wasi_room(4), n_opened = 0;
    for (int i = 0; i < 3000; i++) {
        if (rt_wasi_path_open(guest, RW, 1, path, 10, 0, WASI_RIGHT_FD_READ, 0, 0,
                              opened))
            continue;
        uint32_t fd = rt_wasi_load32(wasi_at(opened));
        cr_assert_eq(rt_wasi_fd_read(guest, fd, iovec, 1, n_read), WASI_OK);
        cr_assert_eq(memcmp(wasi_at(buffer), "inner!", 6), 0);
        rt_wasi_fd_close(guest, fd);
        n_opened++;
    }
    s.stop = true;
    pthread_join(thread, NULL);
    cr_expect_gt(n_opened, 0);
}

/* What changes files is as safe as what opens them. */
BOTH_WAYS(sandbox, a_race_changes_nothing_outside)
{
    struct swapper s = {.stop = false};
    pthread_t thread;
    mkdir(host_path("rw/dir"), 0755);
    host_link("../outside", "rw/link");
    strcpy(s.link, host_path("rw/link"));
    strcpy(s.dir, host_path("rw/dir"));
    cr_assert_eq(pthread_create(&thread, NULL, swap, &s), 0);
    uint32_t secret = wasi_put("dir/secret"), new = wasi_put("dir/new"), n_made = 0;
    for (int i = 0; i < 2000; i++) {
        n_made += rt_wasi_path_create_directory(guest, RW, new, 7) == WASI_OK;
        rt_wasi_path_remove_directory(guest, RW, new, 7);
        rt_wasi_path_unlink_file(guest, RW, secret, 10);
        rt_wasi_path_rename(guest, RW, secret, 10, RW, new, 7);
        rt_wasi_path_filestat_set_times(guest, RW, 1, secret, 10, 0, 0, 5);
        cr_assert(host_holds("outside/secret", "secret") && !host_exists("outside/new"));
    }
    s.stop = true;
    pthread_join(thread, NULL);
    struct stat st;
    cr_expect(stat(host_path("outside/secret"), &st) == 0 && st.st_mtim.tv_sec > 0);
    cr_expect_gt(n_made, 0);
}
