#include "runtime/host.h"

#include <criterion/criterion.h>
#include <string.h>

#include "runtime/restore.h"
#include "runtime/resume.h"
#include "tests/runtime/guest.h"

#define TEXT(s)                                                                          \
    {                                                                                    \
        s, sizeof(s) - 1                                                                 \
    }

/* A module whose only function is the import env.f (i32 i64) -> i64. */
struct importer {
    struct rt_instance head;
    struct rt_func_slot f;
};

static const struct rt_type type = {
    .n_params = 2,
    .n_results = 1,
    .codes = (const uint8_t[]){RT_TYPE_I32, RT_TYPE_I64, RT_TYPE_I64}};

/* As the compiler makes them. */
static uint64_t adapter(struct rt_instance *instance, uint32_t a, uint64_t b)
{
    union rt_value values[] = {{.i32 = a}, {.i64 = b}};
    rt_call_host(instance, 0, values);
    return values[0].i64;
}

static void initialize(struct rt_instance *instance)
{
    (void)instance;
}

static const struct rt_import import = {TEXT("env"), TEXT("f"), RT_EXTERN_FUNC,
                                        0,           NULL,      (const void *)adapter};

static const struct rt_module module = {
    .abi_version = RT_ABI_VERSION,
    .n_types = 1,
    .n_imports = 1,
    .n_funcs = 1,
    .n_imported_funcs = 1,
    .start_func = UINT32_MAX,
    .instance_bytes = sizeof(struct importer),
    .types = &type,
    .imports = &import,
    .func_types = (const uint32_t[]){0},
    .func_slots = (const uint64_t[]){offsetof(struct importer, f)},
    .initialize = initialize,
};

static struct rt_error error;

/* An instance whose import is this function, or NULL with error set. */
static struct rt_instance *create(const char *signature, wanco_function *function)
{
    const struct wanco_host_function rows[] = {
        {"env", "g", "v()", NULL}, {"env", "f", signature, function}, {0}};
    static struct wanco_host_function table[3];
    const struct wanco_host_function *const tables[] = {table};
    struct rt_instance_config config = {.host_tables = tables, .n_host_tables = 1};
    struct rt_instance *instance;
    memcpy(table, rows, sizeof rows);
    rt_instance_create(&module, &config, &instance, &error);
    return instance;
}

static bool call(struct rt_instance *instance, uint32_t a, uint64_t b, uint64_t *result)
{
    union rt_value args[] = {{.i32 = a}, {.i64 = b}}, value;
    bool ok = rt_call(rt_ref_func(instance, 0), args, &value, &error);
    *result = value.i64;
    return ok;
}

static void set_up(void)
{
    guest_create(); /* sets traps up, silent */
}

TestSuite(host, .init = set_up);

static enum wanco_outcome subtract(struct wanco_call *c, union wanco_value *values)
{
    wanco_set_data(wanco_caller(c), values);
    values[0].i64 = values[0].i32 - values[1].i64;
    return WANCO_DONE;
}

Test(host, function_of_a_table)
{
    uint64_t result;
    struct rt_instance *instance = create("I(iI)", subtract);
    cr_assert_not_null(instance, "%s", error.text);
    cr_expect_null(wanco_data((struct wanco_instance *)instance));
    cr_expect(call(instance, UINT32_MAX, 1, &result));
    cr_expect_eq((int64_t)result, -2);
    cr_expect_not_null(wanco_data((struct wanco_instance *)instance));
    cr_expect_eq(wanco_memory_bytes((struct wanco_instance *)instance), 0);
    cr_expect_null(wanco_memory((struct wanco_instance *)instance, 0, 0));
}

Test(host, other_signature)
{
    cr_expect_null(create("I(ii)", subtract));
    cr_expect_eq(error.kind, RT_ERROR_LINK);
    cr_expect_str_eq(error.text, "incompatible import type env.f (function): the module "
                                 "wants I(iI), the host has I(ii)");
}

