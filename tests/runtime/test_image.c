/* Images: what is filled from a frame, and what is saved of it. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/abi.h"

/* A function with five locals: a loop with locals 1 and 4 and one operand, and a call
 * with local 0 and two operands. */
static const struct rt_point point_rows[] = {
    {.kind = RT_POINT_LOOP, .n_locals = 2, .n_operands = 1, .first_value = 0},
    {.kind = RT_POINT_CALL, .n_locals = 1, .n_operands = 2, .first_value = 3},
};
static const uint16_t values[] = {1, 4, RT_TYPE_I64, 0, RT_TYPE_I64, RT_TYPE_I64};
static const uint8_t types[] = {RT_TYPE_I64, RT_TYPE_I64, RT_TYPE_I64, RT_TYPE_I64,
                                RT_TYPE_I64};
static const struct rt_func_points points = {
    .points = point_rows,
    .local_types = types,
    .values = values,
    .n_points = 2,
    .n_locals = 5,
};

Test(image, loading_puts_live_locals_and_operands_in_place_and_zero_elsewhere)
{
    uint64_t image[7];
    memset(image, 0xee, sizeof image);
    const uint64_t saved[] = {11, 44, 99};
    struct rt_frame frame = {.values = saved, .point = 0};
    cr_assert_eq(rt_image_load(&frame, &points, image), RT_POINT_LOOP);
    const uint64_t expected[] = {0, 11, 0, 0, 44, 99};
    cr_assert_arr_eq(image, expected, sizeof expected);
}

Test(image, loading_tells_that_the_frame_is_in_a_call)
{
    uint64_t image[7];
    const uint64_t saved[] = {5, 6, 7};
    struct rt_frame frame = {.values = saved, .point = 1};
    cr_assert_eq(rt_image_load(&frame, &points, image), RT_POINT_CALL);
    const uint64_t expected[] = {5, 0, 0, 0, 0, 6, 7};
    cr_assert_arr_eq(image, expected, sizeof expected);
}

Test(image, saving_writes_a_record_behind_the_cursor_and_moves_it)
{
    const uint64_t image[] = {1, 2, 3, 4, 5, 6, 7};
    uint64_t buffer[8] = {0};
    struct rt_unwind unwind = {.cursor = (uint8_t *)buffer};
    rt_image_save(&unwind, &points, NULL, 0, image);
    const uint64_t expected[] = {(uintptr_t)&point_rows[0], 2, 5, 6, 0};
    cr_assert_arr_eq(buffer, expected, sizeof expected);
    cr_assert_eq(unwind.cursor, (uint8_t *)(buffer + 4));
}

Test(image, the_record_of_one_of_several_instances_names_it)
{
    const uint64_t image[] = {1, 2, 3, 4, 5, 6, 7};
    uint64_t buffer[8] = {0};
    struct rt_unwind unwind = {.cursor = (uint8_t *)buffer};
    struct rt_instance *instance = (struct rt_instance *)(void *)buffer;
    rt_image_save(&unwind, &points, instance, 1, image);
    const uint64_t expected[] = {
        (uintptr_t)&point_rows[1], (uintptr_t)instance, 1, 6, 7, 0};
    cr_assert_arr_eq(buffer, expected, sizeof expected);
    cr_assert_eq(unwind.cursor, (uint8_t *)(buffer + 5));
}

/* Locals i32, v128, i64, v128; a loop with locals 1 and 2, and operands v128 and i32. */
static const struct rt_point wide_rows[] = {
    {.kind = RT_POINT_LOOP, .n_locals = 2, .n_operands = 2, .first_value = 0}};
static const uint16_t wide_values[] = {1, 2, RT_TYPE_V128, RT_TYPE_I32};
static const uint8_t wide_types[] = {RT_TYPE_I32, RT_TYPE_V128, RT_TYPE_I64,
                                     RT_TYPE_V128};
static const struct rt_func_points wide_points = {
    .points = wide_rows,
    .local_types = wide_types,
    .values = wide_values,
    .n_points = 1,
    .n_locals = 4,
};

Test(image, vectors_take_two_words)
{
    uint64_t image[9], buffer[8] = {0};
    memset(image, 0xee, sizeof image);
    const uint64_t saved[] = {1, 2, 3, 4, 5, 6};
    struct rt_frame frame = {.values = saved, .point = 0};
    rt_image_load(&frame, &wide_points, image);
    const uint64_t expected[] = {0, 1, 2, 3, 0, 0, 4, 5, 6};
    cr_assert_arr_eq(image, expected, sizeof expected);
    struct rt_unwind unwind = {.cursor = (uint8_t *)buffer};
    rt_image_save(&unwind, &wide_points, NULL, 0, image);
    const uint64_t record[] = {(uintptr_t)&wide_rows[0], 1, 2, 3, 4, 5, 6, 0};
    cr_assert_arr_eq(buffer, record, sizeof record);
    cr_assert_eq(unwind.cursor, (uint8_t *)(buffer + 7));
}
