/* Writes a snapshot: the pages where they will lie behind the header, then the messages
 * around them. All into a temporary file that takes the place of the old one once it is
 * on the disk. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "snapshot-format/internal.h"
#include "snapshot-format/store.h"

/* ---- The messages ---- */

static void describe_memory(const struct snapshot_store *s, uint32_t memory,
                            Wanco__Snapshot__MemoryPages *p)
{
    uint64_t from = s->first_blocks[memory], to = s->first_blocks[memory + 1];
    wanco__snapshot__memory_pages__init(p);
    p->encoding = s->is_compressed ? WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__ZSTD
                                   : WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__RAW;
    p->n_first_pages = p->n_n_pages = p->n_file_offsets = p->n_stored_bytes =
        p->n_hashes = to - from;
    p->first_pages = s->columns.first_pages + from;
    p->n_pages = s->columns.n_pages + from;
    p->file_offsets = s->columns.file_offsets + from;
    p->stored_bytes = s->columns.stored_bytes + from;
    p->hashes = s->columns.hashes + from;
}

/* Packs the directory with room for a trailer behind it. NULL: no memory, or too large.
 */
static uint8_t *pack_directory(const struct snapshot_store *s, uint64_t *n_bytes)
{
    Wanco__Snapshot__Directory directory = WANCO__SNAPSHOT__DIRECTORY__INIT;
    size_t n = s->n_memories;
    Wanco__Snapshot__MemoryPages *memories = calloc(n + 1, sizeof *memories);
    Wanco__Snapshot__MemoryPages **pointers = calloc(n + 1, sizeof(void *));
    uint8_t *bytes = NULL;
    if (memories != NULL && pointers != NULL) {
        for (uint32_t m = 0; m < n; m++)
            describe_memory(s, m, pointers[m] = &memories[m]);
        directory.memories = pointers;
        directory.n_memories = n;
        *n_bytes = wanco__snapshot__directory__get_packed_size(&directory);
        if (*n_bytes <= SNAPSHOT_MAX_MESSAGE_BYTES)
            bytes = malloc(*n_bytes + SNAPSHOT_TRAILER_BYTES);
        if (bytes != NULL)
            wanco__snapshot__directory__pack(&directory, bytes);
    }
    free(memories);
    free(pointers);
    return bytes;
}

/* Writes what comes behind the pages; *n_bytes is the whole file's length then. */
static int write_back(const struct snapshot_store *s, uint64_t header_hash,
                      uint64_t *n_bytes)
{
    uint64_t directory_bytes = 0;
    uint8_t *back = pack_directory(s, &directory_bytes);
    if (back == NULL)
        return ENOMEM;
    *n_bytes = s->offset + directory_bytes + SNAPSHOT_TRAILER_BYTES;
    const struct snapshot_trailer trailer = {.directory_offset = s->offset,
                                             .directory_bytes = directory_bytes,
                                             .header_hash = header_hash,
                                             .directory_hash =
                                                 snapshot_hash(back, directory_bytes),
                                             .file_bytes = *n_bytes};
    snapshot_put_trailer(back + directory_bytes, &trailer);
    int error = snapshot_write_at(s->fd, back, directory_bytes + SNAPSHOT_TRAILER_BYTES,
                                  s->offset);
    free(back);
    return error;
}

/* Writes everything, from front to back. 0 or an errno value. */
static int write_all(struct snapshot_store *s, const Wanco__Snapshot__Header *header,
                     uint64_t *n_bytes)
{
    uint64_t header_bytes = wanco__snapshot__header__get_packed_size(header);
    if (header_bytes > SNAPSHOT_MAX_MESSAGE_BYTES)
        return EFBIG;
    uint8_t *front = malloc(SNAPSHOT_PREFIX_BYTES + header_bytes);
    if (front == NULL)
        return ENOMEM;
    uint8_t *message = front + SNAPSHOT_PREFIX_BYTES;
    snapshot_put_prefix(front,
                        &(struct snapshot_prefix){.version = SNAPSHOT_FORMAT_VERSION,
                                                  .header_bytes = header_bytes});
    wanco__snapshot__header__pack(header, message);
    s->offset = SNAPSHOT_PREFIX_BYTES + header_bytes;
    int error = snapshot_write_at(s->fd, front, s->offset, 0);
    uint64_t header_hash = snapshot_hash(message, header_bytes);
    free(front);
    if (error == 0)
        error = snapshot_store_pages(s);
    if (error == 0)
        error = write_back(s, header_hash, n_bytes);
    return error;
}

