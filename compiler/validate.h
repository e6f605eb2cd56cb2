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

/* Is shown the operand stack, the bottom first, as it is before an instruction. In code
 * that can't be reached the types may be TYPE_UNKNOWN. */
typedef void observe_stack(void *context, uint32_t position, const val_type *operands,
                           uint32_t n_operands);

/* Type-checks a valid body once more, and shows the stack before each loop and each
 * call of any kind. arena is scratch. */
void observe_body(const struct module *m, uint32_t func_index, const struct body *body,
                  struct arena *arena, observe_stack *observe, void *context);

#endif
