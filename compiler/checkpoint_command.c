/* A compiled program says what it is in a file in memory that it keeps open
 * (runtime/status.h): it is found by its name, opened through /proc, and read again and
 * again. A process without it is not signalled, for a signal that it does not expect
 * would kill it. */
#define _GNU_SOURCE
#include "compiler/checkpoint_command.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/status.h"

enum {
    FAILURE = 1,
    USAGE = 2,
    /* A program that was started just now needs some time to say what it is. */
    PATIENCE_MS = 1000,
    STEP_MS = 1
};

struct target {
    pid_t pid;
    int pidfd;
    int status_fd;
};

/* Prints "wanco: process PID …"; always FAILURE. */
__attribute__((format(printf, 2, 3))) static int fail(const struct target *t,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "wanco: process %d ", (int)t->pid);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return FAILURE;
}

/* Waits; true once the process has ended. */
static bool has_ended(const struct target *t, int timeout_ms)
{
    struct pollfd p = {.fd = t->pidfd, .events = POLLIN};
    return poll(&p, 1, timeout_ms) > 0;
}

/* Opens the status file, -1 with errno: ENOENT if the process has none. */
static int open_status(pid_t pid)
{
    static const char wanted[] = "/memfd:" RT_STATUS_NAME;
    char dir_path[64], path[sizeof dir_path + NAME_MAX + 2], target[sizeof wanted];
    int found = -1;
    snprintf(dir_path, sizeof dir_path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(dir_path);
    if (!dir)
        return -1;
    for (struct dirent *entry; found < 0 && (entry = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", dir_path, entry->d_name);
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n == sizeof wanted - 1 && memcmp(target, wanted, sizeof wanted - 1) == 0)
            found = open(path, O_RDONLY | O_CLOEXEC);
    }
    int error = errno;
    closedir(dir);
    errno = found < 0 && error == 0 ? ENOENT : error;
    return found;
}

static bool read_status(const struct target *t, struct rt_status *status)
{
    ssize_t n = pread(t->status_fd, status, sizeof *status, 0);
    status->text[sizeof status->text - 1] = '\0';
    return n == sizeof *status;
}

/* Finds out that the process is a program that can be saved. 0 or an exit status. */
static int open_target(struct target *t, struct rt_status *status)
{
    t->pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
    if (t->pidfd < 0 && errno == ESRCH)
        return fail(t, "does not exist");
    if (t->pidfd < 0)
        return fail(t, "can't be watched: %s", strerror(errno));
    for (int waited = 0;; waited += STEP_MS) {
        errno = 0;
        t->status_fd = open_status(t->pid);
        if (t->status_fd >= 0 && read_status(t, status))
            break;
        if (errno == EACCES || errno == EPERM)
            return fail(t,
                        "can't be looked at: %s; if it is another user's, save it as "
                        "that user",
                        strerror(errno));
        if (waited >= PATIENCE_MS || has_ended(t, STEP_MS))
            return fail(t, "is not a program compiled by wanco; it was left alone");
        if (t->status_fd >= 0)
            close(t->status_fd);
    }
    if (!status->can_suspend)
        return fail(t, "was compiled with --no-checkpoint; it was left alone");
    return 0;
}

/* Waits for the end of a checkpoint that began after `before`, or of the process. */
static int wait_for_snapshot(const struct target *t, bool goes_on,
                             const struct rt_status *before)
{
    struct rt_status now = *before;
    bool is_gone, is_done;
    do {
        is_gone = has_ended(t, STEP_MS);
        if (!read_status(t, &now))
            return fail(t, "tells nothing any more");
        is_done = now.n_ended != before->n_ended;
    } while (!is_gone && !(is_done && (goes_on || now.has_failed)));
    if (!is_done)
        return fail(t, "ended before it could be saved");
    if (now.has_failed)
        return fail(t, "goes on without a snapshot: %s", now.text);
    printf("%s: %" PRIu64 " bytes in %.1f ms\n", now.text, now.n_bytes,
           (double)now.nanoseconds / 1e6);
    return 0;
}

static int save(struct target *t, bool goes_on)
{
    struct rt_status status = {.can_suspend = 0};
    int signal_number = goes_on ? SIGUSR2 : SIGUSR1;
    int failed = open_target(t, &status);
    if (failed)
        return failed;
    if (syscall(SYS_pidfd_send_signal, t->pidfd, signal_number, NULL, 0) != 0)
        return fail(t, "can't be signalled: %s", strerror(errno));
    return wait_for_snapshot(t, goes_on, &status);
}

/* 0 if the word is no process id. */
static pid_t parse_pid(const char *word)
{
    char *end;
    errno = 0;
    long n = strtol(word, &end, 10);
    return isdigit((unsigned char)word[0]) && !*end && !errno && n > 0 && n <= INT32_MAX
               ? (pid_t)n
               : 0;
}

int checkpoint_command(int n_words, char **words)
{
    struct target t = {.pidfd = -1, .status_fd = -1};
    bool goes_on = false;
    for (int i = 0; i < n_words; i++) {
        if (strcmp(words[i], "--continue") == 0 && !goes_on) {
            goes_on = true;
        } else if (t.pid == 0 && parse_pid(words[i]) != 0) {
            t.pid = parse_pid(words[i]);
        } else {
            fprintf(stderr,
                    "wanco: checkpoint takes the number of a process, and "
                    "--continue if it is to go on, not %s\n",
                    words[i]);
            return USAGE;
        }
    }
    if (t.pid == 0) {
        fputs("wanco: checkpoint needs the number of a process\n", stderr);
        return USAGE;
    }
    int status = save(&t, goes_on);
    close(t.status_fd);
    close(t.pidfd);
    return status;
}
