/* How guest code is entered and left: on the guest's own stack, by return, trap or exit.
 */
#ifndef RUNTIME_TRAP_H
#define RUNTIME_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/abi.h"

enum rt_error_kind {
    RT_ERROR_NONE,
    RT_ERROR_LINK,      /* an import is missing or of another type (core 4.5.4) */
    RT_ERROR_TRAP,      /* trap tells the reason */
    RT_ERROR_EXIT,      /* the guest ended itself with exit_status */
    RT_ERROR_SUSPENDED, /* its frames are in the frame buffer (safepoint.h) */
    RT_ERROR_SYSTEM,    /* the host lacks something: memory, address space … */
    RT_ERROR_USAGE,     /* an option or argument is wrong */
    RT_ERROR_EXCEPTION, /* one that the guest throws and does not catch */
};

struct rt_error {
    enum rt_error_kind kind;
    uint32_t trap;        /* enum rt_trap_code, if RT_ERROR_TRAP */
    uint32_t exit_status; /* if RT_ERROR_EXIT */
    char text[512];       /* one line for people, without a newline */
};

/* Sets kind and text (printf-like). Always returns false, so that one can `return
 * rt_error_set(…)`. */
__attribute__((format(printf, 3, 4))) bool
rt_error_set(struct rt_error *error, enum rt_error_kind kind, const char *format, ...);

/* The message of a reason to trap. */
const char *rt_trap_message(uint32_t code);

/* Installs the handlers that turn faults of guest code into traps, and reserves the guest
 * stack of stack_bytes (rounded up to pages). Once per process, before rt_enter, on the
 * thread that calls that. Other faults go on to the handlers there were. False with error
 * set. */
bool rt_trap_setup(size_t stack_bytes, struct rt_error *error);

/* The same for a process that handles its faults itself, and calls rt_trap_fault. */
bool rt_trap_setup_unhandled(size_t stack_bytes, struct rt_error *error);

/* For a handler of SIGSEGV and SIGBUS, on an alternate stack: leaves the guest if that
 * has trapped. False if the fault has nothing to do with it. info is a
 * siginfo_t. */
bool rt_trap_fault(int signal_number, void *info, void *context);

/* How many calls of rt_enter are in progress. */
uint32_t rt_guest_depth(void);

/* Calls function(argument) on the guest stack. Returns true when it returns, false with
 * error set when it trapped or ended itself. A nested call (guest → host → guest) goes on
 * on the same stack. */
bool rt_enter(void (*function)(void *argument), void *argument, struct rt_error *error);

/* Leaves the innermost rt_enter with RT_ERROR_EXIT. */
_Noreturn void rt_exit_guest(uint32_t exit_status);

/* Traps with the message of a host function, of at most 511 bytes. */
_Noreturn void rt_trap_host(const char *message);

/* Ends the guest as a trap does, but with RT_ERROR_EXCEPTION: nothing on the stack
 * catches the exception, up to the innermost rt_enter. */
_Noreturn void rt_trap_uncaught(const struct rt_exn *exn);

/* Leaves the innermost rt_enter with an error that is known already: of a nested one. */
_Noreturn void rt_leave_with(const struct rt_error *error);

/* Leaves the innermost rt_enter with RT_ERROR_SUSPENDED. */
_Noreturn void rt_leave_suspended(void);

/* Makes room below the guest stack until rt_enter returns: for the unwinder, however
 * little is left. Async-signal-safe. */
void rt_stack_open_reserve(void);

/* How many bytes of the guest stack are in use; and where they end, at its top. */
size_t rt_stack_in_use(void);
const void *rt_stack_end(void);

/* Makes the guest stack at least `growth` times as large as rt_trap_setup did, while no
 * guest is entered. False with error set. */
bool rt_stack_enlarge(size_t growth, struct rt_error *error);

/* Makes it as large as rt_trap_setup did, unless a guest is entered. False with error
 * set. */
bool rt_stack_reset(struct rt_error *error);

/* Whether less is left of the guest stack than it had at first. */
bool rt_stack_is_short(void);

/* Traps with STACK_EXHAUSTED unless the guest stack has room for a host function
 * (RT_HOST_STACK_BYTES). Every host function calls it first: host code runs on the
 * guest's stack. */
void rt_check_host_stack(void);
#define RT_HOST_STACK_BYTES (128u << 10)

/* Whether a trap writes `wasm trap: REASON` and a backtrace of Wasm function names to
 * stderr before it leaves (default: yes). An embedder that says no finds the reason in
 * struct rt_error. Returns what it was before. */
bool rt_trap_set_backtrace(bool enabled);

#endif
