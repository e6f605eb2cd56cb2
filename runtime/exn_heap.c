/* Exceptions are made in great numbers and mostly forgotten at once. So they are
 * collected: before a new one is made, if as much has been allocated since the last
 * collection as makes it worth its time.
 *
 * Generated code says nothing of where it holds references. Whatever on the guest's stack
 * and in registers looks like an address within an exception keeps that one; globals and
 * tables are looked at by their types.
 *
 * An exception only refers to ones that were made before. They are listed in the order in
 * which they were made, so one walk from the latest to the first finds all that is
 * reachable. */
#define _GNU_SOURCE
#include "runtime/exn_heap.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/instance.h"
#include "runtime/trap.h"

#define MIN_ALLOCATED_BYTES ((size_t)1 << 20)

static struct {
    struct rt_exn **exns; /* in the order in which they were made */
    size_t n_exns;
    size_t capacity;
    size_t new_bytes;  /* since the last collection */
    size_t kept_bytes; /* by the last collection */
    void (*keep)(void);
    /* While a collection runs: the same by address, and where the last one ends. */
    struct rt_exn **sorted;
    uintptr_t end;
} heap;

static size_t bytes_of(const struct rt_exn *exn)
{
    return sizeof *exn + exn->n_values * sizeof exn->values[0];
}

size_t rt_exn_count(void)
{
    return heap.n_exns;
}

void rt_exn_set_keeper(void (*keep)(void))
{
    heap.keep = keep;
}

/* ---- Making ---- */

static bool make_room(void)
{
    if (heap.n_exns < heap.capacity)
        return true;
    size_t capacity = heap.capacity == 0 ? 256 : heap.capacity * 2;
    struct rt_exn **exns = reallocarray(heap.exns, capacity, sizeof(struct rt_exn *));
    if (exns == NULL)
        return false;
    heap.exns = exns;
    heap.capacity = capacity;
    return true;
}

struct rt_exn *rt_exn_create(const struct rt_tag *tag)
{
    size_t n_values = tag->type->n_params;
    struct rt_exn *exn = NULL;
    if (make_room())
        exn = calloc(1, sizeof *exn + n_values * sizeof exn->values[0]);
    if (exn == NULL)
        return NULL;
    exn->tag = tag;
    exn->n_values = (uint32_t)n_values;
    heap.exns[heap.n_exns++] = exn;
    heap.new_bytes += bytes_of(exn);
    return exn;
}

/* ---- Finding ---- */

static int by_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t) * (struct rt_exn *const *)a;
    uintptr_t y = (uintptr_t) * (struct rt_exn *const *)b;
    return (x > y) - (x < y);
}

static bool sort(void)
{
    size_t n = heap.n_exns;
    heap.sorted = reallocarray(NULL, n + 1, sizeof(struct rt_exn *));
    if (heap.sorted == NULL)
        return false;
    if (n > 0)
        memcpy(heap.sorted, heap.exns, n * sizeof(struct rt_exn *));
    qsort(heap.sorted, n, sizeof(struct rt_exn *), by_address);
    heap.end = n > 0 ? (uintptr_t)heap.sorted[n - 1] + bytes_of(heap.sorted[n - 1]) : 0;
    return true;
}

/* The exception that the address lies in, or NULL: generated code may hold no other
 * address of it than that of a value. */
static const struct rt_exn *find(uintptr_t address)
{
    size_t low = 0, high = heap.n_exns;
    if (address >= heap.end || address < (uintptr_t)heap.sorted[0])
        return NULL;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)heap.sorted[middle] <= address)
            low = middle;
        else
            high = middle;
    }
    const struct rt_exn *exn = heap.sorted[low];
    return address < (uintptr_t)exn + bytes_of(exn) ? exn : NULL;
}

/* ---- What is reachable ---- */

void rt_exn_choose_none(void)
{
    for (size_t i = 0; i < heap.n_exns; i++)
        heap.exns[i]->number = 0;
}

void rt_exn_choose(const void *ref)
{
    if (ref != NULL)
        ((struct rt_exn *)(uintptr_t)ref)->number = 1;
}

