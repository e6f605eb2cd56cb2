/* Heat equation in three dimensions, two grids. */
#include "bench.h"

enum { N = 80 };

KERNEL void step(double out[N][N][N], double in[N][N][N])
{
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            for (int k = 1; k < N - 1; k++)
                out[i][j][k] =
                    0.125 * (in[i + 1][j][k] - 2.0 * in[i][j][k] + in[i - 1][j][k]) +
                    0.125 * (in[i][j + 1][k] - 2.0 * in[i][j][k] + in[i][j - 1][k]) +
                    0.125 * (in[i][j][k + 1] - 2.0 * in[i][j][k] + in[i][j][k - 1]) +
                    in[i][j][k];
}

int main(int argc, char **argv)
{
    double(*a)[N][N] = bench_alloc(sizeof(double[N][N][N]));
    double(*b)[N][N] = bench_alloc(sizeof(double[N][N][N]));
    bench_fill(a[0][0], N * N * N, 1);
    memcpy(b, a, sizeof(double[N][N][N]));
    for (int round = bench_rounds(argc, argv, 690); round > 0; round--) {
        step(b, a);
        step(a, b);
    }
    return bench_report(bench_mix_doubles(0, a[0][0], N * N * N));
}
