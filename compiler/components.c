/* Tarjan's algorithm, with a path of its own in place of the call stack. */
#include "compiler/components.h"

#include "compiler/arena.h"

enum { NONE = UINT32_MAX };

struct search {
    const struct digraph *graph;
    struct components *found;
    uint32_t *number; /* in the order of discovery, from 1 */
    uint32_t *lowest; /* number that the node is known to lead back to */
    uint32_t *open;   /* nodes found whose component is not complete */
    struct step {
        uint32_t node, next; /* next: target to look at */
    } * path;
    uint32_t n_numbers, n_finished, n_ordered, n_open, n_path;
};

static void enter(struct search *s, uint32_t node)
{
    s->lowest[node] = s->number[node] = ++s->n_numbers;
    s->open[s->n_open++] = node;
    s->path[s->n_path++] = (struct step){node, 0};
}

static void lower(struct search *s, uint32_t node, uint32_t number)
{
    if (number < s->lowest[node])
        s->lowest[node] = number;
}

static void close_component(struct search *s, uint32_t first)
{
    uint32_t node;
    do {
        node = s->open[--s->n_open];
        s->found->of[node] = s->found->n;
        s->found->order[s->n_ordered++] = node;
    } while (node != first);
    s->found->n++;
}

/* The node at the end of the path has no more targets to look at. */
static void leave(struct search *s)
{
    uint32_t node = s->path[--s->n_path].node;
    s->found->finish[node] = s->n_finished++;
    if (s->n_path > 0)
        lower(s, s->path[s->n_path - 1].node, s->lowest[node]);
    if (s->lowest[node] == s->number[node])
        close_component(s, node);
}

static void search_from(struct search *s, uint32_t root)
{
    enter(s, root);
    while (s->n_path > 0) {
        struct step *step = &s->path[s->n_path - 1];
        if (step->next == s->graph->n_targets[step->node]) {
            leave(s);
            continue;
        }
        uint32_t target = s->graph->targets[step->node][step->next++];
        if (s->number[target] == 0)
            enter(s, target);
        else if (s->found->of[target] == NONE)
            lower(s, step->node, s->number[target]);
    }
}

void find_components(struct components *c, const struct digraph *graph,
                     struct arena *arena)
{
    uint32_t n = graph->n_nodes;
    struct arena scratch = {0};
    struct search s = {
        .graph = graph,
        .found = c,
        .number = arena_array(&scratch, n, sizeof *s.number),
        .lowest = arena_array(&scratch, n, sizeof *s.lowest),
        .open = arena_array(&scratch, n, sizeof *s.open),
        .path = arena_array(&scratch, n, sizeof *s.path),
    };
    *c = (struct components){
        .of = arena_array(arena, n, sizeof *c->of),
        .order = arena_array(arena, n, sizeof *c->order),
        .finish = arena_array(arena, n, sizeof *c->finish),
    };
    for (uint32_t i = 0; i < n; i++)
        c->of[i] = NONE;
    for (uint32_t i = 0; i < n; i++)
        if (s.number[i] == 0)
            search_from(&s, i);
    arena_free(&scratch);
}
