/* What the reader shares with the decoder of bodies. */
#ifndef COMPILER_DECODE_H
#define COMPILER_DECODE_H

#include <stddef.h>

#include "compiler/cursor.h"
#include "compiler/module.h"

struct arena;

/* Decodes instructions up to and with the end that no block in them needs (core 5.4.9).
 * capacity is a guess of their number. Returns the instructions, in arena. */
struct instr *decode_expr(const struct module *m, struct cursor *c, size_t capacity,
                          struct arena *arena, uint32_t *n_instrs);

#endif
