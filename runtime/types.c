/* Types across modules: equal types get equal ids, so that a call compares two numbers.
 *
 * The compiler has found out which types of one module are equal
 * (compiler/type_section.c); here the recursion groups of all modules are, in the same
 * way: by a list of numbers in which references within the group count from its start,
 * and all others are ids. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/instance.h"

struct group {
    uint32_t first_id;
    uint32_t size;
    size_t n_words;
    uint32_t *words;
};

/* Grows, never shrinks. */
static struct {
    struct group *groups;
    uint32_t n_groups;
    uint32_t *slots;  /* a hash table with open addressing: group number + 1; 0: free */
    uint32_t n_slots; /* a power of 2, at least twice n_groups */
    uint32_t *supertypes; /* id - 1 -> id, or 0 */
    uint32_t n_types;
} interned;

/* ---- What a group says ---- */

static uint32_t full_type(const struct rt_type *type, uint32_t i)
{
    return type->types != NULL ? type->types[i] : type->codes[i];
}

/* ids: of the types before first. */
static uint32_t relative(const uint32_t *ids, uint32_t first, uint32_t index)
{
    return index < first ? ids[index] << 1 : (index - first) << 1 | 1;
}

static size_t count_words(const struct rt_type *types, uint32_t n)
{
    size_t n_words = 0;
    for (uint32_t i = 0; i < n; i++)
        n_words += 4 + 2 * ((size_t)types[i].n_params + types[i].n_results);
    return n_words;
}

static void put_words(const struct rt_module *m, uint32_t first, uint32_t size,
                      const uint32_t *ids, uint32_t *words)
{
    for (uint32_t i = first; i < first + size; i++) {
        const struct rt_type *type = &m->types[i];
        *words++ = type->n_params;
        *words++ = type->n_results;
        *words++ = type->is_open;
        *words++ =
            type->supertype == 0 ? 0 : relative(ids, first, type->supertype - 1) + 1;
        for (uint32_t k = 0; k < type->n_params + type->n_results; k++) {
            uint32_t t = full_type(type, k);
            bool has_index = RT_TYPE_HAS_INDEX(t);
            *words++ = has_index ? t & (RT_TYPE_NON_NULL | UINT8_MAX) : t;
            *words++ = has_index ? relative(ids, first, RT_TYPE_INDEX(t)) : 0;
        }
    }
}

/* ---- The groups that are known ---- */

/* The slot that holds the group, or the free one where it belongs. */
static uint32_t *find_slot(const struct group *group)
{
    uint32_t h = UINT32_C(2166136261); /* FNV-1a, by words */
    for (size_t i = 0; i < group->n_words; i++)
        h = (h ^ group->words[i]) * UINT32_C(16777619);
    for (uint32_t i = h ^ h >> 16;; i++) {
        uint32_t *slot = &interned.slots[i & (interned.n_slots - 1)];
        const struct group *other = &interned.groups[*slot - 1];
        if (*slot == 0 ||
            (other->size == group->size && other->n_words == group->n_words &&
             memcmp(other->words, group->words, group->n_words * sizeof *group->words) ==
                 0))
            return slot;
    }
}

static bool make_room(uint32_t n_new_types)
{
    if (n_new_types >= RT_TYPE_NO_HEAP - 1 - interned.n_types)
        return false;
    size_t n_types = (size_t)interned.n_types + n_new_types;
    uint32_t *supertypes = realloc(interned.supertypes, n_types * sizeof *supertypes);
    if (supertypes == NULL)
        return n_new_types == 0;
    interned.supertypes = supertypes;
    if (interned.n_slots > 2 * interned.n_groups)
        return true;
    uint32_t n_slots = interned.n_slots == 0 ? 64 : interned.n_slots * 2;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    struct group *groups = realloc(interned.groups, n_slots * sizeof *groups);
    if (groups != NULL)
        interned.groups = groups;
    if (slots == NULL || groups == NULL) {
        free(slots);
        return false;
    }
    free(interned.slots);
    interned.slots = slots;
    interned.n_slots = n_slots;
    for (uint32_t i = 0; i < interned.n_groups; i++)
        *find_slot(&groups[i]) = i + 1;
    return true;
}

/* Takes the words. The id of the group's first type, or 0: out of memory. */
static uint32_t intern(const struct rt_module *m, uint32_t first, uint32_t size,
                       const uint32_t *ids, uint32_t *words, size_t n_words)
{
    struct group group = {interned.n_types + 1, size, n_words, words};
    uint32_t *slot = make_room(size) ? find_slot(&group) : NULL;
    if (slot == NULL || *slot != 0) {
        free(words);
        return slot == NULL ? 0 : interned.groups[*slot - 1].first_id;
    }
    interned.groups[interned.n_groups++] = group;
    *slot = interned.n_groups;
    for (uint32_t i = first; i < first + size; i++) {
        uint32_t supertype = m->types[i].supertype; /* index + 1 */
        interned.supertypes[interned.n_types++] =
            supertype == 0      ? 0
            : supertype > first ? group.first_id + (supertype - 1 - first)
                                : ids[supertype - 1];
    }
    return group.first_id;
}

bool rt_type_ids(const struct rt_module *m, uint32_t *ids)
{
    for (uint32_t i = 0; i < m->n_types;) {
        uint32_t size = m->types[i].n_more + 1, equal = m->types[i].same_as;
        uint32_t first_id = equal != 0 ? ids[equal - 1] : 0;
        if (equal == 0) {
            size_t n_words = count_words(&m->types[i], size);
            assert(n_words > 0);
            uint32_t *words = malloc(n_words * sizeof *words);
            if (words == NULL)
                return false;
            put_words(m, i, size, ids, words);
            first_id = intern(m, i, size, ids, words, n_words);
            if (first_id == 0)
                return false;
        }
        for (uint32_t k = 0; k < size; k++)
            ids[i++] = first_id + k;
    }
    return true;
}

/* ---- Matching (core 3.3) ---- */

uint32_t rt_type_is_sub(uint32_t id, uint32_t other)
{
    while (id != other && id != 0)
        id = interned.supertypes[id - 1];
    return id == other;
}

uint32_t rt_type_with_id(uint32_t type, const uint32_t *ids)
{
    if (!RT_TYPE_HAS_INDEX(type))
        return type;
    return (type & (RT_TYPE_NON_NULL | UINT8_MAX)) | ids[RT_TYPE_INDEX(type)]
                                                         << RT_TYPE_HEAP_SHIFT;
}

bool rt_type_matches(uint32_t type, uint32_t other)
{
    uint32_t heap = type >> RT_TYPE_HEAP_SHIFT, other_heap = other >> RT_TYPE_HEAP_SHIFT;
    if ((uint8_t)type != (uint8_t)other ||
        (!(type & RT_TYPE_NON_NULL) && (other & RT_TYPE_NON_NULL)))
        return false;
    if (heap == other_heap || other_heap == 0 || heap == RT_TYPE_NO_HEAP)
        return true;
    return heap != 0 && other_heap != RT_TYPE_NO_HEAP && rt_type_is_sub(heap, other_heap);
}

bool rt_type_admits(uint32_t type, uint32_t func_type_id)
{
    uint32_t heap = type >> RT_TYPE_HEAP_SHIFT;
    return heap == 0 || (heap != RT_TYPE_NO_HEAP && rt_type_is_sub(func_type_id, heap));
}