/* Objects that are imported are others' own. */
void rt_exn_choose_objects(struct rt_instance *instance)
{
    const struct rt_module *m = instance->module;
    for (uint32_t i = m->n_imported_globals; i < m->n_globals; i++)
        if ((uint8_t)m->globals[i].type == RT_TYPE_EXNREF)
            rt_exn_choose(rt_instance_global(instance, i)->ref);
    for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++) {
        const struct rt_table *table = rt_instance_table(instance, i);
        if (table->element_type != RT_TYPE_EXNREF)
            continue;
        for (uint64_t k = 0; k < table->n_elements; k++)
            rt_exn_choose(table->u.refs[k]);
    }
}

__attribute__((no_sanitize("address"))) void rt_exn_keep_words(const void *words,
                                                               size_t n_bytes)
{
    const uintptr_t *word = words;
    for (const uintptr_t *end = word + n_bytes / sizeof *word; word < end; word++)
        rt_exn_choose(find(*word));
}

/* What exceptions that are reachable refer to, is. */
static void follow(void)
{
    for (size_t i = heap.n_exns; i-- > 0;)
        if (heap.exns[i]->number != 0)
            rt_exn_keep_words(heap.exns[i]->values,
                              heap.exns[i]->n_values * sizeof heap.exns[i]->values[0]);
}

/* Its caller's registers are on the stack above. */
__attribute__((noinline)) static void keep_stack(void)
{
    uintptr_t low = (uintptr_t)__builtin_frame_address(0) & ~(sizeof low - 1);
    rt_exn_keep_words((const void *)low, (uintptr_t)rt_stack_end() - low);
}

/* ---- Collection ---- */

static void sweep(void)
{
    size_t n_kept = 0;
    heap.kept_bytes = heap.new_bytes = 0;
    for (size_t i = 0; i < heap.n_exns; i++) {
        struct rt_exn *exn = heap.exns[i];
        if (exn->number == 0) {
            free(exn);
            continue;
        }
        heap.kept_bytes += bytes_of(exn);
        heap.exns[n_kept++] = exn;
    }
    heap.n_exns = n_kept;
}

/* On the guest's stack. Without the memory for it nothing is collected. */
static void collect(void)
{
    if (!sort())
        return;
    rt_exn_choose_none();
    __builtin_unwind_init(); /* all registers that a caller may rely on: to the stack */
    keep_stack();
    for (struct rt_instance *i = NULL; (i = rt_instance_next(i)) != NULL;)
        rt_exn_choose_objects(i);
    if (heap.keep != NULL)
        heap.keep();
    follow();
    free(heap.sorted);
    heap.sorted = NULL;
    sweep();
}

/* Scanning the stack costs time, too. */
static bool is_worth_collecting(void)
{
    return heap.new_bytes > MIN_ALLOCATED_BYTES && heap.new_bytes > heap.kept_bytes &&
           heap.new_bytes > rt_stack_in_use() / 4;
}

struct rt_exn *rt_exn_new(const struct rt_tag *tag, const union rt_value *values)
{
    rt_check_host_stack(); /* a trap inside the allocator would leave it broken */
    if (is_worth_collecting())
        collect();
    struct rt_exn *exn = rt_exn_create(tag);
    if (exn == NULL) {
        struct rt_error error;
        rt_error_set(&error, RT_ERROR_SYSTEM, "out of memory for an exception");
        rt_leave_with(&error);
    }
    if (exn->n_values > 0)
        memcpy(exn->values, values, exn->n_values * sizeof *values);
    return exn;
}

/* ---- Numbers for a snapshot ---- */

static void choose_values(const struct rt_exn *exn)
{
    const struct rt_type *type = exn->tag->type;
    for (uint32_t i = 0; i < type->n_params; i++)
        if (type->codes[i] == RT_TYPE_EXNREF)
            rt_exn_choose(exn->values[i].ref);
}

uint32_t rt_exn_number(void)
{
    uint32_t n = 0;
    for (size_t i = heap.n_exns; i-- > 0;)
        if (heap.exns[i]->number != 0)
            choose_values(heap.exns[i]);
    for (size_t i = 0; i < heap.n_exns; i++)
        if (heap.exns[i]->number != 0)
            heap.exns[i]->number = ++n;
    return n;
}

const struct rt_exn *rt_exn_next_chosen(size_t *at)
{
    while (*at < heap.n_exns) {
        const struct rt_exn *exn = heap.exns[(*at)++];
        if (exn->number != 0)
            return exn;
    }
    return NULL;
}
