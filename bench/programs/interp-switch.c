/* A stack machine with one big switch, running a sieve and a nested loop. */
#include "bench.h"

enum op { PUSH, GET, SET, ADD, SUB, MUL, REM, LESS, JUMP, UNLESS, FETCH, STORE, HALT };

struct code {
    int32_t word[128];
    int n;
};

enum { HEAP = 1 << 16 };
static int32_t heap[HEAP];

KERNEL int32_t run(const int32_t *code, int32_t limit)
{
    int32_t stack[16], local[8] = {limit};
    int32_t *sp = stack;
    const int32_t *pc = code;
    for (;;) {
        switch ((enum op) * pc++) {
        case PUSH:
            *sp++ = *pc++;
            break;
        case GET:
            *sp++ = local[*pc++];
            break;
        case SET:
            local[*pc++] = *--sp;
            break;
        case ADD:
            sp--;
            sp[-1] = (int32_t)((uint32_t)sp[-1] + (uint32_t)sp[0]);
            break;
        case SUB:
            sp--;
            sp[-1] = (int32_t)((uint32_t)sp[-1] - (uint32_t)sp[0]);
            break;
        case MUL:
            sp--;
            sp[-1] = (int32_t)((uint32_t)sp[-1] * (uint32_t)sp[0]);
            break;
        case REM:
            sp--;
            sp[-1] = sp[0] > 0 ? sp[-1] % sp[0] : 0;
            break;
        case LESS:
            sp--;
            sp[-1] = sp[-1] < sp[0];
            break;
        case JUMP:
            pc = code + *pc;
            break;
        case UNLESS:
            pc = *--sp ? pc + 1 : code + *pc;
            break;
        case FETCH:
            sp[-1] = heap[sp[-1] & (HEAP - 1)];
            break;
        case STORE:
            sp -= 2;
            heap[sp[0] & (HEAP - 1)] = sp[1];
            break;
        case HALT:
            return sp[-1];
        }
    }
}

static void emit(struct code *c, enum op op)
{
    c->word[c->n++] = op;
}

static int emit_arg(struct code *c, enum op op, int32_t arg)
{
    emit(c, op);
    c->word[c->n++] = arg;
    return c->n - 1;
}

/* local = local + what is pushed by op and arg */
static void emit_step(struct code *c, int local, enum op op, int32_t arg)
{
    emit_arg(c, GET, local);
    emit_arg(c, op, arg);
    emit(c, ADD);
    emit_arg(c, SET, local);
}

static int emit_while_less(struct code *c, int local, int bound)
{
    emit_arg(c, GET, local);
    emit_arg(c, GET, bound);
    emit(c, LESS);
    return emit_arg(c, UNLESS, 0);
}

/* while (i < limit) { if (!heap[i]) for (j = i + i; j < limit; j += i) heap[j] = 1;
 * else hash = (hash * 31 + i) % 65521; i++ } return hash; */
static void assemble(struct code *c)
{
    enum { LIMIT, I, J, HASH };
    emit_arg(c, PUSH, 2);
    emit_arg(c, SET, I);
    int outer = c->n, leave = emit_while_less(c, I, LIMIT);
    emit_arg(c, GET, I);
    emit(c, FETCH);
    int prime = emit_arg(c, UNLESS, 0);
    emit_arg(c, GET, HASH);
    emit_arg(c, PUSH, 31);
    emit(c, MUL);
    emit_arg(c, GET, I);
    emit(c, ADD);
    emit_arg(c, PUSH, 65521);
    emit(c, REM);
    emit_arg(c, SET, HASH);
    int next = emit_arg(c, JUMP, 0);
    c->word[prime] = c->n;
    emit_arg(c, GET, I);
    emit_arg(c, SET, J);
    emit_step(c, J, GET, I);
    int inner = c->n, done = emit_while_less(c, J, LIMIT);
    emit_arg(c, GET, J);
    emit_arg(c, PUSH, 1);
    emit(c, STORE);
    emit_step(c, J, GET, I);
    emit_arg(c, JUMP, inner);
    c->word[next] = c->word[done] = c->n;
    emit_step(c, I, PUSH, 1);
    emit_arg(c, JUMP, outer);
    c->word[leave] = c->n;
    emit_arg(c, GET, HASH);
    emit(c, HALT);
}

int main(int argc, char **argv)
{
    struct code c = {.n = 0};
    assemble(&c);
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 100); round > 0; round--) {
        memset(heap, 0, sizeof heap);
        sum = bench_mix(sum, (uint64_t)run(c.word, HEAP - round));
    }
    return bench_report(sum);
}
