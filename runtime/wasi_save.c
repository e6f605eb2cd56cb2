/* From the state of a guest's WASI to a snapshot's message.
 *
 * A file is saved by its name below a preopen: by the one it has now, which the guest may
 * have changed since it opened it. What has no name there can't be opened again, and is
 * an error, as are sockets and pipes other than the standard streams: the guest then goes
 * on here.
 *
 * A snapshot promises that the guest goes on from it after a crash of the machine too, so
 * what the guest has written to files it has open reaches the disk first. Files it has
 * closed are as safe as the guest made them. */
#define _GNU_SOURCE
#include "runtime/wasi_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi_internal.h"

typedef Wanco__Snapshot__Wasi wasi_message;
typedef Wanco__Snapshot__Descriptor descriptor_message;

#define KIND(kind) WANCO__SNAPSHOT__DESCRIPTOR__KIND__##kind

const char *rt_wasi_name_file(const char *guest_name, const char *path,
                              char name[RT_WASI_NAME_BYTES])
{
    bool has_slash = guest_name[0] && guest_name[strlen(guest_name) - 1] == '/';
    snprintf(name, RT_WASI_NAME_BYTES, "%s%s%s", guest_name,
             path && !has_slash ? "/" : "", path ? path : "");
    for (char *p = name; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    return name;
}

bool rt_wasi_is_plain_path(const char *path)
{
    if (path[0] == 0 || path[0] == '/')
        return false;
    for (const char *p = path; p; p = strchr(p, '/')) {
        p += strspn(p, "/");
        if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == 0))
            return false;
    }
    return true;
}

struct line {
    char *text;
    size_t n_bytes;
};

/* Why a descriptor can't be saved. Always false. */
static bool refuse(const struct line *error, const struct rt_wasi *wasi, uint32_t fd,
                   const char *reason)
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

/* ---- The name of a file ---- */

static bool is_named(struct rt_wasi *wasi, uint32_t preopen, const char *path,
                     uint32_t follow, const struct stat *st)
{
    struct rt_wasi_place place;
    struct stat found;
    if (rt_wasi_resolve(wasi, wasi->preopens[preopen].host_fd, path, follow, &place))
        return false;
    bool is_same = fstatat(place.dir_fd, place.name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                   found.st_dev == st->st_dev && found.st_ino == st->st_ino;
    rt_wasi_leave(&place);
    return is_same;
}

/* The host's name of an open file: a guess, since the file may have lost it. */
static bool read_host_path(int host_fd, char path[PATH_MAX])
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", host_fd);
    ssize_t n = readlink(link, path, PATH_MAX);
    if (n <= 0 || n >= PATH_MAX)
        return false;
    path[n] = 0;
    return path[0] == '/';
}

static const char *path_below(const char *dir, const char *path)
{
    size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
    if (strncmp(path, dir, n) != 0 || (path[n] != '/' && path[n] != 0))
        return NULL;
    path += n;
    path += strspn(path, "/");
    return *path ? path : ".";
}

static bool find_below(struct rt_wasi *wasi, const struct rt_wasi_fd *entry,
                       uint32_t preopen, const struct stat *st, char path[PATH_MAX])
{
    char host_path[PATH_MAX], dir[PATH_MAX];
    if (!read_host_path(entry->host_fd, host_path) ||
        !read_host_path(wasi->preopens[preopen].host_fd, dir))
        return false;
    const char *below = path_below(dir, host_path);
    if (!below || !is_named(wasi, preopen, below, 0, st))
        return false;
    memcpy(path, below, strlen(below) + 1);
    return true;
}

/* The name the file had when it was opened may still be good where the host tells none.
 */
static bool is_old_name_good(struct rt_wasi *wasi, const struct rt_wasi_fd *entry,
                             const struct stat *st)
{
    return strlen(entry->path) < PATH_MAX && rt_wasi_is_plain_path(entry->path) &&
           is_named(wasi, entry->preopen, entry->path, RT_WASI_FOLLOW, st);
}

/* Finds a preopen and the path below it that name an open file now. Its own preopen is
 * the first choice; another one must allow at least what the file is open for. */
