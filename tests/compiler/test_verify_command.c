#define _GNU_SOURCE
#include "compiler/verify_command.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char golden[] = "tests/snapshot-format/golden/format-1-raw.wsnap";
static char path[] = "/tmp/verify-XXXXXX";

/* The golden snapshot with one byte changed, or cut off. */
static void make_copy(size_t at, size_t n_bytes)
{
    static char bytes[1 << 16];
    FILE *from = fopen(golden, "re");
    cr_assert_not_null(from);
    size_t n = fread(bytes, 1, sizeof bytes, from);
    fclose(from);
    bytes[at] ^= 1;
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    n = n_bytes < n ? n_bytes : n;
    cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

static void expect_refusal(const struct verify_options *o, const char *line)
{
    cr_redirect_stderr();
    cr_expect_eq(verify_command(o), 1);
    fflush(stderr);
    cr_expect_stderr_eq_str(line);
}

Test(verify_command, a_whole_snapshot_is_ok, .init = cr_redirect_stdout)
{
    const struct verify_options o = {.file = golden, .n_threads = 1};
    cr_expect_eq(verify_command(&o), 0);
    fflush(stdout);
    cr_expect_stdout_eq_str("tests/snapshot-format/golden/format-1-raw.wsnap: ok\n");
}

Test(verify_command, damage_is_found)
{
    char line[128];
    make_copy(5000, SIZE_MAX);
    const struct verify_options o = {.file = path, .n_threads = 1};
    snprintf(line, sizeof line, "wanco: %s is damaged: the pages at 0x0 of memory 0\n",
             path);
    expect_refusal(&o, line);
    unlink(path);
}

Test(verify_command, truncation_is_found)
{
    char line[128];
    make_copy(0, 0);
    const struct verify_options o = {.file = path, .n_threads = 1};
    snprintf(line, sizeof line, "wanco: %s is empty, not a snapshot\n", path);
    expect_refusal(&o, line);
    unlink(path);
}

Test(verify_command, an_executable_must_be_one)
{
    const struct verify_options o = {
        .file = golden, .executable = "README.md", .n_threads = 1};
    expect_refusal(&o,
                   "wanco: README.md: it is no executable of an ISA that wanco knows\n");
}

Test(verify_command, a_module_must_be_there)
{
    const struct verify_options o = {
        .file = golden, .module = "/nonexistent.wasm", .n_threads = 1};
    expect_refusal(&o, "wanco: /nonexistent.wasm: No such file or directory\n");
}

Test(verify_command, modules_are_counted)
{
    const struct verify_options o = {
        .file = golden, .module = "README.md", .n_threads = 1};
    expect_refusal(&o, "wanco: tests/snapshot-format/golden/format-1-raw.wsnap is of 2 "
                       "modules, README.md of one\n");
}
