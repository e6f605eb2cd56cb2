#define _GNU_SOURCE
#include "compiler/input.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/wanco-test-input.XXXXXX";

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(input, .init = set_up, .fini = tear_down);

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, n, file), n);
    cr_assert_eq(fclose(file), 0);
}

static bool has_wat2wasm(void)
{
    return system("command -v wat2wasm >/dev/null") == 0;
}

Test(input, a_file_is_read_whole)
{
    enum { N = 300000 }; /* more than any buffer starts with */
    uint8_t *bytes = malloc(N);
    for (int i = 0; i < N; i++)
        bytes[i] = (uint8_t)(i * 7);
    write_file("large", bytes, N);
    struct input in;
    cr_assert(input_read(&in, "large"));
    cr_assert_eq(in.n_bytes, N);
    cr_expect_arr_eq(in.bytes, bytes, N);
    input_free(&in);
    free(bytes);
}

Test(input, an_empty_file_is_no_error)
{
    write_file("empty", "", 0);
    struct input in;
    cr_assert(input_read(&in, "empty"));
    cr_expect_eq(in.n_bytes, 0);
    input_free(&in);
}

Test(input, what_cannot_be_read_is_named)
{
    cr_redirect_stderr();
    struct input in;
    cr_expect_not(input_read(&in, "nowhere.wasm"));
    cr_expect_not(input_read(&in, "nowhere.wat"));
    cr_expect_not(input_read(&in, "."));
    fflush(stderr);
    cr_expect_stderr_eq_str("wanco: nowhere.wasm: No such file or directory\n"
                            "wanco: nowhere.wat: No such file or directory\n"
                            "wanco: .: Is a directory\n");
}

Test(input, text_is_translated)
{
    if (!has_wat2wasm())
        cr_skip("wat2wasm is not installed (wabt)");
    static const char text[] = "(module (memory 1))";
    write_file("-m.wat", text, sizeof text - 1);
    struct input in;
    cr_assert(input_read(&in, "-m.wat"));
    cr_assert_geq(in.n_bytes, 8);
    cr_expect_arr_eq(in.bytes, "\0asm\1\0\0\0", 8);
    input_free(&in);
}

Test(input, wrong_text_is_refused)
{
    if (!has_wat2wasm())
        cr_skip("wat2wasm is not installed (wabt)");
    cr_redirect_stderr();
    write_file("m.wat", "(module", 7);
    struct input in;
    cr_expect_not(input_read(&in, "m.wat"));
    cr_expect_null(in.bytes);
}

Test(input, text_needs_wat2wasm)
{
    cr_redirect_stderr();
    write_file("m.wat", "(module)", 8);
    setenv("PATH", folder, 1);
    struct input in;
    cr_expect_not(input_read(&in, "m.wat"));
    setenv("PATH", "/usr/bin:/bin", 1);
}
