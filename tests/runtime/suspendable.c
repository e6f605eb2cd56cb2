/* What generated code does, in C. A record is written in two ways: by a poll, and by the
 * cleanup of a frame that is unwound. */
#include "tests/runtime/suspendable.h"

#include <stddef.h>
#include <string.h>

#include "runtime/safepoint.h"

/* Frames of this file are entered while unwinding as those of generated code are. */
__asm__(".set __gcc_personality_v0, rt_personality");

struct suspendable {
    struct rt_instance head;
    struct rt_memory memory;
    struct rt_table table;
    union rt_value counter, caught;
    const struct rt_tag *event;
};

/* ---- Points ---- */

#define I32     RT_TYPE_I32
#define I64     RT_TYPE_I64
#define F64     RT_TYPE_F64
#define FUNCREF RT_TYPE_FUNCREF
#define EXNREF  RT_TYPE_EXNREF

static const struct rt_point count_points[] = {
    {COUNT, COUNT_LOOP, RT_POINT_LOOP, 3, 0, 0, 0}};
static const struct rt_point sum_points[] = {
    {SUM, SUM_CALL, RT_POINT_CALL, 1, 0, 0, SUM},
    {SUM, SUM_CALL, RT_POINT_BEFORE, 1, 1, 1, 0},
};
static const struct rt_point both_points[] = {
    {BOTH, BOTH_CALL, RT_POINT_CALL, 1, 1, 0, COUNT}};
static const struct rt_point pass_points[] = {
    {PASS, PASS_LOOP, RT_POINT_LOOP, 2, 0, 0, 0}};
static const struct rt_point hold_points[] = {
    {HOLD, HOLD_LOOP, RT_POINT_LOOP, 2, 0, 0, 0}};

/* ---- Records ---- */

struct record {
    bool is_in_call;
    const struct rt_point *point;
    struct rt_instance *instance;
    uint64_t values[3];
};

static uint8_t *write_record(const struct record *r, uint8_t *cursor)
{
    size_t n_values = (size_t)r->point->n_locals + r->point->n_operands;
    memcpy(cursor, &r->point, 8);
    memcpy(cursor + 8, &r->instance, 8);
    memcpy(cursor + 16, r->values, n_values * 8);
    return cursor + 16 + n_values * 8;
}

/* The landing pad. */
static void spill(struct record *r)
{
    if (r->is_in_call)
        rt_unwind.cursor = write_record(r, rt_unwind.cursor);
}

static void poll(const struct record *r)
{
    if (rt_poll_flag != 0)
        rt_raise(write_record(r, rt_unwind.cursor));
}

/* ---- count ---- */

static uint32_t count_from(struct rt_instance *instance, uint32_t n, uint32_t i,
                           uint32_t total)
{
    for (;;) {
        total += ++i;
        if (i >= n)
            return total;
        poll(&(struct record){true, &count_points[0], instance, {n, i, total}});
    }
}

static uint32_t count(struct rt_instance *instance, uint32_t n)
{
    return count_from(instance, n, 0, 0);
}

static void resume_count(const struct rt_frame *frame, union rt_value *results)
{
    results->i32 = count_from(frame->instance, (uint32_t)frame->values[0],
                              (uint32_t)frame->values[1], (uint32_t)frame->values[2]);
}

/* ---- sum ---- */

static uint64_t sum(struct rt_instance *instance, uint32_t n);

/* Goes through a pointer, so that no loop is made of it. */
static uint64_t sum_call(struct rt_instance *instance, uint32_t n, uint32_t arg)
{
    static uint64_t (*volatile again)(struct rt_instance *, uint32_t) = sum;
    __attribute__((cleanup(spill))) struct record r = {
        true, &sum_points[0], instance, {n}};
    uint64_t rest = again(instance, arg);
    r.is_in_call = false;
    return rest + n;
}

uint32_t suspendable_sum_polls_at = UINT32_MAX;

static uint64_t sum(struct rt_instance *instance, uint32_t n)
{
    if (n == 0)
        return 0;
    if (n <= suspendable_sum_polls_at)
        poll(&(struct record){true, &sum_points[1], instance, {n, n - 1}});
    return sum_call(instance, n, n - 1);
}

