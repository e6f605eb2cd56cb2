/* Cholesky decomposition of a symmetric positive definite matrix, in place. */
#include <math.h>

#include "bench.h"

enum { N = 560 };

KERNEL void cholesky(double a[N][N])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            for (int k = 0; k < j; k++)
                a[i][j] -= a[i][k] * a[j][k];
            a[i][j] /= a[j][j];
        }
        for (int k = 0; k < i; k++)
            a[i][i] -= a[i][k] * a[i][k];
        a[i][i] = sqrt(a[i][i]);
    }
}

int main(int argc, char **argv)
{
    double(*start)[N] = bench_alloc(sizeof(double[N][N]));
    double(*a)[N] = bench_alloc(sizeof(double[N][N]));
    bench_fill(start[0], N * N, 1);
    for (int i = 0; i < N; i++) {
        start[i][i] += N;
        for (int j = 0; j < i; j++)
            start[i][j] = start[j][i];
    }
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 26); round > 0; round--) {
        start[0][0] += 1;
        memcpy(a, start, sizeof(double[N][N]));
        cholesky(a);
        sum = bench_mix_doubles(sum, a[N - 1], N);
    }
    return bench_report(sum);
}
