/* Sections to struct module (core 5.5), driven by a table of section readers.
 *
 * Reports what is malformed, and what belongs to a feature that is missing; whether the
 * indices and types fit together is for validate_module. Function bodies are only found,
 * not read. */
#include <string.h>

#include "compiler/arena.h"
#include "compiler/cursor.h"
#include "compiler/decode.h"
#include "compiler/names.h"
#include "compiler/passes.h"
#include "compiler/type_reader.h"
#include "compiler/type_section.h"

struct reader {
    struct module *m;
    struct cursor c;     /* the module */
    struct cursor names; /* contents of the name section, or empty */
    uint32_t n_bodies;
};

/* A copy of the n elements at old, with room for n_more behind them. */
static void *extend(struct arena *arena, const void *old, uint32_t n, uint32_t n_more,
                    size_t element_bytes)
{
    void *array = arena_array(arena, (size_t)n + n_more, element_bytes);
    if (n > 0)
        memcpy(array, old, n * element_bytes);
    return array;
}

/* ---- Functions named outside of bodies, and constant expressions ---- */

static void mark_referenced(struct module *m, uint32_t func_index)
{
    if (func_index < m->n_funcs)
        m->funcs[func_index].is_referenced = true;
}

static struct const_expr read_const_expr(struct reader *r, struct cursor *c)
{
    enum { USUAL_LENGTH = 2 }; /* a constant and the end */
    struct const_expr expr = {.offset = cursor_offset(c)};
    expr.instrs = decode_expr(r->m, c, USUAL_LENGTH, r->m->arena, &expr.n_instrs);
    for (uint32_t i = 0; i < expr.n_instrs; i++) {
        if (expr.instrs[i].op == OP_RefFunc)
            mark_referenced(r->m, expr.instrs[i].imm.index);
    }
    return expr;
}

/* ---- Types and imports ---- */

static void read_types(struct reader *r, struct cursor *c)
{
    read_type_section(r->m, c);
}

static struct func read_func(struct cursor *c, uint32_t import_index)
{
    struct func func = {.import_index = import_index,
                        .export_index = NO_INDEX,
                        .offset = cursor_offset(c)};
    func.type_index = cursor_u32(c);
    return func;
}

static struct table read_imported_table(struct cursor *c, uint32_t import_index)
{
    struct table table = {.import_index = import_index, .offset = cursor_offset(c)};
    table.type = read_table_type(c);
    return table;
}

static struct memory read_memory(struct cursor *c, uint32_t import_index)
{
    struct memory memory = {.import_index = import_index, .offset = cursor_offset(c)};
    memory.type = read_memory_type(c);
    return memory;
}

static struct tag read_tag(struct cursor *c, uint32_t import_index)
{
    const uint8_t *at = c->p;
    uint8_t attribute = cursor_byte(c);
    if (attribute != 0)
        cursor_fail(c, at, "malformed tag attribute 0x%02x", attribute);
    struct tag tag = {.import_index = import_index, .offset = cursor_offset(c)};
    tag.type_index = cursor_u32(c);
    return tag;
}

/* Reads the type of the import and gives it the next index of its kind. */
static void read_import(struct module *m, struct cursor *c, uint32_t import_index)
{
    struct import *import = &m->imports[import_index];
    import->offset = cursor_offset(c);
    import->module = cursor_name(c);
    import->name = cursor_name(c);
    const uint8_t *at = c->p;
    uint8_t kind = cursor_byte(c);
    switch (kind) {
    case EXTERN_FUNC:
        import->index = m->n_funcs++;
        m->funcs[import->index] = read_func(c, import_index);
        break;
    case EXTERN_TABLE:
        import->index = m->n_tables++;
        m->tables[import->index] = read_imported_table(c, import_index);
        break;
    case EXTERN_MEMORY:
        import->index = m->n_memories++;
        m->memories[import->index] = read_memory(c, import_index);
        break;
    case EXTERN_GLOBAL:
        import->index = m->n_globals++;
        m->globals[import->index] =
            (struct global){.type = read_global_type(c), .import_index = import_index};
        break;
    case EXTERN_TAG:
        import->index = m->n_tags++;
        m->tags[import->index] = read_tag(c, import_index);
        break;
    default:
        cursor_fail(c, at, "malformed import kind 0x%02x", kind);
    }
    import->kind = kind;
}

