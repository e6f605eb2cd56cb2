#define _GNU_SOURCE
#include "runtime/trap.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runtime/guest.h"

static struct rt_instance *instance;

static void set_up(void)
{
    instance = guest_create();
}

TestSuite(trap, .init = set_up);

/* The trap that a call ends in, or RT_TRAP_NONE. */
static uint32_t trap_of(const char *name, uint32_t arg)
{
    struct rt_error error;
    union rt_value result, value = {.i32 = arg};
    return guest_call(instance, name, &value, &result, &error) ? RT_TRAP_NONE
                                                               : error.trap;
}

Test(trap, messages_are_the_specifications)
{
    cr_expect_str_eq(rt_trap_message(RT_TRAP_UNREACHABLE), "unreachable");
    cr_expect_str_eq(rt_trap_message(RT_TRAP_STACK_EXHAUSTED), "call stack exhausted");
    cr_expect_str_eq(rt_trap_message(RT_N_TRAPS), "unknown trap");
}

Test(trap, faults_of_a_memory_are_out_of_bounds)
{
    cr_expect_eq(trap_of("load", RT_PAGE_BYTES - 1), RT_TRAP_NONE);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(trap_of("load", RT_PAGE_BYTES), RT_TRAP_MEMORY_BOUNDS);
        cr_expect_eq(trap_of("load", UINT32_MAX), RT_TRAP_MEMORY_BOUNDS);
    }
}

Test(trap, recursion_exhausts_the_stack)
{
    cr_expect_eq(trap_of("recurse", 1000), RT_TRAP_UNREACHABLE);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(trap_of("recurse", UINT32_MAX), RT_TRAP_STACK_EXHAUSTED);
}

static void leave_uncaught(void *exn)
{
    rt_trap_uncaught(exn);
}

Test(trap, nothing_is_left_to_be_entered)
{
    uint64_t image = 0;
    rt_entered.image = &image; /* as if it came before the fast body could look */
    cr_expect_eq(trap_of("load", UINT32_MAX), RT_TRAP_MEMORY_BOUNDS);
    cr_expect_null(rt_entered.image);
}

Test(trap, an_uncaught_exception_is_told_by_its_tag)
{
    struct rt_tag named = *guest_export(instance, "event").tag, nameless = named;
    struct rt_exn exn = {.tag = &named};
    struct rt_error error;
    nameless.tag_index = 7;
    cr_expect_not(rt_enter(leave_uncaught, &exn, &error));
    cr_expect_eq(error.kind, RT_ERROR_EXCEPTION);
    cr_expect_str_eq(error.text, "uncaught exception of tag event");
    exn.tag = &nameless;
    cr_expect_not(rt_enter(leave_uncaught, &exn, &error));
    cr_expect_str_eq(error.text, "uncaught exception of tag 7");
}

Test(trap, signal_mask_is_restored)
{
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    trap_of("load", RT_PAGE_BYTES);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int i = 1; i < SIGRTMIN; i++)
        cr_expect_eq(sigismember(&before, i), sigismember(&after, i), "signal %d", i);
}

/* A trap wherever the stack ends: the last frames before the guard need the reserve. */
Test(trap, raised_close_to_the_end_of_the_stack)
{
    uint32_t depth = 0;
    for (uint32_t step = 1 << 20; step > 0; step /= 2)
        if (trap_of("recurse", depth + step) == RT_TRAP_UNREACHABLE)
            depth += step;
    cr_expect_gt(depth, 1000);
    for (uint32_t i = 0; i < 5; i++)
        cr_expect_eq(trap_of("recurse", depth - i), RT_TRAP_UNREACHABLE);
    cr_expect_eq(trap_of("recurse", depth + 100), RT_TRAP_STACK_EXHAUSTED);
}

static void leave_with_7(void *argument)
{
    (void)argument;
    rt_exit_guest(7);
}

Test(trap, exit_leaves_with_its_status)
{
    struct rt_error error;
    cr_expect_not(rt_enter(leave_with_7, NULL, &error));
    cr_expect_eq(error.kind, RT_ERROR_EXIT);
    cr_expect_eq(error.exit_status, 7);
}

/* Needs that much of the stack, then lets a host function check it. */
__attribute__((noinline)) static void use_stack(size_t n_bytes)
{
    char frame[4096];
    memset(frame, 1, sizeof frame);
    __asm__ volatile("" : : "r"(frame) : "memory");
    if (n_bytes > sizeof frame)
        use_stack(n_bytes - sizeof frame);
    else
        rt_check_host_stack();
    __asm__ volatile("" : : "r"(frame) : "memory");
}

static void use_stack_of(void *argument)
{
    use_stack(*(const size_t *)argument);
}

Test(trap, host_functions_need_room)
{
    struct rt_error error;
    size_t little = 500000, much = 950000; /* of 1 MiB */
    rt_check_host_stack();                 /* elsewhere there is no limit */
    cr_expect(rt_enter(use_stack_of, &little, &error));
    cr_expect_not(rt_enter(use_stack_of, &much, &error));
    cr_expect_eq(error.trap, RT_TRAP_STACK_EXHAUSTED);
}

/* ---- What is no trap kills the process as ever ---- */

static void write_to(void *address)
{
    *(volatile char *)address = 1;
}

/* The signal a child process dies of when it writes to the address, on the guest stack or
 * not. */
static int death_by_write(void *address, bool enter)
{
    struct rt_error error;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (enter)
            rt_enter(write_to, address, &error);
        else
            write_to(address);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

Test(trap, other_faults_are_no_traps)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct rt_memory *memory = rt_instance_memory(instance, 0);
    cr_expect_eq(death_by_write(page, true), SIGSEGV);
    cr_expect_eq(death_by_write(page, false), SIGSEGV);
    cr_expect_eq(death_by_write(memory->base + memory->n_bytes, false), SIGSEGV);
    cr_expect_eq(death_by_write(memory->base + memory->n_bytes, true), 0);
}

static void *write_elsewhere(void *argument)
{
    write_to(argument);
    return NULL;
}

static void wait_for_thread(void *argument)
{
    pthread_t thread;
    pthread_create(&thread, NULL, write_elsewhere, argument);
    pthread_join(thread, NULL);
}

static void exit_with_9(int signal_number)
{
    (void)signal_number;
    _exit(9);
}

/* In a process whose handlers are installed anew, over one of its own. */
static int status_with_handler(void (*function)(void *argument), void *address)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct rt_error error;
        signal(SIGSEGV, exit_with_9);
        rt_trap_setup(1 << 20, &error);
        _exit(rt_enter(function, address, &error) ? 1 : (int)error.kind);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Also those in a guest's memory, but of another thread. */
Test(trap, other_faults_go_to_the_handler_before)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct rt_memory *memory = rt_instance_memory(instance, 0);
    uint8_t *beyond = memory->base + memory->n_bytes;
    cr_expect_eq(status_with_handler(write_to, page), 9);
    cr_expect_eq(status_with_handler(write_to, beyond), RT_ERROR_TRAP);
    cr_expect_eq(status_with_handler(wait_for_thread, beyond), 9);
}
