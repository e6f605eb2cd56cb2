/* `wanco verify SNAPSHOT`: whether a snapshot is whole, and can be restored somewhere. */
#ifndef COMPILER_VERIFY_COMMAND_H
#define COMPILER_VERIFY_COMMAND_H

struct verify_options {
    const char *file;
    const char *module;     /* a Wasm file it should be of, or NULL */
    const char *executable; /* one that should go on from it, or NULL */
    unsigned n_threads;
};

/* Prints a line on stdout if all is well, else on stderr what is not. Returns the exit
 * status: 0 or 1. */
int verify_command(const struct verify_options *o);

#endif
