/* Describes a suspended guest: frames, globals, tables, memories, segments, and the state
 * of WASI.
 *
 * All of it lies in one mapping whose size is known to suffice, so that there is one
 * place where memory can be short; the guest then goes on without a checkpoint. */
#define _GNU_SOURCE
#include "runtime/capture.h"

#include <assert.h>
#include <sys/mman.h>
#include <time.h>

#include "runtime/arch.h"
#include "runtime/backtrace.h"
#include "runtime/builder.h"
#include "runtime/capture_stack.h"
#include "runtime/exn_choice.h"
#include "runtime/exn_heap.h"
#include "runtime/mapped.h"
#include "runtime/private.h"
#include "runtime/wasi_snapshot.h"

/* Of the messages that a snapshot has one or a few of. */
#define FIXED_BYTES ((size_t)64 << 10)

static ProtobufCBinaryData bytes_of(struct rt_string string)
{
    return (ProtobufCBinaryData){string.n_bytes, (uint8_t *)(uintptr_t)string.chars};
}

/* Values of a type's parameters, 16 bytes apart. */
static size_t describe_params(struct rt_builder *b, const struct rt_type *type,
                              const union rt_value *values, ProtobufCBinaryData *types,
                              uint64_t **words)
{
    uint32_t n = type->n_params;
    uint64_t *word = *words = rt_take(b, n, 2 * sizeof *word);
    if (n > 0)
        *types = (ProtobufCBinaryData){n, (uint8_t *)(uintptr_t)type->codes};
    for (uint32_t i = 0; i < n; i++)
        word = rt_put_value(b, type->codes[i], &values[i], word);
    return (size_t)(word - *words);
}

/* ---- Names of the functions on the stack, for people ---- */

static void describe_names(struct rt_builder *b, Wanco__Snapshot__Header *header)
{
    const struct rt_module *m = b->instances[0]->module;
    const Wanco__Snapshot__Stack *stack = header->stacks[0];
    bool *is_on_stack = rt_take(b, m->n_funcs, sizeof *is_on_stack); /* all false */
    size_t n = 0;
    for (size_t i = 0; i < stack->n_frames; i++)
        is_on_stack[stack->frames[i]->func_index] = true;
    for (uint32_t f = 0; f < m->n_funcs; f++)
        n += is_on_stack[f];
    header->names = rt_take(b, n, sizeof *header->names);
    for (uint32_t f = 0; f < m->n_funcs; f++) {
        struct rt_string name =
            is_on_stack[f] ? rt_func_name(m, f) : (struct rt_string){0};
        if (name.n_bytes == 0)
            continue;
        Wanco__Snapshot__FunctionName *named = rt_take(b, 1, sizeof *named);
        wanco__snapshot__function_name__init(named);
        named->func_index = f;
        named->name = bytes_of(name);
        header->names[header->n_names++] = named;
    }
}

/* ---- The instance ---- */

static void describe_globals(struct rt_builder *b, Wanco__Snapshot__Instance *described)
{
    struct rt_instance *instance = b->instances[0];
    const struct rt_module *m = instance->module;
    described->global_indices = rt_take(b, m->n_globals, sizeof(uint32_t));
    described->global_words = rt_take(b, m->n_globals, 2 * sizeof(uint64_t));
    described->global_types.data = rt_take(b, m->n_globals, 1);
    size_t n = 0;
    uint64_t *word = described->global_words;
    for (uint32_t i = m->n_imported_globals; i < m->n_globals; i++) {
        if (!m->globals[i].is_mutable)
            continue;
        uint8_t type = (uint8_t)m->globals[i].type;
        described->global_indices[n] = i;
        described->global_types.data[n++] = type;
        word = rt_put_value(b, type, rt_instance_global(instance, i), word);
    }
    described->n_global_indices = n;
    described->n_global_words = (size_t)(word - described->global_words);
    described->global_types.len = n;
}

