#define _GNU_SOURCE
#include "compiler/workdir.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char parent[] = "/tmp/wanco-test-workdir.XXXXXX";

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(parent));
    setenv("TMPDIR", parent, 1);
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", parent);
    cr_expect_eq(system(command), 0);
}

TestSuite(workdir, .init = set_up, .fini = tear_down);

static void put_file(const struct workdir *w, const char *name)
{
    char path[sizeof w->path + 16];
    snprintf(path, sizeof path, "%s/%s", w->path, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fclose(file);
}

static bool parent_is_empty(void)
{
    char command[96];
    snprintf(command, sizeof command, "test -z \"$(ls -A %s)\"", parent);
    return system(command) == 0;
}

Test(workdir, lies_in_tmpdir_and_is_private)
{
    static struct workdir w;
    struct stat s;
    cr_assert(workdir_create(&w));
    cr_expect_eq(strncmp(w.path, parent, strlen(parent)), 0);
    cr_assert_eq(stat(w.path, &s), 0);
    cr_expect(S_ISDIR(s.st_mode));
    cr_expect_eq(s.st_mode & 0777, 0700);
    workdir_remove(&w);
}

Test(workdir, is_removed_with_its_files)
{
    static struct workdir w;
    cr_assert(workdir_create(&w));
    put_file(&w, "0.o");
    put_file(&w, "1.o");
    workdir_remove(&w);
    cr_expect(parent_is_empty());
}

Test(workdir, none_is_removed_without_harm)
{
    struct workdir w = {0};
    workdir_remove(&w);
    cr_expect(parent_is_empty());
}

Test(workdir, failure_leaves_no_path)
{
    setenv("TMPDIR", "/nonexistent/folder", 1);
    static struct workdir w;
    cr_expect_not(workdir_create(&w));
    cr_expect_eq(errno, ENOENT);
    cr_expect_eq(w.path[0], '\0');
}

/* A process that makes one, then goes on with action; its wait status. */
static int status_of(void (*action)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        static struct workdir w;
        if (!workdir_create(&w))
            _exit(99);
        put_file(&w, "0.o");
        action();
        _exit(98);
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static void raise_term(void)
{
    kill(getpid(), SIGTERM);
    sleep(10);
}

static void raise_while_held(void)
{
    workdir_hold_signals();
    kill(getpid(), SIGINT);
    usleep(100000);
    if (parent_is_empty())
        _exit(97);
    workdir_release_signals();
    sleep(10);
}

static void leave(void)
{
    exit(3);
}

static void leave_without_memory(void)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_AS, &none) != 0)
        _exit(97);
    while (malloc(1 << 10) != NULL)
        ;
    quick_exit(3);
}

Test(workdir, a_signal_removes_it_and_ends_the_process)
{
    int status = status_of(raise_term);
    cr_assert(WIFSIGNALED(status));
    cr_expect_eq(WTERMSIG(status), SIGTERM);
    cr_expect(parent_is_empty());
}

Test(workdir, a_held_signal_waits)
{
    int status = status_of(raise_while_held);
    cr_assert(WIFSIGNALED(status), "status %d", WEXITSTATUS(status));
    cr_expect_eq(WTERMSIG(status), SIGINT);
    cr_expect(parent_is_empty());
}

static void expect_removed_at(void (*end)(void))
{
    int status = status_of(end);
    cr_assert(WIFEXITED(status));
    cr_expect_eq(WEXITSTATUS(status), 3);
    cr_expect(parent_is_empty());
}

Test(workdir, exit_removes_it)
{
    expect_removed_at(leave);
}

Test(workdir, an_end_without_memory_removes_it)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip("the sanitizer's malloc ends the process itself");
#endif
    expect_removed_at(leave_without_memory);
}

Test(workdir, too_long_a_name_fails)
{
    static struct workdir w;
    static char name[2 * sizeof w.path];
    memset(name, 'a', sizeof name - 1);
    setenv("TMPDIR", name, 1);
    cr_expect_not(workdir_create(&w));
    cr_expect_eq(errno, ENAMETOOLONG);
}
