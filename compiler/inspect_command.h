/* `wanco inspect FILE`: what a snapshot or an executable holds. */
#ifndef COMPILER_INSPECT_COMMAND_H
#define COMPILER_INSPECT_COMMAND_H

#include <stdbool.h>

struct inspect_options {
    const char *file;
    bool json;
    bool frames; /* all, with their values */
    bool memory; /* each block of pages */
};

/* Prints it. Returns the exit status: 1 after a line on stderr. */
int inspect_command(const struct inspect_options *o);

#endif
