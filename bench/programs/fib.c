/* Fibonacci numbers the slow way: nothing but calls. */
#include "bench.h"

KERNEL uint32_t fib(uint32_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv)
{
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 420); round > 0; round--)
        sum = bench_mix(sum, fib(28 + ((uint32_t)round & 1)));
    return bench_report(sum);
}
