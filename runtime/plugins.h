/* Libraries with host functions: part of dynamic executables alone. */
#ifndef RUNTIME_PLUGINS_H
#define RUNTIME_PLUGINS_H

#include <stdbool.h>

#include "runtime/trap.h"
#include "wanco/host.h"

/* Loads libraries, of which names are given and then NULL, for as long as the process
 * lives; the tables of their functions land in tables. False with error set. */
bool rt_plugins_load(const char *const *names, const struct wanco_host_function **tables,
                     struct rt_error *error);

#endif
