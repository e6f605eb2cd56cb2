/* Executables and shared objects from object files, by the system's linker and the
 * libraries that lie beside the compiler. */
#ifndef COMPILER_LINK_H
#define COMPILER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/target.h"

struct link_options {
    const struct isa *isa;
    const char *output;
    char *const *objects;
    uint32_t n_objects;
    bool is_shared; /* objects are position-independent; the host that loads it has the
                       runtime */
    bool keep_debug_info;
};

/* Writes the output, or nothing: an existing file stays as it is unless linking succeeds.
 * False after setting error (one line, no newline). */
bool link_executable(const struct link_options *options, char *error, size_t error_bytes);

/* The directory with the runtime and libraries of an ISA: below $WANCO_LIB, else below
 * ../lib/wanco as seen from this program. */
void link_library_dir(const struct isa *isa, char *buffer, size_t buffer_bytes);

#endif
