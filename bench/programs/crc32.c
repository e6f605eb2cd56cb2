/* CRC-32, a byte at a time and four bytes at a time. */
#include "bench.h"

enum { BYTES = 1 << 18 };

static uint32_t table[4][256];

static void make_tables(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        table[0][i] = crc;
    }
    for (int t = 1; t < 4; t++)
        for (int i = 0; i < 256; i++)
            table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
}

KERNEL uint32_t crc_bytes(uint32_t crc, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        crc = crc >> 8 ^ table[0][(crc ^ p[i]) & 255];
    return crc;
}

KERNEL uint32_t crc_words(uint32_t crc, const uint8_t *p, size_t n)
{
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t word;
        memcpy(&word, p, 4);
        crc ^= word;
        crc = table[3][crc & 255] ^ table[2][crc >> 8 & 255] ^ table[1][crc >> 16 & 255] ^
              table[0][crc >> 24];
    }
    return crc_bytes(crc, p, n);
}

int main(int argc, char **argv)
{
    uint8_t *data = bench_alloc(BYTES);
    uint64_t seed = 1, sum = 0;
    make_tables();
    for (int i = 0; i < BYTES; i++)
        data[i] = (uint8_t)bench_random(&seed);
    for (int round = bench_rounds(argc, argv, 900); round > 0; round--) {
        sum = bench_mix(sum, crc_bytes((uint32_t)round, data, BYTES));
        sum = bench_mix(sum, crc_words((uint32_t)round, data, BYTES - 1));
    }
    return bench_report(sum);
}
