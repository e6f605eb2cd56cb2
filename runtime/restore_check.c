/* Whether a snapshot can be of this module. snapshot-format has checked that the file
 * holds together; here it is compared with what the executable knows. The file may have
 * been made to deceive: whatever is built from it later relies on these checks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/host.h"
#include "runtime/restore.h"
#include "runtime/table.h"
#include "runtime/wasi_suspend.h"

static bool misfit(struct rt_error *error, const char *what, uint64_t index)
{
    return rt_error_set(error, RT_ERROR_USAGE,
                        "its %s %" PRIu64 " does not fit the module", what, index);
}

/* ---- Whose it is ---- */

static void hex(const uint8_t *bytes, char text[17])
{
    for (int i = 0; i < 8; i++)
        snprintf(text + (size_t)i * 2, 3, "%02x", bytes[i]);
}

static bool check_identity(const Wanco__Snapshot__Header *header,
                           const struct rt_module *m, struct rt_error *error)
{
    if (header->n_modules != 1 || header->n_instances != 1 || header->n_stacks != 1 ||
        header->instances[0]->n_links != 0)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "it is of several instances, and a program has just one");
    const Wanco__Snapshot__Module *module = header->modules[0];
    if (memcmp(module->sha256.data, m->sha256, sizeof m->sha256) != 0) {
        char theirs[17], ours[17];
        hex(module->sha256.data, theirs);
        hex(m->sha256, ours);
        return rt_error_set(
            error, RT_ERROR_USAGE,
            "it is of another module (SHA-256 %s…, this program's is %s…); "
            "compile that one, and restore it with the result",
            theirs, ours);
    }
    if (m->func_points == NULL)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "this program was compiled with --no-checkpoint; "
                            "compile it again without");
    if (module->resume_rules != m->resume_rules)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "it was written under resume rules %" PRIu32
                            ", and this program has rules %" PRIu32
                            "; compile the program with the wanco that made the other",
                            module->resume_rules, m->resume_rules);
    return true;
}

/* ---- State ---- */

/* Whether a word is a value of a type: if it refers to a function, that is there, and of
 * the type. (That an exception is there, the file's checks say.) The type names types of
 * the module by index; instances are those of the snapshot. */
static bool is_value(uint32_t type, const uint32_t *type_ids,
                     struct rt_instance *const *instances, uint64_t word)
{
    uint32_t number, func_index;
    if ((uint8_t)type == RT_TYPE_EXNREF)
        return word == 0 ? !(type & RT_TYPE_NON_NULL)
                         : type >> RT_TYPE_HEAP_SHIFT != RT_TYPE_NO_HEAP;
    if ((uint8_t)type != RT_TYPE_FUNCREF)
        return true;
    if (!snapshot_funcref_parts(word, &number, &func_index))
        return !(type & RT_TYPE_NON_NULL);
    const struct rt_instance *instance = instances[number];
    const struct rt_module *m = instance->module;
    return func_index < m->n_funcs &&
           rt_type_admits(rt_type_with_id(type, type_ids),
                          instance->type_ids[m->func_types[func_index]]);
}

/* The full type of a parameter, or of a result behind them. */
static uint32_t param_type(const struct rt_type *type, uint32_t i)
{
    return type->types != NULL ? type->types[i] : type->codes[i];
}

static bool is_own_value(struct rt_instance *const *instances, uint32_t type,
                         uint64_t word)
{
    return is_value(type, instances[0]->type_ids, instances, word);
}

/* Whether these are values of the type's parameters; the type is of a module with these
 * type ids. */
static bool are_params(const struct rt_type *type, const uint32_t *type_ids,
                       struct rt_instance *const *instances,
                       const ProtobufCBinaryData *types, const uint64_t *words)
{
    bool ok = types->len == type->n_params;
    for (uint32_t i = 0; ok && i < type->n_params; i++) {
        ok = types->data[i] == type->codes[i] &&
             is_value(param_type(type, i), type_ids, instances, *words);
        words += rt_words_of(type->codes[i]);
    }
    return ok;
}

