/* The input file: WebAssembly binary, or text through wabt's wat2wasm. */
#ifndef COMPILER_INPUT_H
#define COMPILER_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input {
    const char *path;
    uint8_t *bytes;
    size_t n_bytes;
};

/* Reads the whole file. A path that ends in .wat is translated first. False after a line
 * on stderr. */
bool input_read(struct input *in, const char *path);

void input_free(struct input *in);

#endif
