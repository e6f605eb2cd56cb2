/* Queens on a board that threaten no other, counted with bit masks. */
#include "bench.h"

static uint32_t place(uint32_t full, uint32_t columns, uint32_t left, uint32_t right)
{
    if (columns == full)
        return 1;
    uint32_t count = 0;
    for (uint32_t open = full & ~(columns | left | right); open; open &= open - 1) {
        uint32_t bit = open & -open;
        count += place(full, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

int main(int argc, char **argv)
{
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 1100); round > 0; round--)
        sum = bench_mix(sum, place((1u << (10 + (round & 1))) - 1, 0, 0, 0));
    return bench_report(sum);
}