/* Values of a tag of the module, which its parameters are. */
static bool check_exn(const Wanco__Snapshot__Exception *exn,
                      struct rt_instance *const *instances)
{
    const struct rt_module *m = instances[0]->module;
    if (exn->tag_index < m->n_imported_tags || exn->tag_index >= m->n_tags)
        return false;
    return are_params(&m->types[m->tags[exn->tag_index].type_index],
                      instances[0]->type_ids, instances, &exn->types, exn->words);
}

static bool check_exns(const Wanco__Snapshot__Header *header,
                       struct rt_instance *const *instances, struct rt_error *error)
{
    for (size_t i = 0; i < header->n_exceptions; i++)
        if (!check_exn(header->exceptions[i], instances))
            return misfit(error, "exception", i);
    return true;
}

static bool check_globals(const Wanco__Snapshot__Instance *in,
                          struct rt_instance *const *instances, struct rt_error *error)
{
    const struct rt_module *m = instances[0]->module;
    const uint64_t *word = in->global_words;
    size_t n = 0;
    for (uint32_t i = m->n_imported_globals; i < m->n_globals; i++) {
        if (!m->globals[i].is_mutable)
            continue;
        if (n == in->n_global_indices || in->global_indices[n] != i ||
            in->global_types.data[n] != (uint8_t)m->globals[i].type ||
            !is_own_value(instances, m->globals[i].type, *word))
            return misfit(error, "global", i);
        word += rt_words_of(in->global_types.data[n++]);
    }
    return n == in->n_global_indices || misfit(error, "global", in->global_indices[n]);
}

static bool check_table(const Wanco__Snapshot__Table *table, uint32_t index,
                        struct rt_instance *const *instances)
{
    const struct rt_table_desc *desc = &instances[0]->module->tables[index];
    uint64_t size = 0;
    for (size_t run = 0; run < table->n_run_lengths; run++) {
        size += table->run_lengths[run]; /* the file's checks: it does not overflow */
        if (!is_own_value(instances, desc->element_type, table->run_words[run]))
            return false;
    }
    return table->index == index && table->element_type == (uint8_t)desc->element_type &&
           size >= desc->limits.min && size <= desc->limits.max &&
           size <= RT_TABLE_MAX_ELEMENTS;
}

static bool check_tables(const Wanco__Snapshot__Instance *in,
                         struct rt_instance *const *instances, struct rt_error *error)
{
    const struct rt_module *m = instances[0]->module;
    for (uint32_t i = m->n_imported_tables, n = 0; i < m->n_tables; i++, n++)
        if (n >= in->n_tables || !check_table(in->tables[n], i, instances))
            return misfit(error, "table", i);
    return in->n_tables == m->n_tables - m->n_imported_tables ||
           misfit(error, "table", m->n_tables);
}

static bool check_memories(const Wanco__Snapshot__Header *header,
                           const struct rt_module *m, struct rt_error *error)
{
    size_t n = m->n_memories - m->n_imported_memories;
    for (size_t i = 0; i < n; i++) {
        uint32_t index = m->n_imported_memories + (uint32_t)i;
        const struct rt_limits *limits = &m->memories[index].limits;
        const Wanco__Snapshot__Memory *memory =
            i < header->n_memories ? header->memories[i] : NULL;
        if (memory == NULL || memory->index != index || memory->n_pages < limits->min ||
            memory->n_pages > limits->max ||
            (memory->page_bytes != 0) != (m->memories[index].page_bits == 0))
            return misfit(error, "memory", index);
    }
    return header->n_memories == n || misfit(error, "memory", m->n_memories);
}

