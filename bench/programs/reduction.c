/* Sum, maximum and dot product over integers: loops that are all reduction. */
#include "bench.h"

enum { N = 1 << 15 };

KERNEL uint32_t sum_of(const uint32_t *x, int n)
{
    uint32_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

KERNEL uint32_t greatest_of(const uint32_t *x, int n)
{
    uint32_t greatest = 0;
    for (int i = 0; i < n; i++)
        if (x[i] > greatest)
            greatest = x[i];
    return greatest;
}

KERNEL uint32_t dot_of(const uint32_t *x, const uint32_t *y, int n)
{
    uint32_t dot = 0;
    for (int i = 0; i < n; i++)
        dot += x[i] * y[i];
    return dot;
}

int main(int argc, char **argv)
{
    uint32_t *x = bench_alloc(N * sizeof *x);
    uint32_t *y = bench_alloc(N * sizeof *y);
    uint64_t seed = 1, sum = 0;
    for (int i = 0; i < N; i++) {
        x[i] = bench_random(&seed) >> 1;
        y[i] = bench_random(&seed);
    }
    for (int round = bench_rounds(argc, argv, 25000); round > 0; round--) {
        x[round % N] ^= (uint32_t)round;
        sum = bench_mix(sum, sum_of(x, N));
        sum = bench_mix(sum, greatest_of(x, N));
        sum = bench_mix(sum, dot_of(x, y, N));
    }
    return bench_report(sum);
}
