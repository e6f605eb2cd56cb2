/* Dot products in single precision, arrays that fit the first-level cache. */
#include "bench.h"
#include "vector.h"

enum { N = 1 << 11 };

KERNEL float dot(size_t n, const float *x, const float *y)
{
    f32x4 sums[4] = {{0}};
    for (size_t i = 0; i < n; i += 16)
        for (size_t k = 0; k < 4; k++)
            sums[k] += LOAD(f32x4, x + i + 4 * k) * LOAD(f32x4, y + i + 4 * k);
    f32x4 sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

int main(int argc, char **argv)
{
    float *x = bench_alloc(N * sizeof *x), *y = bench_alloc(2 * N * sizeof *y);
    uint64_t seed = 1, sum = 0;
    for (int i = 0; i < N; i++) {
        x[i] = (float)(bench_random(&seed) >> 8) / 16777216.0f;
        y[i] = y[N + i] = (float)(bench_random(&seed) >> 8) / 16777216.0f;
    }
    for (int round = bench_rounds(argc, argv, 3000000); round > 0; round--) {
        float product = dot(N, x, y + (size_t)round % N);
        uint32_t bits;
        memcpy(&bits, &product, sizeof bits);
        sum = bench_mix(sum, bits);
    }
    return bench_report(sum);
}
