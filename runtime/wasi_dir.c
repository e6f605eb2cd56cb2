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
#define TYPE_OFFSET  8 /* in an entry of struct rt_wasi_dir */
#define NAME_OFFSET  9

/* Makes room for n more items in an array of *max, n_used of them in use. NULL if there
 * is no memory, and all is as before. */
static void *reserve(void *items, size_t item_bytes, size_t n, size_t n_used, size_t *max)
{
    if (n <= *max - n_used)
        return items;
    size_t new_max = (n_used + n) * 2;
    void *moved = realloc(items, new_max * item_bytes);
    if (moved)
        *max = new_max;
    return moved;
}

bool rt_wasi_dir_add(struct rt_wasi_dir *dir, const struct rt_wasi_dir_entry *entry)
{
    size_t name_bytes = strlen(entry->name) + 1;
    uint8_t *bytes =
        reserve(dir->bytes, 1, NAME_OFFSET + name_bytes, dir->n_bytes, &dir->max_bytes);
    if (!bytes)
        return false;
    dir->bytes = bytes;
    size_t *offsets =
        reserve(dir->offsets, sizeof *offsets, 1, dir->n_entries, &dir->max_entries);
    if (!offsets)
        return false;
    dir->offsets = offsets;
    uint8_t *p = dir->bytes + dir->n_bytes;
    rt_wasi_store64(p, entry->inode);
    p[TYPE_OFFSET] = entry->filetype;
    memcpy(p + NAME_OFFSET, entry->name, name_bytes);
    dir->offsets[dir->n_entries++] = dir->n_bytes;
    dir->n_bytes += NAME_OFFSET + name_bytes;
    return true;
}

struct rt_wasi_dir_entry rt_wasi_dir_at(const struct rt_wasi_dir *dir, size_t i)
{
    const uint8_t *p = dir->bytes + dir->offsets[i];
    return (struct rt_wasi_dir_entry){rt_wasi_load64(p), p[TYPE_OFFSET],
                                      (const char *)p + NAME_OFFSET};
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

static uint32_t add_all(int dir_fd, struct rt_wasi_dir *dir)
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
            if (!rt_wasi_dir_add(
                    dir, &(struct rt_wasi_dir_entry){
                             entry->d_ino, entry_type(dir_fd, entry), entry->d_name}))
                return WASI_ENOMEM;
            i += entry->d_reclen;
        }
    }
}

static uint32_t list(struct rt_wasi_fd *entry)
{
    struct rt_wasi_dir *dir = calloc(1, sizeof *dir);
    uint32_t error = dir ? add_all(entry->host_fd, dir) : WASI_ENOMEM;
    if (error) {
        rt_wasi_dir_destroy(dir);
        return error;
    }
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
        struct rt_wasi_dir_entry entry = rt_wasi_dir_at(dir, i);
        size_t name_bytes = strlen(entry.name);
        uint8_t head[DIRENT_BYTES] = {0};
        rt_wasi_store64(head, i + 1);
        rt_wasi_store64(head + 8, entry.inode);
        rt_wasi_store32(head + 16, (uint32_t)name_bytes);
        head[20] = entry.filetype;
        uint32_t n = min32(sizeof head, n_bytes - n_used);
        memcpy(out + n_used, head, n);
        n_used += n;
        n = min32(name_bytes, n_bytes - n_used);
        memcpy(out + n_used, entry.name, n);
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
