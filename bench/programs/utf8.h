/* What the programs that validate UTF-8 share: writing it. */
#ifndef BENCH_UTF8_H
#define BENCH_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Returns how many bytes it has written. */
static inline size_t encode(uint32_t code, uint8_t *out)
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)((0xf00u >> n) | code);
    return n;
}

#endif
