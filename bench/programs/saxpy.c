/* y = a x + y in single precision, arrays that fit the second-level cache. */
#include "bench.h"

enum { N = 1 << 15 };

KERNEL void saxpy(size_t n, float a, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i] + y[i];
}

int main(int argc, char **argv)
{
    float *x = bench_alloc(N * sizeof *x);
    float *y = bench_alloc(N * sizeof *y);
    uint64_t seed = 1;
    for (int i = 0; i < N; i++)
        x[i] = (float)(bench_random(&seed) >> 8) / 16777216.0f;
    for (int round = bench_rounds(argc, argv, 230000); round > 0; round--)
        saxpy(N, round & 1 ? 0.5f : -0.25f, x, y);
    return bench_report(bench_mix_bytes(0, y, N * sizeof *y));
}
