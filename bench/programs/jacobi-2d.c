/* Five-point stencil between two grids. */
#include "bench.h"

enum { N = 720 };

KERNEL void jacobi_2d(int steps, double a[N][N], double b[N][N])
{
    for (int t = 0; t < steps; t++) {
        for (int i = 1; i < N - 1; i++)
            for (int j = 1; j < N - 1; j++)
                b[i][j] = 0.2 * (a[i][j] + a[i][j - 1] + a[i][j + 1] + a[i + 1][j] +
                                 a[i - 1][j]);
        for (int i = 1; i < N - 1; i++)
            for (int j = 1; j < N - 1; j++)
                a[i][j] = 0.2 * (b[i][j] + b[i][j - 1] + b[i][j + 1] + b[i + 1][j] +
                                 b[i - 1][j]);
    }
}

int main(int argc, char **argv)
{
    double(*a)[N] = bench_alloc(sizeof(double[N][N]));
    double(*b)[N] = bench_alloc(sizeof(double[N][N]));
    bench_fill(a[0], N * N, 1);
    bench_fill(b[0], N * N, 2);
    jacobi_2d(bench_rounds(argc, argv, 990), a, b);
    return bench_report(bench_mix_doubles(0, a[0], N * N));
}
