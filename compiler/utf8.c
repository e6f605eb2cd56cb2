/* UTF-8 (Unicode 15, table 3-7). */
#include "compiler/utf8.h"

size_t utf8_char_bytes(const uint8_t *p, const uint8_t *end)
{
    uint8_t first = *p;
    if (first < 0x80)
        return 1;
    size_t n;
    uint8_t low = 0x80, high = 0xbf; /* the range of the second byte */
    if (first >= 0xc2 && first <= 0xdf) {
        n = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        n = 3;
        if (first == 0xe0)
            low = 0xa0; /* below: overlong */
        if (first == 0xed)
            high = 0x9f; /* above: surrogates */
    } else if (first >= 0xf0 && first <= 0xf4) {
        n = 4;
        if (first == 0xf0)
            low = 0x90; /* below: overlong */
        if (first == 0xf4)
            high = 0x8f; /* above: no code point */
    } else {
        return 0;
    }
    if ((size_t)(end - p) < n || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}
