/* Images: the frames that are resumed keep their locals and operands in memory until they
 * return, each in as many words as in a record. So one function fills them from what was
 * saved, and one saves them again, by the tables of resume points. */
#include "runtime/image.h"

#include <string.h>

#include "runtime/abi.h"
#include "runtime/safepoint.h"

struct rt_entered rt_entered;

/* A way through the live locals of a point, in the order of the image's. */
struct live_locals {
    const struct rt_func_points *points;
    const uint16_t *next, *end;
    uint32_t local; /* the last one looked at, and its place in the image: */
    uint64_t *words;
};

static struct live_locals live_locals(const struct rt_func_points *points,
                                      const struct rt_point *point, uint64_t *image)
{
    const uint16_t *first = points->values + point->first_value;
    return (struct live_locals){points, first, first + point->n_locals, 0, image};
}

static uint32_t words_of_local(const struct live_locals *l)
{
    return rt_words_of(l->points->local_types[l->local]);
}

/* Moves on to a local. */
static void pass_to(struct live_locals *l, uint32_t local)
{
    for (; l->local < local; l->local++)
        l->words += words_of_local(l);
}

/* Moves to the next one, whose words are at l->words then. False at the end: that is
 * where the operands are. */
static bool next_local(struct live_locals *l, uint32_t *n_words)
{
    pass_to(l, l->next < l->end ? *l->next : l->points->n_locals);
    if (l->next++ >= l->end)
        return false;
    *n_words = words_of_local(l);
    return true;
}

static size_t operand_words(const struct rt_func_points *points,
                            const struct rt_point *point)
{
    const uint16_t *types = points->values + point->first_value + point->n_locals;
    size_t n = 0;
    for (uint32_t i = 0; i < point->n_operands; i++)
        n += rt_words_of(types[i]);
    return n;
}

uint32_t rt_image_load(const struct rt_frame *frame, const struct rt_func_points *points,
                       uint64_t *image)
{
    const struct rt_point *point = &points->points[frame->point];
    struct live_locals locals = live_locals(points, point, image);
    const uint64_t *value = frame->values;
    uint64_t *behind = image;
    for (uint32_t n; next_local(&locals, &n); value += n) {
        memset(behind, 0, (size_t)(locals.words - behind) * sizeof *behind);
        memcpy(locals.words, value, n * sizeof *value);
        behind = locals.words + n;
    }
    memset(behind, 0, (size_t)(locals.words - behind) * sizeof *behind);
    memcpy(locals.words, value, operand_words(points, point) * sizeof *value);
    return point->kind;
}

uint8_t *rt_image_write(uint8_t *cursor, const struct rt_func_points *points,
                        struct rt_instance *instance, uint32_t number,
                        const uint64_t *image)
{
    const struct rt_point *point = &points->points[number];
    struct live_locals locals = live_locals(points, point, (uint64_t *)(uintptr_t)image);
    uint64_t *at = (uint64_t *)(void *)cursor;
    *at++ = (uintptr_t)point;
    if (instance != NULL)
        *at++ = (uintptr_t)instance;
    for (uint32_t n; next_local(&locals, &n); at += n)
        memcpy(at, locals.words, n * sizeof *at);
    size_t n_operand_words = operand_words(points, point);
    memcpy(at, locals.words, n_operand_words * sizeof *at);
    return (uint8_t *)(at + n_operand_words);
}

void rt_image_save(void *exception, const struct rt_func_points *points,
                   struct rt_instance *instance, uint32_t number, const uint64_t *image)
{
    struct rt_unwind *unwind = exception;
    unwind->cursor = rt_image_write(unwind->cursor, points, instance, number, image);
}

_Noreturn void rt_image_raise(const struct rt_func_points *points,
                              struct rt_instance *instance, uint32_t number,
                              const uint64_t *image)
{
    rt_raise(rt_image_write(rt_unwind.cursor, points, instance, number, image));
}
