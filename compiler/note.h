/* What an executable, object or shared library that the compiler made says of its module.
 */
#ifndef COMPILER_NOTE_H
#define COMPILER_NOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/abi.h"

struct isa;

struct note {
    struct rt_note note;
    const struct isa *isa; /* NULL: of one that is not known */
    const char *kind;      /* "executable", "object", "shared library" */
};

/* Whether a file begins as such files do. False too if it can't be read. */
bool note_is_elf(const char *path);

/* Reads it from any bytes. False with a line in error (without newline) if the file isn't
 * one, or not by this compiler. */
bool note_read(struct note *note, const char *path, char *error, size_t error_bytes);

#endif
