/* The table of ISAs. */
#include "compiler/target.h"

#include <elf.h>
#include <string.h>
#include <sys/utsname.h>

/* Above the executable, and the heap that Linux starts up to 1 GiB behind it; below 2 GiB
 * by as much as constant addresses and offsets may add while it is still a displacement.
 */
#define X86_64_MEMORY0 UINT64_C(0x70000000)

static const struct isa isas[] = {
    /* x86-64-v2 (SSE4.2, POPCNT) is what every x86_64 machine since 2009 has. */
    {"x86_64", "x86_64-unknown-linux-gnu", "x86-64-v2", "/lib64/ld-linux-x86-64.so.2",
     EM_X86_64, X86_64_MEMORY0},
    {"aarch64", "aarch64-unknown-linux-gnu", "generic", "/lib/ld-linux-aarch64.so.1",
     EM_AARCH64, 0},
};

const char *isa_names(void)
{
    return "x86_64, aarch64";
}

const struct isa *isa_find(const char *name)
{
    static const char *const aliases[][2] = {
        {"amd64", "x86_64"}, {"x86-64", "x86_64"}, {"arm64", "aarch64"}};
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(name, aliases[i][0]) == 0)
            name = aliases[i][1];
    for (size_t i = 0; i < sizeof isas / sizeof isas[0]; i++)
        if (strcmp(name, isas[i].name) == 0)
            return &isas[i];
    return NULL;
}

const struct isa *isa_host(void)
{
    struct utsname system;
    const struct isa *isa = uname(&system) == 0 ? isa_find(system.machine) : NULL;
    return isa ? isa : &isas[0];
}
