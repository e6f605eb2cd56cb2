/* Keeps the first error that is set. */
#include "compiler/diag.h"

#include <stdarg.h>
#include <stdio.h>

bool diag_set(struct diag *d, size_t offset, const char *format, ...)
{
    if (d->is_set)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(d->text, sizeof d->text, format, arguments);
    va_end(arguments);
    d->is_set = true;
    d->offset = offset;
    return false;
}
