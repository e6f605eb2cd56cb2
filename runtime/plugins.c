/* Loads plugins where the executable's search path leads: beside it, and where they were
 * when it was made. */
#include "runtime/plugins.h"

#include <dlfcn.h>
#include <stddef.h>

bool rt_plugins_load(const char *const *names, const struct wanco_host_function **tables,
                     struct rt_error *error)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL)
            return rt_error_set(error, RT_ERROR_SYSTEM, "cannot load the plugin %.400s",
                                dlerror());
        tables[i] = dlsym(library, "wanco_host_functions");
        if (tables[i] == NULL)
            return rt_error_set(error, RT_ERROR_USAGE,
                                "the plugin %.300s defines no wanco_host_functions",
                                names[i]);
    }
    return true;
}
