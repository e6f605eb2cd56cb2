/* Functions with landing pads of all kinds, which the personality enters or passes. */
#include <criterion/criterion.h>

#include "runtime/safepoint.h"
#include "runtime/trap.h"
#include "tests/runtime/guest.h"

#ifdef __x86_64__

/* Where a call that was made ended. */
struct end {
    void *exception;
    uint64_t selector; /* RETURNED if there was none */
};
enum { RETURNED = 9 };

/* Each calls a function. The table says whether there are types to catch (and where), the
 * pad's first action, and the list of actions. */
#define LANDING_PAD(name, types, first, actions)                                         \
    struct end name(void (*function)(void));                                             \
    __asm__(".text\n" #name ":\n"                                                        \
            "    .cfi_startproc\n"                                                       \
            "    .cfi_personality 0x1b, rt_personality\n"                                \
            "    .cfi_lsda 0x1b, .Ltable_" #name "\n"                                    \
            "    sub $8, %rsp\n"                                                         \
            "    .cfi_adjust_cfa_offset 8\n"                                             \
            ".Lcall_" #name ":\n"                                                        \
            "    call *%rdi\n"                                                           \
            ".Lreturned_" #name ":\n"                                                    \
            "    xor %eax, %eax\n"                                                       \
            "    mov $9, %edx\n"                                                         \
            ".Lpad_" #name ":\n"                                                         \
            "    add $8, %rsp\n"                                                         \
            "    .cfi_adjust_cfa_offset -8\n"                                            \
            "    ret\n"                                                                  \
            "    .cfi_endproc\n"                                                         \
            ".section .gcc_except_table, \"a\", @progbits\n"                             \
            ".Ltable_" #name ":\n"                                                       \
            "    .byte 0xff, " types ", 1, 4\n"                                          \
            "    .uleb128 .Lcall_" #name " - " #name "\n"                                \
            "    .uleb128 .Lreturned_" #name " - .Lcall_" #name "\n"                     \
            "    .uleb128 .Lpad_" #name " - " #name "\n"                                 \
            "    .uleb128 " #first "\n"                                                  \
            "    .byte " actions "\n"                                                    \
            ".text\n")

LANDING_PAD(call_that_suspends, "0xff", 0, "0");
LANDING_PAD(call_that_catches, "3, 0", 1, "1, 0");
LANDING_PAD(call_that_does_both, "3, 0", 3,
            "1, 0, 0, 0x7d"); /* to the one 3 bytes back */

static struct rt_exn *thrown;
static struct end end;

static void throw_it(void)
{
    rt_throw(thrown);
}

static void suspend(void)
{
    rt_raise(rt_unwind.cursor);
}

static void throw_through_others(void)
{
    call_that_suspends(throw_it);
    cr_assert_fail("it was passed");
}

static void suspend_through_others(void)
{
    call_that_catches(suspend);
    cr_assert_fail("it was passed");
}

static void nothing(void)
{
}

static void catch_it(void *unused)
{
    (void)unused;
    end = call_that_catches(throw_through_others);
    cr_expect_eq(end.exception, thrown);
    cr_expect_eq(end.selector, 1);
    end = call_that_does_both(throw_through_others);
    cr_expect_eq(end.exception, thrown);
    cr_expect_eq(end.selector, 1);
    end = call_that_does_both(nothing);
    cr_expect_eq(end.selector, RETURNED);
}

static void be_suspended(void *unused)
{
    (void)unused;
    end = call_that_suspends(suspend_through_others);
    cr_expect_eq(end.selector, 0);
    end = call_that_does_both(suspend_through_others);
    cr_expect_eq(end.selector, 0);
    cr_expect_eq(end.exception, &rt_unwind);
}

static void be_uncaught(void *unused)
{
    (void)unused;
    throw_through_others();
}

static void dive_and_throw(void *unused)
{
    static void (*volatile dive)(void *) = dive_and_throw;
    call_that_catches(throw_it);
    dive(unused);
    __asm__ volatile(""); /* no tail call */
}

static bool enter(void (*function)(void *), struct rt_error *error)
{
    union rt_value values[2] = {{.i64 = 1}};
    struct rt_instance *instance = guest_create();
    thrown = rt_exn_new(guest_export(instance, "event").tag, values);
    rt_trap_set_backtrace(false);
    return rt_enter(function, NULL, error);
}

Test(throw, an_exception_enters_the_first_pad_that_catches)
{
    struct rt_error error;
    cr_expect(enter(catch_it, &error), "%s", error.text);
}

Test(throw, a_frame_that_only_catches_is_not_entered_to_be_suspended)
{
    struct rt_error error;
    cr_assert(rt_safepoint_request(true));
    cr_expect(enter(be_suspended, &error), "%s", error.text);
}

Test(throw, an_exception_that_nothing_catches_ends_the_guest)
{
    struct rt_error error;
    cr_expect_not(enter(be_uncaught, &error));
    cr_expect_eq(error.kind, RT_ERROR_EXCEPTION);
}

Test(throw, there_must_be_stack_to_look_for_what_catches)
{
    struct rt_error error;
    cr_expect_not(enter(dive_and_throw, &error));
    cr_expect_eq(error.trap, RT_TRAP_STACK_EXHAUSTED);
}

#endif
