/* Function types across modules: equal types get equal ids, so that a call compares two
 * numbers. */
#include <stdlib.h>
#include <string.h>

#include "runtime/instance.h"

/* An open-addressing hash table of ids; id i is types[i - 1]. Grows, never shrinks. */
static struct {
    struct rt_type *types;
    uint32_t n_types;
    uint32_t *slots;  /* 0: free */
    uint32_t n_slots; /* a power of 2, at least twice n_types */
} interned;

static size_t n_codes(const struct rt_type *type)
{
    return (size_t)type->n_params + type->n_results;
}

static uint32_t hash(const struct rt_type *type)
{
    uint32_t h = UINT32_C(2166136261) ^ type->n_params; /* FNV-1a */
    for (size_t i = 0; i < n_codes(type); i++)
        h = (h ^ type->codes[i]) * UINT32_C(16777619);
    return h;
}

static bool equal(const struct rt_type *a, const struct rt_type *b)
{
    return a->n_params == b->n_params && a->n_results == b->n_results &&
           (n_codes(a) == 0 || memcmp(a->codes, b->codes, n_codes(a)) == 0);
}

/* The slot that holds the type's id, or the free one where it belongs. */
static uint32_t *find_slot(const struct rt_type *type)
{
    uint32_t i = hash(type) & (interned.n_slots - 1);
    while (interned.slots[i] != 0 && !equal(&interned.types[interned.slots[i] - 1], type))
        i = (i + 1) & (interned.n_slots - 1);
    return &interned.slots[i];
}

static bool make_room(void)
{
    if (interned.n_slots > 2 * interned.n_types)
        return true;
    uint32_t n_slots = interned.n_slots == 0 ? 64 : interned.n_slots * 2;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    struct rt_type *types = realloc(interned.types, n_slots * sizeof *types);
    if (types != NULL)
        interned.types = types;
    if (slots == NULL || types == NULL) {
        free(slots);
        return false;
    }
    free(interned.slots);
    interned.slots = slots;
    interned.n_slots = n_slots;
    for (uint32_t id = 1; id <= interned.n_types; id++)
        *find_slot(&types[id - 1]) = id;
    return true;
}

uint32_t rt_type_id(const struct rt_type *type)
{
    if (!make_room())
        return 0;
    uint32_t *slot = find_slot(type);
    if (*slot != 0)
        return *slot;
    /* A copy, since the module it comes from may go. */
    uint8_t *codes = malloc(n_codes(type) + 1);
    if (codes == NULL)
        return 0;
    if (n_codes(type) > 0)
        memcpy(codes, type->codes, n_codes(type));
    interned.types[interned.n_types++] =
        (struct rt_type){type->n_params, type->n_results, codes};
    *slot = interned.n_types;
    return *slot;
}
