/* An open snapshot, for the sources that read it. */
#ifndef SNAPSHOT_FORMAT_READER_H
#define SNAPSHOT_FORMAT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot-format/snapshot.h"

struct piece;

struct snapshot {
    int fd;
    char *path; /* for messages */
    uint64_t file_bytes;
    uint64_t pages_offset; /* where the header ends */
    uint64_t directory_offset;
    Wanco__Snapshot__Header *header; /* as the directory, in pieces */
    Wanco__Snapshot__Directory *directory;
    struct piece *pieces;
};

/* Reads all n_bytes, or is false with errno. */
bool snapshot_read_at(const struct snapshot *s, void *to, size_t n_bytes, uint64_t at);

/* Maps what snapshot_map_memory maps, unchecked. */
struct snapshot_runs snapshot_map_runs(const struct snapshot *s, uint32_t memory,
                                       uint8_t *base);

#endif
