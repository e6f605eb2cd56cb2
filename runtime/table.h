/* Tables of references. */
#ifndef RUNTIME_TABLE_H
#define RUNTIME_TABLE_H

#include <stdbool.h>

#include "runtime/abi.h"
#include "runtime/trap.h"

/* More elements than this no table gets. */
#define RT_TABLE_MAX_ELEMENTS UINT64_C(10000000)

/* A table of limits->min null references. */
bool rt_table_create(struct rt_table *table, uint32_t element_type,
                     const struct rt_limits *limits, struct rt_error *error);
void rt_table_destroy(struct rt_table *table);

#endif
