/* What is compiled is executed through its descriptor, whether it could be kept or not:
 * so a cache that can't be written to costs a compilation, and a temporary executable is
 * gone before it starts. */
#define _GNU_SOURCE
#include "compiler/run_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A request for a checkpoint that comes before the program handles it must not kill it:
 * both signals wait until it unblocks them. */
static void block_checkpoint_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool create_temporary(struct scratch *s)
{
    const char *parent = getenv("TMPDIR");
    if (!parent || !*parent)
        parent = "/tmp";
    if (scratch_create(s, parent))
        return true;
    fprintf(stderr, "wanco: no temporary directory in %s: %s; set TMPDIR to another\n",
            parent, strerror(errno));
    return false;
}

/* Compiles into s, renames the result to kept unless that is NULL, executes it. */
static int compile_and_execute(const struct run_request *request, const struct scratch *s,
                               const char *kept)
{
    if (!request->compile_to(request->context, s->file)) {
        scratch_remove(s);
        return 1;
    }
    int fd = open(s->file, O_RDONLY | O_CLOEXEC);
    if (kept)
        rename(s->file, kept);
    scratch_remove(s);
    if (fd >= 0)
        fexecve(fd, request->args, environ);
    fprintf(stderr, "wanco: the compiled program can't be executed here: %s\n",
            strerror(errno));
    return 1;
}

int run_command(const struct run_request *request)
{
    struct scratch s;
    char dir[PATH_MAX - CACHE_KEY_BYTES];
    block_checkpoint_signals();
    if (!request->no_cache && cache_dir(dir, sizeof dir)) {
        char key[CACHE_KEY_BYTES];
        char kept[PATH_MAX];
        cache_key(&request->inputs, key);
        snprintf(kept, sizeof kept, "%s/%s", dir, key);
        /* Comes back if there is none yet, or one that a crash of the machine has
         * damaged. */
        execv(kept, request->args);
        if (scratch_create(&s, dir))
            return compile_and_execute(request, &s, kept);
    }
    return create_temporary(&s) ? compile_and_execute(request, &s, NULL) : 1;
}
