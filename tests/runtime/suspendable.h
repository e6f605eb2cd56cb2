/* A module that can be suspended, as the compiler would write it, made by hand: its
 * landing pads are cleanups of C, entered through the runtime's personality. */
#ifndef TESTS_RUNTIME_SUSPENDABLE_H
#define TESTS_RUNTIME_SUSPENDABLE_H

#include "runtime/instance.h"

/* Its exports:
 * - count (i32 n) -> i32: a loop of n steps with a poll between them; 1 + 2 + … + n
 * - sum (i32 n) -> i64: the same by recursion, with a poll before each call
 * - both (i32 n) -> i32 f64: count(n), and n + 0.5 which is an operand during the call
 * - pass (funcref) -> funcref: counts to 3 with the reference in a local, and returns it
 * - hold (exnref) -> exnref: the same with an exception
 * - event, a tag with the values i64, v128 and exnref; caught, a mutable exnref, null
 * - memory (1 to 3 pages), table (funcref, 4 to 8: count, null, null, null), counter (a
 *   mutable i64, 7); data and element segments 0 are active, 1 passive */
extern const struct rt_module suspendable_module;

extern uint32_t
    suspendable_sum_polls_at; /* sum(n) polls for this n and lower ones only */

enum { COUNT, SUM, BOTH, PASS, HOLD, N_SUSPENDABLE };

/* A new instance of it. The first call sets traps up, silent, with a guest stack of 1
 * MiB. */
struct rt_instance *suspendable_create(void);

bool suspendable_call(struct rt_instance *instance, const char *name, union rt_value arg,
                      union rt_value *results, struct rt_error *error);

/* Where its points are in the made-up module's bytes. */
enum {
    COUNT_LOOP = 10,
    SUM_CALL = 20,
    BOTH_CALL = 30,
    PASS_LOOP = 40,
    HOLD_LOOP = 50,
};

#endif
