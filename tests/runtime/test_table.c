#include "runtime/table.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/runtime/guest.h"

static struct rt_instance *instance;
static struct rt_table *funcs;
static struct rt_table externs;
static const char one, two;

static void set_up(void)
{
    struct rt_error error;
    instance = guest_create();
    funcs = guest_export(instance, "table").table;
    cr_assert(rt_table_create(&externs, RT_TYPE_EXTERNREF,
                              &(struct rt_limits){3, UINT64_MAX, 0}, &error));
}

TestSuite(table, .init = set_up);

Test(table, active_segment_is_in_place)
{
    const struct rt_func *add = guest_export(instance, "add").func;
    const struct rt_table_entry *entry = &funcs->u.entries[0];
    cr_expect_eq(funcs->n_elements, 4);
    cr_expect_eq(rt_table_get(funcs, 0), add);
    cr_expect_eq(entry->code, add->code);
    cr_expect_eq(entry->instance, instance);
    cr_expect_eq(entry->type_id, add->type_id);
    cr_expect_null(rt_table_get(funcs, 2));
    cr_expect_null(funcs->u.entries[2].code);
}

Test(table, set_and_get)
{
    rt_table_set(&externs, 2, &one);
    cr_expect_eq(rt_table_get(&externs, 2), &one);
    cr_expect_null(rt_table_get(&externs, 0));
    rt_table_set(funcs, 0, NULL);
    cr_expect_null(rt_table_get(funcs, 0));
    cr_expect_eq(funcs->u.entries[0].type_id, 0);
}

Test(table, grows_up_to_its_maximum)
{
    const void *add = rt_table_get(funcs, 0);
    cr_expect_eq(rt_table_grow(funcs, 0, NULL), 4);
    cr_expect_eq(rt_table_grow(funcs, 5, NULL), UINT64_MAX);
    cr_expect_eq(rt_table_grow(funcs, 3, add), 4);
    cr_expect_eq(rt_table_get(funcs, 0), add);
    cr_expect_eq(rt_table_get(funcs, 6), add);
    cr_expect_eq(rt_table_grow(funcs, UINT64_MAX, NULL), UINT64_MAX);
    cr_expect_eq(rt_table_grow(funcs, 1, NULL), 7);
    cr_expect_null(rt_table_get(funcs, 7));
}

Test(table, grows_no_further_than_the_runtime_allows)
{
    cr_expect_eq(rt_table_grow(&externs, RT_TABLE_MAX_ELEMENTS, NULL), UINT64_MAX);
    struct rt_table table;
    struct rt_error error;
    cr_expect_not(rt_table_create(
        &table, RT_TYPE_FUNCREF,
        &(struct rt_limits){RT_TABLE_MAX_ELEMENTS + 1, UINT64_MAX, 0}, &error));
    cr_expect_eq(error.kind, RT_ERROR_SYSTEM);
}

Test(table, grows_one_by_one)
{
    for (uint64_t i = 3; i < 1000; i++)
        cr_assert_eq(rt_table_grow(&externs, 1, i % 2 != 0 ? &one : &two), i);
    cr_expect_eq(rt_table_get(&externs, 501), &one);
    cr_expect_eq(rt_table_get(&externs, 500), &two);
}

/* ---- What may trap: each call below runs as guest code ---- */

enum access { GET, SET, FILL, COPY, INIT, INDIRECT, NULL_ELEMENT, OTHER_TYPE };

struct table_access {
    enum access access;
    uint64_t to, from, n;
};

static void perform(void *argument)
{
    const struct table_access *a = argument;
    switch (a->access) {
    case GET:
        rt_table_get(funcs, a->to);
        break;
    case SET:
        rt_table_set(funcs, a->to, NULL);
        break;
    case FILL:
        rt_table_fill(funcs, a->to, guest_export(instance, "swap").func, a->n);
        break;
    case COPY:
        rt_table_copy(funcs, funcs, a->to, a->from, a->n);
        break;
    case INIT:
        rt_table_init(instance, funcs, 1, a->to, a->from, a->n);
        break;
    case INDIRECT:
        rt_trap_indirect(funcs, a->to);
    case NULL_ELEMENT:
        rt_trap_null_element();
    case OTHER_TYPE:
        rt_trap_element_type();
    }
}

