/* The runtime's own part of an instance. */
#ifndef RUNTIME_PRIVATE_H
#define RUNTIME_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/abi.h"

struct embedded;
struct rt_error;
struct rt_wasi;
struct wanco_host_function;

struct rt_instance_private {
    struct rt_instance *next;      /* of all live instances */
    struct rt_wasi *wasi;          /* lent */
    struct rt_memory *wasi_memory; /* that WASI functions read and write, or NULL */
    /* Import index -> the reference of the instance that defines the function, so that
     * references to one function are equal wherever they are taken. */
    const struct rt_func **imported_funcs;
    /* Import index -> the function of the host that its adapter calls, or NULL. */
    const struct wanco_host_function **host_funcs;
    struct rt_tag *tags; /* own index -> tag */
    void *host_data;     /* of the host's own */
    struct embedded
        *embedded; /* embed.c's, or NULL: it belongs to a program of its own */
    /* Calls an export for the host, while no guest runs; NULL: rt_call does. */
    bool (*invoke)(struct rt_instance *instance, const struct rt_func *func,
                   union rt_value *values, struct rt_error *error);
    /* Segments, as they are now: 0 long once dropped (core 4.2.11, 4.2.12). */
    uint64_t *data_bytes;
    uint32_t *elem_lengths;
    const void ***elem_items; /* of segments without func_indices, set by rt_elem_set */
};

/* Whether [at, at + n) lies in [0, size), for any 64-bit numbers. */
static inline bool rt_in_bounds(uint64_t at, uint64_t n, uint64_t size)
{
    return n <= size && at <= size - n;
}

#endif
