/* Betweenness centrality from sampled vertices: a search, then sums from its far end. */
#include "graph.h"

struct state {
    uint32_t *depth, *queue;
    double *paths, *share, *centrality;
};

static uint32_t search(const struct graph *g, uint32_t source, struct state *s)
{
    uint32_t head = 0, tail = 0;
    for (uint32_t v = 0; v < g->n_vertices; v++) {
        s->depth[v] = UINT32_MAX;
        s->paths[v] = s->share[v] = 0;
    }
    s->depth[source] = 0;
    s->paths[source] = 1;
    s->queue[tail++] = source;
    while (head < tail) {
        uint32_t v = s->queue[head++];
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++) {
            uint32_t next = g->target[e];
            if (s->depth[next] == UINT32_MAX) {
                s->depth[next] = s->depth[v] + 1;
                s->queue[tail++] = next;
            }
            if (s->depth[next] == s->depth[v] + 1)
                s->paths[next] += s->paths[v];
        }
    }
    return tail;
}

KERNEL void add_centrality(const struct graph *g, uint32_t source, struct state *s)
{
    for (uint32_t i = search(g, source, s); i-- > 1;) {
        uint32_t v = s->queue[i];
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++) {
            uint32_t next = g->target[e];
            if (s->depth[next] == s->depth[v] + 1)
                s->share[v] += s->paths[v] / s->paths[next] * (1 + s->share[next]);
        }
        s->centrality[v] += s->share[v];
    }
}

int main(int argc, char **argv)
{
    struct graph g = graph_generate(14, 8, 19);
    uint32_t n = g.n_vertices;
    struct state s = {
        bench_alloc(n * sizeof(uint32_t)), bench_alloc(n * sizeof(uint32_t)),
        bench_alloc(n * sizeof(double)),   bench_alloc(n * sizeof(double)),
        bench_alloc(n * sizeof(double)),
    };
    uint64_t seed = 3;
    for (int round = bench_rounds(argc, argv, 410); round > 0; round--)
        add_centrality(&g, bench_random(&seed) % n, &s);
    return bench_report(bench_mix_doubles(0, s.centrality, n));
}
