/* Shortest paths from one vertex: Dijkstra with a binary heap. */
#include "graph.h"

struct entry {
    uint32_t distance, vertex;
};

struct heap {
    struct entry *at;
    uint32_t n;
};

static void push(struct heap *h, struct entry e)
{
    uint32_t i = h->n++;
    for (; i > 0 && h->at[(i - 1) / 2].distance > e.distance; i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = e;
}

static struct entry pop(struct heap *h)
{
    struct entry least = h->at[0], last = h->at[--h->n];
    uint32_t i = 0;
    for (uint32_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->at[child + 1].distance < h->at[child].distance)
            child++;
        if (h->at[child].distance >= last.distance)
            break;
        h->at[i] = h->at[child];
    }
    h->at[i] = last;
    return least;
}

KERNEL void shortest_paths(const struct graph *g, uint32_t source, uint32_t *distance,
                           struct heap *h)
{
    for (uint32_t v = 0; v < g->n_vertices; v++)
        distance[v] = UINT32_MAX;
    distance[source] = 0;
    push(h, (struct entry){0, source});
    while (h->n) {
        struct entry here = pop(h);
        if (here.distance > distance[here.vertex])
            continue;
        for (uint32_t e = g->first[here.vertex]; e < g->first[here.vertex + 1]; e++) {
            uint32_t next = g->target[e], far = here.distance + g->weight[e];
            if (far < distance[next]) {
                distance[next] = far;
                push(h, (struct entry){far, next});
            }
        }
    }
}

int main(int argc, char **argv)
{
    struct graph g = graph_generate(14, 8, 11);
    uint32_t *distance = bench_alloc(g.n_vertices * sizeof *distance);
    struct heap h = {bench_alloc((g.n_edges + 1) * sizeof(struct entry)), 0};
    uint64_t seed = 3, sum = 0;
    for (int round = bench_rounds(argc, argv, 120); round > 0; round--) {
        shortest_paths(&g, bench_random(&seed) % g.n_vertices, distance, &h);
        for (uint32_t v = 0; v < g.n_vertices; v += 31)
            sum = bench_mix(sum, distance[v]);
    }
    return bench_report(sum);
}
