#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

static uint32_t make_dir(const char *path)
{
    return rt_wasi_path_create_directory(guest, RW, PATH(path));
}

static uint32_t remove_dir(const char *path)
{
    return rt_wasi_path_remove_directory(guest, RW, PATH(path));
}

static uint32_t unlink_file(const char *path)
{
    return rt_wasi_path_unlink_file(guest, RW, PATH(path));
}

static uint32_t rename_to(const char *from, const char *to)
{
    return rt_wasi_path_rename(guest, RW, PATH(from), RW, PATH(to));
}

static uint32_t make_link(const char *from, const char *to)
{
    return rt_wasi_path_link(guest, RW, 0, PATH(from), RW, PATH(to));
}

static uint32_t make_symlink(const char *target, const char *path)
{
    return rt_wasi_path_symlink(guest, PATH(target), RW, PATH(path));
}

BOTH_WAYS(path, creates_and_removes_directories)
{
    cr_expect_eq(make_dir("a"), WASI_OK);
    cr_expect_eq(make_dir("a/b/"), WASI_OK);
    cr_expect_eq(make_dir("a"), WASI_EEXIST);
    cr_expect_eq(make_dir("a/"), WASI_EEXIST);
    cr_expect_eq(make_dir("."), WASI_EEXIST);
    cr_expect_eq(make_dir(""), WASI_ENOENT);
    cr_expect_eq(make_dir("missing/x"), WASI_ENOENT);
    cr_expect_eq(remove_dir("a"), WASI_ENOTEMPTY);
    cr_expect_eq(remove_dir("a/b/"), WASI_OK);
    cr_expect_eq(remove_dir("."), WASI_EINVAL);
    cr_expect_eq(remove_dir("a"), WASI_OK);
    cr_expect_eq(remove_dir("a"), WASI_ENOENT);
    wasi_create_file("file", "");
    cr_expect_eq(remove_dir("file"), WASI_ENOTDIR);
    cr_expect_eq(remove_dir("file/"), WASI_ENOTDIR);
    make_symlink("file", "link");
    cr_expect_eq(remove_dir("link"), WASI_ENOTDIR);
}

BOTH_WAYS(path, unlinks_files)
{
    wasi_create_file("file", "");
    make_dir("dir");
    make_symlink("missing", "link");
    cr_expect_eq(unlink_file("file/"), WASI_ENOTDIR);
    cr_expect_eq(unlink_file("file"), WASI_OK);
    cr_expect_eq(unlink_file("file"), WASI_ENOENT);
    cr_expect_eq(unlink_file("dir"), WASI_EISDIR);
    cr_expect_eq(unlink_file("dir/"), WASI_EISDIR);
    cr_expect_eq(unlink_file("link"), WASI_OK);
}

BOTH_WAYS(path, renames)
{
    make_dir("dir");
    wasi_create_file("file", "text");
    cr_expect_eq(rename_to("dir", "moved"), WASI_OK);
    cr_expect_eq(rename_to("moved/", "dir"), WASI_OK);
    cr_expect_eq(rename_to("dir", "moved/"), WASI_OK);
    cr_expect_eq(rename_to("moved/", "dir/"), WASI_OK);
    cr_expect_eq(rename_to("file", "dir/file"), WASI_OK);
    cr_expect(host_holds("rw/dir/file", "text"));
    cr_expect_eq(rename_to("dir/file", "other"), WASI_OK);
    cr_expect_eq(rename_to("other/", "file"), WASI_ENOTDIR);
    cr_expect_eq(rename_to("other", "file/"), WASI_ENOTDIR);
    cr_expect_eq(rename_to("other", "dir"), WASI_EISDIR);
    cr_expect_eq(rename_to("dir", "other"), WASI_ENOTDIR);
    cr_expect_eq(rename_to("missing", "x"), WASI_ENOENT);
    cr_expect_eq(rename_to("missing/", "x"), WASI_ENOENT);
    cr_expect_eq(rename_to("dir", "dir/dir"), WASI_EINVAL);
    make_dir("full");
    wasi_create_file("full/file", "");
    cr_expect_eq(rename_to("dir", "full"), WASI_ENOTEMPTY);
}

BOTH_WAYS(path, links)
{
    struct stat st;
    make_dir("dir");
    wasi_create_file("file", "text");
    make_symlink("file", "symlink");
    make_symlink("missing", "dangling");
    cr_expect_eq(make_link("file", "dir/link"), WASI_OK);
    cr_expect(host_holds("rw/dir/link", "text"));
    cr_expect_eq(make_link("file", "dir/link"), WASI_EEXIST);
    cr_expect_eq(make_link("file", "dangling"), WASI_EEXIST);
    cr_expect_eq(make_link("file", "new/"), WASI_ENOENT);
    cr_expect_eq(make_link("file/", "new"), WASI_ENOTDIR);
    cr_expect_eq(make_link("dir", "new"), WASI_EPERM);
    cr_expect_eq(make_link("missing", "new"), WASI_ENOENT);
    cr_expect_eq(make_link("symlink", "kept"), WASI_OK);
    cr_expect(lstat(host_path("rw/kept"), &st) == 0 && S_ISLNK(st.st_mode));
    const uint32_t follow = WASI_LOOKUP_SYMLINK_FOLLOW;
    cr_expect_eq(rt_wasi_path_link(guest, RW, follow, PATH("symlink"), RW, PATH("new")),
                 WASI_OK);
    cr_expect(lstat(host_path("rw/new"), &st) == 0 && S_ISREG(st.st_mode));
    cr_expect_eq(rt_wasi_path_link(guest, RW, follow, PATH("dangling"), RW, PATH("x")),
                 WASI_ENOENT);
}

