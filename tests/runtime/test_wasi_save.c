#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi_move.h"
#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_save, .init = wasi_setup, .fini = wasi_teardown);

static char error[512];
static Wanco__Snapshot__Wasi *saved;

static void save(void)
{
    saved = rt_wasi_save(wasi, error, sizeof error);
    cr_assert_not_null(saved, "%s", error);
}

static void expect_refused(const char *line)
{
    cr_expect_null(rt_wasi_save(wasi, error, sizeof error));
    cr_expect_str_eq(error, line);
}

static const Wanco__Snapshot__Descriptor *find(uint32_t fd)
{
    for (size_t i = 0; i < saved->n_descriptors; i++)
        if (saved->descriptors[i]->number == fd)
            return saved->descriptors[i];
    cr_assert_fail("descriptor %u is not there", fd);
    return NULL;
}

static bool is(ProtobufCBinaryData bytes, const char *text)
{
    return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

Test(wasi_save, strings_and_preopens)
{
    save();
    cr_assert_eq(saved->n_args, 3);
    cr_expect(is(saved->args[0], "program") && is(saved->args[1], "") &&
              is(saved->args[2], "last argument"));
    cr_assert_eq(saved->n_env, 1);
    cr_expect(is(saved->env[0], "HOME=/rw"));
    cr_assert_eq(saved->n_preopens, 2);
    cr_expect(is(saved->preopens[0]->guest_name, "/rw") &&
              !saved->preopens[0]->read_only);
    cr_expect(is(saved->preopens[1]->guest_name, "/ro") && saved->preopens[1]->read_only);
    cr_assert_eq(saved->n_descriptors, 5);
    for (uint32_t fd = 0; fd <= 2; fd++)
        cr_expect(find(fd)->kind == KIND(STREAM) && find(fd)->stream == fd);
    cr_expect(find(RO)->kind == KIND(PREOPEN) && find(RO)->preopen == 1);
    wanco__snapshot__wasi__free_unpacked(saved, NULL);
}

Test(wasi_save, nothing_is_changed_but_the_disk)
{
    uint32_t fd = wasi_create_file("file", "0123456789"), at = wasi_room(8);
    rt_wasi_fd_seek(guest, fd, 4, 0, at);
    cr_expect(wasi->fds[fd].is_written);
    save();
    cr_expect_not(wasi->fds[fd].is_written, "fdatasync");
    const Wanco__Snapshot__Descriptor *d = find(fd);
    cr_expect_eq(d->kind, KIND(FILE));
    cr_expect_eq(d->offset, 4);
    cr_expect_eq(d->identity->n_bytes, 10);
    cr_expect_eq(d->access, RT_WASI_ACCESS_READ | RT_WASI_ACCESS_WRITE);
    cr_expect_eq(d->filetype, WASI_TYPE_REGULAR_FILE);
    rt_wasi_fd_tell(guest, fd, at);
    cr_expect_eq(rt_wasi_load64(wasi_at(at)), 4);
}

static void rename_on_host(const char *from, const char *to)
{
    char old[PATH_MAX];
    strcpy(old, host_path(from));
    cr_assert_eq(rename(old, host_path(to)), 0);
}

static void expect_names_of_now(void)
{
    uint32_t fd, dir;
    cr_assert_eq(rt_wasi_path_create_directory(guest, RW, PATH("dir")), WASI_OK);
    wasi_create_file("dir/old", "content");
    cr_assert_eq(symlink("dir", host_path("rw/link")), 0);
    cr_assert_eq(wasi_open_to_read(RW, "link", &dir), WASI_OK);
    cr_assert_eq(wasi_open_to_read(dir, ".//old", &fd), WASI_OK);
    save();
    cr_expect(is(find(fd)->path, "dir/old"));
    cr_expect(is(find(dir)->path, "dir"));
    cr_expect_eq(find(dir)->kind, KIND(DIRECTORY));
    rename_on_host("rw/dir/old", "rw/dir/new");
    host_write("rw/dir/old", "another file");
    rename_on_host("rw/dir", "rw/other");
    save();
    cr_expect(is(find(fd)->path, "other/new"));
    cr_expect(is(find(dir)->path, "other"));
}

Test(wasi_save, files_have_the_names_of_now)
{
    expect_names_of_now();
}

Test(wasi_save, files_have_the_names_of_now_without_openat2)
{
    wasi->lacks_openat2 = true;
    expect_names_of_now();
}

Test(wasi_save, a_file_may_have_moved_to_another_preopen)
{
    uint32_t fd;
    wasi_create_file("file", "content");
    cr_assert_eq(wasi_open_to_read(RW, "file", &fd), WASI_OK);
    rt_wasi_fd_close(guest, 5);
    rename_on_host("rw/file", "ro/moved");
    save();
    cr_expect(is(find(fd)->path, "moved"));
    cr_expect_eq(find(fd)->preopen, 1);
}

Test(wasi_save, the_directory_itself_may_be_open_again)
{
    uint32_t fd;
    cr_assert_eq(wasi_open_to_read(RW, ".", &fd), WASI_OK);
    rt_wasi_fd_close(guest, RW);
    save();
    cr_expect(is(find(fd)->path, "."));
    cr_expect_eq(find(fd)->kind, KIND(DIRECTORY));
    cr_expect_eq(saved->n_preopens, 2);
}

Test(wasi_save, removed_directories)
{
    uint32_t fd;
    mkdir(host_path("rw/dir"), 0755);
    cr_assert_eq(wasi_open_to_read(RW, "dir", &fd), WASI_OK);
    cr_assert_eq(rt_wasi_path_remove_directory(guest, RW, PATH("dir")), WASI_OK);
    save();
    cr_expect_eq(find(fd)->kind, KIND(DIRECTORY));
    cr_expect_eq(find(fd)->lost, WASI_ENOENT);
    cr_expect(rt_wasi_needs_moves(saved));
}

Test(wasi_save, names_what_is_out_of_reach)
{
    uint32_t fd = wasi_create_file("file", "");
    rename_on_host("rw/file", "outside/file");
    const char *line = "descriptor 5 ('/rw/file') has been moved or replaced, and its "
                       "name below the guest's directories is not known";
    expect_refused(line);
    rename_on_host("outside/file", "ro/file");
    expect_refused(line); /* it is open for writing */
    rt_wasi_fd_close(guest, fd);
}

Test(wasi_save, pipes_and_sockets)
{
    uint32_t fd;
    int pair[2];
    cr_assert_eq(mkfifo(host_path("rw/fifo"), 0644), 0);
    save();
    cr_expect_not(rt_wasi_needs_moves(saved), "what every reader knows");
    cr_assert_eq(wasi_open(RW, "fifo", 0, &fd), WASI_OK);
    save();
    cr_expect(rt_wasi_needs_moves(saved));
    cr_expect(find(fd)->kind == KIND(PIPE) && is(find(fd)->path, "fifo"));
    cr_expect_eq(find(fd)->access, RT_WASI_ACCESS_READ | RT_WASI_ACCESS_WRITE);
    cr_assert_eq(rt_wasi_path_unlink_file(guest, RW, PATH("fifo")), WASI_OK);
    expect_refused("descriptor 5 ('/rw/fifo') is an unlinked pipe or device");
    rt_wasi_fd_close(guest, fd);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(rt_wasi_inherit(wasi, pair[0], &fd), WASI_OK);
    save();
    cr_expect(rt_wasi_needs_moves(saved));
    cr_expect_eq(find(fd)->kind, KIND(SOCKET));
    cr_expect_eq(find(fd)->socket, WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__CONNECTION);
}

Test(wasi_save, clocks_and_listings)
{
    uint32_t used = wasi_room(4), room = wasi_room(512);
    uint64_t now;
    wasi_create_file("a", "");
    cr_assert_eq(rt_wasi_fd_readdir(guest, RW, room, 512, 0, used), WASI_OK);
    rt_wasi_set_clock(wasi, WASI_CLOCK_MONOTONIC, 1000000);
    save();
    rt_wasi_now(wasi, WASI_CLOCK_MONOTONIC, &now);
    cr_expect(saved->clocks->monotonic >= 1000000 && saved->clocks->monotonic <= now);
    cr_expect_gt(saved->clocks->process_cputime, 0);
    const Wanco__Snapshot__Listing *listing = find(RW)->listing;
    cr_assert_not_null(listing);
    cr_assert_eq(listing->n_names, 3);
    cr_expect_eq(listing->n_inodes, 3);
    cr_expect_eq(listing->filetypes.len, 3);
    size_t i = 0;
    while (i < 3 && !is(listing->names[i], "a"))
        i++;
    cr_assert_lt(i, 3);
    cr_expect_eq(listing->filetypes.data[i], WASI_TYPE_REGULAR_FILE);
    cr_expect_null(find(RO)->listing);
}

Test(wasi_save, names_for_messages)
{
    char name[RT_WASI_NAME_BYTES], longer[300];
    cr_expect_str_eq(rt_wasi_name_file("/", "a/b", name), "/a/b");
    cr_expect_str_eq(rt_wasi_name_file("/x", "a\n\x1b[1m\x7f", name), "/x/a??[1m?");
    cr_expect_str_eq(rt_wasi_name_file("", "a", name), "/a");
    cr_expect_str_eq(rt_wasi_name_file(".", NULL, name), ".");
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    cr_expect_eq(strlen(rt_wasi_name_file(longer, longer, name)), RT_WASI_NAME_BYTES - 1);
}

Test(wasi_save, plain_paths)
{
    const char *plain[] = {".", "a", "a/b", "a//b", "a/", "..a", "a../b", "./a"};
    const char *others[] = {"",     "/",      "/a",    "..",  "a/..",
                            "../a", "a/../b", "a//..", "./.."};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        cr_expect(rt_wasi_is_plain_path(plain[i]), "%s", plain[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(rt_wasi_is_plain_path(others[i]), "%s", others[i]);
}
