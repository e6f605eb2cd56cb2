/* Linear memories (core 4.2.8) and the instructions on them that need more than an
 * access.
 *
 * A 32-bit memory reserves all the address space its accesses can name; what lies beyond
 * its size is inaccessible, so that generated code needs no bounds checks: the fault
 * becomes a trap (trap.c). */
#define _GNU_SOURCE
#include "runtime/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/private.h"

#define MAX_PAGES_32 UINT64_C(65536)
#define MAPPED_BYTES (RT_MEMORY_GUARD_BYTES + RT_MEMORY_RESERVED_BYTES)

/* All reservations, with the guard below the base, for the fault handler: a node is
 * complete before it is linked. */
struct reservation {
    const uint8_t *base;
    uint64_t n_bytes;
    struct reservation *next;
};
static struct reservation *reservations;

static bool reserve(struct rt_memory *memory, struct rt_error *error)
{
    struct reservation *r = malloc(sizeof *r);
    void *mapped = r == NULL ? MAP_FAILED
                             : mmap(NULL, MAPPED_BYTES, PROT_NONE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        free(r);
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "cannot reserve 8 GiB of address space for a memory (%s); "
                            "raise the limit on address space (ulimit -v)",
                            strerror(errno));
    }
    memory->base = (uint8_t *)mapped + RT_MEMORY_GUARD_BYTES;
    memory->reserved_bytes = RT_MEMORY_RESERVED_BYTES;
    *r = (struct reservation){mapped, MAPPED_BYTES, reservations};
    __atomic_store_n(&reservations, r, __ATOMIC_RELEASE);
    return true;
}

static void unreserve(struct rt_memory *memory)
{
    struct reservation **link = &reservations;
    uint8_t *mapped = memory->base - RT_MEMORY_GUARD_BYTES;
    while ((*link)->base != mapped)
        link = &(*link)->next;
    struct reservation *r = *link;
    __atomic_store_n(link, r->next, __ATOMIC_RELEASE);
    munmap(mapped, MAPPED_BYTES);
    free(r);
}

bool rt_memory_reserves(const void *address)
{
    const struct reservation *r = __atomic_load_n(&reservations, __ATOMIC_ACQUIRE);
    for (; r != NULL; r = r->next)
        if ((uintptr_t)address - (uintptr_t)r->base < r->n_bytes)
            return true;
    return false;
}

bool rt_memory_create(struct rt_memory *memory, const struct rt_limits *limits,
                      uint64_t max_bytes, struct rt_error *error)
{
    uint64_t limit = limits->min > RT_GROWN_PAGES ? MAX_PAGES_32 : RT_GROWN_PAGES;
    uint64_t max_pages = limits->max < limit ? limits->max : limit;
    if (max_bytes != 0 && max_bytes / RT_PAGE_BYTES < max_pages)
        max_pages = max_bytes / RT_PAGE_BYTES;
    if (limits->min > max_pages)
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "the module needs a memory of %" PRIu64
                            " bytes, more than the %" PRIu64 " that --max-memory allows",
                            limits->min * RT_PAGE_BYTES, max_bytes);
    *memory = (struct rt_memory){.max_pages = max_pages, .declared_max = limits->max};
    if (!reserve(memory, error))
        return false;
    if (rt_memory_grow(memory, limits->min) == UINT64_MAX) {
        unreserve(memory);
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "the system does not grant a memory of %" PRIu64 " bytes",
                            limits->min * RT_PAGE_BYTES);
    }
    return true;
}

void rt_memory_destroy(struct rt_memory *memory)
{
    if (memory->base != NULL)
        unreserve(memory);
    memory->base = NULL;
}

uint64_t rt_memory_grow(struct rt_memory *memory, uint64_t n_pages)
{
    uint64_t old_pages = memory->n_bytes / RT_PAGE_BYTES;
    if (n_pages > memory->max_pages - old_pages)
        return UINT64_MAX;
    uint64_t n_bytes = n_pages * RT_PAGE_BYTES;
    if (n_bytes > 0 &&
        mprotect(memory->base + memory->n_bytes, n_bytes, PROT_READ | PROT_WRITE) != 0)
        return UINT64_MAX;
    memory->n_bytes += n_bytes;
    return old_pages;
}

void rt_memory_init(struct rt_instance *instance, struct rt_memory *memory,
                    uint32_t segment, uint64_t to, uint64_t from, uint64_t n_bytes)
{
    const struct rt_data_segment *data = &instance->module->datas[segment];
    if (!rt_in_bounds(from, n_bytes, instance->private->data_bytes[segment]) ||
        !rt_in_bounds(to, n_bytes, memory->n_bytes))
        rt_trap(RT_TRAP_MEMORY_BOUNDS);
    if (n_bytes > 0)
        memcpy(memory->base + to, data->bytes + from, n_bytes);
}

void rt_memory_copy(struct rt_memory *to_memory, const struct rt_memory *from_memory,
                    uint64_t to, uint64_t from, uint64_t n_bytes)
{
    if (!rt_in_bounds(from, n_bytes, from_memory->n_bytes) ||
        !rt_in_bounds(to, n_bytes, to_memory->n_bytes))
        rt_trap(RT_TRAP_MEMORY_BOUNDS);
    memmove(to_memory->base + to, from_memory->base + from, n_bytes);
}

void rt_memory_fill(struct rt_memory *memory, uint64_t to, uint32_t byte,
                    uint64_t n_bytes)
{
    if (!rt_in_bounds(to, n_bytes, memory->n_bytes))
        rt_trap(RT_TRAP_MEMORY_BOUNDS);
    memset(memory->base + to, (int)byte, n_bytes);
}

void rt_data_drop(struct rt_instance *instance, uint32_t segment)
{
    instance->private->data_bytes[segment] = 0;
}
