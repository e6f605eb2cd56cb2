/* One error about the input: where and why. The first one wins. */
#ifndef COMPILER_DIAG_H
#define COMPILER_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag {
    bool is_set;
    size_t offset;       /* in bytes from the start of the module */
    uint32_t func_index; /* the function it lies in, or UINT32_MAX */
    char text[256];
};

#define DIAG_INIT                                                                        \
    {                                                                                    \
        .func_index = UINT32_MAX                                                         \
    }

/* Sets offset and text (printf-like) unless an error is set already. Always returns
 * false, so that a pass can `return diag_set(…)`. */
__attribute__((format(printf, 3, 4))) bool diag_set(struct diag *d, size_t offset,
                                                    const char *format, ...);

#endif
