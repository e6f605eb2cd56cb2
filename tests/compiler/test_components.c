#include "compiler/components.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "compiler/arena.h"
#include "tests/compiler/random.h"

static struct arena arena;
static struct components found;

/* ---- Random graphs, against what leads where ---- */

enum { N_NODES = 30 };

static bool edges[N_NODES][N_NODES], reaches[N_NODES][N_NODES];

static void find_in_random_graph(void)
{
    static uint32_t lists[N_NODES][N_NODES], n_targets[N_NODES];
    static const uint32_t *targets[N_NODES];
    uint32_t rarity = 10 + random_below(40);
    for (uint32_t i = 0; i < N_NODES; i++) {
        targets[i] = lists[i];
        n_targets[i] = 0;
        for (uint32_t k = 0; k < N_NODES; k++) {
            edges[i][k] = random_below(rarity) == 0;
            if (edges[i][k])
                lists[i][n_targets[i]++] = k;
        }
    }
    arena_reset(&arena);
    find_components(&found, &(struct digraph){N_NODES, targets, n_targets}, &arena);
}

static void close_transitively(void)
{
    for (int k = 0; k < N_NODES; k++)
        for (int i = 0; i < N_NODES; i++)
            for (int j = 0; j < N_NODES; j++)
                reaches[i][j] |= reaches[i][k] && reaches[k][j];
}

Test(components, nodes_that_lead_to_each_other_are_together)
{
    for (seed = 1; seed < 300; seed++) {
        uint64_t first = seed;
        find_in_random_graph();
        memcpy(reaches, edges, sizeof reaches);
        close_transitively();
        for (uint32_t i = 0; i < N_NODES; i++) {
            cr_assert_lt(found.of[i], found.n);
            for (uint32_t k = 0; k < N_NODES; k++) {
                bool are_together = i == k || (reaches[i][k] && reaches[k][i]);
                cr_assert_eq(found.of[i] == found.of[k], are_together);
                cr_assert(!edges[i][k] || found.of[k] <= found.of[i]);
            }
        }
        bool is_met[N_NODES] = {0};
        for (uint32_t i = 0; i < N_NODES; i++) {
            is_met[found.order[i]] = true;
            cr_assert(i == 0 || found.of[found.order[i - 1]] <= found.of[found.order[i]]);
        }
        for (uint32_t i = 0; i < N_NODES; i++)
            cr_assert(is_met[i]);
        seed = first;
    }
}

Test(components, no_cycle_has_only_edges_to_what_was_done_with_earlier)
{
    for (seed = 1; seed < 300; seed++) {
        uint64_t first = seed;
        find_in_random_graph();
        for (uint32_t i = 0; i < N_NODES; i++)
            for (uint32_t k = 0; k < N_NODES; k++)
                reaches[i][k] = edges[i][k] && found.finish[k] < found.finish[i];
        close_transitively();
        for (uint32_t i = 0; i < N_NODES; i++)
            cr_assert_not(reaches[i][i]);
        memcpy(reaches, edges, sizeof reaches);
        close_transitively();
        for (uint32_t i = 0; i < N_NODES; i++)
            for (uint32_t k = 0; k < N_NODES; k++)
                cr_assert(!edges[i][k] || found.finish[k] < found.finish[i] ||
                              reaches[k][i],
                          "an edge on no cycle");
        seed = first;
    }
}

/* ---- Many nodes ---- */

enum { N_MANY = 1000000 };

static void *find_in_cycle(void *argument)
{
    uint32_t *nexts = arena_array(&arena, N_MANY, sizeof *nexts);
    uint32_t *n_targets = arena_array(&arena, N_MANY, sizeof *n_targets);
    const uint32_t **targets = arena_array(&arena, N_MANY, sizeof *targets);
    for (uint32_t i = 0; i < N_MANY; i++) {
        nexts[i] = (i + 1) % N_MANY;
        targets[i] = &nexts[i];
        n_targets[i] = 1;
    }
    find_components(&found, &(struct digraph){N_MANY, targets, n_targets}, &arena);
    return argument;
}

Test(components, a_long_cycle_needs_no_stack)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    cr_assert_eq(pthread_create(&thread, &attributes, find_in_cycle, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    cr_expect_eq(found.n, 1);
    uint32_t n_back = 0;
    for (uint32_t i = 0; i < N_MANY; i++)
        n_back += found.finish[(i + 1) % N_MANY] >= found.finish[i];
    cr_expect_eq(n_back, 1);
    arena_free(&arena);
}