static void resume_sum(const struct rt_frame *frame, union rt_value *results)
{
    uint32_t n = (uint32_t)frame->values[0];
    if (frame->point == 1) {
        results->i64 = sum_call(frame->instance, n, (uint32_t)frame->values[1]);
        return;
    }
    __attribute__((cleanup(spill))) struct record r = {
        true, &sum_points[0], frame->instance, {n}};
    frame[1].resume(&frame[1], results);
    r.is_in_call = false;
    results->i64 += n;
}

/* ---- both ---- */

static void both_after(union rt_value *results, uint32_t counted, double operand)
{
    results[0].i32 = counted;
    results[1].f64 = operand;
}

static uint64_t bits_of(double value)
{
    return (union rt_value){.f64 = value}.i64;
}

static void both(struct rt_instance *instance, uint32_t n, union rt_value *results)
{
    double operand = n + 0.5;
    __attribute__((cleanup(spill))) struct record r = {
        true, &both_points[0], instance, {n, bits_of(operand)}};
    uint32_t counted = count(instance, n);
    r.is_in_call = false;
    both_after(results, counted, operand);
}

static void resume_both(const struct rt_frame *frame, union rt_value *results)
{
    union rt_value counted, operand = {.i64 = frame->values[1]};
    __attribute__((cleanup(spill))) struct record r = {
        true, &both_points[0], frame->instance, {frame->values[0], frame->values[1]}};
    frame[1].resume(&frame[1], &counted);
    r.is_in_call = false;
    both_after(results, counted.i32, operand.f64);
}

/* ---- pass, hold ---- */

static const void *pass_from(struct rt_instance *instance, const struct rt_point *point,
                             const void *ref, uint32_t i)
{
    for (; i < 3; i++)
        poll(&(struct record){true, point, instance, {(uintptr_t)ref, i}});
    return ref;
}

static const void *pass(struct rt_instance *instance, const void *ref)
{
    return pass_from(instance, pass_points, ref, 0);
}

static const void *hold(struct rt_instance *instance, const void *ref)
{
    return pass_from(instance, hold_points, ref, 0);
}

/* A step further, as the poll stands at the end of the step here. */
static const void *resume_step(const struct rt_frame *frame, const struct rt_point *point)
{
    return pass_from(frame->instance, point, (const void *)(uintptr_t)frame->values[0],
                     (uint32_t)frame->values[1] + 1);
}

static void resume_pass(const struct rt_frame *frame, union rt_value *results)
{
    results->ref = resume_step(frame, pass_points);
}

static void resume_hold(const struct rt_frame *frame, union rt_value *results)
{
    results->ref = resume_step(frame, hold_points);
}

/* ---- The module ---- */

static void initialize(struct rt_instance *instance)
{
    struct suspendable *s = (struct suspendable *)instance;
    s->counter.i64 = 7;
    rt_table_init(instance, &s->table, 0, 0, 0, 1);
    rt_elem_drop(instance, 0);
    rt_memory_init(instance, &s->memory, 0, 16, 0, 5);
    rt_data_drop(instance, 0);
}

#define TEXT(s)                                                                          \
    {                                                                                    \
        s, sizeof(s) - 1                                                                 \
    }
#define N(array) (sizeof(array) / sizeof *(array))

static const struct rt_type types[N_SUSPENDABLE + 1] = {
    [COUNT] = {1, 1, (const uint8_t[]){I32, I32}},
    [SUM] = {1, 1, (const uint8_t[]){I32, I64}},
    [BOTH] = {1, 2, (const uint8_t[]){I32, I32, F64}},
    [PASS] = {1, 1, (const uint8_t[]){FUNCREF, FUNCREF}},
    [HOLD] = {1, 1, (const uint8_t[]){EXNREF, EXNREF}},
    [N_SUSPENDABLE] = {3, 0, (const uint8_t[]){I64, RT_TYPE_V128, EXNREF}},
};

