/* Numbers that look random, and are the same each time. */
#ifndef TESTS_COMPILER_RANDOM_H
#define TESTS_COMPILER_RANDOM_H

#include <stdint.h>

static uint64_t seed;

static inline uint32_t random_below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(seed >> 33) % n;
}

#endif