static bool check_segments(const Wanco__Snapshot__Instance *in, const struct rt_module *m,
                           struct rt_error *error)
{
    for (size_t i = 0; i < in->n_dropped_datas; i++)
        if (in->dropped_datas[i] >= m->n_datas)
            return misfit(error, "data segment", in->dropped_datas[i]);
    for (size_t i = 0; i < in->n_dropped_elems; i++)
        if (in->dropped_elems[i] >= m->n_elems)
            return misfit(error, "element segment", in->dropped_elems[i]);
    return true;
}

/* ---- The entry ---- */

static const struct rt_type *type_of(const struct rt_module *m, uint32_t func_index)
{
    return &m->types[m->func_types[func_index]];
}

/* ---- Tail calls: in place of what was called there may be what that has called ---- */

static bool makes_tail_calls(const struct rt_module *m, uint32_t func_index)
{
    return func_index >= m->n_imported_funcs && m->func_tail_code != NULL &&
           m->func_tail_code[func_index - m->n_imported_funcs] != NULL;
}

static uint32_t result_type(const struct rt_type *type, uint32_t i, const uint32_t *ids)
{
    return rt_type_with_id(param_type(type, type->n_params + i), ids);
}

/* Whether the results of one function are those that a call of another gives. */
static bool gives_results_of(const struct rt_instance *a, const struct rt_type *a_type,
                             const struct rt_instance *b, const struct rt_type *b_type)
{
    bool ok = a_type->n_results == b_type->n_results;
    for (uint32_t i = 0; ok && i < a_type->n_results; i++)
        ok = rt_type_matches(result_type(a_type, i, a->type_ids),
                             result_type(b_type, i, b->type_ids));
    return ok;
}

/* The function that the host has called, UINT32_MAX if there is none. */
static uint32_t entered_func(const Wanco__Snapshot__Entry *entry,
                             const struct rt_module *m, const struct rt_export *export)
{
    static const char initialize[] = "_initialize";
    switch (entry->stage) {
    case WANCO__SNAPSHOT__ENTRY__STAGE__START_FUNCTION:
        return m->start_func;
    case WANCO__SNAPSHOT__ENTRY__STAGE__INITIALIZE:
        export = rt_exported_func(m, initialize, sizeof initialize - 1);
        break;
    default:
        break;
    }
    return export != NULL ? export->index : UINT32_MAX;
}

static bool check_entry(const Wanco__Snapshot__Header *header,
                        struct rt_instance *const *instances, struct rt_error *error)
{
    const struct rt_module *m = instances[0]->module;
    const Wanco__Snapshot__Entry *entry = header->entry;
    const Wanco__Snapshot__Stack *stack = header->stacks[0];
    const struct rt_export *export =
        rt_exported_func(m, entry->export.data, entry->export.len);
    if (export == NULL)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "it runs a function that the module "
                            "does not export");
    const struct rt_type *type = type_of(m, export->index);
    if (entry->argument_types.len != type->n_params ||
        (type->n_params > 0 &&
         memcmp(entry->argument_types.data, type->codes, type->n_params) != 0))
        return rt_error_set(error, RT_ERROR_USAGE,
                            "its arguments are not those of the function it runs");
    const uint64_t *word = entry->argument_words;
    for (uint32_t i = 0; i < type->n_params; word += rt_words_of(type->codes[i++]))
        if (!is_own_value(instances, param_type(type, i), *word) ||
            (type->codes[i] == RT_TYPE_EXNREF && *word != 0)) /* hosts hold none */
            return misfit(error, "argument", i);
    uint32_t entered = entered_func(entry, m, export);
    if (stack->n_frames == 0 || entered == UINT32_MAX ||
        stack->frames[0]->func_index >= m->n_funcs)
        return misfit(error, "frame", 0);
    uint32_t outermost = stack->frames[0]->func_index;
    return outermost == entered ||
           (makes_tail_calls(m, entered) &&
            gives_results_of(instances[0], type_of(m, outermost), instances[0],
                             type_of(m, entered))) ||
           misfit(error, "frame", 0);
}

