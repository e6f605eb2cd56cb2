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
    /* Writes the executable; false after it has printed why not. */
    bool (*compile_to)(void *context, const char *out);
    void *context;
};

/* Returns only when it failed, after a line on stderr: the status to exit with. */
int run_command(const struct run_request *request);

#endif
