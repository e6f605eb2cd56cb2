#define _GNU_SOURCE
#include "runtime/status.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The status as another process reads it. */
static bool read_status(struct rt_status *status)
{
    char path[64 + NAME_MAX], target[PATH_MAX];
    DIR *dir = opendir("/proc/self/fd");
    bool found = false;
    for (struct dirent *e; !found && (e = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
        ssize_t n = readlink(path, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        if (strncmp(target, "/memfd:" RT_STATUS_NAME, strlen("/memfd:" RT_STATUS_NAME)) !=
            0)
            continue;
        int fd = open(path, O_RDONLY);
        found = read(fd, status, sizeof *status) == sizeof *status;
        close(fd);
    }
    closedir(dir);
    return found;
}

Test(status, is_found_by_its_name)
{
    struct rt_status status;
    cr_expect_not(read_status(&status));
    rt_status_set(false, "x", 1, 1); /* to nobody */
    rt_status_create(true);
    cr_assert(read_status(&status));
    cr_expect_eq(status.can_suspend, 1);
    cr_expect_eq(status.n_ended, 0);
}

Test(status, tells_of_the_last_checkpoint)
{
    struct rt_status status;
    rt_status_create(true);
    rt_status_set(true, "cannot write it", 0, 0);
    cr_assert(read_status(&status));
    cr_expect_eq(status.n_ended, 1);
    cr_expect_eq(status.has_failed, 1);
    cr_expect_str_eq(status.text, "cannot write it");
    rt_status_set(false, "/there/x.wsnap", 100, 200);
    cr_assert(read_status(&status));
    cr_expect_eq(status.n_ended, 2);
    cr_expect_eq(status.has_failed, 0);
    cr_expect_str_eq(status.text, "/there/x.wsnap");
    cr_expect_eq(status.n_bytes, 100);
    cr_expect_eq(status.nanoseconds, 200);
}

Test(status, path_is_made_absolute)
{
    struct rt_status status;
    cr_assert_eq(chdir("/tmp"), 0);
    rt_status_create(true);
    rt_status_set(false, "x.wsnap", 1, 1);
    cr_assert(read_status(&status));
    cr_expect_str_eq(status.text, "/tmp/x.wsnap");
}

/* SIGXFSZ would end the program. */
Test(status, limit_of_the_size_of_files)
{
    const struct rlimit limit = {1024, 1024};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    rt_status_create(true);
    rt_status_set(true, "File too large", 0, 0);
}

Test(status, leaves_the_standard_streams_numbers_free)
{
    close(STDIN_FILENO);
    rt_status_create(true);
    cr_expect_eq(fcntl(STDIN_FILENO, F_GETFD), -1);
}
