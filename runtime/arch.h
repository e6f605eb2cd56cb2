/* What needs assembly: changing to the guest's stack and leaving it, and rt_suspend
 * (abi.h). One arch_<isa>.c per
 * ISA. */
#ifndef RUNTIME_ARCH_H
#define RUNTIME_ARCH_H

#include <stdbool.h>
#include <stdint.h>

extern const char rt_arch_name[]; /* "x86_64" */

/* Whether this machine's processor is one (enum rt_cpu). */
bool rt_arch_is_cpu(uint32_t cpu);

/* Stores the stack pointer in *saved_sp, goes to the stack that ends at stack_top
 * (16-byte aligned; NULL: stays where it is) and calls function(argument). False when it
 * returned, true when rt_arch_leave was called with *saved_sp. Unwinding ends at this
 * frame. */
bool rt_arch_enter(void (*function)(void *argument), void *argument, void *stack_top,
                   void **saved_sp);

/* Returns true from the rt_arch_enter that stored saved_sp. */
_Noreturn void rt_arch_leave(void *saved_sp);

#endif
