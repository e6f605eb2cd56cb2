/* Text for compressors to work on: lines of words whose frequencies fall as in languages,
 * and numbers. */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include "../programs/bench.h"

static inline void bench_text(char *text, size_t bytes, uint64_t seed)
{
    size_t at = 0;
    while (at < bytes) {
        char word[40];
        uint32_t rank = bench_random(&seed) % 4096;
        rank = rank * rank / 4096 * rank / 4096; /* the low ones most often */
        uint64_t letters = rank + 1;
        int n = 0;
        for (int k = 2 + (int)(rank % 7); k > 0; k--)
            word[n++] = (char)('a' + bench_random(&letters) % 26);
        if (rank % 16 == 0)
            n += snprintf(word + n, sizeof word - (size_t)n, " %u",
                          bench_random(&seed) % 100000);
        word[n++] = rank % 12 == 5 ? '\n' : ' ';
        for (int i = 0; i < n && at < bytes; i++)
            text[at++] = word[i];
    }
}

#endif
