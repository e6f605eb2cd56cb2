/* Integer matrix product. */
#include "bench.h"

enum { N = 400 };

KERNEL void multiply(int32_t c[N][N], int32_t a[N][N], int32_t b[N][N])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            uint32_t sum = 0;
            for (int k = 0; k < N; k++)
                sum += (uint32_t)a[i][k] * (uint32_t)b[k][j];
            c[i][j] = (int32_t)sum;
        }
}

int main(int argc, char **argv)
{
    int32_t(*m[3])[N];
    uint64_t seed = 1;
    for (int i = 0; i < 3; i++) {
        m[i] = bench_alloc(sizeof(int32_t[N][N]));
        for (int k = 0; k < N * N; k++)
            m[i][k / N][k % N] = (int32_t)bench_random(&seed);
    }
    for (int round = bench_rounds(argc, argv, 28); round > 0; round--)
        multiply(m[round % 3], m[(round + 1) % 3], m[(round + 2) % 3]);
    uint64_t sum = bench_mix_bytes(0, m[0], sizeof(int32_t[N][N]));
    return bench_report(bench_mix_bytes(sum, m[1], sizeof(int32_t[N][N])));
}
