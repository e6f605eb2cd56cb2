/* Linking an instance's imports. */
#ifndef RUNTIME_IMPORTS_H
#define RUNTIME_IMPORTS_H

#include <stdbool.h>

#include "runtime/instance.h"

/* Finds every import, checks it against its declared type (core 4.5.3) and fills the
 * instance's slots. */
bool rt_resolve_imports(struct rt_instance *instance,
                        const struct rt_instance_config *config, struct rt_error *error);

#endif
