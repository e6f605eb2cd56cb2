/* The longest Collatz sequence below a bound: a loop whose end no one can foresee. */
#include "bench.h"

static uint32_t steps_of(uint64_t n)
{
    uint32_t steps = 0;
    while (n != 1) {
        n = n & 1 ? 3 * n + 1 : n >> 1;
        steps++;
    }
    return steps;
}

KERNEL uint64_t longest(uint64_t from, uint64_t to)
{
    uint64_t best = 0;
    for (uint64_t n = from; n < to; n++) {
        uint64_t steps = steps_of(n);
        if (steps > best >> 40)
            best = steps << 40 | n;
    }
    return best;
}

int main(int argc, char **argv)
{
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 250); round > 0; round--) {
        uint64_t from = 1 + 20000 * (uint64_t)round;
        sum = bench_mix(sum, longest(from, from + 20000));
    }
    return bench_report(sum);
}
