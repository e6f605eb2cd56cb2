#define _GNU_SOURCE
#include "compiler/run_command.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/wanco-test-run.XXXXXX";

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(root));
    setenv("XDG_CACHE_HOME", root, 1);
    setenv("TMPDIR", root, 1);
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_expect_eq(system(command), 0);
}

TestSuite(run_command, .init = set_up, .fini = tear_down);

/* Stands for the compiler: the "executable" is a program that is there. Each call leaves
 * a line in the file the context names. */
static int find_program(const char *program, const char *log)
{
    FILE *file = fopen(log, "ae");
    cr_assert_not_null(file);
    fputs("compiled\n", file);
    fclose(file);
    return open(program, O_RDONLY | O_CLOEXEC);
}

static int compile_true(void *log)
{
    return find_program("/bin/true", log);
}

static int compile_false(void *log)
{
    return find_program("/bin/false", log);
}

static int fail_to_compile(void *log)
{
    (void)log;
    return -1;
}

/* Leaves no room for what the cache would keep. */
static int compile_true_and_fill(void *log)
{
    const struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &limit) == 0 ? compile_true(log) : -1;
}

/* The status of a process that runs the command. */
static int run(int (*compile)(void *), bool no_cache)
{
    char log[64];
    snprintf(log, sizeof log, "%s/log", root);
    static char name[] = "guest";
    char *const args[] = {name, NULL};
    const struct run_request request = {
        .inputs = {(const uint8_t *)"m", 1, "-O3", "/nowhere"},
        .no_cache = no_cache,
        .args = args,
        .compile = compile,
        .context = log};
    pid_t pid = fork();
    if (pid == 0)
        _exit(run_command(&request));
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int n_compilations(void)
{
    char log[64];
    struct stat st;
    snprintf(log, sizeof log, "%s/log", root);
    return stat(log, &st) == 0 ? (int)((size_t)st.st_size / strlen("compiled\n")) : 0;
}

/* Of the directory itself and, in the cache, of its files. */
static int n_entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    cr_assert_not_null(d);
    for (const struct dirent *entry; (entry = readdir(d));)
        n += entry->d_name[0] != '.';
    closedir(d);
    return n;
}

Test(run_command, second_run_does_not_compile)
{
    char cache[64];
    snprintf(cache, sizeof cache, "%s/wanco", root);
    cr_expect_eq(run(compile_true, false), 0);
    cr_expect_eq(run(compile_true, false), 0);
    cr_expect_eq(n_compilations(), 1);
    cr_expect_eq(n_entries(cache), 1, "the executable and nothing else");
}

Test(run_command, status_is_the_programs)
{
    cr_expect_eq(run(compile_false, false), 1);
    cr_expect_eq(n_compilations(), 1);
}

Test(run_command, no_cache_leaves_nothing)
{
    cr_expect_eq(run(compile_true, true), 0);
    cr_expect_eq(run(compile_true, true), 0);
    cr_expect_eq(n_compilations(), 2);
    cr_expect_eq(n_entries(root), 1, "only the log");
}

Test(run_command, failed_compilation_leaves_nothing)
{
    char cache[64];
    snprintf(cache, sizeof cache, "%s/wanco", root);
    cr_expect_eq(run(fail_to_compile, false), 1);
    cr_expect_eq(n_entries(cache), 0);
}

Test(run_command, full_cache_is_passed_by)
{
    char cache[64];
    snprintf(cache, sizeof cache, "%s/wanco", root);
    cr_expect_eq(run(compile_true_and_fill, false), 0);
    cr_expect_eq(n_entries(cache), 0);
}

Test(run_command, cache_of_others_is_passed_by)
{
    char cache[64];
    snprintf(cache, sizeof cache, "%s/wanco", root);
    cr_assert_eq(mkdir(cache, 0700), 0);
    cr_assert_eq(chmod(cache, 0777), 0);
    cr_expect_eq(run(compile_true, false), 0);
    cr_expect_eq(n_entries(cache), 0);
}

Test(run_command, damaged_executable_is_made_anew)
{
    char cache[64];
    char command[160];
    snprintf(cache, sizeof cache, "%s/wanco", root);
    cr_expect_eq(run(compile_true, false), 0);
    snprintf(command, sizeof command, "for f in %s/*; do : >$f; done", cache);
    cr_assert_eq(system(command), 0);
    cr_expect_eq(run(compile_true, false), 0);
    cr_expect_eq(n_compilations(), 2);
    cr_expect_eq(run(compile_true, false), 0);
    cr_expect_eq(n_compilations(), 2);
}
