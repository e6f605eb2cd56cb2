/* Quicksort of random numbers: median of three, insertion sort for short runs. */
#include "bench.h"

enum { N = 1 << 19, SHORT = 16 };

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t held = *a;
    *a = *b;
    *b = held;
}

static void insertion_sort(uint32_t *x, int n)
{
    for (int i = 1; i < n; i++) {
        uint32_t value = x[i];
        int j = i;
        for (; j > 0 && x[j - 1] > value; j--)
            x[j] = x[j - 1];
        x[j] = value;
    }
}

static uint32_t median(uint32_t a, uint32_t b, uint32_t c)
{
    if (a > b)
        swap(&a, &b);
    return c < a ? a : c < b ? c : b;
}

static void quicksort(uint32_t *x, int n)
{
    if (n <= SHORT) {
        insertion_sort(x, n);
        return;
    }
    uint32_t pivot = median(x[0], x[n / 2], x[n - 1]);
    int i = 0, j = n - 1;
    while (i <= j) {
        while (x[i] < pivot)
            i++;
        while (x[j] > pivot)
            j--;
        if (i <= j)
            swap(&x[i++], &x[j--]);
    }
    quicksort(x, j + 1);
    quicksort(x + i, n - i);
}

int main(int argc, char **argv)
{
    uint32_t *x = bench_alloc(N * sizeof *x);
    uint64_t seed = 1, sum = 0;
    for (int round = bench_rounds(argc, argv, 18); round > 0; round--) {
        for (int i = 0; i < N; i++)
            x[i] = bench_random(&seed);
        quicksort(x, N);
        for (int i = 0; i < N; i += 997)
            sum = bench_mix(sum, x[i]);
    }
    return bench_report(sum);
}
