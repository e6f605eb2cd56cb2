#define _GNU_SOURCE
#include "compiler/cache.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char root[] = "/tmp/wanco-test-cache.XXXXXX";

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(root));
    setenv("XDG_CACHE_HOME", root, 1);
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_expect_eq(system(command), 0);
}

TestSuite(cache, .init = set_up, .fini = tear_down);

static void key_of(const char *bytes, const char *options, char key[CACHE_KEY_BYTES])
{
    const struct cache_inputs inputs = {
        (const uint8_t *)bytes, strlen(bytes), options, root, NULL, 0};
    cache_key(&inputs, key);
}

Test(cache, equal_inputs_have_equal_keys)
{
    char a[CACHE_KEY_BYTES];
    char b[CACHE_KEY_BYTES];
    key_of("module", "-O3", a);
    key_of("module", "-O3", b);
    cr_expect_str_eq(a, b);
    cr_expect_eq(strlen(a), CACHE_KEY_BYTES - 1);
}

Test(cache, linked_files_count_by_their_bytes)
{
    char path[64], key[CACHE_KEY_BYTES], other[CACHE_KEY_BYTES];
    char *links[] = {path};
    struct cache_inputs inputs = {(const uint8_t *)"m", 1, "-O3", root, links, 1};
    snprintf(path, sizeof path, "%s-link.o", root);
    cache_key(&inputs, key);
    for (const char *text = "ab"; *text; text++) {
        FILE *file = fopen(path, "w");
        cr_assert_not_null(file);
        fputc(*text, file);
        fclose(file);
        memcpy(other, key, sizeof other);
        cache_key(&inputs, key);
        cr_expect_str_neq(key, other);
    }
    unlink(path);
}

Test(cache, every_input_changes_the_key)
{
    char key[CACHE_KEY_BYTES];
    char other[CACHE_KEY_BYTES];
    key_of("module", "-O3", key);
    key_of("modul", "-O3", other);
    cr_expect_str_neq(key, other);
    key_of("module", "-O2", other);
    cr_expect_str_neq(key, other);
    key_of("odule", "-O3m", other);
    cr_expect_str_neq(key, other);
}

Test(cache, a_new_runtime_changes_the_key)
{
    char key[CACHE_KEY_BYTES];
    char other[CACHE_KEY_BYTES];
    char library[64];
    key_of("module", "", key);
    snprintf(library, sizeof library, "%s/libwanco.a", root);
    close(open(library, O_CREAT | O_WRONLY, 0600));
    key_of("module", "", other);
    cr_expect_str_neq(key, other);
}

Test(cache, directory_is_made_for_its_owner_alone)
{
    char dir[PATH_MAX];
    struct stat st;
    cr_assert(cache_dir(dir, sizeof dir));
    cr_assert_eq(stat(dir, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0700);
    cr_expect(cache_dir(dir, sizeof dir), "it is found again");
}

Test(cache, directory_others_can_write_to_is_refused)
{
    char dir[PATH_MAX];
    cr_assert(cache_dir(dir, sizeof dir));
    cr_assert_eq(chmod(dir, 0777), 0);
    cr_expect_not(cache_dir(dir, sizeof dir));
}

Test(cache, directory_falls_back_to_home)
{
    char dir[PATH_MAX];
    setenv("XDG_CACHE_HOME", "relative", 1);
    setenv("HOME", root, 1);
    cr_assert(cache_dir(dir, sizeof dir));
    cr_expect_eq(strncmp(dir, root, strlen(root)), 0);
    cr_expect_not_null(strstr(dir, "/.cache/wanco"));
    unsetenv("HOME");
    cr_expect_not(cache_dir(dir, sizeof dir));
}

static int open_program(void)
{
    int fd = open("/bin/true", O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

Test(cache, what_is_kept_is_a_whole_executable_of_its_owner)
{
    char command[128];
    struct stat st;
    cache_keep(root, "key", open_program());
    snprintf(command, sizeof command, "cmp /bin/true %s/key", root);
    cr_expect_eq(system(command), 0);
    snprintf(command, sizeof command, "%s/key", root);
    cr_assert_eq(stat(command, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0700);
}

/* Of what was put into a directory. */
static int n_entries(void)
{
    char command[64];
    int n = -1;
    snprintf(command, sizeof command, "ls -A %s | wc -l", root);
    FILE *out = popen(command, "r");
    cr_assert_not_null(out);
    cr_assert_eq(fscanf(out, "%d", &n), 1);
    pclose(out);
    return n;
}

Test(cache, what_finds_no_room_leaves_nothing)
{
    const struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cache_keep(root, "key", open_program());
    cr_expect_eq(n_entries(), 0);
}

Test(cache, stale_copy_is_removed_and_a_fresh_one_kept)
{
    char path[64];
    const time_t two_days_ago = time(NULL) - 2 * 24 * 60 * 60;
    const struct timespec times[2] = {{.tv_sec = two_days_ago}, {.tv_sec = two_days_ago}};
    for (const char *name = "of"; *name; name++) {
        snprintf(path, sizeof path, "%s/new.%cABCDE", root, *name);
        close(open(path, O_CREAT | O_WRONLY, 0600));
        if (*name == 'o')
            cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    }
    cache_keep(root, "key", open_program());
    cr_expect_eq(access(path, F_OK), 0);
    cr_expect_eq(n_entries(), 2, "the old one is gone");
}
