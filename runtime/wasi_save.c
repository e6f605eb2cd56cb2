/* From the state of a guest's WASI to a snapshot's message.
 *
 * A file is saved by its name below a preopen: by the one it has now, which the guest may
 * have changed since it opened it. The content of one that has no name any more goes
 * along. What has one, but none there, can't be opened again, and is an error: the guest
 * then goes on here.
 *
 * A snapshot promises that the guest goes on from it after a crash of the machine too, so
 * what the guest has written to files it has open reaches the disk first. Files it has
 * closed are as safe as the guest made them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi_move.h"

bool rt_wasi_refuse(const struct rt_wasi_line *error, const struct rt_wasi *wasi,
                    uint32_t fd, const char *reason)
{
    char name[RT_WASI_NAME_BYTES];
    const struct rt_wasi_fd *entry = &wasi->fds[fd];
    if (entry->preopen == RT_WASI_NO_PREOPEN)
        snprintf(error->text, error->n_bytes, "descriptor %u %s", fd, reason);
    else
        snprintf(error->text, error->n_bytes, "descriptor %u ('%s') %s", fd,
                 rt_wasi_name_file(wasi->preopens[entry->preopen].guest_name, entry->path,
                                   name),
                 reason);
    return false;
}

static bool put_bytes(ProtobufCBinaryData *to, const void *from, size_t n_bytes)
{
    to->data = malloc(n_bytes + 1);
    if (!to->data)
        return false;
    memcpy(to->data, from, n_bytes);
    to->len = n_bytes;
    return true;
}

static bool put_strings(ProtobufCBinaryData **to, size_t *n_to,
                        const struct rt_wasi_strings *strings)
{
    *to = calloc(strings->n_strings + 1, sizeof **to);
    if (!*to)
        return false;
    const char *p = strings->chars;
    for (; *n_to < strings->n_strings; ++*n_to) {
        if (!put_bytes(&(*to)[*n_to], p, strlen(p)))
            return false;
        p += strlen(p) + 1;
    }
    return true;
}

static bool put_preopens(const struct rt_wasi *wasi, wasi_message *message)
{
    message->preopens = calloc(wasi->n_preopens + 1u, sizeof *message->preopens);
    if (!message->preopens)
        return false;
    for (uint32_t i = 0; i < wasi->n_preopens; i++) {
        const struct rt_wasi_preopen *from = &wasi->preopens[i];
        Wanco__Snapshot__Preopen *to = malloc(sizeof *to);
        if (!to)
            return false;
        wanco__snapshot__preopen__init(to);
        message->preopens[message->n_preopens++] = to;
        to->read_only = from->read_only;
        if (!put_bytes(&to->guest_name, from->guest_name, strlen(from->guest_name)))
            return false;
    }
    return true;
}

static bool put_clocks(const struct rt_wasi *wasi, wasi_message *message)
{
    Wanco__Snapshot__Clocks *to = malloc(sizeof *to);
    if (!to)
        return false;
    wanco__snapshot__clocks__init(to);
    message->clocks = to;
    rt_wasi_now(wasi, WASI_CLOCK_REALTIME, &to->realtime);
    rt_wasi_now(wasi, WASI_CLOCK_MONOTONIC, &to->monotonic);
    rt_wasi_now(wasi, WASI_CLOCK_PROCESS_CPUTIME, &to->process_cputime);
    rt_wasi_now(wasi, WASI_CLOCK_THREAD_CPUTIME, &to->thread_cputime);
    return true;
}

/* ---- Descriptors ---- */

static bool put_listing(const struct rt_wasi_dir *dir, descriptor_message *to)
{
    Wanco__Snapshot__Listing *listing = malloc(sizeof *listing);
    if (!listing)
        return false;
    wanco__snapshot__listing__init(listing);
    to->listing = listing;
    listing->names = calloc(dir->n_entries + 1, sizeof *listing->names);
    listing->inodes = calloc(dir->n_entries + 1, sizeof *listing->inodes);
    listing->filetypes.data = malloc(dir->n_entries + 1);
    if (!listing->names || !listing->inodes || !listing->filetypes.data)
        return false;
    for (size_t i = 0; i < dir->n_entries; i++) {
        struct rt_wasi_dir_entry entry = rt_wasi_dir_at(dir, i);
        listing->inodes[listing->n_inodes++] = entry.inode;
        listing->filetypes.data[listing->filetypes.len++] = entry.filetype;
        if (!put_bytes(&listing->names[listing->n_names++], entry.name,
                       strlen(entry.name)))
            return false;
    }
    return true;
}

