/* A backtracking matcher of regular expressions (literals, dot, classes, groups of
 * alternatives, star and plus) over lines of generated text. */
#include "bench.h"

enum kind { CHAR, ANY, CLASS, SPLIT, JUMP, MATCH };

struct instr {
    enum kind kind;
    int a, b; /* CHAR: byte; CLASS: first and last byte; SPLIT, JUMP: targets */
};

struct program {
    struct instr at[64];
    int n;
};

static int emit(struct program *p, enum kind kind, int a, int b)
{
    p->at[p->n] = (struct instr){kind, a, b};
    return p->n++;
}

static const char *compile_choice(struct program *p, const char *s);

/* Put a SPLIT before instruction i: targets at or behind it move up. */
static void insert_split(struct program *p, int i)
{
    memmove(&p->at[i + 1], &p->at[i], (size_t)(p->n++ - i) * sizeof p->at[0]);
    for (int k = i + 1; k < p->n; k++)
        if (p->at[k].kind == SPLIT || p->at[k].kind == JUMP) {
            p->at[k].a += p->at[k].a >= i;
            p->at[k].b += p->at[k].b >= i;
        }
}

static const char *compile_item(struct program *p, const char *s)
{
    int start = p->n;
    if (*s == '(') {
        s = compile_choice(p, s + 1) + 1;
    } else if (*s == '[') {
        emit(p, CLASS, s[1], s[3]);
        s += 5;
    } else {
        emit(p, *s == '.' ? ANY : CHAR, *s, 0);
        s++;
    }
    if (*s == '*') {
        insert_split(p, start);
        emit(p, JUMP, start, 0);
        p->at[start] = (struct instr){SPLIT, start + 1, p->n};
        s++;
    } else if (*s == '+') {
        int split = emit(p, SPLIT, start, 0);
        p->at[split].b = p->n;
        s++;
    }
    return s;
}

static const char *compile_choice(struct program *p, const char *s)
{
    int start = p->n;
    while (*s && *s != ')' && *s != '|')
        s = compile_item(p, s);
    if (*s != '|')
        return s;
    insert_split(p, start);
    int jump = emit(p, JUMP, 0, 0);
    p->at[start] = (struct instr){SPLIT, start + 1, p->n};
    s = compile_choice(p, s + 1);
    p->at[jump].a = p->n;
    return s;
}

static const char *match(const struct instr *at, int pc, const char *s)
{
    for (;; pc++) {
        switch (at[pc].kind) {
        case CHAR:
            if (*s++ != at[pc].a)
                return NULL;
            break;
        case ANY:
            if (!*s++)
                return NULL;
            break;
        case CLASS:
            if (*s < at[pc].a || *s > at[pc].b)
                return NULL;
            s++;
            break;
        case SPLIT: {
            const char *end = match(at, at[pc].a, s);
            if (end)
                return end;
            pc = at[pc].b - 1;
            break;
        }
        case JUMP:
            pc = at[pc].a - 1;
            break;
        case MATCH:
            return s;
        }
    }
}

KERNEL uint64_t find_all(const struct program *p, const char *line)
{
    uint64_t found = 0;
    while (*line) {
        const char *end = match(p->at, 0, line);
        found += end ? 1 + ((uint64_t)(end - line) << 16) : 0;
        line = end && end > line ? end : line + 1;
    }
    return found;
}

int main(int argc, char **argv)
{
    static const char *const patterns[] = {
        "[a-c]+d(e|f)*g", "(ab|ba|cc)+d",        "a.*h[0-9]+",
        "(a*b)*c[e-g]",   "x([a-d][e-h])+[0-9]",
    };
    enum { PATTERNS = sizeof patterns / sizeof patterns[0], LINES = 128, LENGTH = 120 };
    static char text[LINES][LENGTH + 1];
    uint64_t seed = 1, sum = 0;
    for (int i = 0; i < LINES; i++)
        for (int k = 0; k < LENGTH; k++)
            text[i][k] = "abcdabcdabcdefghx012"[bench_random(&seed) % 20];
    struct program program[PATTERNS] = {0};
    for (int i = 0; i < PATTERNS; i++) {
        compile_choice(&program[i], patterns[i]);
        emit(&program[i], MATCH, 0, 0);
    }
    for (int round = bench_rounds(argc, argv, 320); round > 0; round--)
        for (int i = 0; i < PATTERNS * LINES; i++)
            sum = bench_mix(sum, find_all(&program[i % PATTERNS], text[i / PATTERNS]));
    return bench_report(sum);
}
