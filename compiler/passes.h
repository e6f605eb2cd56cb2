/* The front end's passes, in the order in which they run. Each returns false after
 * setting diag.
 *
 * None of them uses LLVM, keeps state, or recurses on the input's nesting. */
#ifndef COMPILER_PASSES_H
#define COMPILER_PASSES_H

#include <stdbool.h>

#include "compiler/module.h"

struct arena;
struct diag;

/* Sections -> *m. m->bytes, n_bytes and arena are set by the caller, all else is zero.
 * Checks what core 5 calls malformed, everywhere but inside function bodies. */
bool read_module(struct module *m, struct diag *d);

/* Everything of core 3.4 and 3.5 that lies outside function bodies. */
bool validate_module(const struct module *m, struct diag *d);

/* One function body -> *body, in arena: block ends resolved, malformed input reported,
 * indices not yet checked. func_index is not an import, and its type index is valid.
 * Thread-safe, as is validate_body. */
bool decode_body(const struct module *m, uint32_t func_index, struct body *body,
                 struct arena *arena, struct diag *d);

/* Type-checks a decoded body (core 3.3 and appendix "Validation Algorithm"). arena is
 * scratch. */
bool validate_body(const struct module *m, uint32_t func_index, const struct body *body,
                   struct arena *arena, struct diag *d);

/* read_module, validate_module, and every body decoded and validated, on n_threads
 * threads. Of several bodies' errors the one with the lowest offset is reported. */
bool load_module(struct module *m, unsigned n_threads, struct diag *d);

#endif
