/* Builds a guest from a snapshot that has been checked. */
#define _GNU_SOURCE
#include "runtime/restore.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/exn_heap.h"
#include "runtime/host.h"
#include "runtime/mapped.h"
#include "runtime/memory.h"
#include "runtime/private.h"
#include "runtime/wasi_suspend.h"

/* ---- State ---- */

/* The value of a word, where a value of this type is kept: 8 bytes in any case. */
static uint64_t value_of(const struct rt_referents *r, uint8_t type, uint64_t word)
{
    uint32_t instance, func_index;
    if (type == RT_TYPE_FUNCREF && snapshot_funcref_parts(word, &instance, &func_index))
        return (uintptr_t)rt_ref_func(r->instances[instance], func_index);
    if (type == RT_TYPE_EXNREF && word != 0)
        return (uintptr_t)r->exns[word - 1];
    return word;
}

/* Puts a value of one or more words where it is kept; answers how many there were. */
static uint32_t restore_value(const struct rt_referents *r, uint8_t type,
                              const uint64_t *words, uint64_t *value)
{
    uint32_t n = rt_words_of(type);
    for (uint32_t i = 0; i < n; i++)
        value[i] = value_of(r, type, words[i]);
    return n;
}

static void restore_exn(const Wanco__Snapshot__Exception *saved,
                        const struct rt_referents *r, struct rt_exn *exn)
{
    const uint64_t *word = saved->words;
    for (size_t i = 0; i < saved->types.len; i++)
        word += restore_value(r, saved->types.data[i], word, exn->values[i].v128);
}

bool rt_restore_exns(const Wanco__Snapshot__Header *header,
                     struct rt_instance *const *instances, struct rt_referents *referents,
                     struct rt_error *error)
{
    struct rt_exn **exns = calloc(header->n_exceptions + 1, sizeof(struct rt_exn *));
    *referents = (struct rt_referents){instances, exns};
    bool ok = exns != NULL;
    for (size_t i = 0; ok && i < header->n_exceptions; i++) {
        const Wanco__Snapshot__Exception *saved = header->exceptions[i];
        exns[i] =
            rt_exn_create(rt_instance_tag(instances[saved->instance], saved->tag_index));
        ok = exns[i] != NULL;
        if (ok)
            restore_exn(saved, referents, exns[i]);
    }
    if (ok)
        return true;
    rt_referents_free(referents);
    return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
}

void rt_referents_free(struct rt_referents *referents)
{
    free((void *)(uintptr_t)referents->exns);
    referents->exns = NULL;
}

static bool restore_memory(const struct snapshot *s, uint32_t number,
                           struct rt_memory *memory, uint64_t max_memory_bytes,
                           struct rt_error *error)
{
    const Wanco__Snapshot__Memory *saved = snapshot_header(s)->memories[number];
    uint64_t n_bytes = saved->n_pages << memory->page_bits;
    if (max_memory_bytes == 0 && saved->max_pages < memory->max_pages)
        memory->max_pages = saved->max_pages;
    if (saved->n_pages > memory->max_pages && max_memory_bytes != 0)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "its memory has %" PRIu64 " bytes; give at least "
                            "--max-memory %" PRIu64,
                            n_bytes, n_bytes);
    uint64_t n_pages = memory->n_bytes >> memory->page_bits;
    if (rt_memory_grow(memory, saved->n_pages - n_pages) == UINT64_MAX)
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "the system does not grant a memory of %" PRIu64 " bytes",
                            n_bytes);
    /* What instantiation has written gives way to zeros. */
    if (n_bytes > 0)
        madvise(memory->base, n_bytes, MADV_DONTNEED);
    error->kind = RT_ERROR_USAGE;
    return rt_mapped_load(s, number, memory, error->text, sizeof error->text);
}

