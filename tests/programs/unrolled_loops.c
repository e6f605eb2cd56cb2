// Loops that the C compiler unrolls before it writes Wasm, and that are rolled up again.
// stdout: 20c7e6ae30066210
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define KERNEL __attribute__((noinline)) static

enum { N = 400 };

static uint8_t bytes[N];
static uint16_t halves[N];
static uint32_t words[N], others[N];
static double reals[N];

KERNEL uint8_t any(const uint8_t *p, uint32_t n)
{
    uint8_t seen = 0;
    for (uint32_t i = 0; i < n; i++)
        seen |= p[i];
    return seen;
}

KERNEL uint32_t sum(const uint32_t *p, uint32_t n)
{
    uint32_t s = 0;
    for (uint32_t i = 0; i < n; i++)
        s += p[i];
    return s;
}

KERNEL uint32_t product(const uint16_t *p, const uint32_t *q, uint32_t n)
{
    uint32_t s = 1;
    for (uint32_t i = 0; i < n; i++)
        s ^= p[i] * q[i];
    return s;
}

KERNEL uint64_t two(const uint32_t *p, uint32_t n)
{
    uint32_t s = 0, t = 0;
    for (uint32_t i = 0; i < n; i++) {
        s += p[i];
        t ^= p[i] >> 3;
    }
    return (uint64_t)s << 32 | t;
}

KERNEL void scale(uint32_t *p, const uint32_t *q, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        p[i] += 7 * q[i];
}

KERNEL void down(uint32_t *p, const uint8_t *q, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;)
        p[i] ^= q[i];
}

KERNEL void add(double *p, const double *q, double by, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        p[i] += by * q[i];
}

KERNEL void pairs(uint32_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        p[2 * i] += 3;
        p[2 * i + 1] ^= 5;
    }
}

static uint64_t hash(uint64_t h, const void *data, size_t n)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3;
    return h;
}

static uint64_t work(uint32_t n)
{
    uint64_t h = any(bytes + (n & 3), n) + sum(words + 1, n) + product(halves, words, n);
    h += two(words, n);
    scale(words, others, n);
    scale(words + 1, words, n); /* each from the one before */
    scale(words, words + 3, n);
    down(others, bytes, n);
    add(reals + 1, reals, 0.5, n / 2);
    add(reals, reals + N / 2, 0.25, n / 2);
    pairs(words, n / 2);
    return h;
}

int main(void)
{
    uint64_t h = 1;
    for (uint32_t i = 0; i < N; i++) {
        bytes[i] = (uint8_t)(i % 5 == 0) << (i % 7);
        halves[i] = (uint16_t)(i * 77);
        words[i] = i * 2654435761u;
        others[i] = ~i * 40503u;
        reals[i] = i % 1000;
    }
    for (uint32_t n = 0; n < 12; n++)
        h = h * 31 + work(n);
    for (uint32_t n = N - 6; n < N - 4; n++)
        h = h * 31 + work(n);
    h = hash(h, words, sizeof words);
    h = hash(h, others, sizeof others);
    printf("%016llx\n", (unsigned long long)hash(h, reals, sizeof reals));
}
