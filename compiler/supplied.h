/* What the objects given with --link supply: the table wanco_host_functions of
 * wanco/host.h in the executable that they were linked to. */
#ifndef COMPILER_SUPPLIED_H
#define COMPILER_SUPPLIED_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/module.h"

/* Whether the executable at path supplies every function that the module imports and the
 * runtime does not have, each of its type. False after setting error (one line). */
bool check_supplied(const char *path, const struct module *m, char *error,
                    size_t error_bytes);

#endif
