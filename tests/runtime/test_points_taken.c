#define _GNU_SOURCE
#include "runtime/points_taken.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/resume.h"
#include "tests/runtime/suspendable.h"

static bool note(void *context, struct rt_frames *frames, struct rt_error *error)
{
    (void)context;
    rt_points_taken_note();
    return rt_frames_of_records(frames, error);
}

/* In a process of its own, which writes the file when it ends. */
static void run_both(const char *path)
{
    struct rt_error error;
    union rt_value results[2];
    struct rt_instance *instance = suspendable_create();
    if (!rt_points_taken_setup(path, &suspendable_module, &error))
        _exit(1);
    rt_set_suspend_handler(note, NULL);
    rt_safepoint_request(true);
    exit(
        !suspendable_call(instance, "both", (union rt_value){.i32 = 3}, results, &error));
}

Test(points_taken, are_told_from_the_others)
{
    char path[] = "/tmp/wanco-test-XXXXXX";
    int status;
    close(mkstemp(path));
    pid_t pid = fork();
    if (pid == 0)
        run_both(path);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect_eq(status, 0);
    FILE *file = fopen(path, "r");
    char text[512];
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    unlink(path);
    cr_expect_not_null(strstr(text, "safepoints "));
    cr_expect_not_null(strstr(text, "\n0 10 0 1\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\n1 20 1 0\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\n2 30 1 1\n"), "%s", text);
}
