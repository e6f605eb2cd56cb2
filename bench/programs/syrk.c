/* Symmetric rank-k update: the lower triangle of C = alpha A A' + beta C. */
#include "bench.h"

enum { N = 480, M = 400 };

KERNEL void syrk(double alpha, double beta, double c[N][N], double a[N][M])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j <= i; j++)
            c[i][j] *= beta;
        for (int k = 0; k < M; k++)
            for (int j = 0; j <= i; j++)
                c[i][j] += alpha * a[i][k] * a[j][k];
    }
}

int main(int argc, char **argv)
{
    double(*a)[M] = bench_alloc(sizeof(double[N][M]));
    double(*c)[N] = bench_alloc(sizeof(double[N][N]));
    bench_fill(a[0], N * M, 1);
    bench_fill(c[0], N * N, 2);
    for (int round = bench_rounds(argc, argv, 24); round > 0; round--)
        syrk(1.5, 0.25, c, a);
    return bench_report(bench_mix_doubles(0, c[0], N * N));
}
