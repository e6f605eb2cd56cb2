/* rounds KERNEL N: N rounds of the same work, and the CPU nanoseconds of each on a line;
 * then a checksum. A kernel is one function, its rounds too: who is suspended in its
 * innermost loop stays in what was restored until the end. */
#include <wasi/api.h>

#include "../programs/bench.h"

enum { SIDE = 128, REPEATS = 64, STARTS = 200000, STEPS = 5000000 };

/* Ends a round: prints what it took. */
KERNEL void end_round(void)
{
    static __wasi_timestamp_t last;
    __wasi_timestamp_t now = 0;
    if (__wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 1, &now) != 0)
        exit(1);
    printf("%llu\n", (unsigned long long)(now - last));
    fflush(stdout);
    last = now;
}

/* Five loops deep; the innermost is vectorised. */
KERNEL uint64_t nest(int n_rounds)
{
    static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
    bench_fill(&a[0][0], SIDE * SIDE, 1);
    bench_fill(&b[0][0], SIDE * SIDE, 2);
    for (int round = 0; round < n_rounds; round++) {
        for (int repeat = 0; repeat < REPEATS; repeat++)
            for (int i = 0; i < SIDE; i++)
                for (int k = 0; k < SIDE; k++)
                    for (int j = 0; j < SIDE; j++)
                        c[i][j] += a[i][k] * b[k][j];
        end_round();
    }
    return bench_mix_doubles(0, &c[0][0], SIDE * SIDE);
}

/* The innermost loop can't be counted. */
KERNEL uint64_t uncounted(int n_rounds)
{
    uint64_t sum = 0;
    for (int round = 0; round < n_rounds; round++) {
        for (uint64_t start = 1; start < STARTS; start++)
            for (uint64_t x = start; x != 1; sum++)
                x = x % 2 ? 3 * x + 1 : x / 2;
        end_round();
    }
    return sum;
}

/* One loop with a switch, as interpreters have. */
KERNEL uint64_t interpreter(int n_rounds)
{
    static uint8_t code[1 << 10];
    uint64_t sum = 1, seed = 1;
    for (size_t i = 0; i < sizeof code; i++)
        code[i] = bench_random(&seed) % 6;
    for (int round = 0; round < n_rounds; round++) {
        uint32_t at = 0;
        for (int steps = STEPS; steps > 0; steps--) {
            switch (code[at++ % sizeof code]) {
            case 0:
                sum += at;
                break;
            case 1:
                sum ^= sum >> 7;
                break;
            case 2:
                sum *= 5;
                break;
            case 3:
                at += sum % 3;
                break;
            case 4:
                sum -= 77;
                break;
            default:
                code[at % sizeof code] ^= sum & 1;
                break;
            }
        }
        end_round();
    }
    return sum;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        uint64_t (*run)(int n_rounds);
    } kernels[] = {
        {"nest", nest}, {"uncounted", uncounted}, {"interpreter", interpreter}};
    for (size_t i = 0; argc == 3 && i < sizeof kernels / sizeof kernels[0]; i++)
        if (strcmp(argv[1], kernels[i].name) == 0)
            return bench_report(kernels[i].run((int)strtol(argv[2], NULL, 10)));
    return 2;
}
