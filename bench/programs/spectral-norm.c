/* The spectral norm of an endless matrix's corner, by power iteration. */
#include <math.h>

#include "bench.h"

enum { N = 500 };

static double element(int i, int j)
{
    return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

KERNEL void times(const double *v, double *out)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++)
            sum += element(i, j) * v[j];
        out[i] = sum;
    }
}

KERNEL void transposed_times(const double *v, double *out)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++)
            sum += element(j, i) * v[j];
        out[i] = sum;
    }
}

int main(int argc, char **argv)
{
    double u[N], v[N], tmp[N];
    for (int i = 0; i < N; i++)
        u[i] = 1;
    for (int round = bench_rounds(argc, argv, 480); round > 0; round--) {
        times(u, tmp);
        transposed_times(tmp, v);
        times(v, tmp);
        transposed_times(tmp, u);
        double scale = 1 / u[0];
        for (int i = 0; i < N; i++)
            u[i] *= scale;
    }
    double uv = 0, vv = 0;
    for (int i = 0; i < N; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    double norm = sqrt(uv / vv);
    return bench_report(bench_mix_doubles(0, &norm, 1));
}
