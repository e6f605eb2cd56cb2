/* Nine-point Gauss-Seidel stencil in place: each point waits for the one before. */
#include "bench.h"

enum { N = 600 };

KERNEL void seidel_2d(int steps, double a[N][N])
{
    for (int t = 0; t < steps; t++)
        for (int i = 1; i < N - 1; i++)
            for (int j = 1; j < N - 1; j++)
                a[i][j] = (a[i - 1][j - 1] + a[i - 1][j] + a[i - 1][j + 1] + a[i][j - 1] +
                           a[i][j] + a[i][j + 1] + a[i + 1][j - 1] + a[i + 1][j] +
                           a[i + 1][j + 1]) /
                          9.0;
}

int main(int argc, char **argv)
{
    double(*a)[N] = bench_alloc(sizeof(double[N][N]));
    bench_fill(a[0], N * N, 1);
    seidel_2d(bench_rounds(argc, argv, 190), a);
    return bench_report(bench_mix_doubles(0, a[0], N * N));
}
