#define _GNU_SOURCE
#include "runtime/checkpoint.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/signals.h"
#include "tests/runtime/suspendable.h"

static char path[] = "/tmp/wanco-test-XXXXXX";
static struct rt_instance *instance;
static struct rt_checkpoint_config config;
static struct rt_entry entry;
static struct rt_error error;
static union rt_value result;

static void set_up(void)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    unlink(path);
    instance = suspendable_create();
    config = (struct rt_checkpoint_config){.path = path};
    entry = (struct rt_entry){.stage = WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT,
                              .export = {"sum", 3},
                              .type = &suspendable_module.types[SUM],
                              .args = (union rt_value[]){{.i32 = 50}}};
    rt_signals_install(true);
}

static void tear_down(void)
{
    unlink(path);
}

TestSuite(checkpoint, .init = set_up, .fini = tear_down);

static bool sum(void)
{
    rt_checkpoint_setup(&config, &entry);
    return suspendable_call(instance, "sum", (union rt_value){.i32 = 50}, &result,
                            &error);
}

static bool has_snapshot(void)
{
    struct snapshot *s = snapshot_open(path, error.text, sizeof error.text);
    if (s != NULL)
        snapshot_close(s);
    return s != NULL;
}

Test(checkpoint, first_signal_ends)
{
    raise(SIGUSR1);
    cr_assert_not(sum());
    cr_expect_eq(error.kind, RT_ERROR_SUSPENDED);
    cr_expect(has_snapshot());
}

Test(checkpoint, second_signal_goes_on)
{
    raise(SIGUSR2);
    cr_assert(sum());
    cr_expect_eq(result.i64, 1275);
    cr_expect(has_snapshot());
}

Test(checkpoint, without_a_request_there_is_none)
{
    cr_assert(sum());
    cr_expect_not(has_snapshot());
}

/* That a line on stderr, of those that are not read yet, holds this. */
static void expect_line(const char *part)
{
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, cr_get_redirected_stderr()) != NULL)
        found = strstr(line, part) != NULL;
    cr_expect(found, "%s", part);
}

Test(checkpoint, failure_leaves_the_guest_running, .init = cr_redirect_stderr)
{
    config.path = "/nonexistent/folder/x.wsnap";
    raise(SIGUSR1);
    cr_assert(sum());
    cr_expect_eq(result.i64, 1275);
    expect_line("no checkpoint: cannot write /nonexistent/folder/x.wsnap: "
                "No such file or directory; the program goes on\n");
}

Test(checkpoint, stress_goes_on_from_what_a_snapshot_says)
{
    config.stresses = true;
    cr_assert(sum());
    cr_expect_eq(result.i64, 1275);
    cr_expect_not(has_snapshot());
}

Test(checkpoint, stress_ends_where_it_was_told)
{
    config.stresses = true;
    config.end_at = 20;
    cr_assert_not(sum());
    cr_expect_eq(error.kind, RT_ERROR_SUSPENDED);
    struct snapshot *s = snapshot_open(path, error.text, sizeof error.text);
    cr_assert_not_null(s, "%s", error.text);
    cr_expect_eq(snapshot_header(s)->stacks[0]->n_frames, 20);
    snapshot_close(s);
}

Test(checkpoint, report_is_lines_on_stderr, .init = cr_redirect_stderr)
{
    config.reports = true;
    raise(SIGUSR2);
    cr_assert(sum());
    expect_line("checkpoint: 1 frames, ");
    expect_line("resume: 1 frames, ");
}
