/* Work for zstd: compresses text at a low, a middle and a high level, and unpacks it
 * again. */
#include "text.h"
#include "zstd.h"

enum { BYTES = 1 << 20 };

static uint64_t round_trip(const char *text, char *packed, size_t capacity,
                           char *unpacked, int level)
{
    size_t n = ZSTD_compress(packed, capacity, text, BYTES, level);
    if (ZSTD_isError(n) || ZSTD_decompress(unpacked, BYTES, packed, n) != BYTES ||
        memcmp(text, unpacked, BYTES) != 0)
        exit(1);
    return bench_mix_bytes(0, packed, n);
}

int main(int argc, char **argv)
{
    static const int levels[] = {1, 1, 1, 3, 3, 9, 15};
    size_t capacity = ZSTD_compressBound(BYTES);
    char *text = bench_alloc(BYTES), *packed = bench_alloc(capacity),
         *unpacked = bench_alloc(BYTES);
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 3); round > 0; round--) {
        bench_text(text, BYTES, (uint64_t)round);
        for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
            sum = sum * 31 + round_trip(text, packed, capacity, unpacked, levels[i]);
    }
    return bench_report(sum);
}