/* The trap, or RT_TRAP_NONE. */
static uint32_t run(enum access access, uint64_t to, uint64_t from, uint64_t n)
{
    struct rt_error error;
    return rt_enter(perform, &(struct table_access){access, to, from, n}, &error)
               ? RT_TRAP_NONE
               : error.trap;
}

Test(table, get_and_set_check_bounds)
{
    cr_expect_eq(run(GET, 3, 0, 0), RT_TRAP_NONE);
    cr_expect_eq(run(GET, 4, 0, 0), RT_TRAP_TABLE_BOUNDS);
    cr_expect_eq(run(SET, UINT32_MAX, 0, 0), RT_TRAP_TABLE_BOUNDS);
}

Test(table, fill)
{
    cr_expect_eq(run(FILL, 2, 0, 2), RT_TRAP_NONE);
    cr_expect_eq(rt_table_get(funcs, 3), guest_export(instance, "swap").func);
    cr_expect_eq(run(FILL, 4, 0, 0), RT_TRAP_NONE);
    cr_expect_eq(run(FILL, 5, 0, 0), RT_TRAP_TABLE_BOUNDS);
    cr_expect_eq(run(FILL, 2, 0, 3), RT_TRAP_TABLE_BOUNDS);
}

Test(table, copy_handles_overlap_and_bounds)
{
    const void *add = rt_table_get(funcs, 0);
    cr_expect_eq(run(COPY, 1, 0, 3), RT_TRAP_NONE);
    cr_expect_eq(rt_table_get(funcs, 1), add);
    cr_expect_eq(rt_table_get(funcs, 2), guest_export(instance, "swap").func);
    cr_expect_eq(run(COPY, 4, 4, 0), RT_TRAP_NONE);
    cr_expect_eq(run(COPY, 2, 0, 3), RT_TRAP_TABLE_BOUNDS);
    cr_expect_eq(run(COPY, 0, 2, UINT64_MAX), RT_TRAP_TABLE_BOUNDS);
}

Test(table, init_from_items_set_one_by_one)
{
    cr_expect_eq(run(INIT, 2, 0, 2), RT_TRAP_NONE);
    cr_expect_null(rt_table_get(funcs, 2));
    cr_expect_eq(rt_table_get(funcs, 3), guest_export(instance, "add").func);
    cr_expect_eq(run(INIT, 0, 1, 2), RT_TRAP_TABLE_BOUNDS);
    cr_expect_eq(run(INIT, 3, 0, 2), RT_TRAP_TABLE_BOUNDS);
    rt_elem_drop(instance, 1);
    cr_expect_eq(run(INIT, 0, 0, 0), RT_TRAP_NONE);
    cr_expect_eq(run(INIT, 0, 0, 1), RT_TRAP_TABLE_BOUNDS);
}

Test(table, indirect_calls_name_their_reason)
{
    cr_expect_eq(run(INDIRECT, 4, 0, 0), RT_TRAP_UNDEFINED_ELEMENT);
    cr_expect_eq(run(INDIRECT, 2, 0, 0), RT_TRAP_UNINITIALIZED_ELEMENT);
    cr_expect_eq(run(INDIRECT, 1, 0, 0), RT_TRAP_INDIRECT_CALL_TYPE);
    cr_expect_eq(run(NULL_ELEMENT, 0, 0, 0), RT_TRAP_UNINITIALIZED_ELEMENT);
    cr_expect_eq(run(OTHER_TYPE, 0, 0, 0), RT_TRAP_INDIRECT_CALL_TYPE);
}
