/* The hand-made module: functions by the convention of abi.h, and the tables that
 * describe them. */
#include "tests/runtime/guest.h"

#include <string.h>

struct guest {
    struct rt_instance head;
    struct rt_memory memory;
    struct rt_table table;
    union rt_value counter, caught;
    struct rt_table exns;
    const struct rt_tag *event;
};

struct rt_instance *guest_create(void)
{
    static bool is_set_up;
    struct rt_instance_config config = {.resolve = NULL};
    struct rt_instance *instance;
    struct rt_error error;
    if (!is_set_up && !rt_trap_setup(1 << 20, &error))
        return NULL;
    is_set_up = true;
    rt_trap_set_backtrace(false);
    return rt_instance_create(&guest_module, &config, &instance, &error) ? instance
                                                                         : NULL;
}

struct rt_extern guest_export(struct rt_instance *instance, const char *name)
{
    struct rt_extern found = {0};
    rt_instance_export(instance, name, strlen(name), &found);
    return found;
}

bool guest_call(struct rt_instance *instance, const char *name,
                const union rt_value *args, union rt_value *results,
                struct rt_error *error)
{
    return rt_call(guest_export(instance, name).func, args, results, error);
}

static uint32_t add(struct rt_instance *instance, uint32_t a, uint32_t b)
{
    (void)instance;
    return a + b;
}

static void swap(struct rt_instance *instance, uint32_t a, double b,
                 union rt_value *results)
{
    (void)instance;
    results[0].f64 = b;
    results[1].i32 = a;
}

static void echo(struct rt_instance *instance, float a, double b, uint64_t c,
                 union rt_value *results)
{
    (void)instance;
    results[0].i64 = c;
    results[1].f64 = b;
    results[2].f32 = a;
}

static uint32_t load(struct rt_instance *instance, uint32_t address)
{
    return *(volatile uint8_t *)(instance->memory0 + (uint64_t)address);
}

/* Through a pointer, so that the compiler can't make a loop of it. */
static uint32_t recurse(struct rt_instance *instance, uint32_t n)
{
    static uint32_t (*volatile again)(struct rt_instance *, uint32_t) = recurse;
    if (n == 0)
        rt_trap(RT_TRAP_UNREACHABLE);
    return again(instance, n - 1) + 1;
}

__attribute__((noinline)) static void inner(struct rt_instance *instance)
{
    (void)instance;
    rt_trap(RT_TRAP_DIVIDE_BY_ZERO);
}

__attribute__((noinline)) static void outer(struct rt_instance *instance)
{
    inner(instance);
    __asm__ volatile(""); /* no tail call */
}

__attribute__((noinline)) static void hidden(struct rt_instance *instance)
{
    (void)instance;
    rt_trap(RT_TRAP_UNREACHABLE);
}

__attribute__((noinline)) static void nameless(struct rt_instance *instance)
{
    hidden(instance);
    __asm__ volatile(""); /* no tail call */
}

/* Hands a trap on, as a host function may. */
static uint32_t nest(struct rt_instance *instance, uint32_t address)
{
    struct rt_error error;
    union rt_value result, arg = {.i32 = address};
    rt_check_host_stack();
    if (!guest_call(instance, "load", &arg, &result, &error))
        rt_trap(error.trap);
    return result.i32 + 1;
}

static void initialize(struct rt_instance *instance)
{
    struct guest *guest = (struct guest *)instance;
    guest->counter.i32 = 7;
    rt_table_init(instance, &guest->table, 0, 0, 0, 2);
    rt_elem_drop(instance, 0);
    rt_memory_init(instance, &guest->memory, 0, 16, 0, 5);
    rt_elem_set(instance, 1, 1, rt_ref_func(instance, 0));
}

#define I32 RT_TYPE_I32
#define TEXT(s)                                                                          \
    {                                                                                    \
        s, sizeof(s) - 1                                                                 \
    }

