/* The module's description, struct rt_module of abi.h, as constant data. */
#include "compiler/codegen_checkpoint.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runtime/abi.h"
#include "snapshot-format/sha256.h"

static LLVMValueRef const_struct(struct mod_gen *g, LLVMValueRef *fields, unsigned n)
{
    return LLVMConstStructInContext(g->context, fields, n, false);
}

/* A private constant object; its address. */
static LLVMValueRef constant_object(struct mod_gen *g, const char *name,
                                    LLVMValueRef value)
{
    LLVMValueRef global = LLVMAddGlobal(g->llvm, LLVMTypeOf(value), name);
    LLVMSetInitializer(global, value);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(global, true);
    return global;
}

/* The address of a constant array of values of one type; null if it is empty. */
static LLVMValueRef constant_array(struct mod_gen *g, const char *name,
                                   LLVMValueRef *values, uint64_t n)
{
    if (n == 0)
        return LLVMConstNull(g->ptr);
    return constant_object(g, name, LLVMConstArray2(LLVMTypeOf(values[0]), values, n));
}

static LLVMValueRef constant_bytes(struct mod_gen *g, const char *name, const void *bytes,
                                   size_t n)
{
    if (n == 0)
        return LLVMConstNull(g->ptr);
    return constant_object(g, name,
                           LLVMConstStringInContext2(g->context, bytes, n, true));
}

static LLVMValueRef *new_values(struct mod_gen *g, size_t n)
{
    return arena_array(g->arena, n, sizeof(LLVMValueRef));
}

static LLVMValueRef string(struct mod_gen *g, const struct name *name)
{
    LLVMValueRef fields[] = {constant_bytes(g, "name", name->chars, name->length),
                             gen_i64(g, name->length)};
    return const_struct(g, fields, 2);
}

static LLVMValueRef limits(struct mod_gen *g, const struct limits *l)
{
    LLVMValueRef fields[] = {gen_i64(g, l->min),
                             gen_i64(g, l->has_max ? l->max : UINT64_MAX),
                             gen_i64(g, l->is_64)};
    return const_struct(g, fields, 3);
}

_Static_assert((uint32_t)TYPE_NON_NULL == RT_TYPE_NON_NULL &&
                   TYPE_HEAP_SHIFT == RT_TYPE_HEAP_SHIFT &&
                   TYPE_NO_HEAP == RT_TYPE_NO_HEAP,
               "value types are the runtime's full types");

static LLVMValueRef types(struct mod_gen *g)
{
    uint32_t n = g->m->n_types;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct func_type *type = &g->m->types[i];
        const struct type_def *def = &g->m->type_defs[i];
        uint32_t n_codes = type->n_params + type->n_results;
        uint32_t same_as = g->m->canonical_types[i];
        uint8_t *codes = arena_alloc(g->arena, n_codes + 1);
        LLVMValueRef *full = new_values(g, n_codes);
        bool says_more = false;
        for (uint32_t k = 0; k < n_codes; k++) {
            val_type t =
                k < type->n_params ? type->params[k] : type->results[k - type->n_params];
            codes[k] = type_code(t);
            full[k] = gen_i32(g, t);
            says_more = says_more || t != type_code(t);
        }
        LLVMValueRef members[] = {
            gen_i32(g, type->n_params),
            gen_i32(g, type->n_results),
            constant_bytes(g, "type", codes, n_codes),
            constant_array(g, "full", full, says_more ? n_codes : 0),
            gen_i32(g, def->supertype + 1), /* NO_INDEX: 0 */
            gen_i32(g, !def->is_final),
            gen_i32(g, def->group + def->group_size - 1 - i),
            gen_i32(g, same_as == i ? 0 : same_as + 1)};
        values[i] = const_struct(g, members, 8);
    }
    return constant_array(g, "types", values, n);
}

static LLVMValueRef imports(struct mod_gen *g)
{
    uint32_t n = g->m->n_imports;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct import *import = &g->m->imports[i];
        LLVMValueRef host = g->layout->is_host_func[i] ? gen_func(g, import->index)
                                                       : LLVMConstNull(g->ptr);
        bool is_adapted = import->kind == EXTERN_FUNC && !g->layout->is_host_func[i];
        LLVMValueRef members[] = {string(g, &import->module),
                                  string(g, &import->name),
                                  gen_i32(g, import->kind),
                                  gen_i32(g, import->index),
                                  host,
                                  is_adapted ? gen_adapter(g, import->index)
                                             : LLVMConstNull(g->ptr)};
        values[i] = const_struct(g, members, 6);
    }
    return constant_array(g, "imports", values, n);
}

