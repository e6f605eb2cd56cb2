/* UTF-8: validation and decoding of mixed text (RFC 3629: no overlong forms, no
 * surrogates, nothing beyond U+10FFFF). */
#include "utf8.h"
#include "bench.h"

enum { BYTES = 1 << 18 };

/* Bytes of the sequence at p, 0 if it is not valid; at least 4 bytes can be read. */
static int sequence(const uint8_t *p, uint32_t *code)
{
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    if ((p[1] & 0xc0) != 0x80)
        return 0;
    if (p[0] < 0xe0) {
        *code = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
        return p[0] >= 0xc2 ? 2 : 0;
    }
    if ((p[2] & 0xc0) != 0x80)
        return 0;
    uint32_t low = (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    if (p[0] < 0xf0) {
        *code = (p[0] & 0x0fu) << 12 | low;
        return *code >= 0x800 && *code >> 11 != 0x1b ? 3 : 0;
    }
    if ((p[3] & 0xc0) != 0x80)
        return 0;
    *code = (p[0] & 0x07u) << 18 | low << 6 | (p[3] & 0x3fu);
    return p[0] < 0xf8 && *code >= 0x10000 && *code <= 0x10ffff ? 4 : 0;
}

/* Code points and their sum; stops at the first invalid byte. */
KERNEL uint64_t decode_all(const uint8_t *p, const uint8_t *end)
{
    uint64_t count = 0, total = 0;
    while (p < end) {
        uint32_t code;
        int n = sequence(p, &code);
        if (n == 0)
            break;
        p += n;
        count++;
        total += code;
    }
    return total << 24 | count;
}

KERNEL uint32_t is_ascii(const uint8_t *p, size_t n)
{
    uint8_t seen = 0;
    for (size_t i = 0; i < n; i++)
        seen |= p[i];
    return seen < 0x80;
}

int main(int argc, char **argv)
{
    static const uint32_t ceilings[] = {0x80, 0x80, 0x80, 0x80, 0x800, 0xd800, 0x110000};
    uint8_t *text = bench_alloc(BYTES + 8);
    uint64_t seed = 1, sum = 0;
    size_t n = 0;
    while (n < BYTES) {
        uint32_t run = bench_random(&seed) % 24,
                 ceiling = ceilings[bench_random(&seed) % 7];
        for (; run > 0 && n < BYTES; run--) {
            uint32_t code = bench_random(&seed) % ceiling;
            n += encode(code >> 11 == 0x1b ? 'x' : code, text + n);
        }
    }
    for (int round = bench_rounds(argc, argv, 5300); round > 0; round--) {
        sum = bench_mix(sum, decode_all(text + n / 2 * (size_t)(round & 1), text + n));
        sum = bench_mix(sum, is_ascii(text, n - (size_t)round));
    }
    return bench_report(sum);
}
