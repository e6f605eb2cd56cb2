/* Connected components: union-find over the edges of thinner and thinner graphs. */
#include "graph.h"

static uint32_t root_of(uint32_t *parent, uint32_t v)
{
    while (parent[v] != v) {
        parent[v] = parent[parent[v]];
        v = parent[v];
    }
    return v;
}

KERNEL uint32_t components(const struct graph *g, uint32_t lightest, uint32_t *parent)
{
    uint32_t n = g->n_vertices;
    for (uint32_t v = 0; v < g->n_vertices; v++)
        parent[v] = v;
    for (uint32_t v = 0; v < g->n_vertices; v++)
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++) {
            if (g->weight[e] < lightest)
                continue;
            uint32_t a = root_of(parent, v), b = root_of(parent, g->target[e]);
            if (a != b) {
                parent[a > b ? a : b] = a > b ? b : a;
                n--;
            }
        }
    return n;
}

int main(int argc, char **argv)
{
    struct graph g = graph_generate(15, 6, 17);
    uint32_t *parent = bench_alloc(g.n_vertices * sizeof *parent);
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 310); round > 0; round--)
        sum = bench_mix(sum, components(&g, (uint32_t)round % 65, parent));
    return bench_report(sum);
}
