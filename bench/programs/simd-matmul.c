/* A product of matrices in single precision, four rows and eight columns at a time. */
#include "bench.h"
#include "vector.h"

enum { N = 128 };

KERNEL void multiply(const float *a, const float *b, float *c)
{
    for (size_t i = 0; i < N; i += 4)
        for (size_t j = 0; j < N; j += 8) {
            f32x4 sums[4][2] = {{{0}}};
            for (size_t k = 0; k < N; k++) {
                f32x4 low = LOAD(f32x4, b + k * N + j);
                f32x4 high = LOAD(f32x4, b + k * N + j + 4);
                for (size_t r = 0; r < 4; r++) {
                    sums[r][0] += low * a[(i + r) * N + k];
                    sums[r][1] += high * a[(i + r) * N + k];
                }
            }
            for (size_t r = 0; r < 4; r++) {
                STORE(c + (i + r) * N + j, sums[r][0]);
                STORE(c + (i + r) * N + j + 4, sums[r][1]);
            }
        }
}

int main(int argc, char **argv)
{
    size_t bytes = (size_t)N * N * sizeof(float);
    float *a = bench_alloc(bytes), *b = bench_alloc(bytes), *c = bench_alloc(bytes);
    uint64_t seed = 1, sum = 0;
    for (size_t i = 0; i < (size_t)N * N; i++) {
        a[i] = (float)(bench_random(&seed) >> 8) / 16777216.0f;
        b[i] = (float)(bench_random(&seed) >> 8) / 16777216.0f;
    }
    for (int round = bench_rounds(argc, argv, 8000); round > 0; round--) {
        a[round % (N * N)] += 1;
        multiply(a, b, c);
        sum = bench_mix_bytes(sum, c + (round & 1023) * 16, 16);
    }
    return bench_report(sum);
}
