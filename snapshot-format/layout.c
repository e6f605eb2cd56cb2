/* The bytes around the messages: what comes first in a file and what comes last, as
 * FORMAT.md lays them out, and the hash that guards every part. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "snapshot-format/internal.h"

enum { MAGIC_BYTES = 8 };
static const char magic[MAGIC_BYTES] = "WANCOSNP";
static const char end_magic[MAGIC_BYTES] = "WANCOEND";

static void put(uint8_t *p, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *p, unsigned n_bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

uint64_t snapshot_hash(const void *bytes, size_t n_bytes)
{
    return XXH3_64bits(bytes, n_bytes);
}

void snapshot_put_prefix(uint8_t *bytes, const struct snapshot_prefix *prefix)
{
    memcpy(bytes, magic, MAGIC_BYTES);
    put(bytes + 8, prefix->version, 4);
    put(bytes + 12, 0, 4);
    put(bytes + 16, prefix->header_bytes, 8);
    put(bytes + 24, snapshot_hash(bytes, 24), 8);
}

/* Of another version only the magic number and the version itself lie where they do here.
 */
enum snapshot_layout snapshot_get_prefix(const uint8_t *bytes,
                                         struct snapshot_prefix *prefix)
{
    if (memcmp(bytes, magic, MAGIC_BYTES) != 0)
        return SNAPSHOT_LAYOUT_FOREIGN;
    prefix->version = (uint32_t)get(bytes + 8, 4);
    prefix->header_bytes = get(bytes + 16, 8);
    if (prefix->version > SNAPSHOT_FORMAT_VERSION)
        return SNAPSHOT_LAYOUT_NEWER;
    bool ok = prefix->version == SNAPSHOT_FORMAT_VERSION && get(bytes + 12, 4) == 0 &&
              get(bytes + 24, 8) == snapshot_hash(bytes, 24);
    return ok ? SNAPSHOT_LAYOUT_OK : SNAPSHOT_LAYOUT_DAMAGED;
}

void snapshot_put_trailer(uint8_t *bytes, const struct snapshot_trailer *trailer)
{
    put(bytes, trailer->directory_offset, 8);
    put(bytes + 8, trailer->directory_bytes, 8);
    put(bytes + 16, trailer->header_hash, 8);
    put(bytes + 24, trailer->directory_hash, 8);
    put(bytes + 32, trailer->file_bytes, 8);
    put(bytes + 40, 0, 8);
    put(bytes + 48, snapshot_hash(bytes, 48), 8);
    memcpy(bytes + 56, end_magic, MAGIC_BYTES);
}

/* Where a file was cut off, neither the magic number nor the hash is right. */
enum snapshot_layout snapshot_get_trailer(const uint8_t *bytes,
                                          struct snapshot_trailer *trailer)
{
    bool is_end = memcmp(bytes + 56, end_magic, MAGIC_BYTES) == 0;
    bool is_whole = get(bytes + 48, 8) == snapshot_hash(bytes, 48);
    if (!is_end && !is_whole)
        return SNAPSHOT_LAYOUT_FOREIGN;
    trailer->directory_offset = get(bytes, 8);
    trailer->directory_bytes = get(bytes + 8, 8);
    trailer->header_hash = get(bytes + 16, 8);
    trailer->directory_hash = get(bytes + 24, 8);
    trailer->file_bytes = get(bytes + 32, 8);
    return is_end && is_whole && get(bytes + 40, 8) == 0 ? SNAPSHOT_LAYOUT_OK
                                                         : SNAPSHOT_LAYOUT_DAMAGED;
}

bool snapshot_fail(char *error, size_t error_bytes, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, error_bytes, format, args);
    va_end(args);
    return false;
}
