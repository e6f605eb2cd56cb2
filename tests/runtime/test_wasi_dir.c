#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_dir, .init = wasi_setup, .fini = wasi_teardown);

#define ENTRY_BYTES 24

static uint32_t buffer, n_used_at, n_used;

static uint32_t read_dir(uint32_t fd, uint32_t n_bytes, uint64_t cookie)
{
    if (!buffer) {
        buffer = wasi_room(4096);
        n_used_at = wasi_room(4);
    }
    uint32_t error = rt_wasi_fd_readdir(guest, fd, buffer, n_bytes, cookie, n_used_at);
    n_used = rt_wasi_load32(wasi_at(n_used_at));
    return error;
}

/* Entry i of what was read, if it is whole. */
static const uint8_t *entry_at(uint32_t i)
{
    uint32_t at = 0;
    for (;; i--) {
        if (n_used - at < ENTRY_BYTES)
            return NULL;
        const uint8_t *p = wasi_at(buffer + at);
        uint32_t name_bytes = rt_wasi_load32(p + 16);
        if (n_used - at - ENTRY_BYTES < name_bytes)
            return NULL;
        if (i == 0)
            return p;
        at += ENTRY_BYTES + name_bytes;
    }
}

static bool is_named(const uint8_t *entry, const char *name)
{
    return entry && rt_wasi_load32(entry + 16) == strlen(name) &&
           memcmp(entry + ENTRY_BYTES, name, strlen(name)) == 0;
}

static const uint8_t *entry_named(const char *name)
{
    const uint8_t *entry = NULL;
    for (uint32_t i = 0; (entry = entry_at(i)); i++)
        if (is_named(entry, name))
            return entry;
    return NULL;
}

Test(wasi_dir, lists_entries_with_type_and_inode)
{
    struct stat st;
    host_write("rw/file", "");
    mkdir(host_path("rw/dir"), 0755);
    symlink("x", host_path("rw/link"));
    cr_expect_eq(read_dir(RW, 4096, 0), WASI_OK);
    cr_expect_eq(n_used, 5 * ENTRY_BYTES + strlen("...filedirlink"));
    const uint8_t *file = entry_named("file"), *dir = entry_named("dir"),
                  *link = entry_named("link");
    cr_assert(file && dir && link && entry_named(".") && entry_named(".."));
    cr_expect_eq(file[20], WASI_TYPE_REGULAR_FILE);
    cr_expect_eq(dir[20], WASI_TYPE_DIRECTORY);
    cr_expect_eq(link[20], WASI_TYPE_SYMBOLIC_LINK);
    stat(host_path("rw/file"), &st);
    cr_expect_eq(rt_wasi_load64(file + 8), st.st_ino);
}

Test(wasi_dir, cookies_go_on_behind_an_entry)
{
    for (int i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "rw/%d", i);
        host_write(name, "");
    }
    cr_expect_eq(read_dir(RW, 4096, 0), WASI_OK);
    uint64_t cookies[10];
    char names[10][4];
    for (uint32_t i = 0; i < 10; i++) {
        const uint8_t *entry = entry_at(i);
        cr_assert_not_null(entry);
        cookies[i] = rt_wasi_load64(entry);
        snprintf(names[i], sizeof names[i], "%.*s", (int)rt_wasi_load32(entry + 16),
                 (const char *)entry + ENTRY_BYTES);
    }
    for (uint32_t i = 0; i < 9; i++) {
        cr_expect_eq(read_dir(RW, ENTRY_BYTES + 2, cookies[i]), WASI_OK);
        cr_expect(is_named(entry_at(0), names[i + 1]));
    }
    cr_expect_eq(read_dir(RW, 4096, cookies[9]), WASI_OK);
    cr_expect_eq(n_used, 0);
    cr_expect_eq(read_dir(RW, 4096, UINT64_MAX), WASI_OK);
    cr_expect_eq(n_used, 0);
}

/* The last entry is cut: a buffer that is not full ends the directory. */
Test(wasi_dir, fills_the_buffer)
{
    host_write("rw/file", "");
    for (uint32_t n = 0; n < 3 * ENTRY_BYTES + 7; n++) {
        memset(wasi_at(buffer ? buffer : 2048), 0xee, n + 1);
        cr_expect_eq(read_dir(RW, n, 0), WASI_OK);
        cr_expect_eq(n_used, n);
    }
    cr_expect_eq(read_dir(RW, 3 * ENTRY_BYTES + 8, 0), WASI_OK);
    cr_expect_eq(n_used, 3 * ENTRY_BYTES + 7);
}

/* As rm -r does. */
Test(wasi_dir, removal_while_reading_skips_nothing)
{
    uint64_t cookie = 0;
    int n = 0;
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "rw/%d", i);
        host_write(name, "");
    }
    while (read_dir(RW, 100, cookie) == WASI_OK && n_used > 0) {
        const uint8_t *entry = entry_at(0);
        uint32_t n_name = rt_wasi_load32(entry + 16);
        cookie = rt_wasi_load64(entry);
        n += rt_wasi_path_unlink_file(guest, RW, buffer + ENTRY_BYTES, n_name) == WASI_OK;
    }
    cr_expect_eq(n, 100);
}

Test(wasi_dir, cookie_0_sees_what_is_new)
{
    uint32_t fd;
    cr_expect_eq(read_dir(RW, 4096, 0), WASI_OK);
    host_write("rw/new", "");
    cr_expect_eq(read_dir(RW, 4096, 0), WASI_OK);
    cr_expect_not_null(entry_named("new"));
    mkdir(host_path("rw/gone"), 0755);
    cr_assert_eq(wasi_open_to_read(RW, "gone", &fd), WASI_OK);
    rmdir(host_path("rw/gone"));
    cr_expect_eq(read_dir(fd, 4096, 0), WASI_OK);
    cr_expect_leq(n_used, 2 * ENTRY_BYTES + 3);
    cr_expect_eq(rt_wasi_fd_close(guest, fd), WASI_OK);
}

Test(wasi_dir, checks_what_the_guest_passes)
{
    uint32_t fd = wasi_create_file("file", "");
    cr_expect_eq(read_dir(fd, 100, 0), WASI_ENOTDIR);
    cr_expect_eq(read_dir(99, 100, 0), WASI_EBADF);
    cr_expect_eq(rt_wasi_fd_readdir(guest, RW, UINT32_MAX, 2, 0, n_used_at), WASI_EFAULT);
    cr_expect_eq(rt_wasi_fd_readdir(guest, RW, 0, UINT32_MAX, 0, n_used_at), WASI_EFAULT);
    cr_expect_eq(rt_wasi_fd_readdir(guest, RW, 0, 16, 0, UINT32_MAX), WASI_EFAULT);
    rt_wasi_fd_fdstat_set_rights(guest, RW, 0, 0);
    cr_expect_eq(read_dir(RW, 100, 0), WASI_ENOTCAPABLE);
}
