/* Questions about a module that several passes ask. */
#include "compiler/module.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(struct instr) == 24, "bodies of megabytes become arrays of these");

struct func_type module_block_type(const struct module *m, const struct instr *block,
                                   val_type *result_storage)
{
    if (block->imm.block.type != NO_INDEX)
        return m->types[block->imm.block.type];
    *result_storage = block->imm.block.result;
    return (struct func_type){.n_results = *result_storage ? 1 : 0,
                              .results = result_storage};
}

bool is_subtype(const struct module *m, uint32_t canonical, uint32_t other)
{
    while (canonical != other && canonical != NO_INDEX)
        canonical = m->type_defs[canonical].supertype;
    return canonical == other;
}

bool type_matches(const struct module *m, val_type type, val_type other)
{
    if (type == other)
        return true;
    if (!type_is_ref(type) || type_code(type) != type_code(other) ||
        (type_has_default(type) && !type_has_default(other)))
        return false;
    if (type_heap(other) == 0 || type_heap(type) == TYPE_NO_HEAP ||
        type_heap(type) == type_heap(other))
        return true;
    return type_has_index(type) && type_has_index(other) &&
           is_subtype(m, type_index(type), type_index(other));
}

bool types_match(const struct module *m, const val_type *types, const val_type *others,
                 uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!type_matches(m, types[i], others[i]))
            return false;
    return true;
}

bool name_equal(struct name a, struct name b)
{
    return a.length == b.length &&
           (a.length == 0 || memcmp(a.chars, b.chars, a.length) == 0);
}

/* Appends what fits of name behind the *length characters in buffer. */
static void append_name(char *buffer, size_t buffer_bytes, size_t *length,
                        struct name name)
{
    for (uint32_t i = 0; i < name.length && *length + 1 < buffer_bytes; i++) {
        char c = name.chars[i];
        if (c < ' ' || c > '~')
            c = '?';
        buffer[(*length)++] = c;
    }
    buffer[*length] = '\0';
}

const char *module_func_name(const struct module *m, uint32_t func_index, char *buffer,
                             size_t buffer_bytes)
{
    assert(func_index < m->n_funcs && buffer_bytes > 0);
    const struct func *f = &m->funcs[func_index];
    size_t length = 0;
    if (f->name.length > 0) {
        append_name(buffer, buffer_bytes, &length, f->name);
    } else if (f->import_index != NO_INDEX) {
        const struct import *import = &m->imports[f->import_index];
        append_name(buffer, buffer_bytes, &length, import->module);
        append_name(buffer, buffer_bytes, &length, (struct name){".", 1});
        append_name(buffer, buffer_bytes, &length, import->name);
    } else if (f->export_index != NO_INDEX) {
        append_name(buffer, buffer_bytes, &length, m->exports[f->export_index].name);
    }
    if (length == 0)
        snprintf(buffer, buffer_bytes, "func[%u]", func_index);
    return buffer;
}