static const struct rt_type types[] = {
    {.n_params = 2, .n_results = 1, .codes = (const uint8_t[]){I32, I32, I32}},
    {.n_params = 2,
     .n_results = 2,
     .codes = (const uint8_t[]){I32, RT_TYPE_F64, RT_TYPE_F64, I32}},
    {.n_params = 1, .n_results = 1, .codes = (const uint8_t[]){I32, I32}},
    {.n_params = 0},
    {.n_params = 3,
     .n_results = 3,
     .codes = (const uint8_t[]){RT_TYPE_F32, RT_TYPE_F64, RT_TYPE_I64, RT_TYPE_I64,
                                RT_TYPE_F64, RT_TYPE_F32}},
    {.n_params = 2, .codes = (const uint8_t[]){RT_TYPE_I64, RT_TYPE_EXNREF}},
};

enum { ADD, SWAP, LOAD, RECURSE, INNER, OUTER, NEST, ECHO, NAMELESS, HIDDEN, N_FUNCS };

static const uint32_t func_types[N_FUNCS] = {0, 1, 2, 2, 3, 3, 2, 4, 3, 3};

static const void *const func_code[N_FUNCS] = {
    (const void *)add,     (const void *)swap,  (const void *)load,
    (const void *)recurse, (const void *)inner, (const void *)outer,
    (const void *)nest,    (const void *)echo,  (const void *)nameless,
    (const void *)hidden,
};

static const struct rt_export exports[] = {
    {TEXT("add"), RT_EXTERN_FUNC, ADD},     {TEXT("swap"), RT_EXTERN_FUNC, SWAP},
    {TEXT("load"), RT_EXTERN_FUNC, LOAD},   {TEXT("recurse"), RT_EXTERN_FUNC, RECURSE},
    {TEXT("outer"), RT_EXTERN_FUNC, OUTER}, {TEXT("nest"), RT_EXTERN_FUNC, NEST},
    {TEXT("echo"), RT_EXTERN_FUNC, ECHO},   {TEXT("nameless"), RT_EXTERN_FUNC, NAMELESS},
    {TEXT("memory"), RT_EXTERN_MEMORY, 0},  {TEXT("table"), RT_EXTERN_TABLE, 0},
    {TEXT("counter"), RT_EXTERN_GLOBAL, 0}, {TEXT("caught"), RT_EXTERN_GLOBAL, 1},
    {TEXT("exns"), RT_EXTERN_TABLE, 1},     {TEXT("event"), RT_EXTERN_TAG, 0},
};

#define N(array) (sizeof(array) / sizeof *(array))

const struct rt_module guest_module = {
    .abi_version = RT_ABI_VERSION,
    .n_types = N(types),
    .n_exports = N(exports),
    .n_funcs = N_FUNCS,
    .n_tables = 2,
    .n_memories = 1,
    .n_globals = 2,
    .n_tags = 1,
    .n_elems = 2,
    .n_datas = 2,
    .start_func = UINT32_MAX,
    .instance_bytes = sizeof(struct guest),
    .types = types,
    .exports = exports,
    .func_types = func_types,
    .func_code = func_code,
    .tables =
        (const struct rt_table_desc[]){
            {RT_TYPE_FUNCREF, offsetof(struct guest, table), {4, 8, 0}},
            {RT_TYPE_EXNREF, offsetof(struct guest, exns), {4, 4, 0}}},
    .memories =
        (const struct rt_memory_desc[]){
            {offsetof(struct guest, memory), {1, 3, 0}, RT_PAGE_BITS, 0}},
    .globals = (const struct rt_global_desc[]){{I32, 1, offsetof(struct guest, counter)},
                                               {RT_TYPE_EXNREF, 1,
                                                offsetof(struct guest, caught)}},
    .tags = (const struct rt_tag_desc[]){{5, offsetof(struct guest, event)}},
    .elems = (const struct rt_elem_segment[]){{RT_TYPE_FUNCREF, 2,
                                               (const uint32_t[]){ADD, SWAP}},
                                              {RT_TYPE_FUNCREF, 2, NULL}},
    .datas = (const struct rt_data_segment[]){{(const uint8_t *)"hello", 5},
                                              {(const uint8_t *)"passive", 7}},
    .names = {.offsets = (const uint32_t[]){0, 3, 7, 11, 18, 23, 28, 32, 36, 36, 36},
              .chars = "addswaploadrecurseinnerouternestecho"},
    .initialize = initialize,
};
