#define _GNU_SOURCE
#include "runtime/options.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct rt_options options;
static struct rt_error error;

/* Splits the words at spaces. */
static bool parse(const char *words)
{
    static char program[] = "program";
    static char *argv[32];
    size_t n = 0;
    argv[n++] = program;
    for (char *word = strtok(strdup(words), " "); word != NULL; word = strtok(NULL, " "))
        argv[n++] = word;
    argv[n] = NULL;
    return rt_options_parse(&options, argv, &error);
}

static void expect_error(const char *words, const char *part)
{
    cr_expect_not(parse(words));
    cr_expect_eq(error.kind, RT_ERROR_USAGE);
    cr_expect_not_null(strstr(error.text, part), "%s", error.text);
}

Test(options, defaults)
{
    cr_assert(parse(""));
    cr_expect_null(options.guest_args[0]);
    cr_expect_eq(options.n_preopens, 0);
    cr_expect_null(options.env[0]);
    cr_expect_null(options.invoke);
    cr_expect_eq(options.stack_bytes, 64 << 20);
    cr_expect_eq(options.max_memory_bytes, 0);
}

Test(options, guest_arguments_begin_at_the_first_word_that_is_no_option)
{
    cr_assert(parse("--stack-size 1M file --help"));
    cr_expect_str_eq(options.guest_args[0], "file");
    cr_expect_str_eq(options.guest_args[1], "--help");
    cr_assert(parse("-- --help -- x"));
    cr_expect_str_eq(options.guest_args[0], "--help");
    cr_expect_str_eq(options.guest_args[1], "--");
    cr_assert(parse("-"));
    cr_expect_str_eq(options.guest_args[0], "-");
    cr_assert(parse("--invoke f -5 -.5 -inf -nan:0x1"));
    cr_expect_str_eq(options.guest_args[0], "-5");
    cr_expect_str_eq(options.guest_args[3], "-nan:0x1");
}

Test(options, what_a_guest_may_use)
{
    cr_assert(parse("--dir . --listen 127.0.0.1:80 --listen [::1]:81 --max-unlinked 2M "
                    "--restore-files relaxed"));
    struct rt_wasi_grants grants = rt_options_grants(&options);
    cr_expect_eq(grants.n_preopens, 1);
    cr_assert_eq(grants.n_listeners, 2);
    cr_expect_str_eq(grants.listeners[1], "[::1]:81");
    cr_expect_eq(grants.max_unlinked_bytes, 2 << 20);
    cr_expect(grants.accepts_changes);
    cr_assert(parse("--restore-files relaxed --restore-files strict"));
    grants = rt_options_grants(&options);
    cr_expect_eq(grants.max_unlinked_bytes, 64 << 20);
    cr_expect_not(grants.accepts_changes);
    expect_error("--restore-files no", "--restore-files takes strict or relaxed, not no");
    expect_error("--max-unlinked 513M",
                 "--max-unlinked takes a number of bytes like 64M, "
                 "at most 512M, not 513M");
    expect_error("--listen", "--listen needs ADDRESS:PORT");
}

Test(options, directories)
{
    cr_assert(parse("--dir . --dir /a::/b --dir=c:ro --dir d::e:ro"));
    cr_assert_eq(options.n_preopens, 4);
    const struct rt_preopen expected[] = {
        {".", ".", false}, {"/a", "/b", false}, {"c", "c", true}, {"d", "e", true}};
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(options.preopens[i].host_path, expected[i].host_path);
        cr_expect_str_eq(options.preopens[i].guest_name, expected[i].guest_name);
        cr_expect_eq(options.preopens[i].read_only, expected[i].read_only);
    }
    expect_error("--dir a::", "--dir");
    expect_error("--dir ::b", "--dir");
}

Test(options, environment)
{
    cr_assert(parse("--env A=1 --env B=2 --env A=3=4"));
    cr_expect_str_eq(options.env[0], "A=3=4");
    cr_expect_str_eq(options.env[1], "B=2");
    cr_expect_null(options.env[2]);
    expect_error("--env A", "--env");
    expect_error("--env =1", "--env");
}

