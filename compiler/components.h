/* The strongly connected components of a directed graph. */
#ifndef COMPILER_COMPONENTS_H
#define COMPILER_COMPONENTS_H

#include <stdint.h>

struct arena;

struct digraph {
    uint32_t n_nodes;
    const uint32_t **targets; /* node -> the nodes that its edges lead to */
    const uint32_t *n_targets;
};

struct components {
    uint32_t n;
    uint32_t *of;     /* node -> its component: edges lead to that, or to lower ones */
    uint32_t *order;  /* the nodes by component */
    uint32_t *finish; /* node -> when a search in depth had done with it: on every cycle
                         some edge leads to a node that was not done with earlier */
};

/* Fills c, in arena. Does not recurse. */
void find_components(struct components *c, const struct digraph *graph,
                     struct arena *arena);

#endif
