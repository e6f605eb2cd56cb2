/* The type section (core 5.5.4). */
#ifndef COMPILER_TYPE_SECTION_H
#define COMPILER_TYPE_SECTION_H

#include "compiler/cursor.h"

/* Fills m's types, with what is said of them in type_defs and canonical_types. c->m is m.
 * Supertypes are checked: that they are there, and that the type matches (core 3.2.11).
 */
void read_type_section(struct module *m, struct cursor *c);

#endif
