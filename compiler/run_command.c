/* What is compiled lies in a file without a name; of it the cache gets a copy, if it can.
 * So a cache that can't be written to costs a compilation, and no more. */
#define _GNU_SOURCE
#include "compiler/run_command.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
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

int run_command(const struct run_request *request)
{
    char dir[PATH_MAX - CACHE_KEY_BYTES], key[CACHE_KEY_BYTES], kept[PATH_MAX];
    block_checkpoint_signals();
    bool has_cache = !request->no_cache && cache_dir(dir, sizeof dir);
    if (has_cache) {
        cache_key(&request->inputs, key);
        snprintf(kept, sizeof kept, "%s/%s", dir, key);
        /* Comes back if there is none yet, or one that a crash of the machine has
         * damaged. */
        execv(kept, request->args);
    }
    int executable = request->compile(request->context);
    if (executable < 0)
        return 1;
    if (has_cache) {
        cache_keep(dir, key, executable);
        execv(kept, request->args); /* where $TMPDIR is mounted noexec, this may do */
    }
    fexecve(executable, request->args, environ);
    fprintf(stderr, "wanco: the compiled program can't be executed here: %s\n",
            strerror(errno));
    return 1;
}
