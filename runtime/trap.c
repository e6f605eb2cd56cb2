/* Entering guest code on its own stack, and leaving it by return, trap or exit.
 *
 * The guest stack is one mapping: guard, reserve, stack. Guard and reserve are
 * inaccessible; generated code touches every page of a frame, so that running out of
 * stack is a fault there. A trap that is raised close to the limit opens the reserve,
 * since unwinding and printing need stack too. Faults are handled on a signal stack of
 * their own. */
#define _GNU_SOURCE
#include "runtime/trap.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/arch.h"
#include "runtime/backtrace.h"
#include "runtime/memory.h"
#include "runtime/safepoint.h"

#define GUARD_BYTES        ((size_t)1 << 20)
#define RESERVE_BYTES      ((size_t)64 << 10)
#define SIGNAL_STACK_BYTES ((size_t)64 << 10)
#define LOW_BYTES          (GUARD_BYTES + RESERVE_BYTES)

struct entry {
    struct entry *outer;
    void *saved_sp;
    struct rt_error *error;
};

static struct {
    uint8_t *guard; /* GUARD_BYTES, then the reserve, then the stack */
    uint8_t *stack;
    uint8_t *stack_end;
    size_t first_bytes;      /* of the stack, before it was enlarged */
    struct entry *innermost; /* NULL outside of rt_enter */
    uint32_t depth;          /* of nested calls of rt_enter */
    bool is_reserve_open;
    bool is_silent;
    pthread_t thread;
    struct sigaction old_segv, old_bus;
} guest;

static uint8_t signal_stack[SIGNAL_STACK_BYTES];

static void set_reserve_open(bool open)
{
    if (open == guest.is_reserve_open)
        return;
    mprotect(guest.stack - RESERVE_BYTES, RESERVE_BYTES,
             open ? PROT_READ | PROT_WRITE : PROT_NONE);
    guest.is_reserve_open = open;
}

static size_t stack_left(void)
{
    return (size_t)((uint8_t *)__builtin_frame_address(0) - guest.stack);
}

_Noreturn static void leave(enum rt_error_kind kind)
{
    guest.innermost->error->kind = kind;
    rt_arch_leave(guest.innermost->saved_sp);
}

void rt_stack_open_reserve(void)
{
    set_reserve_open(true);
}

size_t rt_stack_in_use(void)
{
    return (size_t)(guest.stack_end - (uint8_t *)__builtin_frame_address(0));
}

const void *rt_stack_end(void)
{
    return guest.stack_end;
}

bool rt_stack_is_short(void)
{
    return stack_left() < guest.first_bytes;
}

/* Describes a trap to people and to the caller of rt_enter. Async-signal-safe. */
static void report_trap(uint32_t code, const char *message)
{
    struct rt_error *error = guest.innermost->error;
    error->trap = code;
    memccpy(error->text, message, '\0', sizeof error->text);
    if (!guest.is_silent)
        rt_backtrace_print(message);
}

static void make_room_to_report(void)
{
    if (stack_left() < RESERVE_BYTES)
        set_reserve_open(true);
}

_Noreturn static void trap(enum rt_error_kind kind, uint32_t code, const char *message)
{
    assert(guest.innermost != NULL); /* only guest code and what it calls may trap */
    make_room_to_report();
    report_trap(code, message);
    leave(kind);
}

_Noreturn void rt_trap(uint32_t code)
{
    trap(RT_ERROR_TRAP, code, rt_trap_message(code));
}

_Noreturn void rt_trap_host(const char *message)
{
    trap(RT_ERROR_TRAP, RT_TRAP_HOST, message);
}

