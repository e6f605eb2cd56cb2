/* Substring search: the plain way and with Horspool's skip table. */
#include "bench.h"

enum { BYTES = 1 << 18 };

KERNEL uint32_t count_plain(const char *text, size_t n, const char *word, size_t length)
{
    uint32_t found = 0;
    for (size_t i = 0; i + length <= n; i++) {
        size_t k = 0;
        while (k < length && text[i + k] == word[k])
            k++;
        found += k == length;
    }
    return found;
}

KERNEL uint32_t count_skipping(const char *text, size_t n, const char *word,
                               size_t length)
{
    size_t skip[256];
    uint32_t found = 0;
    for (int c = 0; c < 256; c++)
        skip[c] = length;
    for (size_t k = 0; k + 1 < length; k++)
        skip[(uint8_t)word[k]] = length - 1 - k;
    for (size_t i = 0; i + length <= n; i += skip[(uint8_t)text[i + length - 1]]) {
        size_t k = length;
        while (k > 0 && text[i + k - 1] == word[k - 1])
            k--;
        found += k == 0;
    }
    return found;
}

int main(int argc, char **argv)
{
    static const char *const words[] = {"etaoin", "shrdl", "aeiota", "tttt", "naidlhrs"};
    char *text = bench_alloc(BYTES);
    uint64_t seed = 1, sum = 0;
    for (int i = 0; i < BYTES; i++)
        text[i] = "etaoinshrdl eta"[bench_random(&seed) % 15];
    for (int round = bench_rounds(argc, argv, 370); round > 0; round--) {
        const char *word = words[round % 5];
        text[bench_random(&seed) % BYTES] = 'e';
        sum = bench_mix(sum, count_plain(text, BYTES, word, strlen(word)));
        for (int i = 0; i < 5; i++)
            sum = bench_mix(sum, count_skipping(text, BYTES, words[i], strlen(words[i])));
    }
    return bench_report(sum);
}
