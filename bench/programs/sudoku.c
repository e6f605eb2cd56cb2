/* Sudoku by backtracking: the cell with the fewest candidates first. */
#include "bench.h"

struct board {
    uint8_t cell[81];
    uint16_t row[9], column[9], box[9]; /* bits of the digits used */
};

static int box_of(int i)
{
    return i / 27 * 3 + i % 9 / 3;
}

static void set(struct board *b, int i, int digit)
{
    uint16_t bit = (uint16_t)(1u << digit);
    b->cell[i] = (uint8_t)(digit + 1);
    b->row[i / 9] |= bit;
    b->column[i % 9] |= bit;
    b->box[box_of(i)] |= bit;
}

static void unset(struct board *b, int i)
{
    uint16_t keep = (uint16_t) ~(1u << (b->cell[i] - 1));
    b->cell[i] = 0;
    b->row[i / 9] &= keep;
    b->column[i % 9] &= keep;
    b->box[box_of(i)] &= keep;
}

static uint32_t candidates(const struct board *b, int i)
{
    return 0x1ffu & ~(uint32_t)(b->row[i / 9] | b->column[i % 9] | b->box[box_of(i)]);
}

/* The number of solutions, looking no further than limit. */
static uint32_t solve(struct board *b, uint32_t limit, uint64_t *nodes)
{
    int best = -1, fewest = 10;
    for (int i = 0; i < 81 && fewest > 1; i++) {
        if (b->cell[i])
            continue;
        int n = __builtin_popcount(candidates(b, i));
        if (n < fewest) {
            fewest = n;
            best = i;
        }
    }
    ++*nodes;
    if (best < 0)
        return 1;
    uint32_t found = 0;
    for (uint32_t open = candidates(b, best); open && found < limit; open &= open - 1) {
        set(b, best, __builtin_ctz(open));
        found += solve(b, limit - found, nodes);
        unset(b, best);
    }
    return found;
}

/* A shifted pattern is a solution; renaming digits and clearing cells makes a puzzle. */
static void make_puzzle(struct board *b, uint64_t *seed, int clues)
{
    int name[9];
    for (int i = 0; i < 9; i++) {
        int k = (int)(bench_random(seed) % (uint32_t)(i + 1));
        name[i] = name[k];
        name[k] = i;
    }
    memset(b, 0, sizeof *b);
    for (int n = 0; n < clues;) {
        int i = (int)(bench_random(seed) % 81), row = i / 9, column = i % 9;
        if (b->cell[i])
            continue;
        set(b, i, name[(row * 3 + row / 3 + column) % 9]);
        n++;
    }
}

int main(int argc, char **argv)
{
    struct board b;
    uint64_t seed = 1, sum = 0;
    for (int round = bench_rounds(argc, argv, 650); round > 0; round--) {
        uint64_t nodes = 0;
        make_puzzle(&b, &seed, 24);
        sum = bench_mix(sum, solve(&b, 500, &nodes));
        sum = bench_mix(sum, nodes);
    }
    return bench_report(sum);
}
