/* PageRank: each vertex pulls from its neighbours until the sums settle. */
#include "graph.h"

KERNEL void iterate(const struct graph *g, const double *rank, double *share,
                    double *next)
{
    for (uint32_t v = 0; v < g->n_vertices; v++)
        share[v] = rank[v] / (g->first[v + 1] - g->first[v] + 1);
    for (uint32_t v = 0; v < g->n_vertices; v++) {
        double pulled = share[v];
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++)
            pulled += share[g->target[e]];
        next[v] = 0.15 / g->n_vertices + 0.85 * pulled;
    }
}

int main(int argc, char **argv)
{
    struct graph g = graph_generate(15, 8, 13);
    double *rank = bench_alloc(g.n_vertices * sizeof *rank);
    double *share = bench_alloc(g.n_vertices * sizeof *share);
    double *next = bench_alloc(g.n_vertices * sizeof *next);
    for (uint32_t v = 0; v < g.n_vertices; v++)
        rank[v] = 1.0 / g.n_vertices;
    for (int round = bench_rounds(argc, argv, 1200); round > 0; round--) {
        iterate(&g, rank, share, next);
        double *held = rank;
        rank = next;
        next = held;
    }
    return bench_report(bench_mix_doubles(0, rank, g.n_vertices));
}
