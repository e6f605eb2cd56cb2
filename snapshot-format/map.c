/* Maps pages of a memory from the file of a snapshot. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot-format/internal.h"
#include "snapshot-format/reader.h"

enum {
    LEAST_BYTES = 128 << 10, /* shorter runs are read faster */
    MOST_RUNS = 4096         /* the system allows a process some 65,000 mappings */
};

/* Block `first`, and those that follow it in the memory and in the file. */
static uint64_t find_run(const struct snapshot *s, uint32_t memory, uint64_t first,
                         struct snapshot_run *run)
{
    struct snapshot_block b = snapshot_block_at(s, memory, first);
    uint64_t n_blocks = snapshot_n_blocks(s, memory), i = first + 1;
    *run = (struct snapshot_run){b.address, b.n_bytes};
    for (; i < n_blocks; i++) {
        struct snapshot_block next = snapshot_block_at(s, memory, i);
        if (next.address != run->address + run->n_bytes ||
            next.file_offset != b.file_offset + run->n_bytes)
            break;
        run->n_bytes += next.n_bytes;
    }
    return i;
}

/* Whether the file is as long as when it was opened: behind its end a mapping faults. */
static bool is_whole(const struct snapshot *s)
{
    struct stat info;
    return fstat(s->fd, &info) == 0 && (uint64_t)info.st_size >= s->file_bytes;
}

static bool map_run(const struct snapshot *s, const struct snapshot_run *run,
                    uint64_t file_offset, uint8_t *base)
{
    return mmap(base + run->address, run->n_bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_FIXED, s->fd, (off_t)file_offset) != MAP_FAILED;
}

struct snapshot_runs snapshot_map_runs(const struct snapshot *s, uint32_t memory,
                                       uint8_t *base)
{
    uint64_t n_blocks = snapshot_n_blocks(s, memory), i = 0;
    size_t n_runs = 0;
    struct snapshot_run *runs = NULL, run;
    if (n_blocks == 0 || snapshot_block_at(s, memory, 0).is_compressed ||
        sysconf(_SC_PAGESIZE) != (long)SNAPSHOT_PAGE_BYTES || !is_whole(s))
        return (struct snapshot_runs){NULL, 0};
    runs = calloc(MOST_RUNS, sizeof *runs);
    while (runs != NULL && i < n_blocks && n_runs < MOST_RUNS) {
        uint64_t file_offset = snapshot_block_at(s, memory, i).file_offset;
        i = find_run(s, memory, i, &run);
        if (run.n_bytes >= LEAST_BYTES && map_run(s, &run, file_offset, base))
            runs[n_runs++] = run;
    }
    return (struct snapshot_runs){runs, n_runs};
}