static void read_imports(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    uint32_t n = cursor_count(c);
    m->n_imports = n;
    m->imports = arena_array(m->arena, n, sizeof *m->imports);
    m->funcs = arena_array(m->arena, n, sizeof *m->funcs);
    m->tables = arena_array(m->arena, n, sizeof *m->tables);
    m->memories = arena_array(m->arena, n, sizeof *m->memories);
    m->globals = arena_array(m->arena, n, sizeof *m->globals);
    m->tags = arena_array(m->arena, n, sizeof *m->tags);
    for (uint32_t i = 0; i < n && !cursor_failed(c); i++)
        read_import(m, c, i);
    m->n_imported_funcs = m->n_funcs;
    m->n_imported_tables = m->n_tables;
    m->n_imported_memories = m->n_memories;
    m->n_imported_globals = m->n_globals;
    m->n_imported_tags = m->n_tags;
}

/* ---- Definitions ---- */

static void read_funcs(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    uint32_t n = cursor_count(c);
    m->funcs = extend(m->arena, m->funcs, m->n_funcs, n, sizeof *m->funcs);
    for (uint32_t i = 0; i < n; i++)
        m->funcs[m->n_funcs++] = read_func(c, NO_INDEX);
}

static struct table read_table(struct reader *r, struct cursor *c)
{
    enum { WITH_INIT = 0x40 };
    struct table table = {.import_index = NO_INDEX, .offset = cursor_offset(c)};
    bool with_init = !cursor_at_end(c) && *c->p == WITH_INIT;
    if (with_init) {
        cursor_byte(c);
        const uint8_t *at = c->p;
        if (cursor_byte(c) != 0)
            cursor_fail(c, at, "malformed table");
    }
    table.type = read_table_type(c);
    if (with_init) {
        table.init = arena_alloc(r->m->arena, sizeof *table.init);
        *table.init = read_const_expr(r, c);
    }
    return table;
}

static void read_tables(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    uint32_t n = cursor_count(c);
    m->tables = extend(m->arena, m->tables, m->n_tables, n, sizeof *m->tables);
    for (uint32_t i = 0; i < n && !cursor_failed(c); i++)
        m->tables[m->n_tables++] = read_table(r, c);
}

static void read_memories(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    uint32_t n = cursor_count(c);
    m->memories = extend(m->arena, m->memories, m->n_memories, n, sizeof *m->memories);
    for (uint32_t i = 0; i < n && !cursor_failed(c); i++)
        m->memories[m->n_memories++] = read_memory(c, NO_INDEX);
}

static void read_tags(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    uint32_t n = cursor_count(c);
    m->tags = extend(m->arena, m->tags, m->n_tags, n, sizeof *m->tags);
    for (uint32_t i = 0; i < n && !cursor_failed(c); i++)
        m->tags[m->n_tags++] = read_tag(c, NO_INDEX);
}

static void read_globals(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    uint32_t n = cursor_count(c);
    m->globals = extend(m->arena, m->globals, m->n_globals, n, sizeof *m->globals);
    for (uint32_t i = 0; i < n && !cursor_failed(c); i++) {
        struct global *global = &m->globals[m->n_globals++];
        global->import_index = NO_INDEX;
        global->type = read_global_type(c);
        global->init = read_const_expr(r, c);
    }
}

static void read_export(struct module *m, struct cursor *c, uint32_t export_index)
{
    struct export *export = &m->exports[export_index];
    export->offset = cursor_offset(c);
    export->name = cursor_name(c);
    const uint8_t *at = c->p;
    uint8_t kind = cursor_byte(c);
    if (kind > EXTERN_TAG)
        cursor_fail(c, at, "malformed export kind 0x%02x", kind);
    export->kind = kind;
    export->index = cursor_u32(c);
    if (kind != EXTERN_FUNC || export->index >= m->n_funcs)
        return;
    mark_referenced(m, export->index);
    struct func *func = &m->funcs[export->index];
    if (func->export_index == NO_INDEX)
        func->export_index = export_index;
}

static void read_exports(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    m->n_exports = cursor_count(c);
    m->exports = arena_array(m->arena, m->n_exports, sizeof *m->exports);
    for (uint32_t i = 0; i < m->n_exports && !cursor_failed(c); i++)
        read_export(m, c, i);
}

static void read_start(struct reader *r, struct cursor *c)
{
    r->m->start_offset = cursor_offset(c);
    r->m->start_func = cursor_u32(c);
}

