/* A module as the compiler would write it, made by hand: for the runtime's unit tests
 * and, linked with start.c, as a program of its own. */
#ifndef TESTS_RUNTIME_GUEST_H
#define TESTS_RUNTIME_GUEST_H

#include "runtime/instance.h"

/* Its exports:
 * - add (i32 i32) -> i32
 * - swap (i32 f64) -> f64 i32
 * - echo (f32 f64 i64) -> i64 f64 f32
 * - load (i32) -> i32: a byte of memory 0, which has 1 to 3 pages
 * - recurse (i32) -> i32: calls itself n times, then traps with `unreachable`
 * - outer () -> (): calls inner, which traps with `integer divide by zero`
 * - nameless () -> (): not in the name section; calls one that has no name at all and
 *   traps with `unreachable`
 * - nest (i32) -> i32: a host function between guest frames that calls load
 * - memory; table (funcref, 4 to 8: add, swap, null, null); counter (a mutable i32, 7)
 * - event: a tag with the values i64 and exnref; caught: a mutable exnref; exns: a table
 *   of 4 of them; all null */
extern const struct rt_module guest_module;

/* A new instance of it. The first call sets traps up, silent, with a guest stack of 1
 * MiB. */
struct rt_instance *guest_create(void);

/* Calls an export of it. */
bool guest_call(struct rt_instance *instance, const char *name,
                const union rt_value *args, union rt_value *results,
                struct rt_error *error);

struct rt_extern guest_export(struct rt_instance *instance, const char *name);

#endif
