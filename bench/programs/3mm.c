/* Three products in the loop order that runs along rows: G = (A B) (C D). */
#include "bench.h"

enum { N = 384 };

KERNEL void product(double out[N][N], double a[N][N], double b[N][N])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            out[i][j] = 0;
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++)
                out[i][j] += a[i][k] * b[k][j];
    }
}

int main(int argc, char **argv)
{
    double(*m[7])[N];
    for (int i = 0; i < 7; i++) {
        m[i] = bench_alloc(sizeof(double[N][N]));
        bench_fill(m[i][0], N * N, 1 + (uint64_t)i);
    }
    for (int round = bench_rounds(argc, argv, 13); round > 0; round--) {
        product(m[4], m[0], m[1]);
        product(m[5], m[2], m[3]);
        product(m[6], m[4], m[5]);
    }
    return bench_report(bench_mix_doubles(0, m[6][0], N * N));
}
