/* A snapshot that has everything, for tests: the content of the golden files, too. It
 * never changes; what later versions of the format add gets a sample of its own. */
#ifndef TESTS_SNAPSHOT_FORMAT_SAMPLE_H
#define TESTS_SNAPSHOT_FORMAT_SAMPLE_H

#include "snapshot-format/snapshot.h"

enum { SAMPLE_MEMORIES = 2 };

/* All of it is static: a test, in a process of its own, may change it. */
Wanco__Snapshot__Header *sample_header(void);

/* The same with what features 1, 2 and 3 have added. */
Wanco__Snapshot__Header *sample_header_with_moves(void);
Wanco__Snapshot__Header *sample_header_with_exceptions(void);
Wanco__Snapshot__Header *sample_header_with_page_sizes(void);

/* Memories as its header says, zero but for some pages; freed by the process's end. */
const struct snapshot_memory *sample_memories(void);

/* Whether a header packs to the same bytes as a sample's. */
bool sample_equals(const Wanco__Snapshot__Header *header,
                   const Wanco__Snapshot__Header *sample);

/* A file of its own for a test, and a directory with nothing else in it. */
const char *sample_path(void);
const char *sample_directory(void);
int sample_files(void); /* in that directory */

void sample_write(enum snapshot_compression compression);

/* Replaces the file's content. */
void sample_store(const uint8_t *bytes, size_t n_bytes);
uint8_t *sample_load(const char *path, size_t *n_bytes);

#endif
