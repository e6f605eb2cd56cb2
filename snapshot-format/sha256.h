/* SHA-256 (FIPS 180-4): the identity of a Wasm module. */
#ifndef SNAPSHOT_FORMAT_SHA256_H
#define SNAPSHOT_FORMAT_SHA256_H

#include <stddef.h>
#include <stdint.h>

void snapshot_sha256(const void *bytes, size_t n_bytes, uint8_t digest[32]);

#endif
