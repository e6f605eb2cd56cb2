/* Writes the golden files of this format version into a directory: golden files are made
 * once (make golden), committed, and never made again. */
#include <stdio.h>

#include "tests/snapshot-format/sample.h"

static bool write_one(const char *directory, const char *name,
                      const Wanco__Snapshot__Header *header,
                      enum snapshot_compression compression)
{
    char path[4096], error[512];
    const struct snapshot_options options = {.compression = compression};
    snprintf(path, sizeof path, "%s/format-%d-%s.wsnap", directory,
             SNAPSHOT_FORMAT_VERSION, name);
    FILE *existing = fopen(path, "re");
    if (existing != NULL) {
        fclose(existing);
        printf("%s is there already\n", path);
        return true;
    }
    if (snapshot_write(path, header, sample_memories(), &options, NULL, error,
                       sizeof error))
        return true;
    fprintf(stderr, "%s\n", error);
    return false;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: write_golden DIRECTORY\n");
        return 2;
    }
    return write_one(argv[1], "raw", sample_header(), SNAPSHOT_RAW) &&
                   write_one(argv[1], "zstd", sample_header(), SNAPSHOT_ZSTD) &&
                   write_one(argv[1], "moves", sample_header_with_moves(),
                             SNAPSHOT_RAW) &&
                   write_one(argv[1], "exceptions", sample_header_with_exceptions(),
                             SNAPSHOT_RAW) &&
                   write_one(argv[1], "page-sizes", sample_header_with_page_sizes(),
                             SNAPSHOT_RAW)
               ? 0
               : 1;
}
