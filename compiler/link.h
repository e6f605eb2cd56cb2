/* Executables, shared and combined objects from object files, by the system's linker and
 * the libraries that lie beside the compiler. */
#ifndef COMPILER_LINK_H
#define COMPILER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/target.h"

enum link_kind {
    LINK_EXECUTABLE,
    LINK_SHARED, /* of position-independent objects; the program that loads it has the
                    runtime */
    LINK_OBJECT, /* one object of several */
};

struct link_options {
    enum link_kind kind;
    const struct isa *isa;
    const char *output;
    char *const *objects;
    uint32_t n_objects;
    char *const *host_objects; /* an executable's: objects and archives of the user's */
    uint32_t n_host_objects;
    /* An executable's: it becomes a dynamic one, which looks for them beside itself and
     * where they are now. */
    char *const *plugins;
    uint32_t n_plugins;
    /* What must be true of an output before it gets its name, or NULL. False after
     * setting error. */
    bool (*check)(void *context, const char *path, char *error, size_t error_bytes);
    void *check_context;
};

/* Writes the output, or nothing: an existing file stays as it is unless linking succeeds.
 * False after setting error (one line, no newline). */
bool link_output(const struct link_options *options, char *error, size_t error_bytes);

/* Whether an output could be written there: worth asking before a long compilation. False
 * after setting error. */
bool link_can_write(const char *output, char *error, size_t error_bytes);

/* The directory with the runtime and libraries of an ISA: below $WANCO_LIB, else below
 * ../lib/wanco as seen from this program. */
void link_library_dir(const struct isa *isa, char *buffer, size_t buffer_bytes);

#endif