/* ---- The file ---- */

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Opens the directory of a path, before anything is written: once the file has its name,
 * no lack of descriptors may make a failure of it. *fd is -1 if it may be written to, yet
 * not read. */
static int open_directory(const char *path, int *fd)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(directory, sizeof directory, ".");
    else
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - path) + 1, path);
    *fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 || errno == EACCES ? 0 : errno;
}

/* The new file, and the directory it lies in. */
struct place {
    int fd, directory;
    char temporary[PATH_MAX];
};

/* Makes the temporary file for a path. */
static int create_file(const char *path, struct place *p)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return S_ISDIR(info.st_mode) ? EISDIR : EEXIST;
    if (snprintf(p->temporary, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
        return ENAMETOOLONG;
    int error = open_directory(path, &p->directory);
    if (error != 0)
        return error;
    p->fd = mkostemp(p->temporary, O_CLOEXEC);
    error = p->fd < 0 ? errno : 0;
    if (error != 0 && p->directory >= 0)
        close(p->directory);
    return error;
}

/* Puts the finished file in its place, and makes its new name last. A file system that
 * has no such thing says EINVAL. */
static int finish_file(const struct place *p, const char *path)
{
    if (fsync(p->fd) != 0 || rename(p->temporary, path) != 0)
        return errno;
    return p->directory < 0 || fsync(p->directory) == 0 || errno == EINVAL ? 0 : errno;
}

/* Of a failure the file is removed. */
static int close_file(const struct place *p, int failure)
{
    if (close(p->fd) != 0 && failure == 0)
        failure = errno;
    if (p->directory >= 0)
        close(p->directory);
    if (failure != 0)
        unlink(p->temporary);
    return failure;
}

static bool fits(const Wanco__Snapshot__Header *header,
                 const struct snapshot_memory *memories)
{
    for (size_t i = 0; i < header->n_memories; i++)
        if (memories[i].n_bytes != snapshot_memory_bytes(header->memories[i]))
            return false;
    return true;
}

bool snapshot_write(const char *path, const Wanco__Snapshot__Header *header,
                    const struct snapshot_memory *memories,
                    const struct snapshot_options *options,
                    struct snapshot_written *written, char *error, size_t error_bytes)
{
    char flaw[256];
    struct place place;
    uint64_t n_bytes = 0;
    struct snapshot_store store = {
        .memories = memories,
        .n_memories = (uint32_t)header->n_memories,
        .options = options != NULL ? *options : (struct snapshot_options){0}};
    if (!snapshot_check_header(header, flaw, sizeof flaw))
        return snapshot_fail(error, error_bytes, "cannot write %s: %s", path, flaw);
    if (!fits(header, memories))
        return snapshot_fail(error, error_bytes,
                             "cannot write %s: a memory's size is not "
                             "what its header says",
                             path);
    int failure = create_file(path, &place);
    if (failure != 0)
        return snapshot_fail(error, error_bytes, "cannot write %s: %s", path,
                             strerror(failure));
    store.fd = place.fd;
    failure = write_all(&store, header, &n_bytes);
    snapshot_store_free(&store);
    uint64_t start = now();
    if (failure == 0)
        failure = finish_file(&place, path);
    uint64_t disk_ns = now() - start;
    failure = close_file(&place, failure);
    if (failure != 0)
        return snapshot_fail(error, error_bytes, "cannot write %s: %s", path,
                             strerror(failure));
    if (written != NULL)
        *written =
            (struct snapshot_written){.n_bytes = n_bytes,
                                      .page_bytes = store.n_pages * SNAPSHOT_PAGE_BYTES,
                                      .disk_ns = disk_ns};
    return true;
}
