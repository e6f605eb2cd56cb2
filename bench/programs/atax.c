/* Matrix-vector products with a matrix and its transpose: y = A'(A x). */
#include "bench.h"

enum { M = 900, N = 1100 };

KERNEL void atax(double a[M][N], double x[N], double y[N], double tmp[M])
{
    for (int j = 0; j < N; j++)
        y[j] = 0;
    for (int i = 0; i < M; i++) {
        tmp[i] = 0;
        for (int j = 0; j < N; j++)
            tmp[i] += a[i][j] * x[j];
        for (int j = 0; j < N; j++)
            y[j] += a[i][j] * tmp[i];
    }
}

int main(int argc, char **argv)
{
    double(*a)[N] = bench_alloc(sizeof(double[M][N]));
    double *x = bench_alloc(sizeof(double[N]));
    double *y = bench_alloc(sizeof(double[N]));
    double *tmp = bench_alloc(sizeof(double[M]));
    bench_fill(a[0], M * N, 1);
    bench_fill(x, N, 2);
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 450); round > 0; round--) {
        atax(a, x, y, tmp);
        x[round % N] = y[round % N] * 1e-6;
    }
    return bench_report(bench_mix_doubles(sum, y, N));
}
