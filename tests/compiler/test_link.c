/* Links the hand-made guest of tests/runtime with the runtime, for every ISA that this
 * machine can build for, and runs the result (of the other ISA in qemu, if installed). */
#define _GNU_SOURCE
#include "compiler/link.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char build[PATH_MAX / 2]; /* the directory that this program was built in */
static char dir[] = "/tmp/wanco-test-link.XXXXXX";
static char error[512];

static void set_up(void)
{
    char lib[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", build, sizeof build - 1);
    cr_assert_gt(n, 0);
    for (int i = 0; i < 3; i++) /* BUILD/tests/compiler/test_link */
        *strrchr(build, '/') = '\0';
    snprintf(lib, sizeof lib, "%s/lib/wanco", build);
    setenv("WANCO_LIB", lib, 1);
    cr_assert_not_null(mkdtemp(dir));
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(link, .init = set_up, .fini = tear_down);

static bool link_guest(const struct isa *isa, const char *output)
{
    static char object[PATH_MAX];
    static char *const objects[] = {object};
    snprintf(object, sizeof object, "%s/tests/guest-%s.o", build, isa->name);
    return link_output(
        &(struct link_options){
            .isa = isa, .output = output, .objects = objects, .n_objects = 1},
        error, sizeof error);
}

/* Runs a shell command; its output, both streams, and its status. */
static const char *output_of(const char *command, int *status)
{
    static char text[16384];
    char line[PATH_MAX];
    snprintf(line, sizeof line, "{ %s; } 2>&1", command);
    FILE *pipe = popen(line, "r");
    size_t n = fread(text, 1, sizeof text - 1, pipe);
    text[n] = '\0';
    *status = WEXITSTATUS(pclose(pipe));
    return text;
}

static void expect_run(const char *program, const char *args, int status,
                       const char *part)
{
    char command[PATH_MAX];
    int got;
    snprintf(command, sizeof command, "%s %s", program, args);
    const char *text = output_of(command, &got);
    cr_expect_eq(got, status, "%s: status %d", command, got);
    cr_expect_not_null(strstr(text, part), "%s: %s", command, text);
}

/* Everything that stands between a module and main. */
static void check_runs(const char *program)
{
    expect_run(program, "--invoke add 40 -- 2", 2, "2 arguments");
    expect_run(program, "--invoke add 40 2", 0, "i32: 42\n");
    expect_run(program, "--invoke swap 7 -0.5", 0, "f64: -0.5\ni32: 7\n");
    expect_run(program, "--invoke outer", 134,
               "wasm trap: integer divide by zero\n      0: inner\n      1: outer\n");
    expect_run(program, "--invoke load 65536", 134,
               "wasm trap: out of bounds memory access\n      0: load\n");
    expect_run(program, "--stack-size 1M --invoke recurse 4000000000", 134,
               "wasm trap: call stack exhausted\n      0: recurse\n");
    expect_run(program, "--invoke nest 17", 0, "i32: 102\n");
    expect_run(program, "", 2, "--invoke; exported functions: add, swap,");
    expect_run(program, "--invoke missing", 2, "missing");
    expect_run(program, "--max-memory 1 --invoke add 1 1", 2, "--max-memory");
    expect_run(program, "--dir /nonexistent --invoke add 1 1", 2, "/nonexistent");
    expect_run(program, "--bad", 2, "--bad");
    expect_run(program, "--help", 0, "--stack-size BYTES");
    expect_run(program, "--version", 0, "wanco ");
}

static bool has_runtime(const struct isa *isa)
{
    char path[PATH_MAX + 32];
    link_library_dir(isa, path, PATH_MAX);
    strcat(path, "/libwanco_rt.a");
    return access(path, R_OK) == 0;
}

static void check_isa(const char *name)
{
    const struct isa *isa = isa_find(name);
    char output[PATH_MAX], program[2 * PATH_MAX], command[PATH_MAX];
    int status;
    if (!has_runtime(isa))
        cr_skip("no runtime for %s", name);
    snprintf(output, sizeof output, "%s/program", dir);
    cr_assert(link_guest(isa, output), "%s", error);
    if (isa == isa_host()) {
        check_runs(output);
        return;
    }
    snprintf(command, sizeof command, "command -v qemu-%s", name);
    output_of(command, &status);
    if (status != 0)
        cr_skip("qemu-%s is not installed", name);
    snprintf(program, sizeof program, "qemu-%s %s", name, output);
    check_runs(program);
}

Test(link, x86_64)
{
    check_isa("x86_64");
}

Test(link, aarch64)
{
    check_isa("aarch64");
}

Test(link, gnu_ld_will_do)
{
    char output[PATH_MAX];
    int status;
    output_of("command -v ld", &status);
    if (status != 0)
        cr_skip("ld is not installed");
    snprintf(output, sizeof output, "%s/program", dir);
    setenv("WANCO_LD", "ld", 1);
    cr_assert(link_guest(isa_host(), output), "%s", error);
    check_runs(output);
}

Test(link, output_is_executable_static_and_small)
{
    char output[PATH_MAX];
    struct stat info;
    snprintf(output, sizeof output, "%s/program", dir);
    cr_assert(link_guest(isa_host(), output), "%s", error);
    cr_assert_eq(stat(output, &info), 0);
    cr_expect_eq(info.st_mode & 0111, 0111);
    cr_expect_lt(info.st_size, 2 << 20);
}

Test(link, output_is_the_same_every_time)
{
    char command[PATH_MAX], a[64], b[64];
    int status;
    snprintf(a, sizeof a, "%s/a", dir);
    snprintf(b, sizeof b, "%s/b", dir);
    cr_assert(link_guest(isa_host(), a) && link_guest(isa_host(), b), "%s", error);
    snprintf(command, sizeof command, "cmp %s %s", a, b);
    output_of(command, &status);
    cr_expect_eq(status, 0);
}

/* No error may leave a file behind. */
static void expect_failure(const char *output, const char *part)
{
    char command[PATH_MAX];
    int status;
    cr_expect_not(link_guest(isa_host(), output));
    cr_expect_not_null(strstr(error, part), "%s", error);
    snprintf(command, sizeof command, "/bin/ls -A %s", dir);
    cr_expect_str_eq(output_of(command, &status), "");
}

static void make_linker(const char *path, const char *script)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    cr_assert_eq(chmod(path, 0755), 0);
    setenv("WANCO_LD", path, 1);
}

/* One line becomes part of ours; more are left as they are. */
Test(link, what_the_linker_says_is_told)
{
    char linker[64], output[64];
    snprintf(linker, sizeof linker, "%s/linker", dir);
    snprintf(output, sizeof output, "%s/program", dir);
    cr_redirect_stderr();
    make_linker(linker, "echo ld: no luck >&2; exit 1");
    cr_expect_not(link_guest(isa_host(), output));
    cr_expect_str_eq(error, "the linker failed: ld: no luck");
    make_linker(linker, "echo one >&2; echo two >&2; exit 3");
    cr_expect_not(link_guest(isa_host(), output));
    cr_expect_str_eq(error, "the linker failed (status 3)");
    make_linker(linker, "echo a warning >&2");
    cr_expect(link_guest(isa_host(), output), "%s", error);
    fflush(stderr);
    cr_expect_stderr_eq_str("one\ntwo\na warning\n");
}

Test(link, errors_say_what_to_do)
{
    char output[64];
    snprintf(output, sizeof output, "%s/program", dir);
    setenv("WANCO_LD", "/nonexistent/ld", 1);
    expect_failure(output, "WANCO_LD names /nonexistent/ld");
    unsetenv("WANCO_LD");
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    expect_failure(output, "install ld.lld-19");
    setenv("PATH", path, 1);
    free(path);
    setenv("WANCO_LD", "false", 1);
    expect_failure(output, "the linker failed (status 1)");
    unsetenv("WANCO_LD");
    expect_failure("/nonexistent/program",
                   "cannot write /nonexistent/program: No such file");
    expect_failure("/dev/null", "not a regular file");
    setenv("WANCO_LIB", "/nonexistent", 1);
    expect_failure(output, "scripts/setup");
}

Test(link, existing_output_survives_a_failure)
{
    char output[64], command[PATH_MAX];
    int status;
    snprintf(output, sizeof output, "%s/program", dir);
    snprintf(command, sizeof command, "echo old >%s", output);
    output_of(command, &status);
    setenv("WANCO_LD", "false", 1);
    cr_expect_not(link_guest(isa_host(), output));
    snprintf(command, sizeof command, "cat %s", output);
    cr_expect_str_eq(output_of(command, &status), "old\n");
}
