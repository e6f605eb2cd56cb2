/* What every benchmark program shares: the amount of work, random numbers and the
 * checksum it prints. Nothing here may differ between a native and a Wasm build, so there
 * is no libm beyond sqrt, and no floating-point text. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keeps a kernel a function of its own: what it is given is then unknown to it, as in a
 * program of several files. */
#define KERNEL __attribute__((noinline)) static

/* The first argument is a percentage of the standard work; one round is the least. */
static inline int bench_rounds(int argc, char **argv, int standard)
{
    long percent = argc > 1 ? strtol(argv[1], NULL, 10) : 100;
    long rounds = standard * percent / 100;
    return rounds < 1 ? 1 : (int)rounds;
}

static inline void *bench_alloc(size_t bytes)
{
    void *p = calloc(1, bytes);
    if (!p) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return p;
}

/* xorshift64*: the same sequence everywhere. */
static inline uint32_t bench_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return (uint32_t)((x * 0x2545f4914f6cdd1dULL) >> 32);
}

/* In [0, 1), exactly representable. */
static inline double bench_real(uint64_t *state)
{
    return bench_random(state) * (1.0 / 4294967296.0);
}

static inline void bench_fill(double *x, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        x[i] = bench_real(&seed);
}

static inline uint64_t bench_mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
    return sum ^ (sum >> 29);
}

static inline uint64_t bench_mix_doubles(uint64_t sum, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        sum = bench_mix(sum, bits);
    }
    return sum;
}

static inline uint64_t bench_mix_bytes(uint64_t sum, const void *data, size_t n)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < n; i++)
        sum = bench_mix(sum, p[i]);
    return sum;
}

/* Some of the bytes, so that looking costs nothing beside the work. */
static inline int bench_alike(const uint8_t *a, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i += 61)
        if (a[i] != b[i])
            return 0;
    return 1;
}

static inline int bench_report(uint64_t sum)
{
    printf("checksum %016llx\n", (unsigned long long)sum);
    return 0;
}

#endif
