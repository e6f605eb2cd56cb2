/* Many short-lived trees beside one that stays: malloc, free and recursion. */
#include "bench.h"

struct node {
    struct node *left, *right;
};

static struct node *grow(int depth)
{
    struct node *n = malloc(sizeof *n);
    if (!n)
        exit(1);
    n->left = depth ? grow(depth - 1) : NULL;
    n->right = depth ? grow(depth - 1) : NULL;
    return n;
}

static uint32_t count(const struct node *n)
{
    return n->left ? 1 + count(n->left) + count(n->right) : 1;
}

static void cut(struct node *n)
{
    if (n->left) {
        cut(n->left);
        cut(n->right);
    }
    free(n);
}

int main(int argc, char **argv)
{
    enum { DEEPEST = 14 };
    uint64_t sum = 0;
    struct node *lasting = grow(DEEPEST);
    for (int round = bench_rounds(argc, argv, 130); round > 0; round--)
        for (int depth = 4; depth <= DEEPEST; depth += 2)
            for (int i = 1 << (DEEPEST - depth); i > 0; i--) {
                struct node *tree = grow(depth);
                sum = bench_mix(sum, count(tree));
                cut(tree);
            }
    sum = bench_mix(sum, count(lasting));
    cut(lasting);
    return bench_report(sum);
}