/* ---- Frames ---- */

const struct rt_point *rt_restore_point(const Wanco__Snapshot__Frame *frame,
                                        const struct rt_func_points *points)
{
    static const uint32_t kinds[] = {
        [WANCO__SNAPSHOT__FRAME__KIND__LOOP] = RT_POINT_LOOP,
        [WANCO__SNAPSHOT__FRAME__KIND__CALL] = RT_POINT_CALL,
        [WANCO__SNAPSHOT__FRAME__KIND__BEFORE] = RT_POINT_BEFORE,
    };
    uint32_t kind = kinds[frame->kind];
    uint32_t low = 0, high = points->n_points;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct rt_point *p = &points->points[middle];
        if (p->code_offset == frame->code_offset && p->kind == kind)
            return p;
        if (p->code_offset < frame->code_offset ||
            (p->code_offset == frame->code_offset && p->kind < kind))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *rt_restore_host_name(const Wanco__Snapshot__Frame *frame,
                                 const struct rt_module *module)
{
    const struct rt_import *import = module->imports;
    const struct rt_import *end = import + module->n_imports;
    while (import < end &&
           (import->kind != RT_EXTERN_FUNC || import->index != frame->func_index))
        import++;
    return import < end ? rt_wasi_function_of(import) : NULL;
}

/* The arguments of a function that the host supplies: those of its type. */
static bool check_supplied_call(const Wanco__Snapshot__Frame *frame,
                                struct rt_instance *const *instances)
{
    const struct rt_instance *instance = instances[frame->instance];
    const struct rt_type *type = type_of(instance->module, frame->func_index);
    return type->n_params <= WANCO_MAX_VALUES &&
           are_params(type, instance->type_ids, instances, &frame->types, frame->words);
}

static bool check_host_call(const Wanco__Snapshot__Frame *frame,
                            struct rt_instance *const *instances)
{
    struct rt_instance *instance = instances[frame->instance];
    struct rt_host_call call = {.instance = instance,
                                .name = rt_restore_host_name(frame, instance->module),
                                .n_args = (uint32_t)frame->n_words};
    if (frame->func_index >= instance->module->n_imported_funcs ||
        frame->n_words > sizeof call.args / sizeof call.args[0] ||
        frame->n_host_state > sizeof call.state / sizeof call.state[0] ||
        frame->n_local_indices != 0)
        return false;
    if (call.name == NULL)
        return check_supplied_call(frame, instances);
    memcpy(call.args, frame->words, frame->n_words * sizeof *frame->words);
    return rt_wasi_can_call_again(&call);
}

/* A local may be live as far as the compiler knows, and have no value yet. */
static uint32_t local_type(const struct rt_func_points *points, uint32_t local)
{
    return points->full_local_types != NULL
               ? points->full_local_types[local] & ~RT_TYPE_NON_NULL
               : points->local_types[local];
}

static uint32_t operand_type(const struct rt_func_points *points,
                             const struct rt_point *point, size_t operand)
{
    size_t at = point->first_value + point->n_locals + operand;
    return points->full_operand_types != NULL ? points->full_operand_types[at]
                                              : points->values[at];
}

/* Locals that the frame does not have are zero; those that the point does not want are
 * ignored, but are of the right type. */
static bool check_values(const Wanco__Snapshot__Frame *frame,
                         struct rt_instance *const *instances,
                         const struct rt_func_points *points,
                         const struct rt_point *point)
{
    size_t n_locals = frame->n_local_indices;
    const uint32_t *type_ids = instances[frame->instance]->type_ids;
    const uint64_t *word = frame->words; /* as many as the types need */
    if (frame->types.len != n_locals + point->n_operands)
        return false;
    for (size_t i = 0; i < frame->types.len; i++) {
        uint32_t wanted;
        if (i >= n_locals)
            wanted = operand_type(points, point, i - n_locals);
        else if (frame->local_indices[i] < points->n_locals)
            wanted = local_type(points, frame->local_indices[i]);
        else
            return false;
        if (frame->types.data[i] != (uint8_t)wanted ||
            !is_value(wanted, type_ids, instances, *word))
            return false;
        word += rt_words_of((uint8_t)wanted);
    }
    return true;
}

/* Whether a frame in a call at this point can have called the next one. */
static bool can_call(const struct rt_point *point, const Wanco__Snapshot__Frame *outer,
                     const Wanco__Snapshot__Frame *inner,
                     struct rt_instance *const *instances)
{
    const struct rt_instance *o = instances[outer->instance];
    const struct rt_instance *i = instances[inner->instance];
    const struct rt_module *m = o->module;
    bool is_indirect = (point->callee & RT_POINT_INDIRECT) != 0;
    if (inner->func_index >= i->module->n_funcs)
        return false;
    uint32_t called =
        is_indirect ? point->callee & ~RT_POINT_INDIRECT : m->func_types[point->callee];
    uint32_t type = i->module->func_types[inner->func_index];
    bool gives_results =
        gives_results_of(i, &i->module->types[type], o, &m->types[called]);
    if (!is_indirect && i == o)
        return inner->func_index == point->callee ||
               (makes_tail_calls(m, point->callee) && gives_results);
    /* Through a reference, or a function that another instance has exported. */
    return rt_type_is_sub(i->type_ids[type], o->type_ids[called]) ||
           ((m->func_tail_code != NULL || i->module->func_tail_code != NULL) &&
            gives_results);
}

static bool check_frame(const Wanco__Snapshot__Stack *stack, size_t i,
                        struct rt_instance *const *instances)
{
    const Wanco__Snapshot__Frame *frame = stack->frames[i];
    struct rt_instance *instance = instances[frame->instance];
    const struct rt_module *m = instance->module;
    bool is_innermost = i + 1 == stack->n_frames;
    if (frame->kind == WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL)
        return is_innermost && check_host_call(frame, instances);
    const struct rt_func_points *points = rt_points_of(m, frame->func_index);
    const struct rt_point *point =
        points != NULL ? rt_restore_point(frame, points) : NULL;
    if (point == NULL || !check_values(frame, instances, points, point) ||
        is_innermost == (point->kind == RT_POINT_CALL))
        return false;
    if (is_innermost)
        return true;
    return can_call(point, frame, stack->frames[i + 1], instances);
}

bool rt_restore_check_stack(const Wanco__Snapshot__Stack *stack,
                            struct rt_instance *const *instances, struct rt_error *error)
{
    if (stack->n_frames > UINT32_MAX)
        return misfit(error, "frame", stack->n_frames);
    for (size_t i = 0; i < stack->n_frames; i++)
        if (!check_frame(stack, i, instances))
            return misfit(error, "frame", i);
    return true;
}

bool rt_restore_check(const Wanco__Snapshot__Header *header,
                      const struct rt_module *module, struct rt_error *error)
{
    if (!check_identity(header, module, error))
        return false;
    uint32_t *type_ids = calloc((size_t)module->n_types + 1, sizeof *type_ids);
    struct rt_instance unborn = {.module = module, .type_ids = type_ids};
    struct rt_instance *instances[] = {&unborn};
    if (type_ids == NULL || !rt_type_ids(module, type_ids)) {
        free(type_ids);
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    }
    const Wanco__Snapshot__Instance *in = header->instances[0];
    bool ok =
        check_exns(header, instances, error) && check_globals(in, instances, error) &&
        check_tables(in, instances, error) && check_memories(header, module, error) &&
        check_segments(in, module, error) && check_entry(header, instances, error) &&
        rt_restore_check_stack(header->stacks[0], instances, error);
    free(type_ids);
    return ok;
}
