/* The frame records come innermost first, in a snapshot they go outermost first. */
#include "runtime/capture_stack.h"

#include <assert.h>
#include <string.h>

#include "runtime/host.h"
#include "runtime/private.h"
#include "runtime/resume.h"
#include "runtime/wasi_suspend.h"

/* The function of the module that a call which WASI has suspended is of. */
static uint32_t func_index_of(const struct rt_host_call *call)
{
    const struct rt_module *m = call->instance->module;
    const struct rt_import *import = m->imports;
    for (;; import++) {
        assert(import < m->imports + m->n_imports); /* else the guest had not called it */
        const char *function = rt_wasi_function_of(import);
        if (function != NULL && strcmp(function, call->name) == 0)
            return import->index;
    }
}

static void describe_host_call(struct rt_builder *b, Wanco__Snapshot__Frame *frame,
                               const struct rt_host_call *call)
{
    const struct rt_module *m = call->instance->module;
    frame->kind = WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL;
    frame->func_index = call->name != NULL ? func_index_of(call) : call->func_index;
    const struct rt_type *type = &m->types[m->func_types[frame->func_index]];
    assert(rt_host_n_words(type) == call->n_args);
    frame->types =
        (ProtobufCBinaryData){type->n_params, (uint8_t *)(uintptr_t)type->codes};
    frame->n_words = call->n_args;
    frame->words = rt_take(b, call->n_args, sizeof *frame->words);
    memcpy(frame->words, call->args, call->n_args * sizeof *frame->words);
    uint64_t *word = frame->words;
    for (uint32_t i = 0; i < type->n_params; i++) {
        if (type->codes[i] == RT_TYPE_FUNCREF || type->codes[i] == RT_TYPE_EXTERNREF)
            *word = rt_word_of(b, type->codes[i], word);
        word += snapshot_words_of(type->codes[i]);
    }
    frame->n_host_state = sizeof call->state / sizeof call->state[0];
    frame->host_state = rt_take(b, frame->n_host_state, sizeof *frame->host_state);
    memcpy(frame->host_state, call->state, sizeof call->state);
}

static void describe_guest_frame(struct rt_builder *b, Wanco__Snapshot__Frame *frame,
                                 const struct rt_record *record)
{
    static const Wanco__Snapshot__Frame__Kind kinds[] = {
        [RT_POINT_LOOP] = WANCO__SNAPSHOT__FRAME__KIND__LOOP,
        [RT_POINT_CALL] = WANCO__SNAPSHOT__FRAME__KIND__CALL,
        [RT_POINT_BEFORE] = WANCO__SNAPSHOT__FRAME__KIND__BEFORE,
    };
    const struct rt_point *point = record->point;
    const struct rt_func_points *points =
        rt_points_of(record->instance->module, point->func_index);
    const uint64_t *value = record->values;
    uint32_t n = point->n_locals + point->n_operands;
    frame->func_index = point->func_index;
    frame->code_offset = point->code_offset;
    frame->kind = kinds[point->kind];
    frame->n_local_indices = point->n_locals;
    frame->local_indices = rt_take(b, point->n_locals, sizeof *frame->local_indices);
    frame->types = (ProtobufCBinaryData){n, rt_take(b, n, 1)};
    frame->n_words = rt_point_words(points, point);
    frame->words = rt_take(b, frame->n_words, sizeof *frame->words);
    for (uint32_t i = 0; i < point->n_locals; i++)
        frame->local_indices[i] = points->values[point->first_value + i];
    uint64_t *word = frame->words;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t type = rt_point_type(points, point, i);
        frame->types.data[i] = type;
        word = rt_put_value(b, type, value, word);
        value += rt_words_of(type);
    }
}

static Wanco__Snapshot__Frame *describe_frame(struct rt_builder *b,
                                              const struct rt_record *record)
{
    Wanco__Snapshot__Frame *frame = rt_take(b, 1, sizeof *frame);
    const struct rt_host_call *call = rt_record_host_call(record);
    wanco__snapshot__frame__init(frame);
    frame->instance = rt_instance_number(b, record->instance);
    if (call != NULL)
        describe_host_call(b, frame, call);
    else
        describe_guest_frame(b, frame, record);
    return frame;
}

static uint32_t count_records(void)
{
    struct rt_records records = rt_safepoint_records();
    struct rt_record record;
    uint32_t n = 0;
    while (rt_record_next(&records, &record))
        n++;
    return n;
}

void rt_describe_stack(struct rt_builder *b, Wanco__Snapshot__Header *header)
{
    struct rt_records records = rt_safepoint_records();
    struct rt_record record;
    Wanco__Snapshot__Stack *stack = rt_take(b, 1, sizeof *stack);
    wanco__snapshot__stack__init(stack);
    stack->n_frames = count_records();
    stack->frames = rt_take(b, stack->n_frames, sizeof *stack->frames);
    for (size_t i = stack->n_frames; rt_record_next(&records, &record);)
        stack->frames[--i] = describe_frame(b, &record);
    header->n_stacks = 1;
    header->stacks = rt_take(b, 1, sizeof *header->stacks);
    header->stacks[0] = stack;
}

size_t rt_measure_stack(void)
{
    size_t per_frame =
        sizeof(void *) + sizeof(Wanco__Snapshot__Frame) + 8 * (size_t)RT_TAKE_ALIGNMENT;
    /* Of each value a word; its type and a local's number take less than another. */
    return count_records() * per_frame + 2 * rt_safepoint_records().n_bytes;
}
