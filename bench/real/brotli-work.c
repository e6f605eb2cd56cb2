/* Work for brotli: compresses text at a low, a middle and a high quality, and unpacks it
 * again. */
#include "text.h"

#include <brotli/decode.h>
#include <brotli/encode.h>

enum { BYTES = 1 << 20 };

static uint64_t round_trip(const char *text, uint8_t *packed, size_t capacity,
                           uint8_t *unpacked, int quality)
{
    size_t n = capacity, n_unpacked = BYTES;
    if (!BrotliEncoderCompress(quality, 20, BROTLI_MODE_GENERIC, BYTES,
                               (const uint8_t *)text, &n, packed) ||
        BrotliDecoderDecompress(n, packed, &n_unpacked, unpacked) !=
            BROTLI_DECODER_RESULT_SUCCESS ||
        n_unpacked != BYTES || memcmp(text, unpacked, BYTES) != 0)
        exit(1);
    return bench_mix_bytes(0, packed, n);
}

int main(int argc, char **argv)
{
    static const int qualities[] = {1, 1, 4, 4, 6, 9};
    size_t capacity = BrotliEncoderMaxCompressedSize(BYTES);
    char *text = bench_alloc(BYTES);
    uint8_t *packed = bench_alloc(capacity), *unpacked = bench_alloc(BYTES);
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 4); round > 0; round--) {
        bench_text(text, BYTES, (uint64_t)round);
        for (size_t i = 0; i < sizeof qualities / sizeof qualities[0]; i++)
            sum = sum * 31 + round_trip(text, packed, capacity, unpacked, qualities[i]);
    }
    return bench_report(sum);
}
