#include "runtime/instance.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/runtime/guest.h"

static bool starts_trap;

static void start(struct rt_instance *instance)
{
    (void)instance;
    if (starts_trap)
        rt_trap(RT_TRAP_UNREACHABLE);
}

static void initialize(struct rt_instance *instance)
{
    (void)instance;
}

static const struct rt_module with_start = {
    .abi_version = RT_ABI_VERSION,
    .n_types = 1,
    .n_funcs = 1,
    .start_func = 0,
    .instance_bytes = sizeof(struct rt_instance),
    .types = (const struct rt_type[]){{.n_params = 0}},
    .func_types = (const uint32_t[]){0},
    .func_code = (const void *const[]){(const void *)start},
    .initialize = initialize,
};

Test(instance, exports_are_found_by_name_and_kind)
{
    struct rt_instance *instance = guest_create();
    struct rt_extern found;
    cr_expect_eq(guest_export(instance, "add").kind, RT_EXTERN_FUNC);
    cr_expect_eq(guest_export(instance, "add").func, rt_ref_func(instance, 0));
    cr_expect_eq(guest_export(instance, "memory").memory,
                 rt_instance_memory(instance, 0));
    cr_expect_eq(guest_export(instance, "table").table->element_type, RT_TYPE_FUNCREF);
    struct rt_extern counter = guest_export(instance, "counter");
    cr_expect_eq(counter.global->i32, 7);
    cr_expect_eq(counter.global_type, RT_TYPE_I32);
    cr_expect(counter.global_is_mutable);
    cr_expect_not(rt_instance_export(instance, "ad", 2, &found));
    cr_expect_not(rt_instance_export(instance, "add\0x", 5, &found));
}

Test(instance, functions_are_found_without_an_instance)
{
    const struct rt_export *swap = rt_exported_func(&guest_module, "swap", 4);
    cr_assert_not_null(swap);
    cr_expect_eq(swap->index, 1);
    cr_expect_null(rt_exported_func(&guest_module, "memory", 6));
    cr_expect_null(rt_exported_func(&guest_module, "none", 4));
    struct rt_string name = rt_export_name(&guest_module, RT_EXTERN_FUNC, 1);
    cr_assert_eq(name.n_bytes, 4);
    cr_expect_arr_eq(name.chars, "swap", 4);
    cr_expect_eq(rt_export_name(&guest_module, RT_EXTERN_FUNC, 9).n_bytes, 0);
}

Test(instance, memory0_is_the_memory)
{
    struct rt_instance *instance = guest_create();
    cr_expect_eq(instance->memory0, rt_instance_memory(instance, 0)->base);
    cr_expect_eq(rt_instance_wasi_memory(instance), rt_instance_memory(instance, 0));
}

Test(instance, live_instances_are_enumerated)
{
    struct rt_instance *a = guest_create(), *b = guest_create(), *c = guest_create();
    rt_instance_destroy(b);
    cr_expect_eq(rt_instance_next(NULL), c);
    cr_expect_eq(rt_instance_next(c), a);
    cr_expect_null(rt_instance_next(a));
    rt_instance_destroy(c);
    rt_instance_destroy(a);
    cr_expect_null(rt_instance_next(NULL));
}

Test(instance, types_of_equal_functions_are_equal_across_instances)
{
    struct rt_instance *a = guest_create(), *b = guest_create();
    const struct rt_func *in_a = guest_export(a, "load").func,
                         *in_b = guest_export(b, "load").func;
    cr_expect_neq(in_a, in_b);
    cr_expect_eq(in_a->type_id, in_b->type_id);
    cr_expect_neq(in_a->type_id, guest_export(a, "add").func->type_id);
    cr_expect_eq(rt_func_type(in_a)->n_params, 1);
}

Test(instance, trap_of_the_start_function_keeps_the_instance)
{
    struct rt_instance_config config = {.resolve = NULL};
    struct rt_instance *instance;
    struct rt_error error;
    guest_create();
    cr_expect(rt_instance_create(&with_start, &config, &instance, &error));
    starts_trap = true;
    cr_expect_not(rt_instance_create(&with_start, &config, &instance, &error));
    cr_expect_eq(error.kind, RT_ERROR_TRAP);
    cr_expect_not_null(instance);
    rt_instance_destroy(instance);
}

Test(instance, other_abi_is_refused)
{
    struct rt_module other = guest_module;
    struct rt_instance_config config = {.resolve = NULL};
    struct rt_instance *instance;
    struct rt_error error;
    other.abi_version = RT_ABI_VERSION + 1;
    cr_expect_not(rt_instance_create(&other, &config, &instance, &error));
    cr_expect_null(instance);
    cr_expect_eq(error.kind, RT_ERROR_LINK);
}

Test(instance, tags_of_two_instances_differ)
{
    struct rt_instance *a = guest_create(), *b = guest_create();
    const struct rt_tag *in_a = guest_export(a, "event").tag,
                        *in_b = guest_export(b, "event").tag;
    cr_expect_neq(in_a, in_b);
    cr_expect_eq(in_a->type_id, in_b->type_id);
    cr_expect_eq(in_a->instance, a);
    cr_expect_eq(in_a->tag_index, 0);
    cr_expect_eq(in_a->type->n_params, 2);
    cr_expect_eq(rt_instance_tag(a, 0), in_a);
}