static uint64_t element_word(struct rt_builder *b, const struct rt_table *table,
                             uint64_t i)
{
    const void *element = table->element_type == RT_TYPE_FUNCREF
                              ? (const void *)&table->u.entries[i].func
                              : &table->u.refs[i];
    return rt_word_of(b, (uint8_t)table->element_type, element);
}

static Wanco__Snapshot__Table *describe_table(struct rt_builder *b, uint32_t index)
{
    const struct rt_table *table = rt_instance_table(b->instances[0], index);
    Wanco__Snapshot__Table *described = rt_take(b, 1, sizeof *described);
    wanco__snapshot__table__init(described);
    described->index = index;
    described->element_type = table->element_type;
    b->has_exnref |= table->element_type == RT_TYPE_EXNREF;
    described->max_elements = table->max_elements;
    described->run_lengths = rt_take(b, table->n_elements, sizeof(uint64_t));
    described->run_words = rt_take(b, table->n_elements, sizeof(uint64_t));
    size_t n = 0;
    for (uint64_t i = 0; i < table->n_elements; i++) {
        uint64_t word = element_word(b, table, i);
        if (n == 0 || described->run_words[n - 1] != word)
            described->run_words[n++] = word; /* its length is 0 as yet */
        described->run_lengths[n - 1]++;
    }
    described->n_run_lengths = described->n_run_words = n;
    return described;
}

static void describe_segments(struct rt_builder *b, Wanco__Snapshot__Instance *described)
{
    const struct rt_instance *instance = b->instances[0];
    const struct rt_module *m = instance->module;
    described->dropped_datas = rt_take(b, m->n_datas, sizeof(uint32_t));
    described->dropped_elems = rt_take(b, m->n_elems, sizeof(uint32_t));
    for (uint32_t i = 0; i < m->n_datas; i++)
        if (instance->private->data_bytes[i] == 0)
            described->dropped_datas[described->n_dropped_datas++] = i;
    for (uint32_t i = 0; i < m->n_elems; i++)
        if (instance->private->elem_lengths[i] == 0)
            described->dropped_elems[described->n_dropped_elems++] = i;
}

static void describe_instance(struct rt_builder *b, Wanco__Snapshot__Header *header)
{
    const struct rt_module *m = b->instances[0]->module;
    Wanco__Snapshot__Instance *described = rt_take(b, 1, sizeof *described);
    wanco__snapshot__instance__init(described);
    describe_globals(b, described);
    describe_segments(b, described);
    described->n_tables = m->n_tables - m->n_imported_tables;
    described->tables = rt_take(b, described->n_tables, sizeof *described->tables);
    for (size_t i = 0; i < described->n_tables; i++)
        described->tables[i] = describe_table(b, m->n_imported_tables + (uint32_t)i);
    header->n_instances = 1;
    header->instances = rt_take(b, 1, sizeof *header->instances);
    header->instances[0] = described;
}

static void describe_memories(struct rt_builder *b, struct rt_capture *capture)
{
    Wanco__Snapshot__Header *header = &capture->header;
    struct rt_instance *instance = b->instances[0];
    const struct rt_module *m = instance->module;
    size_t n = m->n_memories - m->n_imported_memories;
    header->n_memories = n;
    header->memories = rt_take(b, n, sizeof *header->memories);
    capture->memories = rt_take(b, n, sizeof *capture->memories);
    for (size_t i = 0; i < n; i++) {
        uint32_t index = m->n_imported_memories + (uint32_t)i;
        const struct rt_memory *memory = rt_instance_memory(instance, index);
        Wanco__Snapshot__Memory *described = rt_take(b, 1, sizeof *described);
        wanco__snapshot__memory__init(described);
        described->index = index;
        described->n_pages = memory->n_bytes >> memory->page_bits;
        described->max_pages = memory->max_pages;
        if (memory->page_bits != RT_PAGE_BITS) {
            described->page_bytes = 1u << memory->page_bits;
            rt_require(b, header, SNAPSHOT_FEATURE_PAGE_SIZES);
        }
        header->memories[i] = described;
        capture->memories[i] = (struct snapshot_memory){memory->base, memory->n_bytes,
                                                        rt_mapped_runs(memory)};
    }
}

