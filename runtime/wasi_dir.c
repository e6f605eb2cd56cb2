/* fd_readdir. The host's own directory offsets mean nothing on another file system, so
 * cookies count the entries of a listing made when the guest reads from the start. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

#define DIRENT_BYTES 24
#define NAME_OFFSET  9 /* in an entry of struct rt_wasi_dir */

/* A growing array of bytes. */
struct buffer {
    uint8_t *bytes;
    size_t n_bytes, capacity;
};

static uint8_t *extend(struct buffer *buffer, size_t n_bytes)
{
    size_t needed = buffer->n_bytes + n_bytes;
    if (needed > buffer->capacity) {
        size_t capacity = needed * 2;
        uint8_t *bytes = realloc(buffer->bytes, capacity);
        if (!bytes)
            return NULL;
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    uint8_t *p = buffer->bytes + buffer->n_bytes;
    buffer->n_bytes = needed;
    return p;
}

void rt_wasi_dir_destroy(struct rt_wasi_dir *dir)
{
    if (!dir)
        return;
    free(dir->bytes);
    free(dir->offsets);
    free(dir);
}

/* Some file systems leave the type out. */
static uint8_t entry_type(int dir_fd, const struct dirent64 *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return rt_wasi_filetype(DTTOIF((uint32_t)entry->d_type));
    if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return WASI_TYPE_UNKNOWN;
    return rt_wasi_filetype(st.st_mode);
}

static uint32_t add_entry(int dir_fd, const struct dirent64 *entry,
                          struct buffer *entries, struct buffer *offsets)
{
    size_t offset = entries->n_bytes;
    size_t name_bytes = strlen(entry->d_name) + 1;
    uint8_t *p = extend(entries, NAME_OFFSET + name_bytes);
    uint8_t *q = extend(offsets, sizeof offset);
    if (!p || !q)
        return WASI_ENOMEM;
    rt_wasi_store64(p, entry->d_ino);
    p[8] = entry_type(dir_fd, entry);
    memcpy(p + NAME_OFFSET, entry->d_name, name_bytes);
    memcpy(q, &offset, sizeof offset);
    return WASI_OK;
}

static uint32_t add_all(int dir_fd, struct buffer *entries, struct buffer *offsets)
{
    _Alignas(struct dirent64) char block[4096];
    if (lseek(dir_fd, 0, SEEK_SET) < 0)
        return rt_wasi_errno(errno);
    for (;;) {
        ssize_t n = getdents64(dir_fd, block, sizeof block);
        if (n < 0 && errno == ENOENT) /* it has been removed */
            return WASI_OK;
        if (n <= 0)
            return n < 0 ? rt_wasi_errno(errno) : WASI_OK;
        for (ssize_t i = 0; i < n;) {
            const struct dirent64 *entry = (const void *)(block + i);
            uint32_t error = add_entry(dir_fd, entry, entries, offsets);
            if (error)
                return error;
            i += entry->d_reclen;
        }
    }
}

static uint32_t list(struct rt_wasi_fd *entry)
{
    struct buffer entries = {0}, offsets = {0};
    struct rt_wasi_dir *dir = malloc(sizeof *dir);
    uint32_t error = dir ? add_all(entry->host_fd, &entries, &offsets) : WASI_ENOMEM;
    if (error) {
        free(entries.bytes);
        free(offsets.bytes);
        free(dir);
        return error;
    }
    dir->bytes = entries.bytes;
    dir->n_bytes = entries.n_bytes;
    dir->offsets = (void *)offsets.bytes;
    dir->n_entries = offsets.n_bytes / sizeof *dir->offsets;
    rt_wasi_dir_destroy(entry->dir);
    entry->dir = dir;
    return WASI_OK;
}

static uint32_t min32(size_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

/* The last entry is cut off where the buffer ends; the guest sees the end of the
 * directory in a buffer that is not full. */
static uint32_t copy_entries(const struct rt_wasi_dir *dir, uint64_t cookie, uint8_t *out,
                             uint32_t n_bytes)
{
    uint32_t n_used = 0;
    for (uint64_t i = cookie; i < dir->n_entries && n_used < n_bytes; i++) {
        const uint8_t *entry = dir->bytes + dir->offsets[i];
        size_t name_bytes = strlen((const char *)entry + NAME_OFFSET);
        uint8_t head[DIRENT_BYTES] = {0};
        rt_wasi_store64(head, i + 1);
        memcpy(head + 8, entry, 8);
        rt_wasi_store32(head + 16, (uint32_t)name_bytes);
        head[20] = entry[8];
        uint32_t n = min32(sizeof head, n_bytes - n_used);
        memcpy(out + n_used, head, n);
        n_used += n;
        n = min32(name_bytes, n_bytes - n_used);
        memcpy(out + n_used, entry + NAME_OFFSET, n);
        n_used += n;
    }
    return n_used;
}

uint32_t rt_wasi_fd_readdir(struct rt_instance *instance, uint32_t fd, uint32_t entries,
                            uint32_t n_bytes, uint64_t cookie, uint32_t n_used)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use_dir(instance, fd, WASI_RIGHT_FD_READDIR, &entry);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, entries, n_bytes);
    uint8_t *n_used_at = rt_wasi_at(instance, n_used, 4);
    if (!out || !n_used_at)
        return WASI_EFAULT;
    if (cookie == 0 || !entry->dir)
        error = list(entry);
    if (error)
        return error;
    rt_wasi_store32(n_used_at, copy_entries(entry->dir, cookie, out, n_bytes));
    return WASI_OK;
}
