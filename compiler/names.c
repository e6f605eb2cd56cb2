/* Reads the subsections with the names of the module and of its functions. */
#include "compiler/names.h"

static void read_func_names(struct module *m, struct cursor *c)
{
    uint32_t n = cursor_count(c);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t func_index = cursor_u32(c);
        struct name name = cursor_name(c);
        if (cursor_failed(c))
            return;
        if (func_index < m->n_funcs)
            m->funcs[func_index].name = name;
    }
}

void read_name_section(struct module *m, struct cursor contents)
{
    enum { MODULE_NAME = 0, FUNC_NAMES = 1 };
    struct diag ignored = DIAG_INIT;
    struct cursor c = contents;
    c.diag = &ignored;
    while (!cursor_at_end(&c)) {
        uint8_t id = cursor_byte(&c);
        struct cursor subsection = cursor_split(&c, cursor_u32(&c));
        if (cursor_failed(&c))
            return;
        if (id == MODULE_NAME) {
            struct name name = cursor_name(&subsection);
            if (!cursor_failed(&subsection))
                m->name = name;
        } else if (id == FUNC_NAMES) {
            read_func_names(m, &subsection);
        }
        ignored = (struct diag)DIAG_INIT;
    }
}
