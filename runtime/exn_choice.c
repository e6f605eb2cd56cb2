/* Which exceptions a snapshot is of: unlike a collection, which may keep too much, this
 * goes by types alone, so that a snapshot holds nothing by chance. */
#include "runtime/exn_choice.h"

#include <assert.h>

#include "runtime/exn_heap.h"
#include "runtime/resume.h"

static void choose_in_frame(const struct rt_record *record)
{
    const struct rt_point *point = record->point;
    const struct rt_func_points *points =
        rt_points_of(record->instance->module, point->func_index);
    const uint64_t *value = record->values;
    for (uint32_t i = 0; i < point->n_locals + point->n_operands; i++) {
        uint8_t type = rt_point_type(points, point, i);
        assert(value != NULL); /* the record has one for each */
        if (type == RT_TYPE_EXNREF)
            rt_exn_choose((const void *)(uintptr_t)*value);
        value += rt_words_of(type);
    }
}

uint32_t rt_exns_choose(struct rt_instance *instance)
{
    struct rt_records records = rt_safepoint_records();
    struct rt_record record;
    rt_exn_choose_none();
    if (rt_exn_count() == 0)
        return 0;
    while (rt_record_next(&records, &record))
        if (rt_record_host_call(&record) == NULL) /* hosts hold none */
            choose_in_frame(&record);
    if (instance != NULL)
        rt_exn_choose_objects(instance);
    else
        while ((instance = rt_instance_next(instance)) != NULL)
            rt_exn_choose_objects(instance);
    return rt_exn_number();
}
