/* Finite-difference time domain: an electric and a magnetic field on one grid. */
#include "bench.h"

enum { NX = 500, NY = 600 };

KERNEL void fdtd_2d(int steps, double ex[NX][NY], double ey[NX][NY], double hz[NX][NY])
{
    for (int t = 0; t < steps; t++) {
        for (int j = 0; j < NY; j++)
            ey[0][j] = t & 15;
        for (int i = 1; i < NX; i++)
            for (int j = 0; j < NY; j++)
                ey[i][j] -= 0.5 * (hz[i][j] - hz[i - 1][j]);
        for (int i = 0; i < NX; i++)
            for (int j = 1; j < NY; j++)
                ex[i][j] -= 0.5 * (hz[i][j] - hz[i][j - 1]);
        for (int i = 0; i < NX - 1; i++)
            for (int j = 0; j < NY - 1; j++)
                hz[i][j] -= 0.7 * (ex[i][j + 1] - ex[i][j] + ey[i + 1][j] - ey[i][j]);
    }
}

int main(int argc, char **argv)
{
    double(*ex)[NY] = bench_alloc(sizeof(double[NX][NY]));
    double(*ey)[NY] = bench_alloc(sizeof(double[NX][NY]));
    double(*hz)[NY] = bench_alloc(sizeof(double[NX][NY]));
    bench_fill(ex[0], NX * NY, 1);
    bench_fill(ey[0], NX * NY, 2);
    bench_fill(hz[0], NX * NY, 3);
    fdtd_2d(bench_rounds(argc, argv, 1500), ex, ey, hz);
    uint64_t sum = bench_mix_doubles(0, ex[0], NX * NY);
    sum = bench_mix_doubles(sum, ey[0], NX * NY);
    return bench_report(bench_mix_doubles(sum, hz[0], NX * NY));
}
