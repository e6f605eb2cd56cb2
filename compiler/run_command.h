/* `wanco run`: an executable from the cache, or compiled now, takes this process's place.
 */
#ifndef COMPILER_RUN_COMMAND_H
#define COMPILER_RUN_COMMAND_H

#include <stdbool.h>

#include "compiler/cache.h"

struct run_request {
    struct cache_inputs inputs;
    bool no_cache;
    char *const
        *args; /* of the executable, NULL-terminated: name, runtime options, arguments */
    /* Makes the executable: a descriptor of it, open for reading, of a file that needs no
     * name; -1 after it has printed why not. */
    int (*compile)(void *context);
    void *context;
};

/* Returns only when it failed, after a line on stderr: the status to exit with. */
int run_command(const struct run_request *request);

#endif
