/* Errors about the input, worded for people. */
#ifndef COMPILER_REPORT_H
#define COMPILER_REPORT_H

#include <stddef.h>

struct diag;
struct module;

/* Writes 'FILE: at offset 0x1f3, in function "NAME": REASON' to line, without a newline
 * and always terminated; the function only where the error lies in one. m is the module
 * as far as it was read. Returns line. */
const char *report_diag(char *line, size_t line_bytes, const char *file,
                        const struct module *m, const struct diag *d);

#endif
