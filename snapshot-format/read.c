/* Opens snapshots. The file is hostile: its length bounds what is allocated, every number
 * is checked before it is used, and nothing is believed that its hash does not confirm.
 * What is read here is not mapped, so that a file that shrinks meanwhile is an error and
 * no SIGBUS. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot-format/internal.h"
#include "snapshot-format/reader.h"

/* Messages are unpacked into large pieces, freed all at once: a deep stack is a hundred
 * thousand frames of several allocations each. */
struct piece {
    struct piece *next;
    size_t used, n_bytes;
    _Alignas(16) uint8_t bytes[];
};

static void *allocate(void *context, size_t n_bytes)
{
    struct piece **pieces = context, *piece = *pieces;
    if (n_bytes > SIZE_MAX / 2)
        return NULL;
    n_bytes = (n_bytes + 15) & ~(size_t)15;
    if (piece == NULL || n_bytes > piece->n_bytes - piece->used) {
        size_t room = piece == NULL              ? 4096
                      : piece->n_bytes < 1 << 20 ? piece->n_bytes * 2
                                                 : piece->n_bytes;
        if (room < n_bytes)
            room = n_bytes;
        piece = malloc(sizeof *piece + room);
        if (piece == NULL)
            return NULL;
        *piece = (struct piece){.next = *pieces, .n_bytes = room};
        *pieces = piece;
    }
    void *result = piece->bytes + piece->used;
    piece->used += n_bytes;
    return result;
}

static void keep(void *context, void *pointer)
{
    (void)context;
    (void)pointer;
}

