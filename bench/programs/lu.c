/* LU decomposition in place, without pivoting (the matrix is diagonally dominant). */
#include "bench.h"

enum { N = 480 };

KERNEL void lu(double a[N][N])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            for (int k = 0; k < j; k++)
                a[i][j] -= a[i][k] * a[k][j];
            a[i][j] /= a[j][j];
        }
        for (int j = i; j < N; j++)
            for (int k = 0; k < i; k++)
                a[i][j] -= a[i][k] * a[k][j];
    }
}

int main(int argc, char **argv)
{
    double(*start)[N] = bench_alloc(sizeof(double[N][N]));
    double(*a)[N] = bench_alloc(sizeof(double[N][N]));
    bench_fill(start[0], N * N, 1);
    for (int i = 0; i < N; i++)
        start[i][i] += N;
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 22); round > 0; round--) {
        start[0][round % N] += 0.25;
        memcpy(a, start, sizeof(double[N][N]));
        lu(a);
        sum = bench_mix_doubles(sum, a[N - 1], N);
    }
    return bench_report(sum);
}
