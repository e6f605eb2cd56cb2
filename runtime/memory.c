/* Linear memories (core 4.2.8) and the instructions on them that need more than an
 * access.
 *
 * A memory addressed by i32 reserves all the address space its accesses can name; what
 * lies beyond its size is inaccessible, so that generated code needs no bounds checks:
 * the fault becomes a trap (trap.c). One addressed by i64 reserves as much at first, and
 * moves to where there is more when it grows beyond that. */
#define _GNU_SOURCE
#include "runtime/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/private.h"

#define MAX_BYTES_32 (UINT64_C(1) << 32)
/* More than this no system maps. */
#define MAX_BYTES_64 (UINT64_C(1) << 47)

/* All reservations, with the guard below the base, for the fault handler: a node is
 * complete before it is linked. */
struct reservation {
    const uint8_t *base;
    uint64_t n_bytes;
    struct reservation *next;
};
static struct reservation *reservations;

/* Inaccessible address space, at base if that is not NULL; or NULL. */
static void *map(uint8_t *base, uint64_t n_bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *mapped = mmap(base, n_bytes, PROT_NONE,
                        base != NULL ? flags | MAP_FIXED_NOREPLACE : flags, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    if (base != NULL && mapped != base) { /* where that flag is but a hint */
        munmap(mapped, n_bytes);
        errno = EEXIST;
        return NULL;
    }
    return mapped;
}

/* Gives a memory address space of n_bytes, at base if that is not 0; the base of what it
 * had stays reserved. */
static bool reserve(struct rt_memory *memory, uint64_t n_bytes, uint64_t base)
{
    struct reservation *r = malloc(sizeof *r);
    uint64_t n_mapped = RT_MEMORY_GUARD_BYTES + n_bytes;
    uint8_t *wanted = base != 0 ? (uint8_t *)(base - RT_MEMORY_GUARD_BYTES) : NULL;
    uint8_t *mapped = r != NULL ? map(wanted, n_mapped) : NULL;
    if (mapped == NULL) {
        free(r);
        return false;
    }
    memory->base = mapped + RT_MEMORY_GUARD_BYTES;
    memory->reserved_bytes = n_bytes;
    *r = (struct reservation){mapped, n_mapped, reservations};
    __atomic_store_n(&reservations, r, __ATOMIC_RELEASE);
    return true;
}

static void unreserve(uint8_t *base)
{
    struct reservation **link = &reservations;
    uint8_t *mapped = base - RT_MEMORY_GUARD_BYTES;
    while ((*link)->base != mapped)
        link = &(*link)->next;
    struct reservation *r = *link;
    __atomic_store_n(link, r->next, __ATOMIC_RELEASE);
    munmap(mapped, r->n_bytes);
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

/* The most pages that a memory of this type may get. */
static uint64_t page_limit(const struct rt_memory_desc *type, uint64_t max_bytes)
{
    uint64_t most = type->limits.is_64     ? MAX_BYTES_64
                    : type->page_bits == 0 ? UINT32_MAX /* memory.size is an i32 */
                    : type->limits.min > RT_GROWN_PAGES
                        ? MAX_BYTES_32
                        : RT_GROWN_PAGES * UINT64_C(1) * RT_PAGE_BYTES;
    if (max_bytes != 0 && max_bytes < most)
        most = max_bytes;
    uint64_t limit = most >> type->page_bits;
    return type->limits.max < limit ? type->limits.max : limit;
}

static bool cannot_reserve(uint64_t base, struct rt_error *error)
{
    if (errno == EEXIST)
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "the 8 GiB of address space at 0x%" PRIx64
                            " are in use, where the program's memory has to lie",
                            base);
    return rt_error_set(error, RT_ERROR_SYSTEM,
                        "cannot reserve 8 GiB of address space for a memory (%s); "
                        "raise the limit on address space (ulimit -v)",
                        strerror(errno));
}

bool rt_memory_create(struct rt_memory *memory, const struct rt_memory_desc *type,
                      uint64_t max_bytes, struct rt_error *error)
{
    const struct rt_limits *limits = &type->limits;
    uint64_t max_pages = page_limit(type, max_bytes);
    if (limits->min > max_pages)
        return rt_error_set(
            error, RT_ERROR_SYSTEM,
            "the module needs a memory of %" PRIu64 " %s, more than the %" PRIu64
            " that the system or --max-memory allows",
            limits->min, type->page_bits == 0 ? "bytes" : "pages of 64 KiB", max_pages);
    *memory = (struct rt_memory){.max_pages = max_pages,
                                 .declared_max = limits->max,
                                 .is_64 = (uint32_t)limits->is_64,
                                 .page_bits = (uint32_t)type->page_bits};
    if (!reserve(memory, RT_MEMORY_RESERVED_BYTES, type->base))
        return cannot_reserve(type->base, error);
    if (rt_memory_grow(memory, limits->min) == UINT64_MAX) {
        unreserve(memory->base);
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "the system does not grant a memory of %" PRIu64 " bytes",
                            limits->min << type->page_bits);
    }
    return true;
}

void rt_memory_destroy(struct rt_memory *memory)
{
    if (memory->base != NULL)
        unreserve(memory->base);
    memory->base = NULL;
}

/* How much of a memory of n_bytes is accessible: whole pages of any host. */
static uint64_t accessible_bytes(uint64_t n_bytes)
{
    return (n_bytes + RT_PAGE_BYTES - 1) & ~(uint64_t)(RT_PAGE_BYTES - 1);
}

/* Moves a memory to where n_bytes have room. The pages go along, they are not copied. */
static bool move(struct rt_memory *memory, uint64_t n_bytes)
{
    struct rt_memory moved = *memory;
    uint64_t twice = 2 * memory->reserved_bytes;
    if (!reserve(&moved,
                 n_bytes + RT_MEMORY_GUARD_BYTES > twice ? n_bytes + RT_MEMORY_GUARD_BYTES
                                                         : twice,
                 0) &&
        !reserve(&moved, n_bytes + RT_MEMORY_GUARD_BYTES, 0))
        return false;
    uint64_t used = accessible_bytes(memory->n_bytes);
    if (used > 0 && mremap(memory->base, used, used, MREMAP_MAYMOVE | MREMAP_FIXED,
                           moved.base) == MAP_FAILED) {
        unreserve(moved.base);
        return false;
    }
    unreserve(memory->base);
    *memory = moved;
    return true;
}

uint64_t rt_memory_grow(struct rt_memory *memory, uint64_t n_pages)
{
    uint64_t old_pages = memory->n_bytes >> memory->page_bits;
    if (n_pages > memory->max_pages - old_pages)
        return UINT64_MAX;
    uint64_t n_bytes = memory->n_bytes + (n_pages << memory->page_bits);
    uint64_t before = accessible_bytes(memory->n_bytes),
             after = accessible_bytes(n_bytes);
    if (after > memory->reserved_bytes - RT_MEMORY_GUARD_BYTES && !move(memory, after))
        return UINT64_MAX;
    if (after > before &&
        mprotect(memory->base + before, after - before, PROT_READ | PROT_WRITE) != 0)
        return UINT64_MAX;
    memory->n_bytes = n_bytes;
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
