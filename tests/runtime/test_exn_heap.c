#include "runtime/exn_heap.h"

#include <criterion/criterion.h>

#include "runtime/table.h"
#include "tests/runtime/guest.h"

/* As many as are collected several times over. */
#define MANY 100000

static struct rt_instance *instance;
static const struct rt_tag *event;

static void set_up(void)
{
    instance = guest_create();
    event = guest_export(instance, "event").tag;
}

TestSuite(exn_heap, .init = set_up);

static struct rt_exn *make(uint64_t number, const struct rt_exn *cause)
{
    union rt_value values[] = {{.i64 = number}, {.ref = cause}};
    return rt_exn_new(event, values);
}

/* None that is found on the stack afterwards. */
__attribute__((noinline)) static void make_many(void)
{
    for (uint64_t i = 0; i < MANY; i++)
        make(i, NULL);
}

static void on_guest_stack(void (*function)(void *))
{
    struct rt_error error;
    cr_assert(rt_enter(function, NULL, &error), "%s", error.text);
}

static void throw_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < 10; i++) {
        make_many();
        cr_expect_lt(rt_exn_count(), MANY);
    }
}

Test(exn_heap, those_forgotten_are_collected)
{
    on_guest_stack(throw_many);
}

static void keep_one_each(void *unused)
{
    (void)unused;
    struct rt_exn *volatile on_stack = make(1, make(2, NULL));
    guest_export(instance, "caught").global->ref = make(3, make(4, NULL));
    rt_table_set(guest_export(instance, "exns").table, 3, make(5, NULL));
    make_many();
    const struct rt_exn *global = guest_export(instance, "caught").global->ref;
    const struct rt_exn *element = rt_table_get(guest_export(instance, "exns").table, 3);
    const struct rt_exn *cause = on_stack->values[1].ref;
    cr_expect_eq(on_stack->values[0].i64, 1);
    cr_expect_eq(cause->values[0].i64, 2);
    cr_expect_eq(global->values[0].i64, 3);
    cr_expect_eq(((const struct rt_exn *)global->values[1].ref)->values[0].i64, 4);
    cr_expect_eq(element->values[0].i64, 5);
    cr_expect_eq(global->tag, event);
}

Test(exn_heap, those_that_a_guest_can_reach_stay)
{
    on_guest_stack(keep_one_each);
}

static const void *held;

static void keep_held(void)
{
    rt_exn_keep_words(&held, sizeof held);
}

static void hold_inner_address(void *unused)
{
    (void)unused;
    held = &make(6, NULL)->values[1];
    make_many();
    cr_expect_eq(((const union rt_value *)held)[-1].i64, 6);
}

Test(exn_heap, the_host_keeps_more_by_any_address_within)
{
    rt_exn_set_keeper(keep_held);
    on_guest_stack(hold_inner_address);
}

static void chain(void *unused)
{
    (void)unused;
    const struct rt_exn *volatile last = NULL;
    for (uint64_t i = 0; i < MANY; i++)
        last = make(i, last);
    const struct rt_exn *exn = last;
    for (uint64_t i = MANY; i-- > 0; exn = exn->values[1].ref)
        cr_assert_eq(exn->values[0].i64, i);
    cr_expect_null(exn);
}

Test(exn_heap, a_long_chain_is_kept)
{
    on_guest_stack(chain);
}

static void number(void *unused)
{
    (void)unused;
    struct rt_exn *first = make(1, NULL), *second = make(2, NULL),
                  *third = make(3, first);
    rt_exn_choose_none();
    rt_exn_choose(NULL);
    rt_exn_choose(third);
    cr_expect_eq(rt_exn_number(), 2);
    cr_expect_eq(first->number, 1);
    cr_expect_eq(second->number, 0);
    cr_expect_eq(third->number, 2);
    size_t at = 0;
    cr_expect_eq(rt_exn_next_chosen(&at), first);
    cr_expect_eq(rt_exn_next_chosen(&at), third);
    cr_expect_null(rt_exn_next_chosen(&at));
}

Test(exn_heap, numbers_ascend_from_what_is_referred_to)
{
    on_guest_stack(number);
}

/* Through a pointer, so that the compiler sees no end missing. */
static void exhaust(void *depth)
{
    static void (*volatile again)(void *) = exhaust;
    volatile char frame[1 << 14];
    frame[0] = 0;
    make((uintptr_t)depth, NULL);
    again((char *)depth + 1);
    frame[1] = frame[0];
}

Test(exn_heap, too_little_stack_is_a_trap)
{
    struct rt_error error;
    cr_expect_not(rt_enter(exhaust, NULL, &error));
    cr_expect_eq(error.kind, RT_ERROR_TRAP);
    cr_expect_eq(error.trap, RT_TRAP_STACK_EXHAUSTED);
}
