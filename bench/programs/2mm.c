/* Two chained products with dot-product inner loops: D = alpha A B C + beta D. */
#include "bench.h"

enum { NI = 320, NJ = 352, NK = 416, NL = 384 };

struct data {
    double a[NI][NK], b[NK][NJ], c[NJ][NL], d[NI][NL], product[NI][NJ];
};

KERNEL void two_products(double alpha, double beta, struct data *x)
{
    for (int i = 0; i < NI; i++)
        for (int j = 0; j < NJ; j++) {
            x->product[i][j] = 0;
            for (int k = 0; k < NK; k++)
                x->product[i][j] += alpha * x->a[i][k] * x->b[k][j];
        }
    for (int i = 0; i < NI; i++)
        for (int j = 0; j < NL; j++) {
            x->d[i][j] *= beta;
            for (int k = 0; k < NJ; k++)
                x->d[i][j] += x->product[i][k] * x->c[k][j];
        }
}

int main(int argc, char **argv)
{
    struct data *x = bench_alloc(sizeof *x);
    bench_fill(x->a[0], NI * NK, 1);
    bench_fill(x->b[0], NK * NJ, 2);
    bench_fill(x->c[0], NJ * NL, 3);
    bench_fill(x->d[0], NI * NL, 4);
    for (int round = bench_rounds(argc, argv, 7); round > 0; round--)
        two_products(1.25, 0.5, x);
    return bench_report(bench_mix_doubles(0, x->d[0], NI * NL));
}
