/* The ISAs that code is generated for. */
#ifndef COMPILER_TARGET_H
#define COMPILER_TARGET_H

#include <stdint.h>

struct isa {
    const char *name;   /* "x86_64": of options, and of the runtime's directory */
    const char *triple; /* LLVM's */
    const char *cpu;    /* the portable baseline */
    const char *loader; /* of dynamic executables */
    uint16_t machine;   /* of its ELF files */
    /* Where memory 0 of an executable lies: so low that it is a constant within the
     * instruction that accesses it. 0: anywhere. */
    uint64_t memory0;
};

/* The ISA of this name ("arm64", "amd64" and "x86-64" are understood too), or NULL. */
const struct isa *isa_find(const char *name);

/* The one this program runs on. */
const struct isa *isa_host(void);

/* "x86_64, aarch64" */
const char *isa_names(void);

#endif
