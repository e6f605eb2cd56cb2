/* `wanco compile`, and the compiling part of `wanco run`. */
#ifndef COMPILER_COMPILE_COMMAND_H
#define COMPILER_COMPILE_COMMAND_H

#include "compiler/input.h"
#include "compiler/options.h"

/* Compiles the input to a file without a name: its descriptor, open for reading, or -1
 * after a line on stderr. o->output counts for nothing. */
int compile_unnamed(const struct options *o, const struct input *in);

/* Reads o->input, compiles it to o->output. Returns the exit status: 1 after a line on
 * stderr; then no output file is left, or the one that was there. */
int compile_command(const struct options *o);

#endif
