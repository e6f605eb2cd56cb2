/* What the objects given with --link supply: the table wanco_host_functions of
 * wanco/host.h, in themselves and in the executable that they were linked to. */
#ifndef COMPILER_SUPPLIED_H
#define COMPILER_SUPPLIED_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/module.h"
#include "compiler/target.h"

/* Whether the executable at path supplies every function that the module imports and the
 * runtime does not have, each of its type. False after setting error (one line). */
bool check_supplied(const char *path, const struct module *m, char *error,
                    size_t error_bytes);

/* Whether the files given with --link can be linked together: objects of the ISA, or
 * archives of such, with one table at most. What else there may be wrong with them, the
 * linker says. False after setting error (one line). */
bool check_links(char *const *paths, uint32_t n, const struct isa *isa, char *error,
                 size_t error_bytes);

#endif
