// memory.copy and memory.fill of all small constant lengths, which are done in place,
// with ranges that overlap in all ways: as loops over bytes do it.
// cflags: -mbulk-memory
// run:
// stdout: 129 lengths: 0 differences
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { N_BYTES = 280, START = 72 };

#define IN_PLACE(name, type, instruction, n)                                             \
    static void name(uint8_t *to, type second)                                           \
    {                                                                                    \
        __asm__ volatile("local.get %0\n\tlocal.get %1\n\ti32.const %2\n\t" instruction  \
                         :                                                               \
                         : "r"(to), "r"(second), "i"(n)                                  \
                         : "memory");                                                    \
    }
#define PAIR(tens, ones)                                                                 \
    IN_PLACE(copy_##tens##ones, const uint8_t *, "memory.copy 0, 0", tens * 10 + ones)   \
    IN_PLACE(fill_##tens##ones, int, "memory.fill 0", tens * 10 + ones)
#define NAMES(tens, ones) {copy_##tens##ones, fill_##tens##ones},
#define TEN(what, tens)                                                                  \
    what(tens, 0) what(tens, 1) what(tens, 2) what(tens, 3) what(tens, 4) what(tens, 5)  \
        what(tens, 6) what(tens, 7) what(tens, 8) what(tens, 9)
#define ALL(what)                                                                        \
    TEN(what, 0)                                                                         \
    TEN(what, 1)                                                                         \
    TEN(what, 2)                                                                         \
    TEN(what, 3)                                                                         \
    TEN(what, 4)                                                                         \
    TEN(what, 5)                                                                         \
    TEN(what, 6)                                                                         \
    TEN(what, 7)                                                                         \
    TEN(what, 8) TEN(what, 9) TEN(what, 10) TEN(what, 11) TEN(what, 12)

ALL(PAIR)

static const struct {
    void (*copy)(uint8_t *to, const uint8_t *from);
    void (*fill)(uint8_t *to, int byte);
} in_place[] = {ALL(NAMES)};

static uint8_t before[N_BYTES], seen[N_BYTES];

/* The range starts at START + shift, and has what was shift bytes before. */
static int copy_differs(int n, int shift)
{
    int differences = 0;
    memcpy(seen, before, N_BYTES);
    in_place[n].copy(seen + START + shift, seen + START);
    for (int i = 0; i < N_BYTES; i++) {
        unsigned place = (unsigned)(i - START - shift);
        differences |= seen[i] ^ before[place < (unsigned)n ? i - shift : i];
    }
    return differences != 0;
}

static int fill_differs(int n, int byte)
{
    int differences = 0;
    memcpy(seen, before, N_BYTES);
    in_place[n].fill(seen + START, byte);
    for (int i = 0; i < N_BYTES; i++) {
        unsigned place = (unsigned)(i - START);
        differences |= seen[i] ^ (place < (unsigned)n ? (uint8_t)byte : before[i]);
    }
    return differences != 0;
}

int main(void)
{
    int n = 1, differences = 0;
    for (int i = 0; i < N_BYTES; i++)
        before[i] = (uint8_t)(i * 37 + i / 7);
    for (; n < (int)(sizeof in_place / sizeof *in_place); n++) {
        const int shifts[] = {1, 15, n / 2, 64};
        for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++)
            differences += copy_differs(n, shifts[i]) + copy_differs(n, -shifts[i]);
        differences += fill_differs(n, 0) + fill_differs(n, 0x1a5);
    }
    printf("%d lengths: %d differences\n", n - 1, differences);
    return 0;
}