static bool put_identity(const struct stat *st, descriptor_message *to)
{
    Wanco__Snapshot__FileIdentity *identity = malloc(sizeof *identity);
    if (!identity)
        return false;
    wanco__snapshot__file_identity__init(identity);
    to->identity = identity;
    identity->n_bytes = (uint64_t)st->st_size;
    identity->mtime_ns =
        (int64_t)st->st_mtim.tv_sec * 1000000000 + (int64_t)st->st_mtim.tv_nsec;
    identity->unlinked = st->st_nlink == 0 && to->kind == KIND(FILE);
    return true;
}

static uint32_t access_of(int host_fd)
{
    int flags = fcntl(host_fd, F_GETFL);
    switch (flags & O_ACCMODE) {
    case O_RDONLY:
        return RT_WASI_ACCESS_READ;
    case O_WRONLY:
        return RT_WASI_ACCESS_WRITE;
    default:
        return RT_WASI_ACCESS_READ | RT_WASI_ACCESS_WRITE;
    }
}

/* In a removed directory nothing is found or made, here or elsewhere. */
static bool put_removed(const struct rt_wasi_fd *entry, descriptor_message *to)
{
    to->preopen = entry->preopen;
    to->lost = WASI_ENOENT;
    return put_bytes(&to->path, entry->path, strlen(entry->path));
}

/* What was opened below a preopen. A pipe is one by path; what is in it stays. */
static bool put_file(struct rt_wasi *wasi, uint32_t fd, const struct stat *st,
                     wasi_message *message, descriptor_message *to,
                     const struct rt_wasi_line *error)
{
    const struct rt_wasi_fd *entry = &wasi->fds[fd];
    char path[PATH_MAX];
    bool is_dir = entry->filetype == WASI_TYPE_DIRECTORY;
    to->kind = is_dir ? KIND(DIRECTORY) : S_ISFIFO(st->st_mode) ? KIND(PIPE) : KIND(FILE);
    to->access = access_of(entry->host_fd);
    if (st->st_nlink == 0 && S_ISREG(st->st_mode)) {
        to->preopen = entry->preopen;
        return put_bytes(&to->path, entry->path, strlen(entry->path)) &&
               rt_wasi_save_unlinked(wasi, fd, st, message, to, error);
    }
    if (st->st_nlink == 0 && is_dir)
        return put_removed(entry, to);
    if (st->st_nlink == 0)
        return rt_wasi_refuse(error, wasi, fd, "is an unlinked pipe or device");
    if (!rt_wasi_find_name(wasi, entry, to->access & RT_WASI_ACCESS_WRITE, st,
                           &to->preopen, path))
        return rt_wasi_refuse(error, wasi, fd,
                              "has been moved or replaced, and its name below the "
                              "guest's directories is not known");
    return put_bytes(&to->path, path, strlen(path));
}

/* What an earlier restore did not find stays lost. */
static bool put_lost(const struct rt_wasi_fd *entry, descriptor_message *to)
{
    if (entry->preopen == RT_WASI_NO_PREOPEN) {
        to->kind = KIND(SOCKET);
        to->socket = SOCKET(CONNECTION);
        return true;
    }
    to->kind = entry->filetype == WASI_TYPE_DIRECTORY ? KIND(DIRECTORY) : KIND(FILE);
    to->access = RT_WASI_ACCESS_READ;
    to->preopen = entry->preopen;
    to->lost = entry->lost;
    return put_bytes(&to->path, entry->path, strlen(entry->path));
}

static void put_socket(const struct rt_wasi_fd *entry, descriptor_message *to)
{
    bool listens = entry->listener != RT_WASI_NO_LISTENER;
    to->kind = KIND(SOCKET);
    to->socket = listens ? SOCKET(LISTENER) : SOCKET(CONNECTION);
    to->listener = listens ? entry->listener : 0;
}

static bool put_offset(int host_fd, const struct stat *st, descriptor_message *to)
{
    off_t offset = lseek(host_fd, 0, SEEK_CUR);
    to->offset = offset < 0 ? 0 : (uint64_t)offset;
    return !S_ISREG(st->st_mode) || put_identity(st, to);
}