/* ---- Segments ---- */

static void read_elem_items(struct reader *r, struct cursor *c, struct elem_segment *elem,
                            bool are_exprs)
{
    struct module *m = r->m;
    elem->n_items = cursor_count(c);
    if (are_exprs) {
        elem->exprs = arena_array(m->arena, elem->n_items, sizeof *elem->exprs);
        for (uint32_t i = 0; i < elem->n_items && !cursor_failed(c); i++)
            elem->exprs[i] = read_const_expr(r, c);
        return;
    }
    elem->func_indices = arena_array(m->arena, elem->n_items, sizeof *elem->func_indices);
    for (uint32_t i = 0; i < elem->n_items && !cursor_failed(c); i++) {
        elem->func_indices[i] = cursor_u32(c);
        mark_referenced(m, elem->func_indices[i]);
    }
}

/* One of the eight forms of core 5.5.12, as told by the bits of its first number. */
static struct elem_segment read_elem(struct reader *r, struct cursor *c)
{
    enum { NOT_ACTIVE = 1, DECLARATIVE_OR_INDEX = 2, EXPRS = 4 };
    struct elem_segment elem = {.offset = cursor_offset(c), .type = TYPE_FUNCREF};
    const uint8_t *at = c->p;
    uint32_t flags = cursor_u32(c);
    if (flags > 7)
        cursor_fail(c, at, "malformed elements segment kind %u", flags);
    if (flags & NOT_ACTIVE) {
        elem.mode = flags & DECLARATIVE_OR_INDEX ? SEGMENT_DECLARATIVE : SEGMENT_PASSIVE;
    } else {
        elem.mode = SEGMENT_ACTIVE;
        elem.table_index = flags & DECLARATIVE_OR_INDEX ? cursor_u32(c) : 0;
        elem.where = read_const_expr(r, c);
    }
    at = c->p;
    bool has_type = flags & (NOT_ACTIVE | DECLARATIVE_OR_INDEX);
    if (has_type && (flags & EXPRS))
        elem.type = read_ref_type(c);
    else if (has_type && cursor_byte(c) != 0)
        cursor_fail(c, at, "malformed element kind");
    if (!(flags & EXPRS))
        elem.type = TYPE_FUNCREF | TYPE_NON_NULL;
    read_elem_items(r, c, &elem, flags & EXPRS);
    return elem;
}

static void read_elems(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    m->n_elems = cursor_count(c);
    m->elems = arena_array(m->arena, m->n_elems, sizeof *m->elems);
    for (uint32_t i = 0; i < m->n_elems && !cursor_failed(c); i++)
        m->elems[i] = read_elem(r, c);
}

static struct data_segment read_data(struct reader *r, struct cursor *c)
{
    struct data_segment data = {.offset = cursor_offset(c)};
    const uint8_t *at = c->p;
    uint32_t flags = cursor_u32(c);
    if (flags > 2)
        cursor_fail(c, at, "malformed data segment kind %u", flags);
    if (flags == 1) {
        data.mode = SEGMENT_PASSIVE;
    } else {
        data.mode = SEGMENT_ACTIVE;
        data.memory_index = flags == 2 ? cursor_u32(c) : 0;
        data.where = read_const_expr(r, c);
    }
    data.n_bytes = cursor_count(c);
    data.bytes = cursor_split(c, data.n_bytes).p;
    return data;
}

static void read_datas(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    m->n_datas = cursor_count(c);
    m->datas = arena_array(m->arena, m->n_datas, sizeof *m->datas);
    for (uint32_t i = 0; i < m->n_datas && !cursor_failed(c); i++)
        m->datas[i] = read_data(r, c);
}

static void read_data_count(struct reader *r, struct cursor *c)
{
    r->m->has_data_count = true;
    r->m->data_count = cursor_u32(c);
}

/* ---- Code ---- */

static void read_code(struct reader *r, struct cursor *c)
{
    struct module *m = r->m;
    const uint8_t *at = c->p;
    r->n_bodies = cursor_count(c);
    if (r->n_bodies != m->n_funcs - m->n_imported_funcs)
        cursor_fail(c, at, "function and code section have inconsistent lengths");
    for (uint32_t i = m->n_imported_funcs; i < m->n_funcs && !cursor_failed(c); i++) {
        struct func *func = &m->funcs[i];
        func->body_bytes = cursor_u32(c);
        func->body_offset = cursor_offset(c);
        cursor_split(c, func->body_bytes);
    }
}

