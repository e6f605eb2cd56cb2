/* Modified Gram-Schmidt orthogonalisation: columns walked with the stride of a row. */
#include <math.h>

#include "bench.h"

enum { M = 300, N = 260 };

KERNEL void gramschmidt(double a[M][N], double r[N][N], double q[M][N])
{
    for (int k = 0; k < N; k++) {
        double norm = 0;
        for (int i = 0; i < M; i++)
            norm += a[i][k] * a[i][k];
        r[k][k] = sqrt(norm);
        for (int i = 0; i < M; i++)
            q[i][k] = a[i][k] / r[k][k];
        for (int j = k + 1; j < N; j++) {
            r[k][j] = 0;
            for (int i = 0; i < M; i++)
                r[k][j] += q[i][k] * a[i][j];
            for (int i = 0; i < M; i++)
                a[i][j] -= q[i][k] * r[k][j];
        }
    }
}

int main(int argc, char **argv)
{
    double(*a)[N] = bench_alloc(sizeof(double[M][N]));
    double(*q)[N] = bench_alloc(sizeof(double[M][N]));
    double(*r)[N] = bench_alloc(sizeof(double[N][N]));
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 22); round > 0; round--) {
        bench_fill(a[0], M * N, (uint64_t)round);
        gramschmidt(a, r, q);
        sum = bench_mix_doubles(sum, r[0], N * N);
    }
    return bench_report(sum);
}
