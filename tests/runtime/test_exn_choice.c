#include "runtime/exn_choice.h"

#include <criterion/criterion.h>

#include "runtime/exn_heap.h"
#include "runtime/table.h"
#include "tests/runtime/guest.h"

static struct rt_exn *make_exn(struct rt_instance *instance, const void *cause)
{
    struct rt_exn *exn = rt_exn_create(rt_instance_tag(instance, 0));
    exn->values[1].ref = cause;
    return exn;
}

/* What frames refer to, test_capture has. */
Test(exn_choice, what_objects_of_the_instance_refer_to)
{
    struct rt_instance *one = guest_create(), *other = guest_create();
    struct rt_exn *cause = make_exn(one, NULL), *forgotten = make_exn(one, cause),
                  *global = make_exn(one, cause), *element = make_exn(other, NULL),
                  *of_other = make_exn(other, element);
    cr_expect_eq(rt_exns_choose(one), 0);
    rt_instance_global(one, 1)->ref = global;
    rt_table_set(rt_instance_table(one, 1), 2, element);
    rt_instance_global(other, 1)->ref = of_other;
    cr_expect_eq(rt_exns_choose(one), 3);
    cr_expect_eq(cause->number, 1);
    cr_expect_eq(global->number, 2);
    cr_expect_eq(element->number, 3);
    cr_expect_eq(forgotten->number, 0);
    cr_expect_eq(of_other->number, 0);
    cr_expect_eq(rt_exns_choose(NULL), 4);
    cr_expect_eq(of_other->number, 4);
}

/* A number that happens to be the address of an exception is a number. */
Test(exn_choice, goes_by_types)
{
    struct rt_instance *instance = guest_create();
    struct rt_exn *first = make_exn(instance, NULL), *second = make_exn(instance, NULL);
    second->values[0].ref = first;
    rt_instance_global(instance, 0)->ref = first;
    rt_instance_global(instance, 1)->ref = second;
    cr_expect_eq(rt_exns_choose(instance), 1);
    cr_expect_eq(second->number, 1);
}
