#include "runtime/imports.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/runtime/guest.h"

#define TEXT(s)                                                                          \
    {                                                                                    \
        s, sizeof(s) - 1                                                                 \
    }

/* A module that imports one thing of each kind from the guest module. */
struct importer {
    struct rt_instance head;
    struct rt_func_slot add, host;
    struct rt_table *table;
    struct rt_memory *memory;
    union rt_value *counter;
    const struct rt_tag *event;
};

static void initialize(struct rt_instance *instance)
{
    (void)instance;
}

static uint32_t host(struct rt_instance *instance, uint32_t a, uint32_t b)
{
    (void)instance;
    return a * b;
}

static struct rt_type types[] = {
    {.n_params = 2,
     .n_results = 1,
     .codes = (const uint8_t[]){RT_TYPE_I32, RT_TYPE_I32, RT_TYPE_I32}},
    {.n_params = 2, .codes = (const uint8_t[]){RT_TYPE_I64, RT_TYPE_EXNREF}}};
static struct rt_table_desc tables[] = {
    {RT_TYPE_FUNCREF, offsetof(struct importer, table), {4, 8, 0}}};
static struct rt_memory_desc memories[] = {
    {offsetof(struct importer, memory), {1, 3, 0}, RT_PAGE_BITS, 0}};
static struct rt_global_desc globals[] = {
    {RT_TYPE_I32, 1, offsetof(struct importer, counter)}};
static struct rt_tag_desc tags[] = {{1, offsetof(struct importer, event)}};
static struct rt_import imports[] = {
    {TEXT("guest"), TEXT("add"), RT_EXTERN_FUNC, 0, NULL, NULL},
    {TEXT("host"), TEXT("multiply"), RT_EXTERN_FUNC, 1, (const void *)host, NULL},
    {TEXT("guest"), TEXT("table"), RT_EXTERN_TABLE, 0, NULL, NULL},
    {TEXT("guest"), TEXT("memory"), RT_EXTERN_MEMORY, 0, NULL, NULL},
    {TEXT("guest"), TEXT("counter"), RT_EXTERN_GLOBAL, 0, NULL, NULL},
    {TEXT("guest"), TEXT("event"), RT_EXTERN_TAG, 0, NULL, NULL},
};

static const struct rt_module module = {
    .abi_version = RT_ABI_VERSION,
    .n_types = 2,
    .n_imports = 6,
    .n_funcs = 2,
    .n_imported_funcs = 2,
    .n_tables = 1,
    .n_imported_tables = 1,
    .n_memories = 1,
    .n_imported_memories = 1,
    .n_globals = 1,
    .n_imported_globals = 1,
    .n_tags = 1,
    .n_imported_tags = 1,
    .start_func = UINT32_MAX,
    .instance_bytes = sizeof(struct importer),
    .types = types,
    .imports = imports,
    .func_types = (const uint32_t[]){0, 0},
    .func_slots = (const uint64_t[]){offsetof(struct importer, add),
                                     offsetof(struct importer, host)},
    .tables = tables,
    .memories = memories,
    .globals = globals,
    .tags = tags,
    .initialize = initialize,
};

static struct rt_instance *guest;
static struct rt_error error;

static bool resolve(void *context, const struct rt_import *import,
                    struct rt_extern *found)
{
    cr_expect_eq(context, &error);
    return rt_instance_export(guest, import->name.chars, import->name.n_bytes, found);
}

/* An instance linked to the guest, or NULL with error set. */
static struct importer *link_importer(void)
{
    struct rt_instance_config config = {.resolve = resolve, .resolve_context = &error};
    struct rt_instance *instance;
    rt_instance_create(&module, &config, &instance, &error);
    return (struct importer *)instance;
}

static void set_up(void)
{
    guest = guest_create();
}

TestSuite(imports, .init = set_up);

