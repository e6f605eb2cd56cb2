/* Base64, twelve bytes to sixteen letters at a time. */
#include "bench.h"
#include "vector.h"

enum { BYTES = 12 * 1024 };

/* Groups of three bytes as four numbers of six bits. */
static inline u8x16 split(u8x16 in)
{
    u8x16 spread = __builtin_shufflevector(in, in, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10,
                                           9, 11, 10);
    u16x8 words = (u16x8)spread;
    u16x8 first = (words >> 10) & 0x003f, third = (words << 4) & 0x3f00;
    u16x8 lows =
        (u16x8)((u32x4)first & 0x0000ffffu) | (u16x8)((u32x4)third & 0x0000ffffu);
    u16x8 highs = ((words >> 6) & 0x003f) | ((words << 8) & 0x3f00);
    return (u8x16)((u16x8)((u32x4)lows & 0x0000ffffu) |
                   (u16x8)((u32x4)highs & 0xffff0000u));
}

/* The letter of each number: the number plus what its range of letters is shifted by. */
static inline u8x16 letters(u8x16 numbers)
{
    const u8x16 shifts = {'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                          '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62,
                          '/' - 63, 'A',      0,        0};
    u8x16 range = __builtin_elementwise_sub_sat(numbers, (u8x16){0} + 51);
    range |= (u8x16)(numbers < 26) & 13;
    return numbers + lookup(shifts, range);
}

KERNEL void encode(const uint8_t *in, size_t n, uint8_t *out)
{
    for (size_t i = 0, o = 0; i < n; i += 12, o += 16)
        STORE(out + o, letters(split(LOAD(u8x16, in + i))));
}

int main(int argc, char **argv)
{
    uint8_t *in = bench_alloc(BYTES + 4), *out = bench_alloc(BYTES / 3 * 4);
    uint64_t seed = 1, sum = 0;
    for (int i = 0; i < BYTES; i++)
        in[i] = (uint8_t)bench_random(&seed);
    for (int round = bench_rounds(argc, argv, 900000); round > 0; round--) {
        in[round % BYTES]++;
        encode(in, BYTES, out);
        sum = bench_mix(sum, out[round % BYTES]);
    }
    return bench_report(bench_mix_bytes(sum, out, BYTES / 3 * 4));
}