_Noreturn void rt_trap_uncaught(const struct rt_exn *exn)
{
    static char message[256]; /* of a stack that may be short */
    struct rt_string name = rt_tag_name(exn->tag);
    make_room_to_report();
    if (name.n_bytes == 0)
        snprintf(message, sizeof message, "uncaught exception of tag %" PRIu32,
                 exn->tag->tag_index);
    else
        snprintf(message, sizeof message, "uncaught exception of tag %.*s",
                 name.n_bytes < 200 ? (int)name.n_bytes : 200, name.chars);
    for (char *c = message; *c != '\0'; c++)
        if ((uint8_t)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* a terminal would obey it */
    trap(RT_ERROR_EXCEPTION, RT_TRAP_NONE, message);
}

_Noreturn void rt_leave_with(const struct rt_error *error)
{
    assert(guest.innermost != NULL);
    *guest.innermost->error = *error;
    leave(error->kind);
}

_Noreturn void rt_exit_guest(uint32_t exit_status)
{
    assert(guest.innermost != NULL);
    guest.innermost->error->exit_status = exit_status;
    snprintf(guest.innermost->error->text, sizeof guest.innermost->error->text,
             "exit with status %u", exit_status);
    leave(RT_ERROR_EXIT);
}

_Noreturn void rt_leave_suspended(void)
{
    leave(RT_ERROR_SUSPENDED);
}

void rt_check_host_stack(void)
{
    /* Elsewhere than on the guest stack the difference is larger than any stack. */
    if (stack_left() < RT_HOST_STACK_BYTES)
        rt_trap(RT_TRAP_STACK_EXHAUSTED);
}

bool rt_trap_set_backtrace(bool enabled)
{
    bool was_enabled = !guest.is_silent;
    guest.is_silent = !enabled;
    return was_enabled;
}

uint32_t rt_guest_depth(void)
{
    return guest.depth;
}

bool rt_enter(void (*function)(void *argument), void *argument, struct rt_error *error)
{
    struct entry entry = {.outer = guest.innermost, .error = error};
    void *stack_top = guest.innermost == NULL ? guest.stack_end : NULL;
    assert(guest.stack != NULL); /* rt_trap_setup comes first */
    error->kind = RT_ERROR_NONE;
    guest.innermost = &entry;
    rt_safepoint_set_depth(++guest.depth);
    bool has_left = rt_arch_enter(function, argument, stack_top, &entry.saved_sp);
    guest.innermost = entry.outer;
    set_reserve_open(false);
    rt_entered.image = NULL; /* the call of the fast body may have found no stack left */
    rt_safepoint_set_depth(--guest.depth);
    return !has_left;
}

/* ---- Faults ---- */

static enum rt_trap_code fault_reason(const siginfo_t *info)
{
    const uint8_t *address = info->si_addr;
    if (guest.innermost == NULL || info->si_code <= 0 || /* ours, or sent by a process */
        !pthread_equal(pthread_self(), guest.thread))
        return RT_TRAP_NONE;
    if (address >= guest.guard && address < guest.stack)
        return RT_TRAP_STACK_EXHAUSTED;
    return rt_memory_reserves(address) ? RT_TRAP_MEMORY_BOUNDS : RT_TRAP_NONE;
}

bool rt_trap_fault(int signal_number, void *siginfo, void *context)
{
    const siginfo_t *info = siginfo;
    enum rt_trap_code code = fault_reason(info);
    bool is_lost = code == RT_TRAP_NONE && info->si_code > 0 &&
                   rt_safepoint_overflows(info->si_addr);
    (void)signal_number;
    if (code == RT_TRAP_NONE && !is_lost)
        return false;
    if (is_lost)
        strcpy(guest.innermost->error->text, "the guest's frames do not fit the memory "
                                             "that is left for them, and are lost");
    else
        report_trap(code, rt_trap_message(code));
    sigprocmask(SIG_SETMASK, &((ucontext_t *)context)->uc_sigmask, NULL);
    leave(is_lost ? RT_ERROR_SYSTEM : RT_ERROR_TRAP);
}

/* Not the guest's: for the handler that was there before. If there was none, it is a bug:
 * the instruction faults again, and the process dies with it in the core file. */
static void pass_on(int signal_number, siginfo_t *info, void *context)
{
    const struct sigaction *old =
        signal_number == SIGBUS ? &guest.old_bus : &guest.old_segv;
    if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(signal_number, info, context);
    } else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
        old->sa_handler(signal_number);
    } else {
        signal(signal_number, SIG_DFL);
        if (info->si_code <= 0)
            raise(signal_number);
    }
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    if (!rt_trap_fault(signal_number, info, context))
        pass_on(signal_number, info, context);
}

static bool map_guest_stack(size_t stack_bytes, struct rt_error *error)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    if (stack_bytes > SIZE_MAX / 2)
        stack_bytes = SIZE_MAX / 2;
    stack_bytes = (stack_bytes + page_bytes - 1) / page_bytes * page_bytes;
    void *low = mmap(NULL, LOW_BYTES + stack_bytes, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (low == MAP_FAILED ||
        mprotect((uint8_t *)low + LOW_BYTES, stack_bytes, PROT_READ | PROT_WRITE) != 0)
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "cannot map a guest stack of %zu bytes (%s); "
                            "choose a smaller one with --stack-size",
                            stack_bytes, strerror(errno));
    guest.guard = low;
    guest.stack = guest.guard + LOW_BYTES;
    guest.stack_end = guest.stack + stack_bytes;
    return true;
}

bool rt_trap_setup_unhandled(size_t stack_bytes, struct rt_error *error)
{
    stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    if (sigaltstack(&alternate, NULL) != 0)
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "cannot install a stack for signals: %s", strerror(errno));
    guest.thread = pthread_self();
    if (!map_guest_stack(stack_bytes, error))
        return false;
    guest.first_bytes = (size_t)(guest.stack_end - guest.stack);
    return true;
}

bool rt_trap_setup(size_t stack_bytes, struct rt_error *error)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (!rt_trap_setup_unhandled(stack_bytes, error))
        return false;
    if (sigaction(SIGSEGV, &action, &guest.old_segv) != 0 ||
        sigaction(SIGBUS, &action, &guest.old_bus) != 0)
        return rt_error_set(error, RT_ERROR_SYSTEM, "cannot install signal handlers: %s",
                            strerror(errno));
    return true;
}

static bool replace_stack(size_t n_bytes, struct rt_error *error)
{
    uint8_t *old = guest.guard;
    size_t old_bytes = (size_t)(guest.stack_end - guest.guard);
    return map_guest_stack(n_bytes, error) && munmap(old, old_bytes) == 0;
}

bool rt_stack_enlarge(size_t growth, struct rt_error *error)
{
    size_t n_bytes = (size_t)(guest.stack_end - guest.stack);
    size_t wanted = 0;
    assert(guest.depth == 0);
    if (__builtin_mul_overflow(guest.first_bytes, growth, &wanted))
        wanted = SIZE_MAX;
    return n_bytes >= wanted || replace_stack(wanted, error);
}

bool rt_stack_reset(struct rt_error *error)
{
    bool is_large = (size_t)(guest.stack_end - guest.stack) > guest.first_bytes;
    return guest.depth > 0 || !is_large || replace_stack(guest.first_bytes, error);
}
