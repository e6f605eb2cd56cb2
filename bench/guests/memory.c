/* memory MIB ROUNDS: fills that much memory with records, says so, then changes some of
 * them in each round; in the end a checksum. */
#include "../programs/bench.h"

enum { CHANGES = 200000 };

struct record {
    uint64_t id;
    double price;
    uint32_t amount, flags;
    char name[8];
};

static void fill(struct record *records, size_t n, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++) {
        records[i] = (struct record){
            .id = i, .price = bench_real(seed), .amount = bench_random(seed) % 1000};
        for (size_t k = 0; k < sizeof records[i].name; k++)
            records[i].name[k] = (char)('a' + bench_random(seed) % 26);
    }
}

KERNEL uint64_t change(struct record *records, size_t n, uint64_t *seed)
{
    uint64_t sum = 0;
    for (int i = 0; i < CHANGES; i++) {
        struct record *record = &records[bench_random(seed) % n];
        record->amount += (uint32_t)i;
        sum = sum * 31 + record->amount + (uint8_t)record->name[i % 8];
    }
    return sum;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    size_t n = (size_t)strtol(argv[1], NULL, 10) * (1 << 20) / sizeof(struct record);
    struct record *records = bench_alloc(n * sizeof *records);
    uint64_t seed = 1, sum = 0;
    fill(records, n, &seed);
    puts("ready");
    fflush(stdout);
    for (long rounds = strtol(argv[2], NULL, 10); rounds > 0; rounds--)
        sum += change(records, n, &seed);
    return bench_report(sum);
}
