/* The one place that words an error of the front end. */
#include "compiler/report.h"

#include <stdio.h>

#include "compiler/diag.h"
#include "compiler/module.h"

const char *report_diag(char *line, size_t line_bytes, const char *file,
                        const struct module *m, const struct diag *d)
{
    char name[128];
    if (d->func_index == NO_INDEX)
        snprintf(line, line_bytes, "%s: at offset 0x%zx: %s", file, d->offset, d->text);
    else
        snprintf(line, line_bytes, "%s: at offset 0x%zx, in function \"%s\": %s", file,
                 d->offset, module_func_name(m, d->func_index, name, sizeof name),
                 d->text);
    return line;
}