/* ---- Exceptions ---- */

static Wanco__Snapshot__Exception *describe_exn(struct rt_builder *b,
                                                const struct rt_exn *exn)
{
    Wanco__Snapshot__Exception *described = rt_take(b, 1, sizeof *described);
    wanco__snapshot__exception__init(described);
    described->instance = rt_instance_number(b, exn->tag->instance);
    described->tag_index = exn->tag->tag_index;
    described->n_words = describe_params(b, exn->tag->type, exn->values,
                                         &described->types, &described->words);
    return described;
}

/* After all else that may refer to them. */
static void describe_exns(struct rt_builder *b, Wanco__Snapshot__Header *header)
{
    const struct rt_exn *exn;
    header->exceptions = rt_take(b, b->n_exns, sizeof *header->exceptions);
    for (size_t at = 0; (exn = rt_exn_next_chosen(&at)) != NULL;)
        header->exceptions[header->n_exceptions++] = describe_exn(b, exn);
    if (b->has_exnref)
        rt_require(b, header, SNAPSHOT_FEATURE_EXCEPTIONS);
}

/* ---- The rest of the header ---- */

static void describe_module(struct rt_builder *b, Wanco__Snapshot__Header *header)
{
    const struct rt_module *m = b->instances[0]->module;
    Wanco__Snapshot__Module *described = rt_take(b, 1, sizeof *described);
    wanco__snapshot__module__init(described);
    described->sha256 =
        (ProtobufCBinaryData){sizeof m->sha256, (uint8_t *)(uintptr_t)m->sha256};
    described->name = bytes_of(m->name);
    described->resume_rules = m->resume_rules;
    header->n_modules = 1;
    header->modules = rt_take(b, 1, sizeof *header->modules);
    header->modules[0] = described;
}

static void describe_entry(struct rt_builder *b, Wanco__Snapshot__Header *header,
                           const struct rt_entry *entry)
{
    Wanco__Snapshot__Entry *described = rt_take(b, 1, sizeof *described);
    wanco__snapshot__entry__init(described);
    described->stage = entry->stage;
    described->export = bytes_of(entry->export);
    assert(entry->type->n_params == 0 || entry->args != NULL);
    described->n_argument_words =
        describe_params(b, entry->type, entry->args, &described->argument_types,
                        &described->argument_words);
    header->entry = described;
}

static void describe_producer(struct rt_builder *b, Wanco__Snapshot__Header *header)
{
    static char program[] = "wanco " WANCO_VERSION;
    struct timespec now;
    Wanco__Snapshot__Producer *producer = rt_take(b, 1, sizeof *producer);
    wanco__snapshot__producer__init(producer);
    producer->program = program;
    producer->isa = (char *)(uintptr_t)rt_arch_name;
    header->producer = producer;
    clock_gettime(CLOCK_REALTIME, &now);
    header->written_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- The arena ---- */

static size_t measure_instance(struct rt_instance *instance)
{
    const struct rt_module *m = instance->module;
    size_t n = m->n_funcs *
                   (size_t)(1 + sizeof(void *) + sizeof(Wanco__Snapshot__FunctionName)) +
               (size_t)m->n_globals * 24 + ((size_t)m->n_datas + m->n_elems) * 4 +
               (size_t)m->n_tables * (sizeof(Wanco__Snapshot__Table) + 64) +
               (size_t)m->n_memories * (sizeof(Wanco__Snapshot__Memory) + 64);
    for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++)
        n += (size_t)rt_instance_table(instance, i)->n_elements * 16;
    return n;
}

/* Of those that are chosen. */
static size_t measure_exns(void)
{
    const struct rt_exn *exn;
    size_t n = 0;
    for (size_t at = 0; (exn = rt_exn_next_chosen(&at)) != NULL;)
        n += 2 * sizeof exn + sizeof(Wanco__Snapshot__Exception) +
             2 * (size_t)RT_TAKE_ALIGNMENT + exn->n_values * sizeof exn->values[0];
    return n;
}

