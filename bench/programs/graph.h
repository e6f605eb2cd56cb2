/* Generated graphs in compressed rows: skewed degrees, both directions of every edge. */
#ifndef GRAPH_H
#define GRAPH_H

#include "bench.h"

struct graph {
    uint32_t n_vertices, n_edges;
    uint32_t *first;  /* n_vertices + 1 offsets into target */
    uint32_t *target; /* n_edges */
    uint8_t *weight;  /* n_edges, 1 … 64 */
};

/* A vertex whose bits are ones more rarely than zeros: a few vertices have most edges. */
static inline uint32_t graph_vertex(int log_vertices, uint64_t *seed)
{
    uint32_t v = bench_random(seed) & bench_random(seed);
    uint32_t spread = bench_random(seed);
    return (v ^ (spread & 0x55555555u)) & ((1u << log_vertices) - 1);
}

static inline void graph_sum_degrees(struct graph *g, const uint32_t *ends)
{
    for (uint32_t e = 0; e < g->n_edges; e++)
        g->first[ends[e] + 1]++;
    for (uint32_t v = 0; v < g->n_vertices; v++)
        g->first[v + 1] += g->first[v];
}

/* n_vertices = 2^log_vertices, about 2 * degree edges out of each. */
static inline struct graph graph_generate(int log_vertices, uint32_t degree,
                                          uint64_t seed)
{
    struct graph g = {.n_vertices = 1u << log_vertices};
    g.n_edges = 2 * degree * g.n_vertices;
    g.first = bench_alloc((g.n_vertices + 1) * sizeof *g.first);
    g.target = bench_alloc(g.n_edges * sizeof *g.target);
    g.weight = bench_alloc(g.n_edges);
    uint32_t *ends = bench_alloc(g.n_edges * sizeof *ends);
    uint32_t *fill = bench_alloc(g.n_vertices * sizeof *fill);
    for (uint32_t e = 0; e < g.n_edges; e++)
        ends[e] = graph_vertex(log_vertices, &seed);
    graph_sum_degrees(&g, ends);
    for (uint32_t e = 0; e < g.n_edges; e++) {
        uint32_t slot = g.first[ends[e]] + fill[ends[e]]++;
        g.target[slot] = ends[e ^ 1];
        g.weight[slot] = (uint8_t)(1 + (ends[e] + ends[e ^ 1] + e / 2) % 64);
    }
    free(ends);
    free(fill);
    return g;
}

#endif
