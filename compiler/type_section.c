/* Types come in recursion groups, whose members can refer to each other and to all
 * before. Two types are equal if they have the same place in equal groups (core 3.3.1):
 * groups whose members say the same when references within the group count from its
 * start, and all others name canonical types. What a group says is written down as a list
 * of numbers, and looked for among those before. From then on it refers to canonical
 * types itself. */
#include "compiler/type_section.h"

#include <string.h>

#include "compiler/arena.h"
#include "compiler/type_reader.h"

struct group {
    uint32_t first, size;
    uint32_t n_words;
    const uint32_t *words;
    const struct group *next; /* in its bucket */
};

struct section {
    struct module *m;
    struct cursor *c;
    uint32_t capacity; /* of the arrays of types */
    const struct group **buckets;
    uint32_t n_buckets;
};

static void *enlarge(struct arena *arena, const void *old, uint32_t n, uint32_t capacity,
                     size_t element_bytes)
{
    void *array = arena_array(arena, capacity, element_bytes);
    if (n > 0)
        memcpy(array, old, n * element_bytes);
    return array;
}

/* Room for so many types in all; false if there may not be that many. */
static bool make_room(struct section *s, const uint8_t *at, uint64_t n)
{
    struct module *m = s->m;
    if (n > MAX_TYPES) {
        cursor_fail(s->c, at, "too many types: at most %u are supported", MAX_TYPES);
        return false;
    }
    if (n <= s->capacity)
        return true;
    uint32_t capacity = n > UINT64_C(2) * s->capacity ? (uint32_t)n : 2 * s->capacity;
    m->types = enlarge(m->arena, m->types, s->capacity, capacity, sizeof *m->types);
    m->type_defs =
        enlarge(m->arena, m->type_defs, s->capacity, capacity, sizeof *m->type_defs);
    m->canonical_types = enlarge(m->arena, m->canonical_types, s->capacity, capacity,
                                 sizeof *m->canonical_types);
    s->capacity = capacity;
    return true;
}

/* ---- One type ---- */

/* What stands before a type that is or may be a supertype; *form is the form that
 * follows. */
static void read_sub(struct section *s, uint32_t index, uint8_t *form)
{
    enum { SUB = 0x50, SUB_FINAL = 0x4f };
    struct cursor *c = s->c;
    struct type_def *def = &s->m->type_defs[index];
    def->supertype = NO_INDEX;
    def->is_final = true;
    if (*form != SUB && *form != SUB_FINAL)
        return;
    def->is_final = *form == SUB_FINAL;
    const uint8_t *at = c->p;
    uint32_t n = cursor_count(c);
    if (n > 1)
        cursor_fail(c, at, "sub type: at most one supertype is allowed");
    if (n == 1) {
        def->supertype = cursor_u32(c);
        if (def->supertype >= index)
            cursor_fail(c, at, "unknown type %u", def->supertype);
    }
    if (!cursor_failed(c) && n == 1)
        def->depth = s->m->type_defs[def->supertype].depth + 1;
    if (def->depth > MAX_SUBTYPING_DEPTH)
        cursor_fail(c, at, "sub type: more than %d supertypes are not supported",
                    MAX_SUBTYPING_DEPTH);
    *form = cursor_byte(c);
}

static void read_type(struct section *s, uint32_t index, const uint8_t *at, uint8_t form)
{
    read_sub(s, index, &form);
    s->m->types[index] = read_func_type(s->c, s->m->arena, at, form);
}

/* ---- Equal groups ---- */

/* A reference to a type as a number that is the same in all equal groups. */
static uint32_t relative(const struct module *m, uint32_t first, uint32_t index)
{
    if (index == NO_INDEX)
        return NO_INDEX;
    return index < first ? m->canonical_types[index] << 1 : (index - first) << 1 | 1;
}

static uint32_t *put_types(const struct module *m, uint32_t first, const val_type *types,
                           uint32_t n, uint32_t *words)
{
    *words++ = n;
    for (uint32_t i = 0; i < n; i++) {
        bool has_index = type_has_index(types[i]);
        uint32_t outside = types[i] & ((1u << TYPE_HEAP_SHIFT) - 1);
        *words++ = has_index ? outside : types[i];
        *words++ = has_index ? relative(m, first, type_index(types[i])) : 0;
    }
    return words;
}

