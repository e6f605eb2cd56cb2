/* A tree of closures: every node of an expression is evaluated through a pointer. */
#include "bench.h"

struct node {
    int64_t (*eval)(const struct node *n, int64_t *vars);
    const struct node *left, *right;
    int64_t value;
};

static int64_t eval(const struct node *n, int64_t *vars)
{
    return n->eval(n, vars);
}

static int64_t eval_constant(const struct node *n, int64_t *vars)
{
    (void)vars;
    return n->value;
}

static int64_t eval_variable(const struct node *n, int64_t *vars)
{
    return vars[n->value];
}

static int64_t eval_add(const struct node *n, int64_t *vars)
{
    return (int64_t)((uint64_t)eval(n->left, vars) + (uint64_t)eval(n->right, vars));
}

static int64_t eval_multiply(const struct node *n, int64_t *vars)
{
    return (int64_t)((uint64_t)eval(n->left, vars) * (uint64_t)eval(n->right, vars));
}

static int64_t eval_xor(const struct node *n, int64_t *vars)
{
    return eval(n->left, vars) ^ eval(n->right, vars);
}

static int64_t eval_less(const struct node *n, int64_t *vars)
{
    return eval(n->left, vars) < eval(n->right, vars);
}

static int64_t eval_assign(const struct node *n, int64_t *vars)
{
    return vars[n->value] = eval(n->left, vars);
}

static int64_t eval_sequence(const struct node *n, int64_t *vars)
{
    eval(n->left, vars);
    return eval(n->right, vars);
}

static int64_t eval_while(const struct node *n, int64_t *vars)
{
    int64_t last = 0;
    while (eval(n->left, vars))
        last = eval(n->right, vars);
    return last;
}

static struct node pool[64];
static int used;

static const struct node *make(int64_t (*eval_node)(const struct node *, int64_t *),
                               const struct node *left, const struct node *right,
                               int64_t value)
{
    struct node *n = &pool[used++];
    *n = (struct node){eval_node, left, right, value};
    return n;
}

static const struct node *variable(int64_t index)
{
    return make(eval_variable, NULL, NULL, index);
}

static const struct node *constant(int64_t value)
{
    return make(eval_constant, NULL, NULL, value);
}

/* while (i < limit) { x = (x ^ i) * 6364136223846793005 + 1442695040888963407; i = i + 1
 * } */
static const struct node *program(void)
{
    enum { I, X, LIMIT };
    const struct node *mixed = make(eval_xor, variable(X), variable(I), 0);
    const struct node *scaled =
        make(eval_multiply, mixed, constant(6364136223846793005), 0);
    const struct node *moved = make(eval_add, scaled, constant(1442695040888963407), 0);
    const struct node *step = make(eval_add, variable(I), constant(1), 0);
    const struct node *body = make(eval_sequence, make(eval_assign, moved, NULL, X),
                                   make(eval_assign, step, NULL, I), 0);
    const struct node *test = make(eval_less, variable(I), variable(LIMIT), 0);
    return make(eval_while, test, body, 0);
}

int main(int argc, char **argv)
{
    const struct node *root = program();
    int64_t vars[3] = {0, 1, 0};
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 150); round > 0; round--) {
        vars[0] = 0;
        vars[2] = 150000 + round;
        sum = bench_mix(sum, (uint64_t)eval(root, vars));
        sum = bench_mix(sum, (uint64_t)vars[1]);
    }
    return bench_report(sum);
}
