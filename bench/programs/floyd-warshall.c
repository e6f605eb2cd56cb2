/* All shortest paths of a dense graph, integer weights. */
#include "bench.h"

enum { N = 480 };

KERNEL void floyd_warshall(int32_t path[N][N])
{
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                int32_t through = path[i][k] + path[k][j];
                path[i][j] = path[i][j] < through ? path[i][j] : through;
            }
}

int main(int argc, char **argv)
{
    int32_t(*path)[N] = bench_alloc(sizeof(int32_t[N][N]));
    uint64_t seed = 1, sum = 0;
    for (int round = bench_rounds(argc, argv, 8); round > 0; round--) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                path[i][j] = 1 + (int32_t)(bench_random(&seed) % 10000);
        floyd_warshall(path);
        for (int i = 0; i < N; i++)
            sum = bench_mix(sum, (uint64_t)path[i][(i * 7) % N]);
    }
    return bench_report(sum);
}
