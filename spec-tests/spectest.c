/* The host module "spectest", as the reference interpreter of the specification defines
 * it: functions that would print their arguments (here they only take them), four
 * constants, two tables and a memory.
 *
 * It is described to the runtime in the same way as a compiled module, so that importing
 * from it takes the same path as importing from any other instance; its functions show
 * that C code is called by generated code as abi.h says. */
#include "spec-tests/spectest.h"

#include "runtime/trap.h"

struct spectest {
    struct rt_instance head;
    union rt_value i32;
    union rt_value i64;
    union rt_value f32;
    union rt_value f64;
    struct rt_table table;
    struct rt_table table64;
    struct rt_memory memory;
};

static void print(struct rt_instance *instance)
{
    (void)instance;
    rt_check_host_stack();
}

static void print_i32(struct rt_instance *instance, uint32_t a)
{
    (void)instance, (void)a;
    rt_check_host_stack();
}

static void print_i64(struct rt_instance *instance, uint64_t a)
{
    (void)instance, (void)a;
    rt_check_host_stack();
}

static void print_f32(struct rt_instance *instance, float a)
{
    (void)instance, (void)a;
    rt_check_host_stack();
}

static void print_f64(struct rt_instance *instance, double a)
{
    (void)instance, (void)a;
    rt_check_host_stack();
}

static void print_i32_f32(struct rt_instance *instance, uint32_t a, float b)
{
    (void)instance, (void)a, (void)b;
    rt_check_host_stack();
}

static void print_f64_f64(struct rt_instance *instance, double a, double b)
{
    (void)instance, (void)a, (void)b;
    rt_check_host_stack();
}

static void initialize(struct rt_instance *instance)
{
    struct spectest *s = (struct spectest *)instance;
    s->i32.i32 = 666;
    s->i64.i64 = 666;
    s->f32.f32 = 666.6f;
    s->f64.f64 = 666.6;
}

#define CODES(...) ((const uint8_t[]){__VA_ARGS__})

static const struct rt_type types[] = {
    {.n_params = 0},
    {.n_params = 1, .codes = CODES(RT_TYPE_I32)},
    {.n_params = 1, .codes = CODES(RT_TYPE_I64)},
    {.n_params = 1, .codes = CODES(RT_TYPE_F32)},
    {.n_params = 1, .codes = CODES(RT_TYPE_F64)},
    {.n_params = 2, .codes = CODES(RT_TYPE_I32, RT_TYPE_F32)},
    {.n_params = 2, .codes = CODES(RT_TYPE_F64, RT_TYPE_F64)},
};

static const uint32_t func_types[] = {0, 1, 2, 3, 4, 5, 6};

static const void *const func_code[] = {
    (const void *)print,         (const void *)print_i32, (const void *)print_i64,
    (const void *)print_f32,     (const void *)print_f64, (const void *)print_i32_f32,
    (const void *)print_f64_f64,
};

static const struct rt_global_desc globals[] = {
    {RT_TYPE_I32, 0, offsetof(struct spectest, i32)},
    {RT_TYPE_I64, 0, offsetof(struct spectest, i64)},
    {RT_TYPE_F32, 0, offsetof(struct spectest, f32)},
    {RT_TYPE_F64, 0, offsetof(struct spectest, f64)},
};

static const struct rt_table_desc tables[] = {
    {RT_TYPE_FUNCREF, offsetof(struct spectest, table), {10, 20, 0}},
    {RT_TYPE_FUNCREF, offsetof(struct spectest, table64), {10, 20, 1}},
};

static const struct rt_memory_desc memories[] = {
    {offsetof(struct spectest, memory), {1, 2, 0}, RT_PAGE_BITS},
};

#define NAME(text)                                                                       \
    {                                                                                    \
        (text), sizeof(text) - 1                                                         \
    }

static const struct rt_export exports[] = {
    {NAME("print"), RT_EXTERN_FUNC, 0},
    {NAME("print_i32"), RT_EXTERN_FUNC, 1},
    {NAME("print_i64"), RT_EXTERN_FUNC, 2},
    {NAME("print_f32"), RT_EXTERN_FUNC, 3},
    {NAME("print_f64"), RT_EXTERN_FUNC, 4},
    {NAME("print_i32_f32"), RT_EXTERN_FUNC, 5},
    {NAME("print_f64_f64"), RT_EXTERN_FUNC, 6},
    {NAME("global_i32"), RT_EXTERN_GLOBAL, 0},
    {NAME("global_i64"), RT_EXTERN_GLOBAL, 1},
    {NAME("global_f32"), RT_EXTERN_GLOBAL, 2},
    {NAME("global_f64"), RT_EXTERN_GLOBAL, 3},
    {NAME("table"), RT_EXTERN_TABLE, 0},
    {NAME("table64"), RT_EXTERN_TABLE, 1},
    {NAME("memory"), RT_EXTERN_MEMORY, 0},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct rt_module spectest_module = {
    .abi_version = RT_ABI_VERSION,
    .n_types = COUNT(types),
    .n_exports = COUNT(exports),
    .n_funcs = COUNT(func_code),
    .n_tables = COUNT(tables),
    .n_memories = COUNT(memories),
    .n_globals = COUNT(globals),
    .start_func = UINT32_MAX,
    .instance_bytes = sizeof(struct spectest),
    .types = types,
    .exports = exports,
    .func_types = func_types,
    .func_code = func_code,
    .tables = tables,
    .memories = memories,
    .globals = globals,
    .name = NAME("spectest"),
    .initialize = initialize,
};