static struct group describe(const struct module *m, uint32_t first)
{
    struct group group = {.first = first, .size = m->n_types - first};
    uint32_t n = 0;
    for (uint32_t i = first; i < m->n_types; i++)
        n += 4 + 2 * (m->types[i].n_params + m->types[i].n_results);
    uint32_t *words = arena_array(m->arena, n, sizeof *words), *w = words;
    for (uint32_t i = first; i < m->n_types; i++) {
        const struct func_type *type = &m->types[i];
        *w++ = m->type_defs[i].is_final;
        *w++ = relative(m, first, m->type_defs[i].supertype);
        w = put_types(m, first, type->params, type->n_params, w);
        w = put_types(m, first, type->results, type->n_results, w);
    }
    group.words = words;
    group.n_words = n;
    return group;
}

/* The group among those before that is equal, or this one. */
static const struct group *find_equal(struct section *s, const struct group *group)
{
    uint32_t hash = UINT32_C(2166136261); /* FNV-1a, by words */
    for (uint32_t i = 0; i < group->n_words; i++)
        hash = (hash ^ group->words[i]) * UINT32_C(16777619);
    const struct group **bucket = &s->buckets[(hash ^ hash >> 16) & (s->n_buckets - 1)];
    for (const struct group *g = *bucket; g; g = g->next)
        if (g->n_words == group->n_words && g->size == group->size &&
            memcmp(g->words, group->words, g->n_words * sizeof *g->words) == 0)
            return g;
    struct group *own = arena_alloc(s->m->arena, sizeof *own);
    *own = *group;
    own->next = *bucket;
    *bucket = own;
    return own;
}

/* Replaces indices of types by those of canonical ones. */
static const val_type *canonize(const struct module *m, const val_type *types, uint32_t n)
{
    val_type *copy = arena_array(m->arena, n, sizeof *copy);
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = types[i];
        if (type_has_index(types[i]))
            copy[i] = type_of_index(m->canonical_types[type_index(types[i])]) |
                      (types[i] & TYPE_NON_NULL);
    }
    return copy;
}

static void close_group(struct section *s, uint32_t first)
{
    struct module *m = s->m;
    struct group group = describe(m, first);
    const struct group *equal = find_equal(s, &group);
    for (uint32_t i = 0; i < group.size; i++)
        m->canonical_types[first + i] = equal->first + i;
    for (uint32_t i = first; i < m->n_types; i++) {
        struct func_type *type = &m->types[i];
        struct type_def *def = &m->type_defs[i];
        type->params = canonize(m, type->params, type->n_params);
        type->results = canonize(m, type->results, type->n_results);
        if (def->supertype != NO_INDEX)
            def->supertype = m->canonical_types[def->supertype];
        def->group = first;
        def->group_size = group.size;
    }
}

/* ---- Supertypes ---- */

static bool extends(const struct module *m, uint32_t index)
{
    const struct func_type *type = &m->types[index];
    uint32_t supertype = m->type_defs[index].supertype;
    const struct func_type *super = &m->types[supertype];
    return !m->type_defs[supertype].is_final && type->n_params == super->n_params &&
           type->n_results == super->n_results &&
           types_match(m, super->params, type->params, type->n_params) &&
           types_match(m, type->results, super->results, type->n_results);
}

/* ---- Groups ---- */

static void read_group(struct section *s)
{
    enum { REC = 0x4e };
    struct module *m = s->m;
    struct cursor *c = s->c;
    const uint8_t *at = c->p;
    uint8_t form = cursor_byte(c);
    bool is_rec = form == REC;
    uint32_t first = m->n_types, n = is_rec ? cursor_count(c) : 1;
    if (!make_room(s, at, (uint64_t)first + n))
        return;
    for (uint32_t i = first; i < first + n; i++)
        m->canonical_types[i] = i;
    m->n_types = first + n;
    for (uint32_t i = first; i < first + n && !cursor_failed(c); i++) {
        at = is_rec ? c->p : at;
        read_type(s, i, at, is_rec ? cursor_byte(c) : form);
    }
    if (cursor_failed(c))
        return;
    close_group(s, first);
    for (uint32_t i = first; i < first + n; i++)
        if (m->type_defs[i].supertype != NO_INDEX && !extends(m, i))
            cursor_fail(c, at, "sub type: type %u does not match its supertype", i);
}

void read_type_section(struct module *m, struct cursor *c)
{
    const uint8_t *at = c->p;
    uint32_t n_groups = cursor_count(c);
    struct section s = {.m = m, .c = c, .n_buckets = 1};
    if (!make_room(&s, at, n_groups))
        return;
    while (s.n_buckets < n_groups)
        s.n_buckets *= 2;
    s.buckets = arena_array(m->arena, s.n_buckets, sizeof *s.buckets);
    for (uint32_t i = 0; i < n_groups && !cursor_failed(c); i++)
        read_group(&s);
}
