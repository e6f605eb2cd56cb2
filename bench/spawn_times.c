/* spawn_times N PROGRAM...: starts the programs in turn, N times each, their output
 * thrown away, and prints one line per start: the program's number and the nanoseconds
 * from before the spawn until it has been waited for. Small and static, so that what it
 * adds is small. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t start_once(char *program, const posix_spawn_file_actions_t *quiet)
{
    char *argv[] = {program, NULL};
    pid_t pid;
    int status, error;
    int64_t before = now();
    if ((error = posix_spawn(&pid, program, quiet, NULL, argv, environ)) != 0) {
        fprintf(stderr, "%s: %s\n", program, strerror(error));
        exit(1);
    }
    waitpid(pid, &status, 0);
    int64_t after = now();
    if (status != 0) {
        fprintf(stderr, "%s: ended with status %d\n", program, status);
        exit(1);
    }
    return after - before;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: spawn_times N PROGRAM...\n", stderr);
        return 2;
    }
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (long left = strtol(argv[1], NULL, 10); left > 0; left--)
        for (int i = 2; i < argc; i++)
            printf("%d %lld\n", i - 2, (long long)start_once(argv[i], &quiet));
    return 0;
}