static bool restore_table(const Wanco__Snapshot__Table *saved,
                          const struct rt_referents *r, struct rt_error *error)
{
    struct rt_table *table = rt_instance_table(r->instances[0], saved->index);
    uint64_t size = 0, at = 0;
    for (size_t run = 0; run < saved->n_run_lengths; run++)
        size += saved->run_lengths[run];
    if (rt_table_grow(table, size - table->n_elements, NULL) == UINT64_MAX)
        return rt_error_set(error, RT_ERROR_SYSTEM,
                            "out of memory for a table of %" PRIu64 " elements", size);
    for (size_t run = 0; run < saved->n_run_lengths; run++) {
        uint64_t value = value_of(r, (uint8_t)saved->element_type, saved->run_words[run]);
        for (uint64_t k = 0; k < saved->run_lengths[run]; k++)
            rt_table_set(table, at++, (const void *)(uintptr_t)value);
    }
    return true;
}

static void restore_globals(const Wanco__Snapshot__Instance *saved,
                            const struct rt_referents *r)
{
    const uint64_t *word = saved->global_words;
    for (size_t i = 0; i < saved->n_global_indices; i++) {
        union rt_value *global =
            rt_instance_global(r->instances[0], saved->global_indices[i]);
        word += restore_value(r, saved->global_types.data[i], word, global->v128);
    }
}

static void restore_segments(const Wanco__Snapshot__Instance *saved,
                             struct rt_instance *instance)
{
    for (size_t i = 0; i < saved->n_dropped_datas; i++)
        rt_data_drop(instance, saved->dropped_datas[i]);
    for (size_t i = 0; i < saved->n_dropped_elems; i++)
        rt_elem_drop(instance, saved->dropped_elems[i]);
}

bool rt_restore_state(const struct snapshot *s, const struct rt_referents *referents,
                      uint64_t max_memory_bytes, struct rt_error *error)
{
    struct rt_instance *instance = referents->instances[0];
    const Wanco__Snapshot__Header *header = snapshot_header(s);
    const Wanco__Snapshot__Instance *saved = header->instances[0];
    for (uint32_t i = 0; i < header->n_memories; i++)
        if (!restore_memory(s, i,
                            rt_instance_memory(instance, header->memories[i]->index),
                            max_memory_bytes, error))
            return false;
    for (size_t i = 0; i < saved->n_tables; i++)
        if (!restore_table(saved->tables[i], referents, error))
            return false;
    restore_globals(saved, referents);
    restore_segments(saved, instance);
    return true;
}

