/* A hash map with open addressing: insert, find and remove of 64-bit keys. */
#include "bench.h"

enum { SLOTS = 1 << 18, KEYS = SLOTS / 2 };

struct map {
    uint64_t key[SLOTS]; /* 0 is free */
    uint64_t value[SLOTS];
};

static uint32_t home(uint64_t key)
{
    return (uint32_t)((key * 0x9e3779b97f4a7c15ULL) >> 40) & (SLOTS - 1);
}

static uint32_t slot_of(const struct map *m, uint64_t key)
{
    uint32_t i = home(key);
    while (m->key[i] && m->key[i] != key)
        i = (i + 1) & (SLOTS - 1);
    return i;
}

KERNEL void put(struct map *m, uint64_t key, uint64_t value)
{
    uint32_t i = slot_of(m, key);
    m->key[i] = key;
    m->value[i] += value;
}

KERNEL uint64_t get(const struct map *m, uint64_t key)
{
    uint32_t i = slot_of(m, key);
    return m->key[i] ? m->value[i] : 0;
}

/* Close the gap: move back whatever was pushed past it. */
KERNEL void drop(struct map *m, uint64_t key)
{
    uint32_t gap = slot_of(m, key);
    for (uint32_t i = (gap + 1) & (SLOTS - 1); m->key[i]; i = (i + 1) & (SLOTS - 1)) {
        uint32_t pushed = (i - home(m->key[i])) & (SLOTS - 1);
        if (pushed >= ((i - gap) & (SLOTS - 1))) {
            m->key[gap] = m->key[i];
            m->value[gap] = m->value[i];
            gap = i;
        }
    }
    m->key[gap] = m->value[gap] = 0;
}

int main(int argc, char **argv)
{
    struct map *m = bench_alloc(sizeof *m);
    uint64_t seed = 1, sum = 0;
    for (int round = bench_rounds(argc, argv, 82); round > 0; round--) {
        uint64_t from = seed;
        for (int i = 0; i < KEYS; i++)
            put(m, 1 + bench_random(&seed) % (4 * KEYS), (uint64_t)i);
        uint64_t again = from;
        for (int i = 0; i < KEYS; i++) {
            uint64_t key = 1 + bench_random(&again) % (4 * KEYS);
            sum += get(m, key) ^ get(m, key + 1);
        }
        for (int i = 0; i < KEYS; i++)
            drop(m, 1 + bench_random(&from) % (4 * KEYS));
    }
    return bench_report(bench_mix(sum, get(m, 1)));
}
