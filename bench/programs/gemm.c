/* Dense matrix product: C = alpha A B + beta C. */
#include "bench.h"

enum { N = 512 };

KERNEL void gemm(double alpha, double beta, double c[N][N], double a[N][N],
                 double b[N][N])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            c[i][j] *= beta;
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++)
                c[i][j] += alpha * a[i][k] * b[k][j];
    }
}

int main(int argc, char **argv)
{
    double(*a)[N] = bench_alloc(sizeof(double[N][N]));
    double(*b)[N] = bench_alloc(sizeof(double[N][N]));
    double(*c)[N] = bench_alloc(sizeof(double[N][N]));
    bench_fill(a[0], N * N, 1);
    bench_fill(b[0], N * N, 2);
    bench_fill(c[0], N * N, 3);
    for (int round = bench_rounds(argc, argv, 19); round > 0; round--)
        gemm(1.5, 0.5, c, a, b);
    return bench_report(bench_mix_doubles(0, c[0], N * N));
}
