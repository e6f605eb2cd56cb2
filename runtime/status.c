/* Keeps the file that `wanco checkpoint` reads. */
#define _GNU_SOURCE
#include "runtime/status.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int status_fd = -1;
static uint32_t n_ended;

/* False if the process has no status file (any more). */
static bool put(const void *bytes, size_t n_bytes, size_t offset)
{
    return pwrite(status_fd, bytes, n_bytes, (off_t)offset) == (ssize_t)n_bytes;
}

void rt_status_create(bool can_suspend)
{
    struct rt_status status = {.can_suspend = can_suspend};
    int fd = memfd_create(RT_STATUS_NAME, MFD_CLOEXEC);
    if (fd < 0)
        return;
    /* Never in the place of a standard stream that is closed. */
    status_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    put(&status, sizeof status, 0);
}

void rt_status_set(bool has_failed, const char *text, uint64_t n_bytes,
                   uint64_t nanoseconds)
{
    struct rt_status status = {
        .has_failed = has_failed, .n_bytes = n_bytes, .nanoseconds = nanoseconds};
    char directory[sizeof status.text];
    if (!has_failed && text[0] != '/' && getcwd(directory, sizeof directory) != NULL)
        snprintf(status.text, sizeof status.text, "%.2000s/%.2000s", directory, text);
    else
        snprintf(status.text, sizeof status.text, "%s", text);
    size_t first = offsetof(struct rt_status, has_failed);
    n_ended++;
    if (put((const uint8_t *)&status + first, sizeof status - first, first))
        put(&n_ended, sizeof n_ended, offsetof(struct rt_status, n_ended));
}
