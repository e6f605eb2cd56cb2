/* x1 += A y1 along the rows, x2 += A' y2 down the columns. */
#include "bench.h"

enum { N = 1000 };

KERNEL void mvt(double a[N][N], double x1[N], double x2[N], double y1[N], double y2[N])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            x1[i] += a[i][j] * y1[j];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            x2[i] += a[j][i] * y2[j];
}

int main(int argc, char **argv)
{
    double(*a)[N] = bench_alloc(sizeof(double[N][N]));
    double(*v)[N] = bench_alloc(sizeof(double[4][N]));
    bench_fill(a[0], N * N, 1);
    bench_fill(v[0], 4 * N, 2);
    for (int round = bench_rounds(argc, argv, 250); round > 0; round--)
        mvt(a, v[0], v[1], v[2], v[3]);
    return bench_report(bench_mix_doubles(0, v[0], 2 * N));
}
