/* Memory that is freed all at once. */
#ifndef COMPILER_ARENA_H
#define COMPILER_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* the newest first */
    size_t used;                /* of the newest */
};

/* n_bytes of zeroed memory, aligned for anything; ends the process with a message and
 * status 1 when the system has none left. Valid until the arena is reset or freed. */
void *arena_alloc(struct arena *a, size_t n_bytes);

/* An array of n zeroed elements; checks n * element_bytes for overflow. */
void *arena_array(struct arena *a, size_t n, size_t element_bytes);

/* A copy of an array of *capacity elements with room for as many more, and for some if
 * there were none; *capacity counts them then. */
void *arena_grow(struct arena *a, const void *array, size_t *capacity,
                 size_t element_bytes);

/* Forgets everything allocated, keeps one block for reuse. */
void arena_reset(struct arena *a);

void arena_free(struct arena *a);

#endif
