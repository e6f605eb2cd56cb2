/* spawn_times N COMMAND...: starts the commands in turn, N times each, their output
 * thrown away, and prints one line per start: the command's number and the nanoseconds
 * from before the spawn until it has been waited for. A command is one argument, its
 * words on lines. Small and static, so that what it adds is small. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_COMMANDS = 16, MOST_WORDS = 15 };

extern char **environ;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Its words, cut up in place. False if there are none. */
static bool split(char *command, char *words[MOST_WORDS + 1])
{
    int n = 0;
    for (char *word = strtok(command, "\n"); word && n < MOST_WORDS;
         word = strtok(NULL, "\n"))
        words[n++] = word;
    words[n] = NULL;
    return n > 0;
}

static int64_t start_once(char **words, const posix_spawn_file_actions_t *quiet)
{
    pid_t pid;
    int status, error;
    int64_t before = now();
    if ((error = posix_spawn(&pid, words[0], quiet, NULL, words, environ)) != 0) {
        fprintf(stderr, "%s: %s\n", words[0], strerror(error));
        exit(1);
    }
    waitpid(pid, &status, 0);
    int64_t after = now();
    if (status != 0) {
        fprintf(stderr, "%s: ended with status %d\n", words[0], status);
        exit(1);
    }
    return after - before;
}

int main(int argc, char **argv)
{
    static char *commands[MOST_COMMANDS][MOST_WORDS + 1];
    int n_commands = argc - 2;
    if (n_commands < 1 || n_commands > MOST_COMMANDS) {
        fputs("usage: spawn_times N COMMAND...\n", stderr);
        return 2;
    }
    for (int i = 0; i < n_commands; i++)
        if (!split(argv[i + 2], commands[i])) {
            fputs("spawn_times: a command is empty\n", stderr);
            return 2;
        }
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (long left = strtol(argv[1], NULL, 10); left > 0; left--)
        for (int i = 0; i < n_commands; i++)
            printf("%d %lld\n", i, (long long)start_once(commands[i], &quiet));
    return 0;
}