static bool find_name(struct rt_wasi *wasi, const struct rt_wasi_fd *entry, bool writes,
                      const struct stat *st, uint32_t *preopen, char path[PATH_MAX])
{
    *preopen = entry->preopen;
    if (find_below(wasi, entry, *preopen, st, path))
        return true;
    if (is_old_name_good(wasi, entry, st)) {
        memcpy(path, entry->path, strlen(entry->path) + 1);
        return true;
    }
    for (*preopen = 0; *preopen < wasi->n_preopens; ++*preopen)
        if (!(writes && wasi->preopens[*preopen].read_only) &&
            find_below(wasi, entry, *preopen, st, path))
            return true;
    return false;
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

/* What was opened below a preopen. */
static bool put_file(struct rt_wasi *wasi, uint32_t fd, const struct stat *st,
                     descriptor_message *to, const struct line *error)
{
    const struct rt_wasi_fd *entry = &wasi->fds[fd];
    char path[PATH_MAX];
    bool is_dir = entry->filetype == WASI_TYPE_DIRECTORY;
    if (entry->filetype == WASI_TYPE_UNKNOWN)
        return refuse(error, wasi, fd, "is a pipe, which can't be moved");
    to->kind = is_dir ? KIND(DIRECTORY) : KIND(FILE);
    to->access = access_of(entry->host_fd);
    if (st->st_nlink == 0)
        return refuse(error, wasi, fd,
                      is_dir ? "is a removed directory" : "is an unlinked file");
    if (!find_name(wasi, entry, to->access & RT_WASI_ACCESS_WRITE, st, &to->preopen,
                   path))
        return refuse(error, wasi, fd,
                      "has been moved or replaced, and its name below the guest's "
                      "directories is not known");
    return put_bytes(&to->path, path, strlen(path));
}

static bool put_offset(int host_fd, const struct stat *st, descriptor_message *to)
{
    off_t offset = lseek(host_fd, 0, SEEK_CUR);
    to->offset = offset < 0 ? 0 : (uint64_t)offset;
    return !S_ISREG(st->st_mode) || put_identity(st, to);
}

static bool put_descriptor(struct rt_wasi *wasi, uint32_t fd, descriptor_message *to,
                           const struct line *error)
{
    const struct rt_wasi_fd *entry = &wasi->fds[fd];
    struct stat st;
    to->number = fd;
    to->filetype = entry->filetype;
    to->fdflags = entry->fdflags;
    to->rights_base = entry->rights_base;
    to->rights_inheriting = entry->rights_inheriting;
    if (fstat(entry->host_fd, &st) != 0)
        return refuse(error, wasi, fd, strerror(errno));
    if (entry->host_fd <= STDERR_FILENO) {
        to->kind = KIND(STREAM);
        to->stream = (uint32_t)entry->host_fd;
    } else if (entry->is_preopen) {
        to->kind = KIND(PREOPEN);
        to->preopen = entry->preopen;
    } else if (entry->preopen == RT_WASI_NO_PREOPEN) {
        return refuse(error, wasi, fd, "is a socket, which can't be moved");
    } else if (!put_file(wasi, fd, &st, to, error)) {
        return false;
    }
    if (entry->dir && !put_listing(entry->dir, to))
        return false;
    return entry->filetype == WASI_TYPE_DIRECTORY || put_offset(entry->host_fd, &st, to);
}

static bool put_descriptors(struct rt_wasi *wasi, wasi_message *message,
                            const struct line *error)
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
        if (!put_descriptor(wasi, fd, to, error))
            return false;
    }
    return true;
}

/* Only files: a terminal or pipe has no durable content. */
static bool synchronize(struct rt_wasi *wasi, const struct line *error)
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
            return refuse(error, wasi, fd, strerror(errno));
        entry->is_written = false;
    }
    return true;
}

wasi_message *rt_wasi_save(struct rt_wasi *wasi, char *error, size_t error_bytes)
{
    const struct line line = {error, error_bytes};
    snprintf(error, error_bytes, "out of memory"); /* unless another reason is given */
    wasi_message *message = malloc(sizeof *message);
    if (!message)
        return NULL;
    wanco__snapshot__wasi__init(message);
    if (put_strings(&message->args, &message->n_args, &wasi->args) &&
        put_strings(&message->env, &message->n_env, &wasi->env) &&
        put_preopens(wasi, message) && put_descriptors(wasi, message, &line) &&
        synchronize(wasi, &line) && put_clocks(wasi, message))
        return message;
    wanco__snapshot__wasi__free_unpacked(message, NULL);
    return NULL;
}
