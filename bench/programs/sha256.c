/* SHA-256 (FIPS 180-4). Its constants are computed as the standard defines them: the
 * fractional parts of the roots of the first primes. */
#include "bench.h"

enum { BYTES = 1 << 18 };

static uint32_t round_constant[64], start_state[8];

/* The first 32 bits of the fraction of p's root: power 2 or 3. */
static uint32_t root_fraction(uint32_t p, int power)
{
    uint64_t root = 0;
    for (int bit = 37; bit >= 0; bit--) {
        unsigned __int128 r = root | 1ULL << bit;
        unsigned __int128 raised = power == 2 ? r * r : r * r * r;
        if (raised <= (unsigned __int128)p << (32 * power))
            root = (uint64_t)r;
    }
    return (uint32_t)root;
}

static int is_prime(uint32_t n)
{
    for (uint32_t d = 2; d * d <= n; d++)
        if (n % d == 0)
            return 0;
    return 1;
}

static void make_constants(void)
{
    int n = 0;
    for (uint32_t p = 2; n < 64; p++) {
        if (!is_prime(p))
            continue;
        if (n < 8)
            start_state[n] = root_fraction(p, 2);
        round_constant[n++] = root_fraction(p, 3);
    }
}

static uint32_t rotate(uint32_t x, int by)
{
    return x >> by | x << (32 - by);
}

static void load_schedule(uint32_t w[64], const uint8_t *block)
{
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

KERNEL void compress(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64];
    load_schedule(w, block);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                      ((e & f) ^ (~e & g)) + round_constant[i] + w[i];
        uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                      ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

int main(int argc, char **argv)
{
    uint8_t *data = bench_alloc(BYTES);
    uint64_t seed = 1, sum = 0;
    uint32_t state[8];
    make_constants();
    memcpy(state, start_state, sizeof state);
    for (int i = 0; i < BYTES; i++)
        data[i] = (uint8_t)bench_random(&seed);
    for (int round = bench_rounds(argc, argv, 470); round > 0; round--)
        for (int i = 0; i < BYTES; i += 64)
            compress(state, data + i);
    for (int i = 0; i < 8; i++)
        sum = bench_mix(sum, state[i]);
    return bench_report(sum);
}
