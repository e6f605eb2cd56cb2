/* Breadth-first search from many vertices of a generated graph. */
#include "graph.h"

KERNEL uint64_t bfs(const struct graph *g, uint32_t source, uint32_t *depth,
                    uint32_t *queue)
{
    uint32_t head = 0, tail = 0;
    uint64_t total = 0;
    memset(depth, 0xff, g->n_vertices * sizeof *depth);
    depth[source] = 0;
    queue[tail++] = source;
    while (head < tail) {
        uint32_t v = queue[head++];
        total += depth[v];
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++) {
            uint32_t next = g->target[e];
            if (depth[next] == UINT32_MAX) {
                depth[next] = depth[v] + 1;
                queue[tail++] = next;
            }
        }
    }
    return total << 32 | tail;
}

int main(int argc, char **argv)
{
    struct graph g = graph_generate(15, 8, 7);
    uint32_t *depth = bench_alloc(g.n_vertices * sizeof *depth);
    uint32_t *queue = bench_alloc(g.n_vertices * sizeof *queue);
    uint64_t seed = 3, sum = 0;
    for (int round = bench_rounds(argc, argv, 530); round > 0; round--)
        sum = bench_mix(sum, bfs(&g, bench_random(&seed) % g.n_vertices, depth, queue));
    return bench_report(sum);
}
