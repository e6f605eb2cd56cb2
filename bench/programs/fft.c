/* Fast Fourier transform, radix two, in place, forth and back. */
#include <math.h>

#include "bench.h"

enum { LOG = 14, N = 1 << LOG };

struct complex {
    double re, im;
};

static struct complex roots[N / 2];

/* exp(-2 pi i k / N): the angle halved again and again, then products. */
static void make_roots(void)
{
    struct complex halved[LOG];
    halved[0] = (struct complex){-1, 0};
    halved[1] = (struct complex){0, -1};
    for (int i = 2; i < LOG; i++) {
        halved[i].re = sqrt((1 + halved[i - 1].re) / 2);
        halved[i].im = halved[i - 1].im / (2 * halved[i].re);
    }
    for (int k = 0; k < N / 2; k++) {
        struct complex w = {1, 0};
        for (int bit = 0; bit < LOG; bit++) {
            if (!(k >> bit & 1))
                continue;
            struct complex h = halved[LOG - 1 - bit];
            w = (struct complex){w.re * h.re - w.im * h.im, w.re * h.im + w.im * h.re};
        }
        roots[k] = w;
    }
}

static void reverse_bits(struct complex *x)
{
    for (uint32_t i = 0, j = 0; i < N; i++) {
        if (i < j) {
            struct complex held = x[i];
            x[i] = x[j];
            x[j] = held;
        }
        uint32_t bit = N >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j |= bit;
    }
}

KERNEL void transform(struct complex *x, double sign)
{
    reverse_bits(x);
    for (int half = 1; half < N; half *= 2)
        for (int start = 0; start < N; start += 2 * half)
            for (int k = 0; k < half; k++) {
                struct complex w = roots[k * (N / 2 / half)];
                struct complex *a = &x[start + k], *b = &x[start + k + half];
                double im = sign * w.im;
                double re = b->re * w.re - b->im * im;
                im = b->re * im + b->im * w.re;
                *b = (struct complex){a->re - re, a->im - im};
                *a = (struct complex){a->re + re, a->im + im};
            }
}

int main(int argc, char **argv)
{
    struct complex *x = bench_alloc(N * sizeof *x);
    make_roots();
    bench_fill(&x->re, 2 * N, 1);
    for (int round = bench_rounds(argc, argv, 1300); round > 0; round--) {
        transform(x, 1);
        transform(x, -1);
        for (int i = 0; i < N; i++) {
            x[i].re *= 1.0 / N;
            x[i].im *= 1.0 / N;
        }
    }
    return bench_report(bench_mix_doubles(0, &x->re, 2 * N));
}
