/* Which functions share an LLVM module. Decided by the Wasm module's content alone, so
 * that the output is the same for any number of threads. */
#ifndef COMPILER_PARTITION_H
#define COMPILER_PARTITION_H

#include <stdint.h>

#include "compiler/layout.h"
#include "compiler/module.h"

struct partition {
    uint32_t first, end; /* function indices */
    uint32_t n_bytes;    /* of their bodies */
};

/* What a look at every body tells. */
struct survey {
    struct module_facts facts;
    uint8_t *is_leaf; /* func index -> its body has no call and no loop */
    /* func index -> the instructions of such a body, if none of them can take long or
     * throw; else 0 */
    uint32_t *n_brief;
};

/* Looks at every body, in m->arena. */
void survey_module(struct survey *survey, const struct module *m, unsigned n_threads);

/* Runs of functions of about part_bytes of code each; a larger function stands alone.
 * Returns the array, in m->arena. */
struct partition *partition_module(const struct module *m, uint32_t part_bytes,
                                   uint32_t *n_parts);

#endif