bool rt_restore_entry(const Wanco__Snapshot__Header *header,
                      const struct rt_referents *referents, struct rt_entry *entry,
                      union rt_value **results, struct rt_error *error)
{
    struct rt_instance *instance = referents->instances[0];
    const Wanco__Snapshot__Entry *saved = header->entry;
    const struct rt_module *m = instance->module;
    const struct rt_export *export =
        rt_exported_func(m, saved->export.data, saved->export.len);
    const struct rt_type *type = &m->types[m->func_types[export->index]];
    union rt_value *values =
        calloc((size_t)type->n_params + type->n_results + 1, sizeof *values);
    if (values == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    const uint64_t *word = saved->argument_words;
    for (uint32_t i = 0; i < type->n_params; i++)
        word += restore_value(referents, type->codes[i], word, values[i].v128);
    *entry = (struct rt_entry){saved->stage, instance, export->name, type, values};
    *results = values + type->n_params;
    return true;
}

/* ---- Frames ---- */

#define HOST_CALL_WORDS (sizeof(struct rt_host_call) / sizeof(uint64_t))

static size_t n_value_words(const Wanco__Snapshot__Frame *frame,
                            struct rt_instance *const *instances)
{
    if (frame->kind == WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL)
        return HOST_CALL_WORDS;
    const struct rt_func_points *points =
        rt_points_of(instances[frame->instance]->module, frame->func_index);
    return rt_point_words(points, rt_restore_point(frame, points));
}

static struct rt_frame restore_host_call(const Wanco__Snapshot__Frame *frame,
                                         const struct rt_referents *r, uint64_t *values)
{
    struct rt_instance *instance = r->instances[frame->instance];
    struct rt_host_call *call = (struct rt_host_call *)values;
    const char *name = rt_restore_host_name(frame, instance->module);
    const uint64_t *word = frame->words;
    *call = (struct rt_host_call){.instance = instance,
                                  .name = name,
                                  .func_index = frame->func_index,
                                  .n_args = (uint32_t)frame->n_words,
                                  .again = name != NULL ? rt_wasi_call_again
                                                        : rt_host_call_again};
    memcpy(call->args, word, frame->n_words * sizeof *word);
    for (size_t i = 0; i < frame->types.len; i++) {
        if (frame->types.data[i] == RT_TYPE_FUNCREF)
            call->args[word - frame->words] = value_of(r, RT_TYPE_FUNCREF, *word);
        word += snapshot_words_of(frame->types.data[i]);
    }
    memcpy(call->state, frame->host_state,
           frame->n_host_state * sizeof *frame->host_state);
    return rt_host_frame(call);
}

/* A way through the values of a frame. */
struct saved_values {
    const Wanco__Snapshot__Frame *frame;
    size_t next;
    const uint64_t *words; /* of the next one */
};

/* Passes the locals below this one. Whether the frame has it is the answer: locals ascend
 * in the frame and in the point, and the frame may lack some. */
static bool find_local(struct saved_values *v, uint32_t local)
{
    const Wanco__Snapshot__Frame *frame = v->frame;
    for (; v->next < frame->n_local_indices && frame->local_indices[v->next] < local;
         v->next++)
        v->words += rt_words_of(frame->types.data[v->next]);
    return v->next < frame->n_local_indices && frame->local_indices[v->next] == local;
}

static uint32_t next_value(struct saved_values *v, const struct rt_referents *r,
                           uint64_t *value)
{
    uint32_t n = restore_value(r, v->frame->types.data[v->next++], v->words, value);
    v->words += n;
    return n;
}

static struct rt_frame restore_frame(const Wanco__Snapshot__Frame *frame,
                                     const struct rt_referents *r, uint64_t *values)
{
    struct rt_instance *instance = r->instances[frame->instance];
    if (frame->kind == WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL)
        return restore_host_call(frame, r, values);
    const struct rt_func_points *points =
        rt_points_of(instance->module, frame->func_index);
    const struct rt_point *point = rt_restore_point(frame, points);
    struct saved_values saved = {frame, 0, frame->words};
    uint64_t *value = values; /* zero at first */
    for (uint32_t i = 0; i < point->n_locals; i++) {
        if (find_local(&saved, points->values[point->first_value + i]))
            next_value(&saved, r, value);
        value += rt_words_of(rt_point_type(points, point, i));
    }
    find_local(&saved, UINT32_MAX);
    for (uint32_t i = 0; i < point->n_operands; i++)
        value += next_value(&saved, r, value);
    return (struct rt_frame){points->resume, instance, values,
                             (uint64_t)(point - points->points)};
}

bool rt_restore_frames(const Wanco__Snapshot__Stack *stack,
                       const struct rt_referents *referents, struct rt_frames *frames,
                       struct rt_error *error)
{
    struct rt_instance *const *instances = referents->instances;
    size_t n_words = 0, at = 0;
    for (size_t i = 0; i < stack->n_frames; i++)
        n_words += n_value_words(stack->frames[i], instances);
    *frames = (struct rt_frames){
        .frames = calloc(stack->n_frames + 1, sizeof *frames->frames),
        .n_frames = (uint32_t)stack->n_frames,
        .values = calloc(n_words + 1, sizeof *frames->values),
        .n_words = n_words,
    };
    if (frames->frames == NULL || frames->values == NULL) {
        rt_frames_free(frames);
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    }
    for (size_t i = 0; i < stack->n_frames; i++) {
        frames->frames[i] =
            restore_frame(stack->frames[i], referents, &frames->values[at]);
        at += n_value_words(stack->frames[i], instances);
    }
    return true;
}
