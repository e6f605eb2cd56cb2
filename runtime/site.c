/* Frame records of frames that generated code holds in registers and on the stack. */
#include "runtime/site.h"

#include <assert.h>
#include <string.h>

#include "runtime/image.h"
#include "runtime/instance.h"
#include "runtime/resume.h"
#include "runtime/safepoint.h"

/* ---- Search ---- */

static const struct rt_site *find_in_group(const struct rt_site_group *group,
                                           uintptr_t address)
{
    uintptr_t end = address - (uintptr_t)group->base;
    uint32_t low = 0, high = group->n_sites;
    if (address < (uintptr_t)group->base || end > group->sites[high - 1].end)
        return NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (group->sites[middle].end < end)
            low = middle + 1;
        else
            high = middle;
    }
    return group->sites[low].end == end ? &group->sites[low] : NULL;
}

static const struct rt_site *find_in_module(const struct rt_module *module,
                                            uintptr_t address,
                                            const struct rt_site_group **group)
{
    const uint8_t *at = (const uint8_t *)module->sites;
    const struct rt_site *site = NULL;
    while (site == NULL && at != (const uint8_t *)module->sites_end) {
        *group = (const struct rt_site_group *)(const void *)at;
        at += (*group)->n_bytes;
        site = find_in_group(*group, address);
    }
    return site;
}

/* Where the last site was: neighbours on a stack are often alike. */
static const struct rt_site_group *last;

void rt_site_forget(void)
{
    last = NULL;
}

const struct rt_site *rt_site_find(uintptr_t address, const struct rt_site_group **group)
{
    const struct rt_site *site = NULL;
    struct rt_instance *i = NULL;
    if (last != NULL)
        site = find_in_group(*group = last, address);
    while (site == NULL && (i = rt_instance_next(i)) != NULL)
        site = find_in_module(i->module, address, group);
    if (site != NULL)
        last = *group;
    return site;
}

/* ---- Values ---- */

/* The low bits as a signed number. */
static int64_t signed_bits(uint32_t bits, unsigned n_bits)
{
    uint64_t sign = UINT64_C(1) << (n_bits - 1);
    uint64_t low = bits & (sign * 2 - 1);
    return (int64_t)(low ^ sign) - (int64_t)sign;
}

void rt_site_value(const struct rt_site_group *group, const struct rt_site *site,
                   uint32_t value_index, const uint64_t *registers, uint32_t n_words,
                   uint64_t *words)
{
    const uint32_t *places =
        (const uint32_t *)(const void *)&group->sites[group->n_sites + 1];
    uint32_t place = places[site->first_place + value_index];
    uint32_t number = place >> RT_PLACE_REGISTER_SHIFT & RT_PLACE_REGISTER_MASK;
    const uint64_t *reg = &registers[number];
    if (number >= RT_PLACE_VECTORS)
        reg += number - RT_PLACE_VECTORS; /* those take two words each */
    memset(words, 0, n_words * sizeof *words);
    switch ((enum rt_place_kind)(place >> RT_PLACE_KIND_SHIFT)) {
    case RT_PLACE_REGISTER:
        memcpy(words, reg, n_words * sizeof *words);
        break;
    case RT_PLACE_SLOT: {
        int64_t offset = signed_bits(place, RT_PLACE_OFFSET_BITS) * 4;
        memcpy(words, (const void *)(*reg + (uint64_t)offset), n_words * sizeof *words);
        break;
    }
    case RT_PLACE_CONSTANT:
        words[0] = (uint64_t)signed_bits(place, RT_PLACE_CONSTANT_BITS);
        break;
    case RT_PLACE_WIDE:
        memcpy(words, &places[signed_bits(place, RT_PLACE_CONSTANT_BITS)], sizeof *words);
        break;
    }
}

/* ---- The record ---- */

/* The module made for just one instance that the process has: the executable's. */
static const struct rt_module *only_module(void)
{
    struct rt_instance *i = rt_instance_next(NULL);
    while (i->module->only_instance == NULL)
        i = rt_instance_next(i);
    return i->module;
}

/* The call in work. */
struct suspending {
    const struct rt_site_group *group;
    const struct rt_site *site;
    const uint64_t *registers;
    uint32_t n_read, n_values;
};

static void next_value(struct suspending *s, uint32_t n_words, uint64_t *words)
{
    rt_site_value(s->group, s->site, s->n_read++, s->registers, n_words, words);
}

static uint64_t next_word(struct suspending *s)
{
    uint64_t word;
    next_value(s, 1, &word);
    return word;
}

static uint8_t *write_values(struct suspending *s, const struct rt_func_points *points,
                             const struct rt_point *point, struct rt_instance *instance)
{
    uint64_t *at = (uint64_t *)(void *)rt_unwind.cursor;
    *at++ = (uintptr_t)point;
    if (instance != NULL)
        *at++ = (uintptr_t)instance;
    for (uint32_t i = 0; s->n_read < s->n_values; i++) {
        uint32_t n_words = rt_words_of(rt_point_type(points, point, i));
        next_value(s, n_words, at);
        at += n_words;
    }
    return (uint8_t *)at;
}

static void complete_image(struct suspending *s, uint64_t *image)
{
    while (s->n_read < s->n_values) {
        uint64_t place = next_word(s);
        next_value(s, 1 + (place & 1), &image[place >> 1]);
    }
}

void *rt_suspend_frame(const uint64_t *registers, uintptr_t address)
{
    struct suspending s = {.registers = registers};
    s.site = rt_site_find(address, &s.group);
    assert(s.site != NULL); /* only generated code calls, and from a site */
    s.n_values = (s.site + 1)->first_place - s.site->first_place;
    struct rt_instance *instance = NULL;
    if (s.site->number & RT_SITE_HAS_INSTANCE)
        instance = (struct rt_instance *)(uintptr_t)next_word(&s);
    const struct rt_func_points *points = rt_points_of(
        instance != NULL ? instance->module : only_module(), s.site->func_index);
    uint32_t number = s.site->number & RT_SITE_NUMBER_MASK;
    uint8_t *cursor;
    if (s.site->number & RT_SITE_HAS_IMAGE) {
        uint64_t *image = (uint64_t *)(uintptr_t)next_word(&s);
        complete_image(&s, image);
        cursor = rt_image_write(rt_unwind.cursor, points, instance, number, image);
    } else {
        cursor = write_values(&s, points, &points->points[number], instance);
    }
    if (points->points[number].kind != RT_POINT_CALL)
        rt_raise(cursor);
    rt_unwind.cursor = cursor;
    return &rt_unwind;
}
