/* Validation of UTF-8 by table lookups (Keiser and Lemire, "Validating UTF-8 in less than
 * one instruction per byte"): of each pair of bytes three tables say which errors the
 * nibbles allow, and what all three allow is one. */
#include "bench.h"
#include "utf8.h"
#include "vector.h"

enum { BYTES = 1 << 14 };

enum {
    TOO_SHORT = 1 << 0,
    TOO_LONG = 1 << 1,
    OVERLONG_3 = 1 << 2,
    TOO_LARGE_1000 = 1 << 3, /* also OVERLONG_4 */
    SURROGATE = 1 << 4,
    OVERLONG_2 = 1 << 5,
    TOO_LARGE = 1 << 6,
    TWO_CONTS = 1 << 7,
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS
};

static inline u8x16 special_cases(u8x16 in, u8x16 before)
{
    enum { A = TOO_LARGE | TOO_LARGE_1000, B = TOO_LONG | OVERLONG_2 | TWO_CONTS };
    const u8x16 first_high = {TOO_LONG,
                              TOO_LONG,
                              TOO_LONG,
                              TOO_LONG,
                              TOO_LONG,
                              TOO_LONG,
                              TOO_LONG,
                              TOO_LONG,
                              TWO_CONTS,
                              TWO_CONTS,
                              TWO_CONTS,
                              TWO_CONTS,
                              TOO_SHORT | OVERLONG_2,
                              TOO_SHORT,
                              TOO_SHORT | OVERLONG_3 | SURROGATE,
                              TOO_SHORT | TOO_LARGE | TOO_LARGE_1000};
    const u8x16 first_low = {CARRY | OVERLONG_3 | OVERLONG_2 | TOO_LARGE_1000,
                             CARRY | OVERLONG_2,
                             CARRY,
                             CARRY,
                             CARRY | TOO_LARGE,
                             CARRY | A,
                             CARRY | A,
                             CARRY | A,
                             CARRY | A,
                             CARRY | A,
                             CARRY | A,
                             CARRY | A,
                             CARRY | A,
                             CARRY | A | SURROGATE,
                             CARRY | A,
                             CARRY | A};
    const u8x16 second_high = {TOO_SHORT,
                               TOO_SHORT,
                               TOO_SHORT,
                               TOO_SHORT,
                               TOO_SHORT,
                               TOO_SHORT,
                               TOO_SHORT,
                               TOO_SHORT,
                               B | OVERLONG_3 | TOO_LARGE_1000,
                               B | OVERLONG_3 | TOO_LARGE,
                               B | SURROGATE | TOO_LARGE,
                               B | SURROGATE | TOO_LARGE,
                               TOO_SHORT,
                               TOO_SHORT,
                               TOO_SHORT,
                               TOO_SHORT};
    return lookup(first_high, before >> 4) & lookup(first_low, before & 15) &
           lookup(second_high, in >> 4);
}

/* The bytes so many places before those of in. */
#define BEFORE(n, in, last)                                                              \
    __builtin_shufflevector(last, in, 16 - n, 17 - n, 18 - n, 19 - n, 20 - n, 21 - n,    \
                            22 - n, 23 - n, 24 - n, 25 - n, 26 - n, 27 - n, 28 - n,      \
                            29 - n, 30 - n, 31 - n)

KERNEL int is_valid(const uint8_t *p, size_t n)
{
    u8x16 errors = {0}, last = {0};
    for (size_t i = 0; i < n; i += 16) {
        u8x16 in = LOAD(u8x16, p + i);
        u8x16 special = special_cases(in, BEFORE(1, in, last));
        u8x16 third = __builtin_elementwise_sub_sat(BEFORE(2, in, last),
                                                    (u8x16){0} + (0xe0 - 0x80));
        u8x16 fourth = __builtin_elementwise_sub_sat(BEFORE(3, in, last),
                                                     (u8x16){0} + (0xf0 - 0x80));
        errors |= special ^ ((third | fourth) & 0x80);
        last = in;
    }
    return !any_set(errors);
}

int main(int argc, char **argv)
{
    static const uint32_t ceilings[] = {0x80, 0x800, 0xd800, 0x110000};
    uint8_t *text = bench_alloc(BYTES + 16);
    uint64_t seed = 1, sum = 0;
    for (size_t n = 0; n < BYTES - 8;) {
        uint32_t code = bench_random(&seed) % ceilings[bench_random(&seed) % 4];
        n += encode(code >> 11 == 0x1b ? 'x' : code, text + n);
    }
    for (int round = bench_rounds(argc, argv, 500000); round > 0; round--) {
        size_t at = (size_t)round % BYTES;
        uint8_t whole = text[at];
        text[at] = (uint8_t)(round & 7 ? whole : 0xff);
        sum = bench_mix(sum, (uint64_t)is_valid(text, BYTES));
        text[at] = whole;
    }
    return bench_report(sum);
}
