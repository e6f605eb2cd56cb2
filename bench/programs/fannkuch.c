/* The greatest number of prefix reversals over all permutations of N numbers. */
#include "bench.h"

enum { N = 9 };

static int flips_of(const int *start)
{
    int p[N], flips = 0;
    memcpy(p, start, sizeof p);
    while (p[0]) {
        for (int lo = 0, hi = p[0]; lo < hi; lo++, hi--) {
            int held = p[lo];
            p[lo] = p[hi];
            p[hi] = held;
        }
        flips++;
    }
    return flips;
}

/* Heap-free enumeration: rotate the first r+1 numbers, count each position down. */
KERNEL uint64_t fannkuch(int first)
{
    int p[N], left[N], most = 0, sum = 0, sign = 1, r = N;
    for (int i = 0; i < N; i++)
        p[i] = (i + first) % N;
    for (;;) {
        for (; r > 1; r--)
            left[r - 1] = r;
        int flips = flips_of(p);
        most = flips > most ? flips : most;
        sum += sign * flips;
        sign = -sign;
        for (;; r++) {
            if (r == N)
                return (uint64_t)most << 32 | (uint32_t)sum;
            int front = p[0];
            for (int i = 0; i < r; i++)
                p[i] = p[i + 1];
            p[r] = front;
            if (--left[r] > 0)
                break;
        }
    }
}

int main(int argc, char **argv)
{
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 30); round > 0; round--)
        sum = bench_mix(sum, fannkuch(round % N));
    return bench_report(sum);
}