Test(options, inherited_environment)
{
    clearenv();
    setenv("HOME", "/", 1);
    setenv("A", "old", 1);
    cr_assert(parse("--inherit-env --env A=new"));
    cr_assert_eq(options.n_env, 2);
    cr_expect_str_eq(options.env[0], "HOME=/");
    cr_expect_str_eq(options.env[1], "A=new");
}

Test(options, sizes)
{
    cr_assert(parse("--stack-size 262144 --max-memory 3g"));
    cr_expect_eq(options.stack_bytes, 262144);
    cr_expect_eq(options.max_memory_bytes, UINT64_C(3) << 30);
    cr_assert(parse("--max-memory 2T"));
    cr_expect_eq(options.max_memory_bytes, UINT64_C(2) << 40);
    expect_error("--stack-size 1K", "--stack-size");
    expect_error("--stack-size -1", "--stack-size");
    expect_error("--stack-size 1MB", "--stack-size");
    expect_error("--max-memory 99999999999999999999", "--max-memory");
    expect_error("--max-memory 99999999999G", "--max-memory");
    expect_error("--max-memory 17000000T", "--max-memory");
    expect_error("--max-memory 0", "--max-memory");
    expect_error("--max-memory K", "--max-memory");
}

Test(options, errors_name_the_option)
{
    expect_error("--frobnicate", "--frobnicate");
    expect_error("--frobnicate", "write -- before it");
    expect_error("-x", "-x");
    expect_error("--invoke", "--invoke needs EXPORT");
    expect_error("--help=yes", "--help takes no value");
}

Test(options, help_and_version)
{
    cr_assert(parse("--help"));
    cr_expect(options.show_help);
    cr_assert(parse("--version"));
    cr_expect(options.show_version);
}

Test(options, checkpoints)
{
    cr_assert(parse(""));
    cr_expect_str_eq(options.checkpoint.path, "program.wsnap");
    cr_expect_null(options.restore);
    cr_expect_eq(options.checkpoint_every, 0);
    cr_expect_eq(options.checkpoint.format.compression, SNAPSHOT_AUTO);
    cr_assert(parse("--checkpoint-path a/b --checkpoint-every 500ms "
                    "--checkpoint-signal TERM --compress zstd:19"));
    cr_expect_str_eq(options.checkpoint.path, "a/b");
    cr_expect_eq(options.checkpoint_every, 500000000);
    cr_expect_eq(options.checkpoint_signal, SIGTERM);
    cr_expect_eq(options.checkpoint.format.compression, SNAPSHOT_ZSTD);
    cr_expect_eq(options.checkpoint.format.zstd_level, 19);
    cr_assert(parse("--checkpoint-every 2h --compress none"));
    cr_expect_eq(options.checkpoint_every, 7200 * UINT64_C(1000000000));
    cr_expect_eq(options.checkpoint.format.compression, SNAPSHOT_RAW);
    cr_assert(parse("--stress 12 --checkpoint-report"));
    cr_expect(options.checkpoint.stresses);
    cr_expect(options.checkpoint.reports);
    cr_expect_eq(options.checkpoint.end_at, 12);
}

Test(options, checkpoints_that_make_no_sense)
{
    expect_error("--checkpoint-every 5", "500ms, 10s, 5m or 1h, not 5");
    expect_error("--checkpoint-every 0s", "not 0s");
    expect_error("--checkpoint-every -1s", "not -1s");
    expect_error("--checkpoint-every 99999999999999999h", "not 9999");
    expect_error("--checkpoint-signal KILL", "like TERM, not KILL");
    expect_error("--compress gzip", "not gzip");
    expect_error("--compress zstd:", "not zstd:");
    expect_error("--compress zstd:0", "not zstd:0");
    expect_error("--compress zstd:20", "not zstd:20");
    expect_error("--checkpoint-path=", "file name");
    expect_error("--stress x", "not x");
}

Test(options, restore_takes_what_to_run_from_the_snapshot)
{
    cr_assert(parse("--restore x --dir . --max-memory 1M"));
    cr_expect_str_eq(options.restore, "x");
    expect_error("--restore x --invoke f", "leave out --invoke");
    expect_error("--restore x --env A=B", "leave out --env");
    expect_error("--restore x y", "leave out the guest arguments");
}