BOTH_WAYS(path, makes_symbolic_links)
{
    wasi_create_file("file", "");
    make_dir("dir");
    cr_expect_eq(make_symlink("file", "link"), WASI_OK);
    cr_expect_eq(make_symlink("file", "link"), WASI_EEXIST);
    cr_expect_eq(make_symlink("file", "new/"), WASI_ENOENT);
    cr_expect_eq(make_symlink("file", "dir/"), WASI_EEXIST);
    cr_expect_eq(make_symlink("", "new"), WASI_ENOENT);
    cr_expect_eq(make_symlink("/absolute", "new"), WASI_ENOTCAPABLE);
    cr_expect_not(host_exists("rw/new"));
}

BOTH_WAYS(path, reads_symbolic_links)
{
    uint32_t room = wasi_room(16), n_used = wasi_room(4);
    wasi_create_file("file", "");
    make_symlink("target", "link");
    cr_expect_eq(rt_wasi_path_readlink(guest, RW, PATH("link"), room, 16, n_used),
                 WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(n_used)), 6);
    cr_expect_eq(memcmp(wasi_at(room), "target\0", 7), 0);
    memset(wasi_at(room), 0, 16);
    cr_expect_eq(rt_wasi_path_readlink(guest, RW, PATH("link"), room, 4, n_used),
                 WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(n_used)), 4);
    cr_expect_eq(memcmp(wasi_at(room), "targ\0", 5), 0);
    cr_expect_eq(rt_wasi_path_readlink(guest, RW, PATH("link"), room, 0, n_used),
                 WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(n_used)), 0);
    cr_expect_eq(rt_wasi_path_readlink(guest, RW, PATH("file"), room, 4, n_used),
                 WASI_EINVAL);
    cr_expect_eq(rt_wasi_path_readlink(guest, RW, PATH("link"), UINT32_MAX, 4, n_used),
                 WASI_EFAULT);
    cr_expect_eq(rt_wasi_path_readlink(guest, RW, PATH("link"), room, 4, UINT32_MAX),
                 WASI_EFAULT);
}

BOTH_WAYS(path, a_read_only_preopen_stays_as_it_is)
{
    const uint32_t ro = WASI_EROFS;
    wasi_create_file("file", "");
    cr_expect_eq(rt_wasi_path_create_directory(guest, RO, PATH("new")), ro);
    cr_expect_eq(rt_wasi_path_create_directory(guest, RO, PATH("dir")), WASI_EEXIST);
    cr_expect_eq(rt_wasi_path_remove_directory(guest, RO, PATH("dir")), ro);
    cr_expect_eq(rt_wasi_path_unlink_file(guest, RO, PATH("file")), ro);
    cr_expect_eq(rt_wasi_path_symlink(guest, PATH("file"), RO, PATH("new")), ro);
    cr_expect_eq(rt_wasi_path_rename(guest, RO, PATH("file"), RO, PATH("new")), ro);
    cr_expect_eq(rt_wasi_path_rename(guest, RO, PATH("file"), RW, PATH("new")), ro);
    cr_expect_eq(rt_wasi_path_rename(guest, RW, PATH("file"), RO, PATH("new")), ro);
    cr_expect_eq(rt_wasi_path_link(guest, RO, 0, PATH("file"), RO, PATH("new")), ro);
    cr_expect_eq(rt_wasi_path_link(guest, RO, 0, PATH("file"), RW, PATH("new")), ro);
    cr_expect_eq(rt_wasi_path_link(guest, RW, 0, PATH("file"), RO, PATH("new")), ro);
    cr_expect_not(host_exists("rw/new"));
    cr_expect_not(host_exists("ro/new"));
    cr_expect(host_exists("ro/dir"));
    cr_expect(host_holds("ro/file", "constant"));
}

BOTH_WAYS(path, needs_rights)
{
    const struct {
        uint64_t right;
        uint32_t error;
    } none = {0, WASI_ENOTCAPABLE};
    cr_assert_eq(rt_wasi_fd_fdstat_set_rights(guest, RW, none.right, 0), WASI_OK);
    cr_expect_eq(make_dir("a"), none.error);
    cr_expect_eq(remove_dir("a"), none.error);
    cr_expect_eq(unlink_file("a"), none.error);
    cr_expect_eq(rename_to("a", "b"), none.error);
    cr_expect_eq(make_link("a", "b"), none.error);
    cr_expect_eq(make_symlink("a", "b"), none.error);
}

BOTH_WAYS(path, needs_a_directory)
{
    uint32_t fd = wasi_create_file("file", "");
    cr_expect_eq(rt_wasi_path_create_directory(guest, fd, PATH("a")), WASI_ENOTDIR);
    cr_expect_eq(rt_wasi_path_create_directory(guest, 99, PATH("a")), WASI_EBADF);
    cr_expect_eq(rt_wasi_path_unlink_file(guest, 1, PATH("a")), WASI_ENOTDIR);
}
