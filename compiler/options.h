/* The command line of the compiler. */
#ifndef COMPILER_OPTIONS_H
#define COMPILER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/target.h"

enum command {
    COMMAND_COMPILE,
    COMMAND_RUN,
    COMMAND_VALIDATE,
    COMMAND_INSPECT,
    COMMAND_VERIFY,
    COMMAND_CHECKPOINT,
    COMMAND_HELP,
    COMMAND_VERSION
};
enum emit_kind { EMIT_EXE, EMIT_OBJ, EMIT_SHARED, EMIT_LLVM_IR };

struct options {
    enum command command;
    enum command help_of; /* COMMAND_HELP: of this one; of all if it is that itself */
    const char *input;
    const char *output;
    const struct isa *isa;
    const char *cpu; /* NULL: the ISA's baseline */
    const char *module_symbol;
    int opt_level;
    unsigned n_threads;
    enum emit_kind emit;
    bool verbose;
    bool no_cache;
    bool no_checkpoint;
    unsigned poll_interval; /* 0: about a millisecond */
    char **links;           /* objects with host functions, NULL-terminated */
    uint32_t n_links;
    char **plugins; /* libraries with host functions, NULL-terminated */
    uint32_t n_plugins;
    /* run: runtime options and arguments; validate: files; checkpoint: all words.
     * NULL-terminated. */
    char **rest;
    int n_rest;
    bool json;              /* inspect: for programs */
    bool frames;            /* inspect: all of them, with values */
    bool memory;            /* inspect: each block of pages */
    const char *module;     /* verify: compare with this Wasm file, or NULL */
    const char *executable; /* verify: compare with this, or NULL */
};

/* Reads argv; lists are allocated and live as long as the process. After a line on
 * stderr: the status to exit with; 0: go on. */
int options_parse(struct options *o, int argc, char **argv);

/* Prints what --help asks for. */
void options_print_help(const struct options *o);

#endif
