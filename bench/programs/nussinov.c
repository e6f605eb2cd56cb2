/* Dynamic programming over a triangle of integers: folding of a base sequence. */
#include "bench.h"

enum { N = 700 };

static int32_t max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

KERNEL void nussinov(const uint8_t seq[N], int32_t table[N][N])
{
    for (int i = N - 1; i >= 0; i--)
        for (int j = i + 1; j < N; j++) {
            int32_t best = max(table[i][j - 1], i + 1 < N ? table[i + 1][j] : 0);
            if (i + 1 < N)
                best = max(best, table[i + 1][j - 1] +
                                     (i < j - 1 && seq[i] + seq[j] == 3 ? 1 : 0));
            for (int k = i + 1; k < j; k++)
                best = max(best, table[i][k] + table[k + 1][j]);
            table[i][j] = best;
        }
}

int main(int argc, char **argv)
{
    int32_t(*table)[N] = bench_alloc(sizeof(int32_t[N][N]));
    uint8_t seq[N];
    uint64_t seed = 5, sum = 0;
    for (int round = bench_rounds(argc, argv, 18); round > 0; round--) {
        for (int i = 0; i < N; i++)
            seq[i] = bench_random(&seed) & 3;
        memset(table, 0, sizeof(int32_t[N][N]));
        nussinov(seq, table);
        sum = bench_mix(sum, (uint64_t)table[0][N - 1]);
    }
    return bench_report(sum);
}
