/* Base64, encoded and decoded (RFC 4648). */
#include "bench.h"

enum { BYTES = 3 << 16 };

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

KERNEL size_t encode(const uint8_t *in, size_t n, char *out)
{
    char *start = out;
    for (; n >= 3; n -= 3, in += 3) {
        uint32_t word = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *out++ = letters[word >> 18];
        *out++ = letters[word >> 12 & 63];
        *out++ = letters[word >> 6 & 63];
        *out++ = letters[word & 63];
    }
    if (n > 0) {
        uint32_t word = (uint32_t)in[0] << 16 | (n > 1 ? (uint32_t)in[1] << 8 : 0);
        *out++ = letters[word >> 18];
        *out++ = letters[word >> 12 & 63];
        *out++ = n > 1 ? letters[word >> 6 & 63] : '=';
        *out++ = '=';
    }
    return (size_t)(out - start);
}

KERNEL size_t decode(const uint8_t value[256], const char *in, size_t n, uint8_t *out)
{
    uint8_t *start = out;
    uint32_t word = 0, bits = 0;
    for (size_t i = 0; i < n && in[i] != '='; i++) {
        uint8_t v = value[(uint8_t)in[i]];
        if (v > 63)
            continue;
        word = word << 6 | v;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (uint8_t)(word >> bits);
        }
    }
    return (size_t)(out - start);
}

int main(int argc, char **argv)
{
    uint8_t *data = bench_alloc(BYTES + 2), *back = bench_alloc(BYTES + 2);
    char *text = bench_alloc(2 * BYTES);
    uint8_t value[256];
    uint64_t seed = 1, sum = 0;
    memset(value, 0xff, sizeof value);
    for (int i = 0; i < 64; i++)
        value[(uint8_t)letters[i]] = (uint8_t)i;
    for (int i = 0; i < BYTES; i++)
        data[i] = (uint8_t)bench_random(&seed);
    for (int round = bench_rounds(argc, argv, 1500); round > 0; round--) {
        size_t n = BYTES - (size_t)round % 5;
        data[round] ^= (uint8_t)round;
        size_t length = encode(data, n, text);
        if (decode(value, text, length, back) != n || !bench_alike(data, back, n))
            return 1;
        sum = bench_mix(sum, (uint8_t)text[(round * 31) % BYTES]);
    }
    return bench_report(sum);
}
