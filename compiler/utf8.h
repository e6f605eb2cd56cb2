/* UTF-8, as names in modules are and file names may be. */
#ifndef COMPILER_UTF8_H
#define COMPILER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The number of bytes of the character at p, which is before end; 0 if it is malformed.
 */
size_t utf8_char_bytes(const uint8_t *p, const uint8_t *end);

#endif
