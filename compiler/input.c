/* Reads the input. Text goes through wat2wasm as a child process whose output is read
 * from a pipe, so that no temporary file is needed. */
#define _GNU_SOURCE
#include "compiler/input.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool complain(const struct input *in, const char *what)
{
    fprintf(stderr, "wanco: %s: %s\n", in->path, what);
    return false;
}

static bool read_all(struct input *in, int fd)
{
    size_t capacity = 0;
    for (;;) {
        if (in->n_bytes == capacity) {
            capacity = capacity ? 2 * capacity : 1 << 16;
            uint8_t *bytes = realloc(in->bytes, capacity);
            if (!bytes)
                return complain(in, strerror(ENOMEM));
            in->bytes = bytes;
        }
        ssize_t n = read(fd, in->bytes + in->n_bytes, capacity - in->n_bytes);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return complain(in, strerror(errno));
        if (n > 0)
            in->n_bytes += (size_t)n;
    }
}

static bool read_binary(struct input *in)
{
    int fd = open(in->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return complain(in, strerror(errno));
    bool ok = read_all(in, fd);
    close(fd);
    return ok;
}

static bool read_text(struct input *in)
{
    int ends[2];
    if (access(in->path, R_OK) != 0)
        return complain(in, strerror(errno));
    if (pipe2(ends, O_CLOEXEC) != 0)
        return complain(in, strerror(errno));
    /* A path may begin with a dash. */
    char path[4096];
    snprintf(path, sizeof path, "%s%s", in->path[0] == '-' ? "./" : "", in->path);
    /* Not --enable-all: with typed references wabt 1.0.32 refuses a ref.func where a
     * funcref is wanted. */
    const char *argv[] = {"wat2wasm",
                          "--enable-extended-const",
                          "--enable-tail-call",
                          "--enable-multi-memory",
                          "--enable-memory64",
                          "--enable-exceptions",
                          "--enable-threads",
                          "--enable-relaxed-simd",
                          "--debug-names",
                          path,
                          "-o",
                          "/dev/stdout",
                          NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    pid_t pid;
    int error =
        posix_spawnp(&pid, argv[0], &actions, NULL, (char **)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error) {
        close(ends[0]);
        return complain(
            in, "text format needs wat2wasm, which was not found: install wabt, or give "
                "a .wasm file");
    }
    bool ok = read_all(in, ends[0]);
    close(ends[0]);
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (ok && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        return complain(in, "wat2wasm refused the text");
    return ok;
}

bool input_read(struct input *in, const char *path)
{
    *in = (struct input){.path = path};
    size_t n = strlen(path);
    bool is_text = n > 4 && strcmp(path + n - 4, ".wat") == 0;
    bool ok = is_text ? read_text(in) : read_binary(in);
    if (!ok)
        input_free(in);
    return ok;
}

void input_free(struct input *in)
{
    free(in->bytes);
    in->bytes = NULL;
}