static bool put_descriptor(struct rt_wasi *wasi, uint32_t fd, wasi_message *message,
                           descriptor_message *to, const struct rt_wasi_line *error)
{
    const struct rt_wasi_fd *entry = &wasi->fds[fd];
    struct stat st;
    to->number = fd;
    to->filetype = entry->filetype;
    to->fdflags = entry->fdflags;
    to->rights_base = entry->rights_base;
    to->rights_inheriting = entry->rights_inheriting;
    if (entry->lost)
        return put_lost(entry, to);
    if (fstat(entry->host_fd, &st) != 0)
        return rt_wasi_refuse(error, wasi, fd, strerror(errno));
    if (entry->host_fd <= STDERR_FILENO) {
        to->kind = KIND(STREAM);
        to->stream = (uint32_t)entry->host_fd;
    } else if (entry->is_preopen) {
        to->kind = KIND(PREOPEN);
        to->preopen = entry->preopen;
    } else if (entry->preopen == RT_WASI_NO_PREOPEN) {
        put_socket(entry, to);
    } else if (!put_file(wasi, fd, &st, message, to, error)) {
        return false;
    }
    if (entry->dir && !put_listing(entry->dir, to))
        return false;
    return entry->filetype == WASI_TYPE_DIRECTORY || put_offset(entry->host_fd, &st, to);
}

static bool put_descriptors(struct rt_wasi *wasi, wasi_message *message,
                            const struct rt_wasi_line *error)
{
    message->descriptors = calloc(wasi->n_fds + 1u, sizeof *message->descriptors);
    if (!message->descriptors)
        return false;
    for (uint32_t fd = 0; fd < wasi->n_fds; fd++) {
        if (!wasi->fds[fd].is_open)
            continue;
        descriptor_message *to = malloc(sizeof *to);
        if (!to)
            return false;
        wanco__snapshot__descriptor__init(to);
        message->descriptors[message->n_descriptors++] = to;
        if (!put_descriptor(wasi, fd, message, to, error))
            return false;
    }
    return true;
}

/* Only files: a terminal or pipe has no durable content. */
static bool synchronize(struct rt_wasi *wasi, const struct rt_wasi_line *error)
{
    for (uint32_t fd = 0; fd < wasi->n_fds; fd++) {
        struct rt_wasi_fd *entry = &wasi->fds[fd];
        if (!entry->is_open || !entry->is_written ||
            entry->filetype != WASI_TYPE_REGULAR_FILE)
            continue;
        int result;
        do
            result = fdatasync(entry->host_fd);
        while (result != 0 && errno == EINTR);
        /* EINVAL, EROFS: this kind of file knows no durability. */
        if (result != 0 && errno != EINVAL && errno != EROFS)
            return rt_wasi_refuse(error, wasi, fd, strerror(errno));
        entry->is_written = false;
    }
    return true;
}

bool rt_wasi_needs_moves(const wasi_message *saved)
{
    for (size_t i = 0; i < saved->n_descriptors; i++) {
        const descriptor_message *d = saved->descriptors[i];
        if (d->kind == KIND(SOCKET) || d->kind == KIND(PIPE) || d->lost ||
            (d->identity && d->identity->unlinked))
            return true;
    }
    return saved->n_listeners > 0;
}

wasi_message *rt_wasi_save(struct rt_wasi *wasi, char *error, size_t error_bytes)
{
    const struct rt_wasi_line line = {error, error_bytes};
    snprintf(error, error_bytes, "out of memory"); /* unless another reason is given */
    wasi_message *message = malloc(sizeof *message);
    if (!message)
        return NULL;
    wanco__snapshot__wasi__init(message);
    if (put_strings(&message->args, &message->n_args, &wasi->args) &&
        put_strings(&message->env, &message->n_env, &wasi->env) &&
        put_strings(&message->listeners, &message->n_listeners, &wasi->listeners) &&
        put_preopens(wasi, message) && put_descriptors(wasi, message, &line) &&
        synchronize(wasi, &line) && put_clocks(wasi, message))
        return message;
    wanco__snapshot__wasi__free_unpacked(message, NULL);
    return NULL; /* NOLINT(clang-analyzer-unix.Malloc): it was freed just now */
}
