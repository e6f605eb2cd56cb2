/* --invoke: arguments from words, results as text. */
#ifndef RUNTIME_INVOKE_H
#define RUNTIME_INVOKE_H

#include <stdbool.h>

#include "runtime/abi.h"
#include "runtime/trap.h"

/* One word per parameter of type, words ending with NULL -> values. False with error set.
 */
bool rt_invoke_parse(const struct rt_type *type, char **words, union rt_value *values,
                     struct rt_error *error);

/* Prints results to stdout, one a line, like "i32: 55". */
void rt_invoke_print(const struct rt_type *type, const union rt_value *results);

#endif
