/* The Mandelbrot set, two points at a time. */
#include "bench.h"
#include "vector.h"

enum { SIZE = 256, MOST = 200 };

KERNEL uint64_t row(f64x2 y)
{
    uint64_t total = 0;
    for (int column = 0; column < SIZE; column += 2) {
        f64x2 x = (f64x2){column, column + 1} * (3.0 / SIZE) - 2.2;
        f64x2 re = {0, 0}, im = {0, 0};
        u64x2 counts = {0, 0}, inside = ~counts;
        for (int i = 0; i < MOST && any_set((u8x16)inside); i++) {
            f64x2 re2 = re * re, im2 = im * im;
            inside &= (u64x2)(re2 + im2 <= 4.0);
            counts -= inside;
            im = (re + re) * im + y;
            re = re2 - im2 + x;
        }
        total += counts[0] + counts[1] * 3;
    }
    return total;
}

int main(int argc, char **argv)
{
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 500); round > 0; round--)
        for (int line = 0; line < SIZE / 2; line++) {
            double y = line * (1.2 / SIZE) + round * 1e-6;
            sum = bench_mix(sum, row((f64x2){y, y}));
        }
    return bench_report(sum);
}
