/* Images: the frames that are resumed keep their locals and operands in memory, 8 bytes
 * each, until they return. So one function fills them from what was saved, and one saves
 * them again, by the tables of resume points. */
#include <string.h>

#include "runtime/abi.h"

static const uint16_t *locals_of(const struct rt_func_points *points,
                                 const struct rt_point *point)
{
    return points->values + point->first_value;
}

uint32_t rt_image_load(const struct rt_frame *frame, const struct rt_func_points *points,
                       uint64_t *image)
{
    const struct rt_point *point = &points->points[frame->point];
    const uint16_t *locals = locals_of(points, point);
    memset(image, 0, points->n_locals * sizeof *image);
    for (uint32_t i = 0; i < point->n_locals; i++)
        image[locals[i]] = frame->values[i];
    memcpy(image + points->n_locals, frame->values + point->n_locals,
           point->n_operands * sizeof *image);
    return point->kind;
}

/* Writes the record; answers the cursor behind it. */
static uint8_t *write_record(uint8_t *cursor, const struct rt_func_points *points,
                             struct rt_instance *instance, uint32_t number,
                             const uint64_t *image)
{
    const struct rt_point *point = &points->points[number];
    const uint16_t *locals = locals_of(points, point);
    uint64_t *at = (uint64_t *)(void *)cursor;
    *at++ = (uintptr_t)point;
    if (instance != NULL)
        *at++ = (uintptr_t)instance;
    for (uint32_t i = 0; i < point->n_locals; i++)
        *at++ = image[locals[i]];
    memcpy(at, image + points->n_locals, point->n_operands * sizeof *at);
    return (uint8_t *)(at + point->n_operands);
}

void rt_image_save(void *exception, const struct rt_func_points *points,
                   struct rt_instance *instance, uint32_t number, const uint64_t *image)
{
    struct rt_unwind *unwind = exception;
    unwind->cursor = write_record(unwind->cursor, points, instance, number, image);
}

_Noreturn void rt_image_raise(const struct rt_func_points *points,
                              struct rt_instance *instance, uint32_t number,
                              const uint64_t *image)
{
    rt_raise(write_record(rt_unwind.cursor, points, instance, number, image));
}
