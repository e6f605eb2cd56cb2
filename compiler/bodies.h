/* Every function body of a loaded module, on several threads. */
#ifndef COMPILER_BODIES_H
#define COMPILER_BODIES_H

#include <stdint.h>

#include "compiler/module.h"

struct arena;

/* What is done with a body: by several threads at a time, in no particular order. body
 * and what is allocated in scratch live until it returns. */
typedef void visit_body(void *context, uint32_t func_index, const struct body *body,
                        struct arena *scratch);

/* Decodes every body, and visits it. */
void visit_bodies(const struct module *m, unsigned n_threads, visit_body *visit,
                  void *context);

#endif
