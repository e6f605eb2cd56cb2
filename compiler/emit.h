/* From a module to object files: code generation, LLVM's passes and code emission, on all
 * cores. */
#ifndef COMPILER_EMIT_H
#define COMPILER_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/module.h"
#include "compiler/target.h"

struct emit_options {
    const struct isa *isa;
    const char *cpu; /* "native" or a name LLVM knows; NULL: the ISA's baseline */
    const char *module_symbol;
    int opt_level; /* 0 to 3 */
    unsigned n_threads;
    bool is_shared;     /* in both, WASI imports are linked to the runtime's functions */
    bool is_executable; /* made for just one instance */
    bool has_checkpoints;
    uint32_t poll_interval; /* loop iterations between polls; 0: about a millisecond's */
    char *const *plugins; /* libraries that the program loads, NULL-terminated, or NULL */
    bool progress;        /* show a bar on stderr */
};

struct emitted {
    char **paths; /* of the object files, in link order; in m->arena */
    uint32_t n_paths;
};

/* Writes object files into the directory. False after setting error (one line, no
 * newline). */
bool emit_objects(const struct module *m, const struct emit_options *options,
                  const char *dir, struct emitted *emitted, char *error,
                  size_t error_bytes);

/* Writes the optimised LLVM IR of the whole module, as one, to a file. False after
 * setting error, without a file. */
bool emit_ir(const struct module *m, const struct emit_options *options, const char *path,
             char *error, size_t error_bytes);

/* The name of the processor that "native" stands for and its features, for a cache's key.
 * The caller frees it. */
char *emit_native_cpu(void);

/* "19.1.7" */
void emit_llvm_version(char *buffer, size_t n_bytes);

#endif
