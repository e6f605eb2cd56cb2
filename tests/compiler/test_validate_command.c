#define _GNU_SOURCE
#include "compiler/validate_command.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A file of these bytes in the working directory, which the caller removes. */
static char *make_file(const char *bytes, size_t n)
{
    static char path[2][32];
    static int n_files;
    char *p = path[n_files++];
    snprintf(p, sizeof path[0], "/tmp/wanco-XXXXXX");
    int fd = mkstemp(p);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
    close(fd);
    return p;
}

Test(validate_command, says_for_each_file_whether_it_is_valid, .init = cr_redirect_stdout)
{
    char *good = make_file("\0asm\1\0\0\0", 8);
    char *bad = make_file("\0asm\1\0\0\0\x0e", 9);
    char expected[256];
    snprintf(expected, sizeof expected,
             "%s: at offset 0x8: malformed section id 14\n%s: ok\n", bad, good);
    char *files[] = {bad, good};
    cr_expect_eq(validate_command(2, files), 1);
    cr_expect_eq(validate_command(1, &good), 0);
    fflush(stdout);
    unlink(good);
    unlink(bad);
    char again[300];
    snprintf(again, sizeof again, "%s%s: ok\n", expected, good);
    cr_expect_stdout_eq_str(again);
}
