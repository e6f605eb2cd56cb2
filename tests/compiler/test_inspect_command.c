/* What is shown of the golden snapshot, which has everything. */
#define _GNU_SOURCE
#include "compiler/inspect_command.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char golden[] = "tests/snapshot-format/golden/format-1-raw.wsnap";
static char shown[1 << 16];

/* What a call prints on stdout. */
static const char *show(const struct inspect_options *o)
{
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    cr_expect_eq(inspect_command(o), 0);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    rewind(file);
    shown[fread(shown, 1, sizeof shown - 1, file)] = '\0';
    fclose(file);
    return shown;
}

static void expect_texts(const char *const *texts, size_t n)
{
    const char *p = shown;
    for (size_t i = 0; i < n; i++) {
        p = strstr(p, texts[i]);
        cr_assert_not_null(p, "'%s' is missing, or out of order, in:\n%s", texts[i],
                           shown);
    }
}

#define EXPECT_TEXTS(...)                                                                \
    do {                                                                                 \
        const char *const texts[] = {__VA_ARGS__};                                       \
        expect_texts(texts, sizeof texts / sizeof texts[0]);                             \
    } while (0)

Test(inspect_command, a_snapshot_is_told_in_words)
{
    const struct inspect_options o = {.file = golden};
    show(&o);
    EXPECT_TEXTS("format-1-raw.wsnap: a snapshot, format 1, 20.1 KiB\n",
                 "2023-11-14 22:13:21 UTC by wanco 0.1.0 on x86_64\n",
                 "app, sha256 5a5a5a", ", resume rules 1\n", "fib i32:20\n",
                 "1: 1004 funcref, 1 of them not null",
                 "128.0 KiB, of which 12.0 KiB are not zero, stored in 12.0 KiB\n",
                 "'app' '' '\\xff'\n", "'K=V'\n", "'/data', read-only\n", "stdout",
                 "'/data/a/b\\xff.txt', at 1000, 1048576 bytes long, unlinked, append\n",
                 "'/d', being read: 2 entries\n", "socket\n",
                 "3 frames, innermost first\n", "#0   poll_oneoff, func 3 of instance 0",
                 "#2   fib, func 40 of instance 1, in the call at 0x4d2\n");
    cr_expect_null(strstr(shown, "local"));
}

Test(inspect_command, frames_have_values)
{
    const struct inspect_options o = {.file = golden, .frames = true};
    show(&o);
    EXPECT_TEXTS("stack 0    i32       16\n", "#2   fib", "local 0    i32       5\n",
                 "local 4    v128      0x00000000000000070000000000000006\n",
                 "stack 0    funcref   null\n");
}

static const char thrown[] = "tests/snapshot-format/golden/format-1-exceptions.wsnap";

Test(inspect_command, exceptions)
{
    const struct inspect_options brief = {.file = thrown},
                                 whole = {.file = thrown, .frames = true},
                                 json = {.file = thrown, .json = true};
    show(&brief);
    EXPECT_TEXTS("exceptions    2 (--frames)\n");
    show(&whole);
    EXPECT_TEXTS("exceptions    2\n", "    0     tag 3 of instance 0\n",
                 "value 1    funcref   func 12 of instance 0\n",
                 "    1     tag 0 of instance 1\n", "value 0    exnref    exception 0\n",
                 "value 1    exnref    null\n", "stack 1    exnref    exception 1\n");
    show(&json);
    EXPECT_TEXTS("\"exceptions\"", "\"tag_index\": 3", "\"exnref\"", "\"exception 0\"",
                 "\"value\": null", "\"frames\"", "\"exception 1\"");
}

Test(inspect_command, blocks_are_listed)
{
    const struct inspect_options o = {.file = golden, .memory = true};
    show(&o);
    EXPECT_TEXTS("0x00000000    8192 bytes at 4096\n",
                 "0x0001f000    4096 bytes at 12288\n",
                 "0x00004000    4096 bytes at 16384\n");
}

Test(inspect_command, compressed_blocks_have_two_sizes)
{
    const struct inspect_options o = {
        .file = "tests/snapshot-format/golden/format-1-zstd.wsnap", .memory = true};
    show(&o);
    EXPECT_TEXTS("0x00000000    8192 bytes at ", ", compressed to ", " bytes\n");
}

Test(inspect_command, json_has_it_all)
{
    const struct inspect_options o = {.file = golden, .json = true, .memory = true};
    show(&o);
    EXPECT_TEXTS("\"kind\": \"snapshot\"", "\"format_version\": 1",
                 "\"required_features\": []", "\"name\": \"app\"", "\"links\"",
                 "\"exported_index\": 12", "\"index\": 9", "\"max_elements\": null",
                 "\"dropped_datas\": [", "\"stage\": \"export\"", "\"export\": \"fib\"",
                 "\"value\": 20", "\"name\": \"fib\"", "\"kind\": \"host call\"",
                 "1500000000", "\"blocks\"", "\"file_offset\": 4096", "\"args\"",
                 "\"\\ufffd\"", "\"read_only\": true", "\"kind\": \"stream\"",
                 "\"mtime_ns\": -1", "\"listing\"", "\"monotonic\": 123456789");
}

Test(inspect_command, other_files_are_errors, .init = cr_redirect_stderr)
{
    const struct inspect_options readme = {.file = "README.md"},
                                 host = {.file = "/bin/sh"};
    cr_expect_eq(inspect_command(&readme), 1);
    cr_expect_eq(inspect_command(&host), 1);
    fflush(stderr);
    cr_expect_stderr_eq_str("wanco: README.md is not a snapshot\n"
                            "wanco: /bin/sh: it is no program that wanco compiled\n");
}