/* ---- Sections ---- */

static const struct section {
    void (*read)(struct reader *r, struct cursor *c);
    unsigned order; /* in the module */
} sections[] = {
    [1] = {read_types, 1},   [2] = {read_imports, 2},  [3] = {read_funcs, 3},
    [4] = {read_tables, 4},  [5] = {read_memories, 5}, [6] = {read_globals, 7},
    [7] = {read_exports, 8}, [8] = {read_start, 9},    [9] = {read_elems, 10},
    [10] = {read_code, 12},  [11] = {read_datas, 13},  [12] = {read_data_count, 11},
    [13] = {read_tags, 6},
};

enum { CUSTOM_SECTION = 0, N_SECTIONS = sizeof sections / sizeof sections[0] };

static void read_custom(struct reader *r, struct cursor *c)
{
    struct name name = cursor_name(c);
    if (name_equal(name, (struct name){"name", 4}))
        r->names = *c;
}

/* Reads one section; *order is that of the last one, 0 at the start. */
static void read_section(struct reader *r, unsigned *order)
{
    const uint8_t *at = r->c.p;
    uint8_t id = cursor_byte(&r->c);
    if (id != CUSTOM_SECTION && id >= N_SECTIONS) {
        cursor_fail(&r->c, at, "malformed section id %u", id);
        return;
    }
    uint32_t n_bytes = cursor_u32(&r->c);
    struct cursor contents = cursor_split(&r->c, n_bytes);
    if (cursor_failed(&r->c))
        return;
    if (id == CUSTOM_SECTION) {
        read_custom(r, &contents);
        return;
    }
    if (sections[id].order <= *order) {
        cursor_fail(&r->c, at,
                    "unexpected content after last section: section %u is repeated "
                    "or out of order",
                    id);
        return;
    }
    *order = sections[id].order;
    sections[id].read(r, &contents);
    if (!cursor_failed(&contents) && !cursor_at_end(&contents))
        cursor_fail(&contents, contents.p, "section size mismatch");
}

static void read_header(struct cursor *c)
{
    static const uint8_t magic[4] = {0, 'a', 's', 'm'};
    enum { VERSION = 1, COMPONENT_LAYER = 1, HEADER_BYTES = 8 };
    if (c->end - c->start < HEADER_BYTES) {
        cursor_fail(c, c->end, "unexpected end: too short for a WebAssembly module");
        return;
    }
    struct cursor bytes = cursor_split(c, sizeof magic);
    if (!cursor_failed(c) && memcmp(bytes.p, magic, sizeof magic) != 0)
        cursor_fail(c, c->start, "magic header not detected: this is not WebAssembly");
    uint32_t version = cursor_fixed_u32(c);
    if (cursor_failed(c) || version == VERSION)
        return;
    if (version >> 16 == COMPONENT_LAYER)
        cursor_fail(c, c->start + 4, "this is a component, not a core module");
    else
        cursor_fail(c, c->start + 4, "unknown binary version %u", version);
}

/* What concerns several sections (core 5.5.16). */
static void check_counts(struct reader *r)
{
    const struct module *m = r->m;
    if (r->n_bodies != m->n_funcs - m->n_imported_funcs)
        cursor_fail(&r->c, r->c.end,
                    "function and code section have inconsistent lengths");
    if (m->has_data_count && m->data_count != m->n_datas)
        cursor_fail(&r->c, r->c.end,
                    "data count and data section have inconsistent lengths");
}

bool read_module(struct module *m, struct diag *d)
{
    if (m->n_bytes > UINT32_MAX)
        return diag_set(d, UINT32_MAX, "the module is larger than 4 GiB");
    const uint8_t *end = m->bytes + m->n_bytes;
    struct reader r = {
        .m = m,
        .c = {.start = m->bytes, .p = m->bytes, .end = end, .diag = d, .m = m},
        .names = {.start = m->bytes, .p = end, .end = end},
    };
    m->start_func = NO_INDEX;
    read_header(&r.c);
    unsigned order = 0;
    while (!cursor_at_end(&r.c) && !cursor_failed(&r.c))
        read_section(&r, &order);
    if (!cursor_failed(&r.c))
        check_counts(&r);
    if (cursor_failed(&r.c))
        return false;
    read_name_section(m, r.names);
    return true;
}
