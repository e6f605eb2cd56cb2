/* Functions of C whose cleanups are landing pads, entered through the runtime's
 * personality. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/resume.h"
#include "runtime/safepoint.h"
#include "runtime/trap.h"

__asm__(".set __gcc_personality_v0, rt_personality");

static char log_text[64];

static void note(const char *word)
{
    strcat(log_text, word);
}

static void note_cleanup(const char *const *word)
{
    note(*word);
}

#define NOTE_CLEANUP __attribute__((cleanup(note_cleanup)))

__attribute__((noinline)) static void raise_here(void)
{
    rt_raise(rt_unwind.cursor);
}

/* No landing pad at all: no exception table. */
__attribute__((noinline)) static void bare(void (*function)(void))
{
    function();
    note("never ");
}

/* Calls with and without a landing pad in one function. */
__attribute__((noinline)) static void mixed(int which)
{
    if (which == 0)
        bare(raise_here);
    {
        NOTE_CLEANUP const char *a = "a ";
        if (which == 1)
            bare(raise_here);
    }
    if (which == 2)
        bare(raise_here);
    {
        NOTE_CLEANUP const char *b = "b ";
        NOTE_CLEANUP const char *c = "c ";
        if (which == 3)
            bare(raise_here);
    }
}

__attribute__((noinline)) static void outermost(void *argument)
{
    NOTE_CLEANUP const char *end = "end";
    mixed(*(const int *)argument);
    note("returned ");
}

static const char *log_of(int which)
{
    static bool is_set_up;
    struct rt_error error;
    if (!is_set_up)
        cr_assert(rt_trap_setup(1 << 20, &error));
    is_set_up = true;
    log_text[0] = '\0';
    cr_assert(rt_safepoint_request(true));
    bool is_done = rt_enter(outermost, &which, &error);
    cr_expect_eq(is_done, which > 3);
    cr_expect(is_done || error.kind == RT_ERROR_SUSPENDED);
    rt_safepoint_forget(0);
    return log_text;
}

Test(personality, enters_the_landing_pad_of_each_call)
{
    cr_expect_str_eq(log_of(0), "end");
    cr_expect_str_eq(log_of(1), "a end");
    cr_expect_str_eq(log_of(2), "a end"); /* the first block was left as usual */
    cr_expect_str_eq(log_of(3), "a c b end");
    cr_expect_str_eq(log_of(4), "a c b returned end");
}

__attribute__((noinline)) static void dive(int depth)
{
    NOTE_CLEANUP const char *word = depth % 1000 == 0 ? "." : "";
    static void (*volatile raise_at_last)(void) = raise_here;
    if (depth == 0)
        raise_at_last();
    else
        dive(depth - 1);
    __asm__ volatile(""); /* no tail call */
}

static void dive_deep(void *argument)
{
    dive(*(const int *)argument);
}

Test(personality, passes_thousands_of_frames)
{
    struct rt_error error;
    int depth = 5000;
    cr_assert(rt_trap_setup(4 << 20, &error));
    cr_assert(rt_safepoint_request(true));
    cr_assert_not(rt_enter(dive_deep, &depth, &error));
    cr_expect_eq(error.kind, RT_ERROR_SUSPENDED);
    cr_expect_str_eq(log_text, "......");
}
