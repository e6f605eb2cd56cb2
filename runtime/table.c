/* Tables (core 4.2.7) and the instructions on them.
 *
 * A funcref table spreads each callee out over 32 bytes for call_indirect; any other
 * table is an array of references. */
#include "runtime/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/private.h"

static size_t element_bytes(const struct rt_table *table)
{
    return table->element_type == RT_TYPE_FUNCREF ? sizeof(struct rt_table_entry)
                                                  : sizeof(const void *);
}

static uint8_t *element_at(const struct rt_table *table, uint64_t index)
{
    return (uint8_t *)table->u.entries + index * element_bytes(table);
}

/* Makes room for n_elements, of which those beyond the table's size are null. */
static bool ensure_capacity(struct rt_table *table, uint64_t n_elements)
{
    if (n_elements <= table->capacity)
        return true;
    uint64_t capacity =
        table->capacity * 2 > n_elements ? table->capacity * 2 : n_elements;
    /* calloc, not realloc: what is large and never touched takes no memory. */
    void *elements = calloc(capacity, element_bytes(table));
    if (elements == NULL)
        return false;
    if (table->n_elements > 0)
        memcpy(elements, table->u.entries, table->n_elements * element_bytes(table));
    free(table->u.entries);
    table->u.entries = elements;
    table->capacity = capacity;
    return true;
}

static void set_element(struct rt_table *table, uint64_t index, const void *ref)
{
    if (table->element_type != RT_TYPE_FUNCREF) {
        table->u.refs[index] = ref;
        return;
    }
    const struct rt_func *func = ref;
    table->u.entries[index] =
        func == NULL
            ? (struct rt_table_entry){0}
            : (struct rt_table_entry){func->code, func->instance, func->type_id, func};
}

bool rt_table_create(struct rt_table *table, uint32_t element_type,
                     const struct rt_limits *limits, struct rt_error *error)
{
    *table = (struct rt_table){
        .max_elements =
            limits->max < RT_TABLE_MAX_ELEMENTS ? limits->max : RT_TABLE_MAX_ELEMENTS,
        .declared_max = limits->max,
        .element_type = (uint8_t)element_type,
        .full_type = element_type,
        .is_64 = limits->is_64 != 0,
    };
    if (limits->min > table->max_elements)
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "the module needs a table of %" PRIu64
                            " elements, more than %" PRIu64,
                            limits->min, RT_TABLE_MAX_ELEMENTS);
    if (!ensure_capacity(table, limits->min))
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "out of memory for a table of %" PRIu64 " elements",
                            limits->min);
    table->n_elements = limits->min;
    return true;
}

void rt_table_destroy(struct rt_table *table)
{
    free(table->u.entries);
    table->u.entries = NULL;
}

const void *rt_table_get(const struct rt_table *table, uint64_t index)
{
    if (index >= table->n_elements)
        rt_trap(RT_TRAP_TABLE_BOUNDS);
    return table->element_type == RT_TYPE_FUNCREF ? table->u.entries[index].func
                                                  : table->u.refs[index];
}

void rt_table_set(struct rt_table *table, uint64_t index, const void *ref)
{
    if (index >= table->n_elements)
        rt_trap(RT_TRAP_TABLE_BOUNDS);
    set_element(table, index, ref);
}

uint64_t rt_table_grow(struct rt_table *table, uint64_t n_elements, const void *ref)
{
    rt_check_host_stack(); /* a trap inside the allocator would leave it broken */
    uint64_t old = table->n_elements;
    if (n_elements > table->max_elements - old ||
        !ensure_capacity(table, old + n_elements))
        return UINT64_MAX;
    table->n_elements += n_elements;
    rt_table_fill(table, old, ref, n_elements);
    return old;
}

void rt_table_fill(struct rt_table *table, uint64_t to, const void *ref,
                   uint64_t n_elements)
{
    if (!rt_in_bounds(to, n_elements, table->n_elements))
        rt_trap(RT_TRAP_TABLE_BOUNDS);
    for (uint64_t i = 0; i < n_elements; i++)
        set_element(table, to + i, ref);
}

void rt_table_copy(struct rt_table *to_table, const struct rt_table *from_table,
                   uint64_t to, uint64_t from, uint64_t n_elements)
{
    if (!rt_in_bounds(from, n_elements, from_table->n_elements) ||
        !rt_in_bounds(to, n_elements, to_table->n_elements))
        rt_trap(RT_TRAP_TABLE_BOUNDS);
    if (n_elements > 0) /* validation: both have the same element type */
        memmove(element_at(to_table, to), element_at(from_table, from),
                n_elements * element_bytes(to_table));
}

void rt_table_init(struct rt_instance *instance, struct rt_table *table, uint32_t segment,
                   uint64_t to, uint64_t from, uint64_t n_elements)
{
    if (!rt_in_bounds(from, n_elements, instance->private->elem_lengths[segment]) ||
        !rt_in_bounds(to, n_elements, table->n_elements))
        rt_trap(RT_TRAP_TABLE_BOUNDS);
    const uint32_t *func_indices = instance->module->elems[segment].func_indices;
    const void *const *items = instance->private->elem_items[segment];
    for (uint64_t i = 0; i < n_elements; i++)
        set_element(table, to + i,
                    func_indices != NULL ? rt_ref_func(instance, func_indices[from + i])
                                         : items[from + i]);
}

void rt_elem_drop(struct rt_instance *instance, uint32_t segment)
{
    instance->private->elem_lengths[segment] = 0;
}

void rt_elem_set(struct rt_instance *instance, uint32_t segment, uint32_t item,
                 const void *ref)
{
    instance->private->elem_items[segment][item] = ref;
}

_Noreturn void rt_trap_indirect(const struct rt_table *table, uint64_t index)
{
    if (index >= table->n_elements)
        rt_trap(RT_TRAP_UNDEFINED_ELEMENT);
    if (table->u.entries[index].func == NULL)
        rt_trap(RT_TRAP_UNINITIALIZED_ELEMENT);
    rt_trap(RT_TRAP_INDIRECT_CALL_TYPE);
}

_Noreturn void rt_trap_null_element(void)
{
    rt_trap(RT_TRAP_UNINITIALIZED_ELEMENT);
}

_Noreturn void rt_trap_element_type(void)
{
    rt_trap(RT_TRAP_INDIRECT_CALL_TYPE);
}