bool snapshot_read_at(const struct snapshot *s, void *to, size_t n_bytes, uint64_t at)
{
    uint8_t *bytes = to;
    while (n_bytes > 0) {
        ssize_t n = pread(s->fd, bytes, n_bytes, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* it has become shorter */
        if (n <= 0)
            return false;
        bytes += n;
        at += (uint64_t)n;
        n_bytes -= (size_t)n;
    }
    return true;
}

/* ---- The parts of the file ---- */

struct flaw {
    char *line;
    size_t n_bytes;
};

static bool damaged(const struct snapshot *s, const struct flaw *e, const char *part)
{
    return snapshot_fail(e->line, e->n_bytes, "%s is damaged: %s", s->path, part);
}

static bool unreadable(const struct snapshot *s, const struct flaw *e)
{
    return snapshot_fail(e->line, e->n_bytes, "cannot read %s: %s", s->path,
                         strerror(errno));
}

static bool open_file(struct snapshot *s, const struct flaw *e)
{
    struct stat info;
    /* A FIFO would wait for a writer. */
    s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (s->fd < 0 || fstat(s->fd, &info) != 0)
        return unreadable(s, e);
    if (S_ISDIR(info.st_mode))
        return snapshot_fail(e->line, e->n_bytes, "%s is a directory, not a snapshot",
                             s->path);
    if (!S_ISREG(info.st_mode))
        return snapshot_fail(e->line, e->n_bytes, "%s is not a regular file", s->path);
    if (info.st_size == 0)
        return snapshot_fail(e->line, e->n_bytes, "%s is empty, not a snapshot", s->path);
    s->file_bytes = (uint64_t)info.st_size;
    return true;
}

static bool read_prefix(struct snapshot *s, struct snapshot_prefix *prefix,
                        const struct flaw *e)
{
    uint8_t bytes[SNAPSHOT_PREFIX_BYTES] = {0};
    size_t n = s->file_bytes < sizeof bytes ? (size_t)s->file_bytes : sizeof bytes;
    if (!snapshot_read_at(s, bytes, n, 0))
        return unreadable(s, e);
    enum snapshot_layout layout = snapshot_get_prefix(bytes, prefix);
    if (layout == SNAPSHOT_LAYOUT_FOREIGN)
        return snapshot_fail(e->line, e->n_bytes, "%s is not a snapshot", s->path);
    if (layout == SNAPSHOT_LAYOUT_NEWER)
        return snapshot_fail(e->line, e->n_bytes,
                             "%s has snapshot format %" PRIu32
                             ", and this program reads format %d: use a newer one",
                             s->path, prefix->version, SNAPSHOT_FORMAT_VERSION);
    if (s->file_bytes < SNAPSHOT_PREFIX_BYTES + SNAPSHOT_TRAILER_BYTES)
        return snapshot_fail(e->line, e->n_bytes, "%s is truncated", s->path);
    if (layout != SNAPSHOT_LAYOUT_OK)
        return damaged(s, e, "its first bytes");
    return true;
}

static bool read_trailer(struct snapshot *s, const struct snapshot_prefix *prefix,
                         struct snapshot_trailer *trailer, const struct flaw *e)
{
    uint8_t bytes[SNAPSHOT_TRAILER_BYTES];
    if (!snapshot_read_at(s, bytes, sizeof bytes, s->file_bytes - sizeof bytes))
        return unreadable(s, e);
    enum snapshot_layout layout = snapshot_get_trailer(bytes, trailer);
    if (layout == SNAPSHOT_LAYOUT_FOREIGN)
        return snapshot_fail(e->line, e->n_bytes,
                             "%s does not end as a snapshot does: it is truncated, or "
                             "something follows it",
                             s->path);
    uint64_t directory_end = s->file_bytes - SNAPSHOT_TRAILER_BYTES;
    bool ok = layout == SNAPSHOT_LAYOUT_OK && trailer->file_bytes == s->file_bytes &&
              trailer->directory_offset <= directory_end &&
              trailer->directory_bytes == directory_end - trailer->directory_offset &&
              trailer->directory_bytes <= SNAPSHOT_MAX_MESSAGE_BYTES &&
              trailer->directory_offset >= SNAPSHOT_PREFIX_BYTES &&
              prefix->header_bytes <= SNAPSHOT_MAX_MESSAGE_BYTES &&
              prefix->header_bytes <= trailer->directory_offset - SNAPSHOT_PREFIX_BYTES;
    return ok || damaged(s, e, "its last bytes");
}

/* Where a message lies, and what guards it. */
struct part {
    const char *name;
    uint64_t offset, n_bytes, hash;
};

/* NULL unless its hash is right and it can be unpacked. */
static ProtobufCMessage *unpack(struct snapshot *s,
                                const ProtobufCMessageDescriptor *type,
                                const struct part *part, const uint8_t *bytes)
{
    ProtobufCAllocator allocator = {
        .alloc = allocate, .free = keep, .allocator_data = &s->pieces};
    if (snapshot_hash(bytes, part->n_bytes) != part->hash)
        return NULL;
    return protobuf_c_message_unpack(type, &allocator, (size_t)part->n_bytes, bytes);
}

static ProtobufCMessage *read_message(struct snapshot *s,
                                      const ProtobufCMessageDescriptor *type,
                                      const struct part *part, const struct flaw *e)
{
    ProtobufCMessage *message = NULL;
    uint8_t *bytes = malloc(part->n_bytes + 1);
    if (bytes == NULL || !snapshot_read_at(s, bytes, part->n_bytes, part->offset)) {
        unreadable(s, e);
    } else {
        message = unpack(s, type, part, bytes);
        if (message == NULL)
            damaged(s, e, part->name);
    }
    free(bytes);
    return message;
}

static bool read_messages(struct snapshot *s, const struct flaw *e)
{
    struct snapshot_prefix prefix = {0};
    struct snapshot_trailer trailer = {0};
    char flaw[256];
    if (!read_prefix(s, &prefix, e) || !read_trailer(s, &prefix, &trailer, e))
        return false;
    const struct part header = {"its header", SNAPSHOT_PREFIX_BYTES, prefix.header_bytes,
                                trailer.header_hash};
    const struct part directory = {"its page directory", trailer.directory_offset,
                                   trailer.directory_bytes, trailer.directory_hash};
    s->header = (Wanco__Snapshot__Header *)read_message(
        s, &wanco__snapshot__header__descriptor, &header, e);
    if (s->header == NULL)
        return false;
    if (!snapshot_check_header(s->header, flaw, sizeof flaw))
        return snapshot_fail(e->line, e->n_bytes, "cannot use %s: %s", s->path, flaw);
    s->directory = (Wanco__Snapshot__Directory *)read_message(
        s, &wanco__snapshot__directory__descriptor, &directory, e);
    if (s->directory == NULL)
        return false;
    s->pages_offset = SNAPSHOT_PREFIX_BYTES + prefix.header_bytes;
    s->directory_offset = trailer.directory_offset;
    if (!snapshot_check_directory(s->directory, s->header, s->pages_offset,
                                  s->directory_offset, flaw, sizeof flaw))
        return snapshot_fail(e->line, e->n_bytes, "cannot use %s: %s", s->path, flaw);
    return true;
}

struct snapshot *snapshot_open(const char *path, char *error, size_t error_bytes)
{
    const struct flaw e = {error, error_bytes};
    struct snapshot *s = calloc(1, sizeof *s);
    char *copy = strdup(path);
    if (s == NULL || copy == NULL) {
        free(s);
        free(copy);
        snapshot_fail(error, error_bytes, "cannot read %s: %s", path, strerror(ENOMEM));
        return NULL;
    }
    s->fd = -1;
    s->path = copy;
    if (open_file(s, &e) && read_messages(s, &e))
        return s;
    snapshot_close(s);
    return NULL;
}

void snapshot_close(struct snapshot *s)
{
    if (s == NULL)
        return;
    while (s->pieces != NULL) {
        struct piece *next = s->pieces->next;
        free(s->pieces);
        s->pieces = next;
    }
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    free(s);
}

const Wanco__Snapshot__Header *snapshot_header(const struct snapshot *s)
{
    return s->header;
}

int snapshot_fd(const struct snapshot *s)
{
    return s->fd;
}

uint64_t snapshot_file_bytes(const struct snapshot *s)
{
    return s->file_bytes;
}

uint64_t snapshot_n_blocks(const struct snapshot *s, uint32_t memory)
{
    return s->directory->memories[memory]->n_first_pages;
}

struct snapshot_block snapshot_block_at(const struct snapshot *s, uint32_t memory,
                                        uint64_t block)
{
    const Wanco__Snapshot__MemoryPages *p = s->directory->memories[memory];
    return (struct snapshot_block){
        .address = p->first_pages[block] * SNAPSHOT_PAGE_BYTES,
        .n_bytes = (uint64_t)p->n_pages[block] * SNAPSHOT_PAGE_BYTES,
        .file_offset = p->file_offsets[block],
        .stored_bytes = p->stored_bytes[block],
        .hash = p->hashes[block],
        .is_compressed = p->encoding == WANCO__SNAPSHOT__MEMORY_PAGES__ENCODING__ZSTD};
}
