/* Looks imports up in wasi.def. */
#include "compiler/host.h"

#include <stddef.h>
#include <string.h>

static bool is_name(struct name name, const char *text)
{
    return name_equal(name, (struct name){text, (uint32_t)strlen(text)});
}

const struct host_func *find_host_func(const struct import *import)
{
    static const struct {
        const char *module, *name;
        struct host_func func;
    } rows[] = {
#define HOST(module, name, function, signature, suspends)                                \
    {#module, #name, {#function, signature, suspends}},
#include "runtime/wasi.def"
#undef HOST
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (is_name(import->module, rows[i].module) &&
            is_name(import->name, rows[i].name))
            return &rows[i].func;
    return NULL;
}
