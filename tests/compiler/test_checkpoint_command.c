#define _GNU_SOURCE
#include "compiler/checkpoint_command.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/status.h"

enum behaviour { SAVES, FAILS, ENDS };

static volatile sig_atomic_t received;

static void on_signal(int signal_number)
{
    received = signal_number;
}

/* A process that does what the runtime does: answers SIGUSR2 with a snapshot, SIGUSR1
 * with one and its end. */
_Noreturn static void act(enum behaviour behaviour, bool can_suspend)
{
    struct rt_status status = {.can_suspend = can_suspend, .n_bytes = 100};
    int fd = memfd_create(RT_STATUS_NAME, 0);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    if (write(fd, &status, sizeof status) != sizeof status)
        _exit(1);
    while (received == 0)
        usleep(1000);
    status.n_ended = 1;
    status.nanoseconds = 2500000;
    status.has_failed = behaviour == FAILS;
    strcpy(status.text, behaviour == FAILS ? "the disk is full" : "/there/x.wsnap");
    if (behaviour != ENDS && pwrite(fd, &status, sizeof status, 0) != sizeof status)
        _exit(1);
    while (received == SIGUSR2 || behaviour == FAILS)
        pause();
    _exit(75);
}

static pid_t start(enum behaviour behaviour, bool can_suspend)
{
    pid_t pid = fork();
    if (pid == 0)
        act(behaviour, can_suspend);
    return pid;
}

static int command(pid_t pid, const char *option)
{
    char word[16], copy[32];
    char *words[] = {word, copy};
    snprintf(word, sizeof word, "%d", (int)pid);
    snprintf(copy, sizeof copy, "%s", option == NULL ? "" : option);
    int status = checkpoint_command(option == NULL ? 1 : 2, words);
    fflush(stdout);
    fflush(stderr);
    return status;
}

/* How the process ended by itself, or -1 after it was killed here. */
static int finish(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, WNOHANG) == 0) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

static void redirect(void)
{
    cr_redirect_stdout();
    cr_redirect_stderr();
}

TestSuite(checkpoint_command, .init = redirect, .timeout = 20);

Test(checkpoint_command, saves_and_ends)
{
    pid_t pid = start(SAVES, true);
    cr_expect_eq(command(pid, NULL), 0);
    cr_expect_eq(finish(pid), 75);
    cr_expect_stdout_eq_str("/there/x.wsnap: 100 bytes in 2.5 ms\n");
}

Test(checkpoint_command, saves_and_goes_on)
{
    pid_t pid = start(SAVES, true);
    cr_expect_eq(command(pid, "--continue"), 0);
    cr_expect_eq(finish(pid), -1);
    cr_expect_stdout_eq_str("/there/x.wsnap: 100 bytes in 2.5 ms\n");
}

/* The line on stderr. */
static void expect_line(const char *part)
{
    char line[512] = "";
    cr_assert_not_null(fgets(line, sizeof line, cr_get_redirected_stderr()));
    cr_expect_not_null(strstr(line, part), "%s", line);
}

Test(checkpoint_command, tells_why_there_is_no_snapshot)
{
    pid_t pid = start(FAILS, true);
    cr_expect_eq(command(pid, NULL), 1);
    cr_expect_eq(finish(pid), -1);
    expect_line("goes on without a snapshot: the disk is full");
}

Test(checkpoint_command, process_that_ends_by_itself)
{
    pid_t pid = start(ENDS, true);
    cr_expect_eq(command(pid, NULL), 1);
    cr_expect_eq(finish(pid), 75);
    expect_line("ended before it could be saved");
}

Test(checkpoint_command, leaves_others_alone)
{
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    cr_expect_eq(command(pid, NULL), 1);
    cr_expect_eq(finish(pid), -1);
    expect_line("is not a program compiled by wanco");
}

Test(checkpoint_command, tells_what_the_system_says)
{
    uid_t user = geteuid();
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_DUMPABLE, 0); /* to be looked at by root only */
        for (;;)
            pause();
    }
    cr_assert(user != 0 || seteuid(65534) == 0);
    cr_expect_eq(command(pid, NULL), 1);
    cr_assert_eq(seteuid(user), 0);
    cr_expect_eq(finish(pid), -1);
    expect_line("can't be looked at: Permission denied");
}

Test(checkpoint_command, leaves_those_alone_that_cannot_be_saved)
{
    pid_t pid = start(SAVES, false);
    cr_expect_eq(command(pid, NULL), 1);
    cr_expect_eq(finish(pid), -1);
    expect_line("--no-checkpoint");
}

Test(checkpoint_command, words_that_make_no_sense)
{
    char none[] = "x", zero[] = "0", one[] = "1", option[] = "--continue";
    char *words[][3] = {{none}, {zero}, {one, one}, {one, option, option}, {option}};
    int n_words[] = {1, 1, 2, 3, 1};
    cr_expect_eq(checkpoint_command(0, words[0]), 2);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_eq(checkpoint_command(n_words[i], words[i]), 2);
}
