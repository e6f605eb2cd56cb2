/* Files that are open and have no name any more: their content travels in the snapshot.
 * On the new machine they lie in memory, where nobody else finds them either. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi_move.h"

#define LINK_BYTES 32

static const char *link_to(int host_fd, char link[LINK_BYTES])
{
    snprintf(link, LINK_BYTES, "/proc/self/fd/%d", host_fd);
    return link;
}

/* ---- Saving ---- */

/* Whether an earlier descriptor is of the same file: then they share the content. */
static bool find_saved(const struct rt_wasi *wasi, const wasi_message *message,
                       const struct stat *st, uint32_t *number)
{
    struct stat other;
    for (size_t i = 0; i < message->n_descriptors; i++) {
        const descriptor_message *d = message->descriptors[i];
        if (!d->identity || !d->identity->unlinked)
            continue;
        *number = d->unlinked_file;
        if (fstat(wasi->fds[d->number].host_fd, &other) == 0 &&
            other.st_dev == st->st_dev && other.st_ino == st->st_ino)
            return true;
    }
    return false;
}

static bool read_all(int host_fd, uint8_t *bytes, size_t n_bytes)
{
    for (size_t done = 0; done < n_bytes;) {
        ssize_t n = pread(host_fd, bytes + done, n_bytes - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* it shrinks */
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* The content as bytes of their own, NULL with errno. The guest may have it open only for
 * writing. */
static uint8_t *read_content(const struct rt_wasi_fd *entry, uint32_t access, size_t n)
{
    char link[LINK_BYTES];
    bool can_read = access & RT_WASI_ACCESS_READ;
    int fd = can_read ? entry->host_fd
                      : open(link_to(entry->host_fd, link), O_RDONLY | O_CLOEXEC);
    uint8_t *bytes = fd >= 0 ? malloc(n + 1) : NULL;
    if (bytes && !read_all(fd, bytes, n)) {
        free(bytes);
        bytes = NULL;
    }
    if (fd >= 0 && !can_read)
        close(fd);
    return bytes;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it becomes the message's */
static bool append(wasi_message *message, uint8_t *content, size_t n_bytes)
{
    Wanco__Snapshot__UnlinkedFile **files =
        realloc(message->unlinked_files, (message->n_unlinked_files + 1) *
                                             sizeof(Wanco__Snapshot__UnlinkedFile *));
    if (!files)
        return false;
    message->unlinked_files = files;
    Wanco__Snapshot__UnlinkedFile *file = malloc(sizeof *file);
    if (!file)
        return false;
    wanco__snapshot__unlinked_file__init(file);
    file->content = (ProtobufCBinaryData){n_bytes, content};
    files[message->n_unlinked_files++] = file;
    return true;
}

bool rt_wasi_save_unlinked(const struct rt_wasi *wasi, uint32_t fd, const struct stat *st,
                           wasi_message *message, descriptor_message *to,
                           const struct rt_wasi_line *error)
{
    char reason[256];
    if (find_saved(wasi, message, st, &to->unlinked_file))
        return true;
    uint64_t n_bytes = (uint64_t)st->st_size, n_before = 0;
    for (size_t i = 0; i < message->n_unlinked_files; i++)
        n_before += message->unlinked_files[i]->content.len;
    if (n_bytes > wasi->max_unlinked_bytes ||
        n_before > wasi->max_unlinked_bytes - n_bytes) {
        snprintf(reason, sizeof reason,
                 "is an unlinked file of %" PRIu64
                 " bytes, and snapshots may hold %" PRIu64
                 " of such files: start with a larger --max-unlinked",
                 n_bytes, wasi->max_unlinked_bytes);
        return rt_wasi_refuse(error, wasi, fd, reason);
    }
    uint8_t *content = read_content(&wasi->fds[fd], to->access, n_bytes);
    if (!content) {
        snprintf(reason, sizeof reason, "is an unlinked file that can't be read: %s",
                 strerror(errno));
        return rt_wasi_refuse(error, wasi, fd, reason);
    }
    if (append(message, content, n_bytes)) {
        to->unlinked_file = (uint32_t)message->n_unlinked_files;
        return true;
    }
    free(content);
    return false;
}

/* ---- Restoring ---- */

static bool write_all(int host_fd, const uint8_t *bytes, size_t n_bytes)
{
    for (size_t done = 0; done < n_bytes;) {
        ssize_t n = write(host_fd, bytes + done, n_bytes - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Makes the file, when the first descriptor wants it. Its time of change is the old one,
 * which is kept for the guest. */
static int make(const struct rt_wasi_restore *r, const descriptor_message *d)
{
    int *made = &r->unlinked[d->unlinked_file - 1];
    const ProtobufCBinaryData *content =
        &r->saved->unlinked_files[d->unlinked_file - 1]->content;
    int64_t time = d->identity->mtime_ns;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    if (*made >= 0)
        return *made;
    *made = memfd_create("unlinked", MFD_CLOEXEC);
    if (*made < 0 || !write_all(*made, content->data, content->len))
        return -1;
    times[1] = (struct timespec){time / 1000000000, time % 1000000000};
    if (time >= 0)
        futimens(*made, times);
    return *made;
}

/* Opened by its link in /proc, each descriptor has an offset and a mode of its own. */
bool rt_wasi_restore_unlinked(const struct rt_wasi_restore *r,
                              const descriptor_message *d, int *host_fd)
{
    char link[LINK_BYTES];
    if (d->unlinked_file == 0 || d->unlinked_file > r->saved->n_unlinked_files)
        return rt_wasi_restore_damaged(r, "the number of an unlinked file");
    int made = make(r, d);
    *host_fd = made < 0 ? -1 : open(link_to(made, link), rt_wasi_open_flags(d));
    return *host_fd >= 0 ||
           rt_wasi_restore_fail(r,
                                "descriptor %u: an unlinked file can't be made again: %s",
                                d->number, strerror(errno));
}