Test(imports, fill_the_slots)
{
    struct importer *importer = link_importer();
    const struct rt_func *add = guest_export(guest, "add").func;
    cr_assert_not_null(importer);
    cr_expect_eq(importer->add.code, add->code);
    cr_expect_eq(importer->add.instance, guest);
    cr_expect_eq(importer->host.code, (const void *)host);
    cr_expect_eq(importer->host.instance, &importer->head);
    cr_expect_eq(importer->table, guest_export(guest, "table").table);
    cr_expect_eq(importer->memory, rt_instance_memory(guest, 0));
    cr_expect_eq(importer->head.memory0, guest->memory0);
    cr_expect_eq(importer->counter, guest_export(guest, "counter").global);
    cr_expect_eq(importer->event, guest_export(guest, "event").tag);
}

Test(imports, references_keep_their_identity)
{
    struct importer *importer = link_importer();
    cr_expect_eq(rt_ref_func(&importer->head, 0), guest_export(guest, "add").func);
    const struct rt_func *multiply = rt_ref_func(&importer->head, 1);
    cr_expect_eq(multiply->instance, &importer->head);
    union rt_value args[] = {{.i32 = 6}, {.i32 = 7}}, result;
    cr_expect(rt_call(multiply, args, &result, &error));
    cr_expect_eq(result.i32, 42);
    rt_instance_destroy(&importer->head);
    cr_expect_not_null(guest->memory0); /* what is imported stays */
}

Test(imports, unknown_name)
{
    imports[0].name = (struct rt_string)TEXT("missing");
    cr_expect_null(link_importer());
    cr_expect_eq(error.kind, RT_ERROR_LINK);
    cr_expect_str_eq(error.text, "unknown import guest.missing (function)");
}

static void expect_incompatible(const char *name)
{
    cr_expect_null(link_importer());
    cr_expect_eq(error.kind, RT_ERROR_LINK);
    cr_expect_eq(strncmp(error.text, "incompatible import type", 24), 0);
    cr_expect_not_null(strstr(error.text, name), "%s", error.text);
}

Test(imports, other_kind)
{
    imports[0].name = (struct rt_string)TEXT("memory");
    expect_incompatible("guest.memory");
}

Test(imports, other_function_type)
{
    imports[0].name = (struct rt_string)TEXT("load");
    expect_incompatible("guest.load");
}

Test(imports, table_of_other_elements)
{
    tables[0].element_type = RT_TYPE_EXTERNREF;
    expect_incompatible("guest.table");
}

Test(imports, table_too_small)
{
    tables[0].limits.min = 5;
    expect_incompatible("guest.table");
    rt_table_grow(guest_export(guest, "table").table, 1, NULL);
    cr_expect_not_null(link_importer()); /* what counts is the size now */
}

Test(imports, table_that_may_grow_too_much)
{
    tables[0].limits.max = 7;
    expect_incompatible("guest.table");
    tables[0].limits.max = UINT64_MAX;
    cr_expect_not_null(link_importer());
}

Test(imports, memory_pages)
{
    memories[0].page_bits = 0;
    expect_incompatible("guest.memory");
}

Test(imports, memory_limits)
{
    memories[0].limits.min = 2;
    expect_incompatible("guest.memory");
    rt_memory_grow(rt_instance_memory(guest, 0), 1);
    cr_expect_not_null(link_importer());
    memories[0].limits.max = 2;
    expect_incompatible("guest.memory");
}

Test(imports, global_type_and_mutability)
{
    globals[0].type = RT_TYPE_I64;
    expect_incompatible("guest.counter");
    globals[0].type = RT_TYPE_I32;
    globals[0].is_mutable = 0;
    expect_incompatible("guest.counter");
}

Test(imports, width_of_addresses)
{
    memories[0].limits.is_64 = 1;
    expect_incompatible("guest.memory");
    memories[0].limits.is_64 = 0;
    tables[0].limits.is_64 = 1;
    expect_incompatible("guest.table");
    tables[0].limits.is_64 = 0;
}

Test(imports, tag_of_another_type)
{
    tags[0].type_index = 0;
    expect_incompatible("guest.event (tag)");
}
