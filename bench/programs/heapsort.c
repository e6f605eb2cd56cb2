/* Heap sort of records by a 64-bit key. */
#include "bench.h"

enum { N = 1 << 17 };

struct record {
    uint64_t key;
    uint32_t value;
};

static void sift(struct record *x, int root, int n)
{
    struct record held = x[root];
    for (int child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && x[child].key < x[child + 1].key)
            child++;
        if (x[child].key <= held.key)
            break;
        x[root] = x[child];
    }
    x[root] = held;
}

KERNEL void heapsort_records(struct record *x, int n)
{
    for (int i = n / 2 - 1; i >= 0; i--)
        sift(x, i, n);
    for (int last = n - 1; last > 0; last--) {
        struct record held = x[0];
        x[0] = x[last];
        x[last] = held;
        sift(x, 0, last);
    }
}

int main(int argc, char **argv)
{
    struct record *x = bench_alloc(N * sizeof *x);
    uint64_t seed = 1, sum = 0;
    for (int round = bench_rounds(argc, argv, 36); round > 0; round--) {
        for (int i = 0; i < N; i++) {
            x[i].key = (uint64_t)bench_random(&seed) << 20 | (uint32_t)i;
            x[i].value = (uint32_t)i;
        }
        heapsort_records(x, N);
        for (int i = 0; i < N; i += 97)
            sum = bench_mix(sum, x[i].value);
    }
    return bench_report(sum);
}