static const struct rt_func_points points[N_SUSPENDABLE] = {
    [COUNT] = {count_points, (const uint8_t[]){I32, I32, I32},
               (const uint16_t[]){0, 1, 2}, 1, 3, resume_count},
    [SUM] = {sum_points, (const uint8_t[]){I32}, (const uint16_t[]){0, 0, I32}, 2, 1,
             resume_sum},
    [BOTH] = {both_points, (const uint8_t[]){I32}, (const uint16_t[]){0, F64}, 1, 1,
              resume_both},
    [PASS] = {pass_points, (const uint8_t[]){FUNCREF, I32}, (const uint16_t[]){0, 1}, 1,
              2, resume_pass},
    [HOLD] = {hold_points, (const uint8_t[]){EXNREF, I32}, (const uint16_t[]){0, 1}, 1, 2,
              resume_hold},
};

static const struct rt_export exports[] = {
    {TEXT("count"), RT_EXTERN_FUNC, COUNT}, {TEXT("sum"), RT_EXTERN_FUNC, SUM},
    {TEXT("both"), RT_EXTERN_FUNC, BOTH},   {TEXT("pass"), RT_EXTERN_FUNC, PASS},
    {TEXT("memory"), RT_EXTERN_MEMORY, 0},  {TEXT("table"), RT_EXTERN_TABLE, 0},
    {TEXT("counter"), RT_EXTERN_GLOBAL, 0}, {TEXT("caught"), RT_EXTERN_GLOBAL, 1},
    {TEXT("hold"), RT_EXTERN_FUNC, HOLD},   {TEXT("event"), RT_EXTERN_TAG, 0},
};

const struct rt_module suspendable_module = {
    .abi_version = RT_ABI_VERSION,
    .n_types = N(types),
    .n_exports = N(exports),
    .n_funcs = N_SUSPENDABLE,
    .n_tables = 1,
    .n_memories = 1,
    .n_globals = 2,
    .n_tags = 1,
    .n_elems = 2,
    .n_datas = 2,
    .start_func = UINT32_MAX,
    .instance_bytes = sizeof(struct suspendable),
    .types = types,
    .exports = exports,
    .func_types = (const uint32_t[]){COUNT, SUM, BOTH, PASS, HOLD},
    .func_code =
        (const void *const[]){(const void *)count, (const void *)sum, (const void *)both,
                              (const void *)pass, (const void *)hold},
    .tables =
        (const struct rt_table_desc[]){
            {RT_TYPE_FUNCREF, offsetof(struct suspendable, table), {4, 8, 0}}},
    .memories =
        (const struct rt_memory_desc[]){
            {offsetof(struct suspendable, memory), {1, 3, 0}, RT_PAGE_BITS, 0}},
    .globals =
        (const struct rt_global_desc[]){
            {I64, 1, offsetof(struct suspendable, counter)},
            {EXNREF, 1, offsetof(struct suspendable, caught)}},
    .tags = (const struct rt_tag_desc[]){{N_SUSPENDABLE,
                                          offsetof(struct suspendable, event)}},
    .elems =
        (const struct rt_elem_segment[]){{FUNCREF, 1, (const uint32_t[]){COUNT}},
                                         {FUNCREF, 2, (const uint32_t[]){SUM, BOTH}}},
    .datas = (const struct rt_data_segment[]){{(const uint8_t *)"hello", 5},
                                              {(const uint8_t *)"passive", 7}},
    .name = TEXT("suspendable"),
    .func_points = (const struct rt_func_points *const[]){&points[COUNT], &points[SUM],
                                                          &points[BOTH], &points[PASS],
                                                          &points[HOLD]},
    .resume_rules = RT_RESUME_RULES,
    .sha256 = {1, 2, 3},
    .initialize = initialize,
};

struct rt_instance *suspendable_create(void)
{
    static bool is_set_up;
    struct rt_instance_config config = {.resolve = NULL};
    struct rt_instance *instance;
    struct rt_error error;
    if (!is_set_up && !rt_trap_setup(1 << 20, &error))
        return NULL;
    is_set_up = true;
    rt_trap_set_backtrace(false);
    return rt_instance_create(&suspendable_module, &config, &instance, &error) ? instance
                                                                               : NULL;
}

bool suspendable_call(struct rt_instance *instance, const char *name, union rt_value arg,
                      union rt_value *results, struct rt_error *error)
{
    struct rt_extern found = {0};
    rt_instance_export(instance, name, strlen(name), &found);
    return rt_call(found.func, &arg, results, error);
}
