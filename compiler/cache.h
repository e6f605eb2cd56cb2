/* Where `wanco run` keeps executables: named by a hash of all that decides their content.
 */
#ifndef COMPILER_CACHE_H
#define COMPILER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What decides an executable's content, besides the compiler itself. */
struct cache_inputs {
    const uint8_t *bytes; /* the module */
    size_t n_bytes;
    const char *options;     /* all that change the output, `native` replaced by the
                                processor's name */
    const char *library_dir; /* of the runtime that is linked in: its files count by size
                                and time */
    char *const *links;      /* objects that are linked in: their bytes count */
    uint32_t n_links;
};

#define CACHE_KEY_BYTES 65 /* hexadecimal digits and NUL */

void cache_key(const struct cache_inputs *inputs, char key[CACHE_KEY_BYTES]);

/* Finds the cache's directory, makes it (mode 0700) where it is missing, writes its path
 * to buffer. False if there is none that belongs to this user and that only this user can
 * write to. */
bool cache_dir(char *buffer, size_t buffer_bytes);

/* Copies an executable, open for reading and not read from yet, into the cache's
 * directory under its key. If it can't, as on a full disk, there is none: nobody need
 * know. Removes what an interrupted process left there a day ago or earlier. */
void cache_keep(const char *dir, const char *key, int executable);

#endif
