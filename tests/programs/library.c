// What a C library does: allocation, sorting through pointers, formatted numbers, floats.
// stdout: 1000000 blocks, sum 499999500000
// stdout: sorted
// stdout: 3.141593 1e+100 0x1.8p+1 -0
// stdout: 0x7fffffffffffffff -9223372036854775808
// stdout: 0.8414709848 2.7182818285 1.4142135624
// stdout: 12 34.5 word
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void allocate(void)
{
    enum { N = 1000 };
    uint64_t *blocks[N] = {0};
    uint64_t sum = 0;
    int n = 0;
    for (int i = 0; i < 1000000; i++, n++) {
        int slot = i * 7919 % N;
        free(blocks[slot]);
        blocks[slot] = malloc(8 + (size_t)(i % 513));
        *blocks[slot] = (uint64_t)i;
        sum += *blocks[slot];
    }
    printf("%d blocks, sum %llu\n", n, (unsigned long long)sum);
}

static void sort(void)
{
    enum { N = 100000 };
    static uint32_t numbers[N];
    uint32_t state = 1;
    for (int i = 0; i < N; i++)
        numbers[i] = state = state * 1664525 + 1013904223;
    qsort(numbers, N, sizeof *numbers, compare);
    for (int i = 1; i < N; i++)
        if (numbers[i - 1] > numbers[i])
            return;
    puts("sorted");
}

int main(int argc, char **argv)
{
    (void)argv;
    allocate();
    sort();
    printf("%f %g %a %g\n", 3.14159265, 1e100, 3.0, -0.0);
    printf("%#llx %lld\n", INT64_MAX + 0ULL, (long long)INT64_MIN);
    printf("%.10f %.10f %.10f\n", sin(argc), exp(argc), sqrt(argc + 1));
    int i;
    double d;
    char word[10];
    sscanf("12 34.5 word", "%d %lf %9s", &i, &d, word);
    printf("%d %.1f %s\n", i, d, word);
    return 0;
}