static void list_exns(struct rt_builder *b, struct rt_capture *capture)
{
    const struct rt_exn *exn;
    capture->exns = rt_take(b, b->n_exns, sizeof(struct rt_exn *));
    for (size_t at = 0; (exn = rt_exn_next_chosen(&at)) != NULL;)
        capture->exns[exn->number - 1] = (struct rt_exn *)(uintptr_t)exn;
}

/* Begins to describe an instance, or all if it is NULL: the newest is the first that
 * rt_instance_next gives. */
static bool begin(struct rt_builder *b, struct rt_capture *capture,
                  struct rt_instance *only, struct rt_error *error)
{
    uint32_t n_exns = rt_exns_choose(only);
    size_t n_bytes = FIXED_BYTES + rt_measure_stack() + measure_exns();
    uint32_t n = 0;
    for (struct rt_instance *i = rt_instance_next(NULL); i != NULL;
         i = rt_instance_next(i), n++)
        n_bytes += measure_instance(i) + sizeof i;
    *capture = (struct rt_capture){.arena_bytes = n_bytes};
    wanco__snapshot__header__init(&capture->header);
    capture->arena = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (capture->arena == MAP_FAILED)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    *b = (struct rt_builder){.next = capture->arena,
                             .end = (uint8_t *)capture->arena + n_bytes,
                             .n_instances = n,
                             .n_exns = n_exns};
    capture->instances = b->instances = rt_take(b, n, sizeof(struct rt_instance *));
    for (struct rt_instance *i = rt_instance_next(NULL); i != NULL;
         i = rt_instance_next(i))
        b->instances[--n] = i;
    if (only != NULL) {
        b->instances[0] = only;
        b->n_instances = 1;
    }
    list_exns(b, capture);
    return true;
}

void rt_capture_free(struct rt_capture *capture)
{
    if (capture->header.wasi != NULL)
        wanco__snapshot__wasi__free_unpacked(capture->header.wasi, NULL);
    munmap(capture->arena, capture->arena_bytes);
}

/* ---- All of it ---- */

static bool end(const struct rt_builder *b, struct rt_capture *capture,
                struct rt_error *error)
{
    if (!b->has_externref)
        return true;
    rt_capture_free(capture);
    return rt_error_set(
        error, RT_ERROR_SYSTEM,
        "the guest holds a reference to something of the host (externref)");
}

bool rt_capture_stack(struct rt_capture *capture, struct rt_error *error)
{
    struct rt_builder b = {.n_instances = 0};
    if (!begin(&b, capture, NULL, error))
        return false;
    rt_describe_stack(&b, &capture->header);
    return end(&b, capture, error);
}

static bool describe_wasi(struct rt_builder *b, Wanco__Snapshot__Header *header,
                          struct rt_error *error)
{
    struct rt_wasi *wasi = rt_instance_wasi(b->instances[0]);
    if (wasi == NULL)
        return true;
    error->kind = RT_ERROR_SYSTEM;
    header->wasi = rt_wasi_save(wasi, error->text, sizeof error->text);
    if (header->wasi == NULL)
        return false;
    if (rt_wasi_needs_moves(header->wasi))
        rt_require(b, header, SNAPSHOT_FEATURE_MOVES);
    return true;
}

bool rt_capture(struct rt_capture *capture, const struct rt_entry *entry,
                struct rt_error *error)
{
    struct rt_builder b = {.n_instances = 0};
    if (!begin(&b, capture, entry->instance, error))
        return false;
    assert(b.n_instances == 1);
    Wanco__Snapshot__Header *header = &capture->header;
    if (!describe_wasi(&b, header, error)) {
        rt_capture_free(capture);
        return false;
    }
    describe_producer(&b, header);
    describe_module(&b, header);
    describe_instance(&b, header);
    describe_entry(&b, header, entry);
    rt_describe_stack(&b, header);
    describe_exns(&b, header);
    describe_memories(&b, capture);
    describe_names(&b, header);
    return end(&b, capture, error);
}