Test(host, signatures)
{
    static const uint8_t codes[] = {RT_TYPE_I32,     RT_TYPE_F32, RT_TYPE_F64,
                                    RT_TYPE_FUNCREF, RT_TYPE_I64, 0x7b};
    struct rt_type two = {.n_params = 4, .n_results = 2, .codes = codes};
    struct rt_type none = {.codes = codes};
    char text[16];
    rt_host_signature(&two, text, sizeof text);
    cr_expect_str_eq(text, "IV(ifFP)");
    cr_expect(rt_host_signature_matches("IV(ifFP)", &two));
    rt_host_signature(&two, text, 5);
    cr_expect_str_eq(text, "IV(i");
    rt_host_signature(&none, text, sizeof text);
    cr_expect_str_eq(text, "v()");
    cr_expect(rt_host_signature_matches("v()", &none));
    static const char *const others[] = {"",         "v",         "IV",       "IV(ifFP",
                                         "IV(ifF)",  "IV(ifFPi)", "I(ifFP)",  "v(ifFP)",
                                         "IV(iffP)", "IV(ifFp)",  "IV(ifFP)i"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(rt_host_signature_matches(others[i], &two), "%s", others[i]);
    static const char *const nothing[] = {"()", "i()", "v(v)", "vv()"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        cr_expect_not(rt_host_signature_matches(nothing[i], &none), "%s", nothing[i]);
}

Test(host, no_signature_has_references_of_a_type)
{
    static const uint8_t codes[] = {RT_TYPE_FUNCREF, RT_TYPE_EXTERNREF};
    static const uint32_t types[] = {RT_TYPE_FUNCREF | 1u << 8, RT_TYPE_EXTERNREF};
    struct rt_type typed = {.n_params = 2, .codes = codes};
    cr_expect(rt_host_signature_matches("v(Pp)", &typed));
    typed.types = types;
    cr_expect_not(rt_host_signature_matches("v(Pp)", &typed));
}

Test(host, no_signature_has_exceptions)
{
    const struct rt_type holder = {.n_params = 1, .codes = (uint8_t[]){RT_TYPE_EXNREF}};
    char text[16];
    rt_host_signature(&holder, text, sizeof text);
    cr_expect_str_eq(text, "v(-)");
    cr_expect_not(rt_host_signature_matches("v(p)", &holder));
    cr_expect_not(rt_host_signature_matches("v(-)", &holder));
}

Test(host, words_of_arguments)
{
    static const uint8_t codes[] = {RT_TYPE_I32, 0x7b, RT_TYPE_FUNCREF};
    cr_expect_eq(
        rt_host_n_words(&(struct rt_type){.n_params = 3, .n_results = 0, .codes = codes}),
        4);
    cr_expect_eq(
        rt_host_n_words(&(struct rt_type){.n_params = 1, .n_results = 2, .codes = codes}),
        1);
}

static enum wanco_outcome refuse(struct wanco_call *c, union wanco_value *values)
{
    return wanco_trap(c, "no %d", values[0].i32);
}

Test(host, trap_with_a_message)
{
    uint64_t result;
    cr_expect_not(call(create("I(iI)", refuse), 7, 0, &result));
    cr_expect_eq(error.kind, RT_ERROR_TRAP);
    cr_expect_eq(error.trap, RT_TRAP_HOST);
    cr_expect_str_eq(error.text, "no 7");
}

static enum wanco_outcome leave(struct wanco_call *c, union wanco_value *values)
{
    struct wanco_error exit = {.kind = WANCO_ERROR_EXIT, .exit_status = 3};
    (void)values;
    return wanco_fail(c, &exit);
}

Test(host, fails_as_another_guest_did)
{
    uint64_t result;
    cr_expect_not(call(create("I(iI)", leave), 0, 0, &result));
    cr_expect_eq(error.kind, RT_ERROR_EXIT);
    cr_expect_eq(error.exit_status, 3);
}

static bool was_wanted;

/* Is done when it is called for the third time. */
static enum wanco_outcome wait(struct wanco_call *c, union wanco_value *values)
{
    was_wanted = wanco_checkpoint_wanted(c);
    wanco_state(c)[1] += 10;
    int64_t sum = values[0].i32 + values[1].i64 + (int64_t)wanco_state(c)[1];
    values[0].i64 = values[1].i64 = -1;
    if (++wanco_state(c)[0] < 3)
        return WANCO_AGAIN;
    values[0].i64 = sum;
    return WANCO_DONE;
}

Test(host, again_at_once_without_a_checkpoint)
{
    uint64_t result;
    cr_expect(call(create("I(iI)", wait), 1, 2, &result));
    cr_expect_eq(result, 33);
    cr_expect_not(was_wanted);
}

static uint32_t n_suspended;

static bool on_suspended(void *context, struct rt_frames *frames, struct rt_error *e)
{
    (void)context;
    n_suspended++;
    rt_safepoint_request(n_suspended < 2);
    return rt_frames_of_records(frames, e);
}

Test(host, again_after_checkpoints)
{
    uint64_t result;
    struct rt_instance *instance = create("I(iI)", wait);
    rt_set_suspend_handler(on_suspended, NULL);
    rt_safepoint_request(true);
    cr_expect(call(instance, 1, 2, &result), "%s", error.text);
    rt_safepoint_request(false);
    cr_expect_eq(n_suspended, 2);
    cr_expect_eq(result, 33);
}

Test(host, memory_and_exports_of_a_guest)
{
    struct rt_instance *guest = guest_create();
    struct wanco_instance *instance = (struct wanco_instance *)guest;
    union wanco_value values[2] = {{.i32 = 40}, {.i32 = 2}};
    struct wanco_error e;
    cr_expect_eq(wanco_memory_bytes(instance), RT_PAGE_BYTES);
    cr_expect_eq(wanco_memory(instance, 65535, 1), guest->memory0 + 65535);
    cr_expect_not_null(wanco_memory(instance, 65536, 0));
    cr_expect_null(wanco_memory(instance, 65535, 2));
    cr_expect_null(wanco_memory(instance, UINT64_MAX, 2));
    cr_expect(wanco_invoke(instance, "add", "i(ii)", values, &e));
    cr_expect_eq(values[0].i32, 42);
    cr_expect_eq(e.kind, WANCO_ERROR_NONE);
    cr_expect_not(wanco_invoke(instance, "add", "I(ii)", values, &e));
    cr_expect_eq(e.kind, WANCO_ERROR_USAGE);
    cr_expect_str_eq(e.text, "the function add is i(ii), not I(ii)");
    cr_expect_not(wanco_invoke(instance, "memory", "v()", values, &e));
    cr_expect_str_eq(e.text, "there is no exported function memory");
    cr_expect_not(wanco_invoke(instance, "outer", "v()", values, &e));
    cr_expect_eq(e.kind, WANCO_ERROR_TRAP);
    cr_expect_str_eq(e.text, "integer divide by zero");
}

Test(host, memory_of_64_bit_addresses)
{
    struct rt_memory_desc wide = guest_module.memories[0];
    struct rt_module other = guest_module;
    struct rt_instance_config config = {.resolve = NULL};
    struct rt_instance *guest;
    wide.limits.is_64 = 1;
    other.memories = &wide;
    cr_assert(rt_instance_create(&other, &config, &guest, &error), "%s", error.text);
    cr_expect_arr_eq(wanco_memory((struct wanco_instance *)guest, 16, 5), "hello", 5);
}

/* A frame of a call that was suspended, as a snapshot may tell it. */
Test(host, calls_in_snapshots_are_checked)
{
    struct rt_instance *instance = create("I(iI)", wait);
    uint8_t codes[] = {RT_TYPE_I32, RT_TYPE_I64};
    uint64_t words[] = {UINT32_MAX, UINT64_MAX}, state[3] = {0};
    uint32_t local = 0;
    Wanco__Snapshot__Frame right = WANCO__SNAPSHOT__FRAME__INIT, frame;
    right.kind = WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL;
    right.types = (ProtobufCBinaryData){2, codes};
    right.n_words = 2;
    right.words = words;
    right.n_host_state = 2;
    right.host_state = state;
    Wanco__Snapshot__Stack stack = WANCO__SNAPSHOT__STACK__INIT;
    stack.n_frames = 1;
    stack.frames = (Wanco__Snapshot__Frame *[]){&frame};
    frame = right;
    cr_expect(rt_restore_check_stack(&stack, &instance, &error), "%s", error.text);
    frame.func_index = 1;
    cr_expect_not(rt_restore_check_stack(&stack, &instance, &error));
    frame = right;
    frame.n_host_state = 3;
    cr_expect_not(rt_restore_check_stack(&stack, &instance, &error));
    frame = right;
    frame.types.len = 1;
    cr_expect_not(rt_restore_check_stack(&stack, &instance, &error));
    frame = right;
    frame.n_local_indices = 1;
    frame.local_indices = &local;
    cr_expect_not(rt_restore_check_stack(&stack, &instance, &error));
    frame = right;
    codes[1] = RT_TYPE_F64;
    cr_expect_not(rt_restore_check_stack(&stack, &instance, &error));
}
