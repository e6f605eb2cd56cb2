/* The name section (core appendix "Name Section"). */
#ifndef COMPILER_NAMES_H
#define COMPILER_NAMES_H

#include "compiler/cursor.h"
#include "compiler/module.h"

/* Sets the names of *m and of its functions, whose number is known, from the contents of
 * a name section. What is malformed is skipped: custom sections never make a module
 * invalid. */
void read_name_section(struct module *m, struct cursor contents);

#endif