static LLVMValueRef exports(struct mod_gen *g)
{
    uint32_t n = g->m->n_exports;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct export *export = &g->m->exports[i];
        LLVMValueRef members[] = {string(g, &export->name), gen_i32(g, export->kind),
                                  gen_i32(g, export->index)};
        values[i] = const_struct(g, members, 3);
    }
    return constant_array(g, "exports", values, n);
}

static LLVMValueRef func_types(struct mod_gen *g)
{
    LLVMValueRef *values = new_values(g, g->m->n_funcs);
    for (uint32_t i = 0; i < g->m->n_funcs; i++)
        values[i] = gen_i32(g, g->m->funcs[i].type_index);
    return constant_array(g, "func_types", values, g->m->n_funcs);
}

static LLVMValueRef func_code(struct mod_gen *g)
{
    uint32_t first = g->m->n_imported_funcs, n = g->m->n_funcs - first;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++)
        values[i] = gen_func_entry(g, first + i);
    return constant_array(g, "func_code", values, n);
}

LLVMValueRef gen_tail_code(struct mod_gen *g, uint32_t func_index)
{
    return g->m->funcs[func_index].makes_tail_calls ? gen_func(g, func_index)
                                                    : LLVMConstNull(g->ptr);
}

static LLVMValueRef func_tail_code(struct mod_gen *g)
{
    uint32_t first = g->m->n_imported_funcs, n = g->m->n_funcs - first;
    LLVMValueRef *values = new_values(g, n);
    bool has_any = false;
    for (uint32_t i = 0; i < n; i++) {
        has_any = has_any || g->m->funcs[first + i].makes_tail_calls;
        values[i] = gen_tail_code(g, first + i);
    }
    return constant_array(g, "func_tail_code", values, has_any ? n : 0);
}

static LLVMValueRef type_calls(struct mod_gen *g)
{
    uint32_t n = g->m->n_types;
    LLVMValueRef *values = new_values(g, n);
    bool has_any = false;
    for (uint32_t i = 0; i < n; i++) {
        LLVMValueRef thunk = gen_call_thunk(g, i);
        has_any = has_any || thunk;
        values[i] = thunk ? thunk : LLVMConstNull(g->ptr);
    }
    return constant_array(g, "type_calls", values, has_any ? n : 0);
}

static LLVMValueRef func_points(struct mod_gen *g)
{
    if (!g->options->suspension)
        return LLVMConstNull(g->ptr);
    uint32_t first = g->m->n_imported_funcs, n = g->m->n_funcs - first;
    LLVMValueRef *values = new_values(g, (size_t)n + 1); /* not empty, which says more */
    for (uint32_t i = 0; i < n; i++)
        values[i] = gen_can_suspend(g, first + i) ? gen_func_points(g, first + i)
                                                  : LLVMConstNull(g->ptr);
    values[n] = LLVMConstNull(g->ptr);
    return constant_array(g, "func_points", values, (uint64_t)n + 1);
}

static LLVMValueRef func_slots(struct mod_gen *g)
{
    uint32_t n = g->m->n_imported_funcs;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++)
        values[i] = gen_i64(g, g->layout->func_slots[i]);
    return constant_array(g, "func_slots", values, n);
}

static LLVMValueRef tables(struct mod_gen *g)
{
    uint32_t n = g->m->n_tables;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct table_type *type = &g->m->tables[i].type;
        LLVMValueRef members[] = {gen_i32(g, type->element),
                                  gen_i32(g, g->layout->table_slots[i]),
                                  limits(g, &type->limits)};
        values[i] = const_struct(g, members, 3);
    }
    return constant_array(g, "tables", values, n);
}

static LLVMValueRef memories(struct mod_gen *g)
{
    uint32_t n = g->m->n_memories;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct memory_type *type = &g->m->memories[i].type;
        LLVMValueRef members[] = {gen_i64(g, g->layout->memory_slots[i]),
                                  limits(g, &type->limits), gen_i64(g, type->page_bits),
                                  gen_i64(g, i == 0 ? g->options->memory0 : 0)};
        values[i] = const_struct(g, members, 4);
    }
    return constant_array(g, "memories", values, n);
}

static LLVMValueRef globals(struct mod_gen *g)
{
    uint32_t n = g->m->n_globals;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct global_type *type = &g->m->globals[i].type;
        LLVMValueRef members[] = {gen_i32(g, type->type), gen_i32(g, type->is_mutable),
                                  gen_i64(g, g->layout->global_slots[i])};
        values[i] = const_struct(g, members, 3);
    }
    return constant_array(g, "globals", values, n);
}

