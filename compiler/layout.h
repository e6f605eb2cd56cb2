/* Where a module's objects lie in its instance: byte offsets from the instance, behind
 * the head that abi.h fixes. Computed once; the code generator and the module's
 * description both read it. */
#ifndef COMPILER_LAYOUT_H
#define COMPILER_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/module.h"

struct layout {
    uint32_t *func_slots;   /* imported functions: struct rt_func_slot */
    uint32_t *table_slots;  /* struct rt_table, or a pointer to one if imported */
    uint32_t *memory_slots; /* struct rt_memory, or a pointer to one if imported */
    uint32_t *global_slots; /* union rt_value, or a pointer to one if imported */
    uint32_t *tag_slots;    /* pointer to struct rt_tag */
    uint32_t *type_slots;   /* canonical type index -> its type id, 4 bytes; other types:
                               NO_INDEX */
    uint32_t instance_bytes;
    /* Import index -> whether a row of wasi.def supplies it, so that it is called
     * directly.
     */
    bool *is_host_func;
    /* Table index -> what is known about it. */
    struct table_facts *tables;
};

struct table_facts {
    bool is_fixed;  /* size and base are constant once the instance exists */
    bool is_own;    /* every element belongs to this very instance */
    bool is_static; /* every element is known: call_indirect uses a constant table of the
                       compiler's, of struct static_entry */
    /* Canonical type -> whether there is one of code for this type too, as there is for
     * that of each element unless it takes too much room. NULL: not is_static. */
    bool *is_typed;
};

/* An element of a static table; all zero if null. */
struct static_entry {
    const void *code;
    uint64_t type; /* canonical type index + 1 */
};

/* Facts that need a look at all bodies. */
struct module_facts {
    bool has_table_grow;
    bool has_table_write; /* table.set, table.fill: elements of any origin */
    bool has_table_copy;  /* table.copy, table.init */
};

/* Everything is allocated in m->arena. link_host: imports that wasi.def names are linked
 * to the runtime's own functions. */
void layout_module(struct layout *layout, const struct module *m,
                   const struct module_facts *facts, bool link_host);

/* Element -> func index, NO_INDEX if null; only for a table whose is_static holds. */
uint32_t *layout_static_elements(const struct module *m, uint32_t table_index,
                                 struct arena *arena);

/* The row of wasi.def that an import names has this signature ("result(params)"), or NULL
 * if there is no such row. */
const char *host_func_signature(const struct import *import);

/* Whether a function type is the one of such a signature. */
bool signature_matches(const char *signature, const struct func_type *type);

#endif
