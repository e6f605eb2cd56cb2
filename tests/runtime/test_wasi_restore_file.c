#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_moved.h"

TestSuite(wasi_restore_file, .init = wasi_setup, .fini = wasi_teardown);

Test(wasi_restore_file, files_that_are_gone)
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

Test(wasi_restore_file, files_that_are_smaller)
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

Test(wasi_restore_file, files_that_were_changed)
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
Test(wasi_restore_file, files_that_may_be_missing)
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

Test(wasi_restore_file, files_that_are_something_else)
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

Test(wasi_restore_file, files_that_are_not_permitted)
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

Test(wasi_restore_file, rights_never_exceed_the_grant)
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
Test(wasi_restore_file, links_that_lead_out)
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

Test(wasi_restore_file, directories_that_are_files)
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

Test(wasi_restore_file, removed_directories)
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

Test(wasi_restore_file, pipes_by_path)
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
