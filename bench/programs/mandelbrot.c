/* Escape times over a grid of the complex plane. */
#include "bench.h"

enum { N = 256, LIMIT = 200 };

static int escape(double re, double im)
{
    double x = 0, y = 0;
    int n = 0;
    while (n < LIMIT && x * x + y * y <= 4.0) {
        double next = x * x - y * y + re;
        y = 2.0 * x * y + im;
        x = next;
        n++;
    }
    return n;
}

KERNEL uint64_t mandelbrot(double shift)
{
    uint64_t sum = 0;
    for (int row = 0; row < N; row++)
        for (int col = 0; col < N; col++)
            sum += (uint64_t)(escape(3.0 * col / N - 2.0 + shift, 2.4 * row / N - 1.2) ^
                              col);
    return sum;
}

int main(int argc, char **argv)
{
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 78); round > 0; round--)
        sum = bench_mix(sum, mandelbrot(0.0001 * round));
    return bench_report(sum);
}
