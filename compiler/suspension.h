/* Which functions can be suspended: whose calls can reach a safepoint; and which can
 * throw. Decided by the Wasm module alone, for resume points follow from it.
 *
 * A function can be suspended if it has a loop, an instruction on a range that may be
 * long (bulk.h), or a call that can: of such a function, of an import that may suspend,
 * or indirectly of anything of that kind, or that recurs. Every cycle of the call graph
 * has a poll, just before one of its calls.
 *
 * A function can throw if it has an instruction that does, or calls one that can. That it
 * may catch all of it itself does not count; imports that wasi.def names do not throw. */
#ifndef COMPILER_SUSPENSION_H
#define COMPILER_SUSPENSION_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/module.h"

struct suspension {
    bool *can_suspend;          /* func index -> a call of it can reach a safepoint */
    bool *indirect_can_suspend; /* canonical type index -> an indirect call of that type
                                   can */
    bool *can_throw;            /* both by the same indices */
    bool *indirect_can_throw;
    /* For suspension_polls_before: of components.h, that of all calls, and of the search
     * through direct calls. */
    const uint32_t *component, *finish;
};

/* Fills s, in m->arena; looks at every body on n_threads threads. Imports that wasi.def
 * names suspend if it says so, all others may. */
void find_suspension(struct suspension *s, const struct module *m, unsigned n_threads);

/* Whether a call of any kind in this function is one that polls first. */
bool suspension_polls_before(const struct suspension *s, const struct module *m,
                             uint32_t func_index, const struct instr *call);

/* Whether the call can reach a safepoint. */
bool suspension_of_call(const struct suspension *s, const struct module *m,
                        const struct instr *call);

/* Whether an exception can leave the call. */
bool throws_of_call(const struct suspension *s, const struct module *m,
                    const struct instr *call);

#endif
