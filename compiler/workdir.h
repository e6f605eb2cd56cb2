/* The directory that object files lie in until they are linked. */
#ifndef COMPILER_WORKDIR_H
#define COMPILER_WORKDIR_H

#include <stdbool.h>

struct workdir {
    char path[4096]; /* empty: there is none */
};

/* Where it is made: $TMPDIR or /tmp. */
const char *workdir_parent(void);

/* Makes it. It is removed too when the process ends, by exit, quick_exit, SIGINT, SIGTERM
 * or SIGHUP, so *w must last as long as the process. At most one at a time. False with
 * errno set. */
bool workdir_create(struct workdir *w);

/* Removes it with the files in it, if there is one. */
void workdir_remove(struct workdir *w);

/* Between these two calls an ending signal waits: what is under way has files of its own
 * to remove. */
void workdir_hold_signals(void);
void workdir_release_signals(void);

#endif
