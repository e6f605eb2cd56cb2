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

static void choose_in_objects(struct rt_instance *instance)
{
    const struct rt_module *m = instance->module;
    for (uint32_t i = m->n_imported_globals; i < m->n_globals; i++)
        if ((uint8_t)m->globals[i].type == RT_TYPE_EXNREF)
            rt_exn_choose(rt_instance_global(instance, i)->ref);
    for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++) {
        const struct rt_table *table = rt_instance_table(instance, i);
        if (table->element_type != RT_TYPE_EXNREF)
            continue;
        for (uint64_t k = 0; k < table->n_elements; k++)
            rt_exn_choose(table->u.refs[k]);
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
        choose_in_objects(instance);
    else
        while ((instance = rt_instance_next(instance)) != NULL)
            choose_in_objects(instance);
    return rt_exn_number();
}
