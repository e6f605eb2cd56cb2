/* A byte-oriented LZ77: matches found through a hash of four bytes, and its decoder. */
#include "bench.h"

enum { BYTES = 1 << 18, HASH_BITS = 14, SHORTEST = 4, LONGEST = 259, WINDOW = 65535 };

static uint32_t hash_of(const uint8_t *p)
{
    uint32_t word;
    memcpy(&word, p, 4);
    return (word * 2654435761u) >> (32 - HASH_BITS);
}

static size_t match_length(const uint8_t *a, const uint8_t *b, size_t most)
{
    size_t n = 0;
    while (n < most && a[n] == b[n])
        n++;
    return n;
}

static uint8_t *put_literals(uint8_t *out, const uint8_t *from, size_t n)
{
    while (n > 0) {
        size_t chunk = n < 127 ? n : 127;
        *out++ = (uint8_t)chunk;
        memcpy(out, from, chunk);
        out += chunk;
        from += chunk;
        n -= chunk;
    }
    return out;
}

/* A token below 128 starts that many literals; 128 starts a match: length - 4, distance.
 */
KERNEL size_t compress(const uint8_t *in, size_t n, uint8_t *out)
{
    static uint32_t last_seen[1 << HASH_BITS];
    uint8_t *start = out;
    size_t pending = 0;
    memset(last_seen, 0, sizeof last_seen);
    for (size_t i = 0; i < n;) {
        size_t length = 0, candidate = 0;
        if (i + SHORTEST <= n) {
            uint32_t *slot = &last_seen[hash_of(in + i)];
            candidate = *slot;
            *slot = (uint32_t)i + 1;
            size_t most = n - i < LONGEST ? n - i : LONGEST;
            if (candidate && i - (candidate - 1) <= WINDOW)
                length = match_length(in + candidate - 1, in + i, most);
        }
        if (length < SHORTEST) {
            i++;
            continue;
        }
        size_t distance = i - (candidate - 1);
        out = put_literals(out, in + pending, i - pending);
        *out++ = 128;
        *out++ = (uint8_t)(length - SHORTEST);
        *out++ = (uint8_t)distance;
        *out++ = (uint8_t)(distance >> 8);
        i += length;
        pending = i;
    }
    out = put_literals(out, in + pending, n - pending);
    return (size_t)(out - start);
}

KERNEL size_t expand(const uint8_t *in, size_t n, uint8_t *out)
{
    const uint8_t *end = in + n;
    uint8_t *start = out;
    while (in < end) {
        size_t token = *in++;
        if (token < 128) {
            memcpy(out, in, token);
            out += token;
            in += token;
            continue;
        }
        size_t length = in[0] + (size_t)SHORTEST, distance = in[1] | (size_t)in[2] << 8;
        in += 3;
        for (const uint8_t *from = out - distance; length > 0; length--)
            *out++ = *from++;
    }
    return (size_t)(out - start);
}

/* Text of words drawn from a small dictionary, the first ones far more often. */
static void write_text(uint8_t *text)
{
    uint64_t seed = 1;
    for (size_t i = 0; i < BYTES;) {
        uint32_t word = bench_random(&seed) % (1 + bench_random(&seed) % 4096);
        uint64_t letters = 77 + word;
        for (size_t k = 2 + word % 7; k > 0 && i < BYTES; k--)
            text[i++] = (uint8_t)('a' + bench_random(&letters) % 26);
        if (i < BYTES)
            text[i++] = ' ';
    }
}

int main(int argc, char **argv)
{
    uint8_t *text = bench_alloc(BYTES), *packed = bench_alloc(2 * BYTES);
    uint8_t *unpacked = bench_alloc(BYTES);
    uint64_t sum = 0;
    write_text(text);
    for (int round = bench_rounds(argc, argv, 320); round > 0; round--) {
        text[(round * 7919) % BYTES] = (uint8_t)round;
        size_t n = compress(text, BYTES, packed);
        if (expand(packed, n, unpacked) != BYTES || !bench_alike(text, unpacked, BYTES))
            return 1;
        sum = bench_mix(sum, n);
    }
    return bench_report(sum);
}
