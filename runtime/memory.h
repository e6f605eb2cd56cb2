/* Linear memories: address space reserved once, made accessible as the memory grows. */
#ifndef RUNTIME_MEMORY_H
#define RUNTIME_MEMORY_H

#include <stdbool.h>

#include "runtime/abi.h"
#include "runtime/trap.h"

/* A zeroed memory of its type's minimum. max_bytes is a further limit, 0 for none. */
bool rt_memory_create(struct rt_memory *memory, const struct rt_memory_desc *type,
                      uint64_t max_bytes, struct rt_error *error);
void rt_memory_destroy(struct rt_memory *memory);

/* Whether address lies in the reservation of a live memory. Async-signal-safe. */
bool rt_memory_reserves(const void *address);

#endif
