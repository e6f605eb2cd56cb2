/* Instructions on ranges of memories and tables, and which of them can take so long that
 * they are suspended in between. Decided by the Wasm module alone, for resume points
 * follow from it. */
#ifndef COMPILER_BULK_H
#define COMPILER_BULK_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/module.h"

/* What is done without a poll: some ten microseconds' worth. */
enum { BULK_BYTES = 1 << 18, BULK_ELEMENTS = BULK_BYTES / 32 };

/* Whether the instruction at a position of a valid body is memory.copy, fill or init, or
 * one of their likes on tables, and may be of more than that. Not so if the length is the
 * constant that comes just before it, or what it reads or writes is never that large. */
bool bulk_may_be_long(const struct module *m, const struct body *body, uint32_t position);

#endif