static LLVMValueRef tags(struct mod_gen *g)
{
    uint32_t n = g->m->n_tags;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        LLVMValueRef members[] = {gen_i32(g, g->m->tags[i].type_index),
                                  gen_i32(g, g->layout->tag_slots[i])};
        values[i] = const_struct(g, members, 2);
    }
    return constant_array(g, "tags", values, n);
}

static LLVMValueRef elems(struct mod_gen *g)
{
    uint32_t n = g->m->n_elems;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct elem_segment *segment = &g->m->elems[i];
        LLVMValueRef indices = LLVMConstNull(g->ptr);
        if (segment->func_indices) {
            LLVMValueRef *items = new_values(g, segment->n_items);
            for (uint32_t k = 0; k < segment->n_items; k++)
                items[k] = gen_i32(g, segment->func_indices[k]);
            indices = constant_array(g, "elem", items, segment->n_items);
        }
        LLVMValueRef members[] = {gen_i32(g, segment->type), gen_i32(g, segment->n_items),
                                  indices};
        values[i] = const_struct(g, members, 3);
    }
    return constant_array(g, "elems", values, n);
}

static LLVMValueRef datas(struct mod_gen *g)
{
    uint32_t n = g->m->n_datas;
    LLVMValueRef *values = new_values(g, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct data_segment *segment = &g->m->datas[i];
        LLVMValueRef members[] = {
            constant_bytes(g, "data", segment->bytes, segment->n_bytes),
            gen_i64(g, segment->n_bytes)};
        values[i] = const_struct(g, members, 2);
    }
    return constant_array(g, "datas", values, n);
}

/* All function names in one string, and where each begins. */
static LLVMValueRef names(struct mod_gen *g)
{
    const struct module *m = g->m;
    size_t n_chars = 0;
    for (uint32_t i = 0; i < m->n_funcs; i++)
        n_chars += m->funcs[i].name.length;
    LLVMValueRef none[] = {LLVMConstNull(g->ptr), LLVMConstNull(g->ptr)};
    if (n_chars == 0 || n_chars > UINT32_MAX)
        return const_struct(g, none, 2);
    char *chars = arena_alloc(g->arena, n_chars);
    LLVMValueRef *offsets = new_values(g, m->n_funcs + 1);
    size_t at = 0;
    for (uint32_t i = 0; i < m->n_funcs; i++) {
        const struct name *name = &m->funcs[i].name;
        offsets[i] = gen_i32(g, (uint32_t)at);
        if (name->length)
            memcpy(chars + at, name->chars, name->length);
        at += name->length;
    }
    offsets[m->n_funcs] = gen_i32(g, (uint32_t)at);
    LLVMValueRef fields[] = {
        constant_array(g, "name_offsets", offsets, (uint64_t)m->n_funcs + 1),
        constant_bytes(g, "names", chars, n_chars)};
    return const_struct(g, fields, 2);
}

/* The libraries' names: where they lie is the program's to find out. */
static LLVMValueRef plugins(struct mod_gen *g)
{
    uint32_t n = 0;
    while (g->options->plugins && g->options->plugins[n])
        n++;
    if (n == 0)
        return LLVMConstNull(g->ptr);
    LLVMValueRef *values = new_values(g, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const char *path = g->options->plugins[i], *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        values[i] = constant_bytes(g, "plugin", name, strlen(name) + 1);
    }
    values[n] = LLVMConstNull(g->ptr);
    return constant_array(g, "plugins", values, (uint64_t)n + 1);
}

/* Defines the memory of the only instance. */
static LLVMValueRef only_instance(struct mod_gen *g)
{
    if (!g->options->is_only_instance)
        return LLVMConstNull(g->ptr);
    LLVMValueRef instance = gen_only_instance(g);
    LLVMSetInitializer(instance, LLVMConstNull(LLVMGlobalGetValueType(instance)));
    return instance;
}

/* A symbol that the linker defines, if there is any site. */
static LLVMValueRef end_of_sites(struct mod_gen *g, const char *symbol)
{
    if (!g->options->suspension)
        return LLVMConstNull(g->ptr);
    LLVMValueRef end = LLVMAddGlobal(g->llvm, g->i8, symbol);
    LLVMSetLinkage(end, LLVMExternalWeakLinkage);
    LLVMSetVisibility(end, LLVMHiddenVisibility);
    return end;
}

