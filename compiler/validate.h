/* What the checks outside of function bodies share with those inside. */
#ifndef COMPILER_VALIDATE_H
#define COMPILER_VALIDATE_H

#include "compiler/module.h"

struct arena;
struct diag;

/* Whether the expression is constant and of this type (core 3.3.10). It may name the
 * globals below n_globals only. arena is scratch. */
bool validate_const_expr(const struct module *m, const struct const_expr *expr,
                         val_type type, uint32_t n_globals, struct arena *arena,
                         struct diag *d);

#endif
