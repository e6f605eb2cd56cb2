/* Ackermann's function and Takeuchi's: deep recursion, arguments that are calls. */
#include "bench.h"

KERNEL uint32_t ackermann(uint32_t m, uint32_t n)
{
    if (m == 0)
        return n + 1;
    return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

KERNEL int takeuchi(int x, int y, int z)
{
    if (y >= x)
        return z;
    return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

int main(int argc, char **argv)
{
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 220); round > 0; round--) {
        sum = bench_mix(sum, ackermann(3, 7 + (round & 1)));
        sum = bench_mix(sum, (uint64_t)takeuchi(18 + (round & 1), 12, 6));
    }
    return bench_report(sum);
}