/* llvm.used: optimiser and linker keep a value that nothing refers to. */
static void keep(struct mod_gen *g, LLVMValueRef value)
{
    LLVMValueRef used = LLVMAddGlobal(g->llvm, LLVMArrayType2(g->ptr, 1), "llvm.used");
    LLVMSetInitializer(used, LLVMConstArray2(g->ptr, &value, 1));
    LLVMSetLinkage(used, LLVMAppendingLinkage);
    LLVMSetSection(used, "llvm.metadata");
}

/* What those who only look at the file find. Both ISAs are little-endian, as the machines
 * that compile are. */
static void define_note(struct mod_gen *g, const uint8_t sha256[32])
{
    unsigned major, minor, patch;
    struct rt_note note = {.n_bytes = sizeof note,
                           .abi_version = RT_ABI_VERSION,
                           .resume_rules = RT_RESUME_RULES,
                           .flags =
                               g->options->suspension != NULL ? RT_NOTE_CHECKPOINT : 0};
    memcpy(note.magic, RT_NOTE_MAGIC, sizeof note.magic);
    memcpy(note.sha256, sha256, sizeof note.sha256);
    LLVMGetVersion(&major, &minor, &patch);
    snprintf(note.compiler, sizeof note.compiler, "wanco %s (LLVM %u.%u.%u)",
             WANCO_VERSION, major, minor, patch);
    LLVMValueRef bytes =
        LLVMConstStringInContext2(g->context, (const char *)&note, sizeof note, true);
    LLVMValueRef global = constant_object(g, "note", bytes);
    LLVMSetAlignment(global, _Alignof(struct rt_note));
    LLVMSetUnnamedAddress(global, LLVMNoUnnamedAddr);
    LLVMSetSection(global, RT_NOTE_SECTION);
    keep(g, global);
}

void gen_module_description(struct mod_gen *g)
{
    const struct module *m = g->m;
    uint8_t sha256[32];
    snapshot_sha256(m->bytes, m->n_bytes, sha256);
    uint32_t numbers[] = {RT_ABI_VERSION, m->n_types,
                          m->n_imports,   m->n_exports,
                          m->n_funcs,     m->n_imported_funcs,
                          m->n_tables,    m->n_imported_tables,
                          m->n_memories,  m->n_imported_memories,
                          m->n_globals,   m->n_imported_globals,
                          m->n_tags,      m->n_imported_tags,
                          m->n_elems,     m->n_datas,
                          m->start_func,  g->layout->instance_bytes};
    enum { N_NUMBERS = sizeof numbers / sizeof numbers[0] };
    _Static_assert(offsetof(struct rt_module, types) == sizeof numbers,
                   "all numbers are there");
    LLVMValueRef fields[N_NUMBERS + 25];
    unsigned n = 0;
    for (; n < N_NUMBERS; n++)
        fields[n] = gen_i32(g, numbers[n]);
    fields[n++] = types(g);
    fields[n++] = imports(g);
    fields[n++] = exports(g);
    fields[n++] = func_types(g);
    fields[n++] = func_code(g);
    fields[n++] = func_tail_code(g);
    fields[n++] = type_calls(g);
    fields[n++] = func_slots(g);
    fields[n++] = tables(g);
    fields[n++] = memories(g);
    fields[n++] = globals(g);
    fields[n++] = tags(g);
    fields[n++] = elems(g);
    fields[n++] = datas(g);
    fields[n++] = names(g);
    fields[n++] = string(g, &m->name);
    fields[n++] = func_points(g);
    fields[n++] = end_of_sites(g, "__start_" RT_SITES_SECTION);
    fields[n++] = end_of_sites(g, "__stop_" RT_SITES_SECTION);
    fields[n++] = gen_i32(g, RT_RESUME_RULES);
    bool is_v2 = strcmp(g->options->cpu, "x86-64-v2") == 0;
    fields[n++] = gen_i32(g, is_v2 ? RT_CPU_X86_64_V2 : RT_CPU_ANY);
    fields[n++] =
        LLVMConstStringInContext2(g->context, (const char *)sha256, sizeof sha256, true);
    fields[n++] = only_instance(g);
    fields[n++] = gen_initialize(g);
    fields[n++] = plugins(g);
    assert(n == sizeof fields / sizeof fields[0]);
    LLVMValueRef value = const_struct(g, fields, n);
    LLVMValueRef description =
        LLVMAddGlobal(g->llvm, LLVMTypeOf(value), g->options->module_symbol);
    LLVMSetInitializer(description, value);
    LLVMSetGlobalConstant(description, true);
    define_note(g, sha256);
    for (uint32_t i = 0; i < m->n_tables; i++)
        if (g->layout->tables[i].is_static)
            gen_define_static_tables(g, i);
}
