/* `wanco compile`, and the compiling part of `wanco run`. */
#ifndef COMPILER_COMPILE_COMMAND_H
#define COMPILER_COMPILE_COMMAND_H

#include <stdbool.h>

#include "compiler/input.h"
#include "compiler/options.h"

/* Compiles the input to o->output. False after a line on stderr; then no output file is
 * left. */
bool compile_input(const struct options *o, const struct input *in);

/* Reads o->input, compiles it. Returns the exit status. */
int compile_command(const struct options *o);

#endif
