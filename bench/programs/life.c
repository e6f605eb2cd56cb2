/* Conway's game of life, a byte per cell, on a board with a dead border. */
#include "bench.h"

enum { N = 512 };

KERNEL void generation(uint8_t next[N][N], uint8_t now[N][N])
{
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++) {
            int near = now[i - 1][j - 1] + now[i - 1][j] + now[i - 1][j + 1] +
                       now[i][j - 1] + now[i][j + 1] + now[i + 1][j - 1] + now[i + 1][j] +
                       now[i + 1][j + 1];
            next[i][j] = near == 3 || (near == 2 && now[i][j]);
        }
}

int main(int argc, char **argv)
{
    uint8_t(*a)[N] = bench_alloc(sizeof(uint8_t[N][N]));
    uint8_t(*b)[N] = bench_alloc(sizeof(uint8_t[N][N]));
    uint64_t seed = 1;
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            a[i][j] = bench_random(&seed) % 3 == 0;
    for (int round = bench_rounds(argc, argv, 570); round > 0; round--) {
        generation(b, a);
        generation(a, b);
    }
    return bench_report(bench_mix_bytes(0, a, N * N));
}
