/* Opens the files of a snapshot again, and finds out whether they are what they were.
 *
 * Nothing is created or truncated. A path is resolved like those a guest names, by the
 * sandboxed resolver below what is granted now. Strictly, a file must have the size and
 * the time of change that it had; where changes are accepted, people are warned of them,
 * and the calls on a file that is not there answer ESTALE. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi_move.h"

#define OR_RELAXED ", or give --restore-files relaxed"

/* What a file is called in messages. */
static const char *name_of(const struct rt_wasi_restore *r,
                           const struct rt_wasi_fd *entry, char name[RT_WASI_NAME_BYTES])
{
    return rt_wasi_name_file(r->wasi->preopens[entry->preopen].guest_name, entry->path,
                             name);
}

/* ---- What has changed ---- */

/* A difference that the guest may go on with only if changes are accepted. */
static bool differs(const struct rt_wasi_restore *r, const char *name, const char *how,
                    const char *remedy)
{
    if (!r->grants->accepts_changes)
        return rt_wasi_restore_fail(r, "'%s' %s: %s" OR_RELAXED, name, how, remedy);
    fprintf(stderr, "%s: warning: '%s' %s\n", program_invocation_short_name, name, how);
    return true;
}

/* Archives and some copies keep whole seconds only. */
static bool is_same_time(int64_t saved, struct timespec now)
{
    uint64_t nanoseconds = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    uint64_t later = (uint64_t)saved - nanoseconds;
    return later == 0 || (now.tv_nsec == 0 && later < 1000000000u);
}

static bool check_content(const struct rt_wasi_restore *r, const descriptor_message *d,
                          const struct rt_wasi_fd *entry)
{
    char name[RT_WASI_NAME_BYTES], how[128];
    struct stat st;
    if (!d->identity || fstat(entry->host_fd, &st) != 0)
        return rt_wasi_restore_damaged(r, "the size of a file");
    if (d->identity->unlinked)
        return true;
    if ((uint64_t)st.st_size != d->identity->n_bytes) {
        snprintf(how, sizeof how, "has %llu bytes, but had %llu at the checkpoint",
                 (unsigned long long)st.st_size,
                 (unsigned long long)d->identity->n_bytes);
        return differs(r, name_of(r, entry, name), how,
                       "put back the file the guest has open");
    }
    return is_same_time(d->identity->mtime_ns, st.st_mtim) ||
           differs(r, name_of(r, entry, name),
                   "was changed after the checkpoint, or copied without its time",
                   "put back the file the guest has open, by cp -p or rsync -t");
}

/* ---- Opening ---- */

static bool cannot_open(const struct rt_wasi_restore *r, const struct rt_wasi_fd *entry,
                        uint32_t access, uint32_t error)
{
    char name[RT_WASI_NAME_BYTES];
    name_of(r, entry, name);
    switch (error) {
    case WASI_EISDIR:
        return rt_wasi_restore_fail(
            r, "'%s' is a directory now: put back the file the guest has open", name);
    case WASI_ENOTDIR:
        return rt_wasi_restore_fail(r, "'%s' is not the directory it was: put it back",
                                    name);
    case WASI_ENOTCAPABLE:
        return rt_wasi_restore_fail(r, "'%s' leads out of the directory that was given",
                                    name);
    case WASI_EACCES:
    case WASI_EPERM:
    case WASI_EROFS:
        return rt_wasi_restore_fail(r, "'%s' can't be opened for %s: %s; permit it", name,
                                    access & RT_WASI_ACCESS_WRITE ? "writing" : "reading",
                                    rt_wasi_strerror(error));
    default:
        return rt_wasi_restore_fail(r, "'%s' can't be opened: %s", name,
                                    rt_wasi_strerror(error));
    }
}

/* It does not wait for what may be a pipe by now. */
int rt_wasi_open_flags(const descriptor_message *d)
{
    int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (d->kind == KIND(DIRECTORY))
        return flags | O_RDONLY | O_DIRECTORY;
    bool reads = d->access & RT_WASI_ACCESS_READ;
    flags |= !(d->access & RT_WASI_ACCESS_WRITE) ? O_RDONLY : reads ? O_RDWR : O_WRONLY;
    flags |= d->fdflags & WASI_FD_APPEND ? O_APPEND : 0;
    flags |= d->fdflags & WASI_FD_DSYNC ? O_DSYNC : 0;
    flags |= d->fdflags & (WASI_FD_SYNC | WASI_FD_RSYNC) ? O_SYNC : 0;
    return flags;
}

/* Whether the guest itself has the other end of a pipe. */
static bool has_other_end(const struct rt_wasi_restore *r, const descriptor_message *d)
{
    uint32_t all = RT_WASI_ACCESS_READ | RT_WASI_ACCESS_WRITE, access = d->access;
    for (size_t i = 0; i < r->saved->n_descriptors; i++) {
        const descriptor_message *e = r->saved->descriptors[i];
        if (e->kind == KIND(PIPE) && e->preopen == d->preopen &&
            e->path.len == d->path.len &&
            memcmp(e->path.data, d->path.data, d->path.len) == 0)
            access |= e->access;
    }
    return access == all;
}

/* An end is opened when somebody opens the other one, as ever: a reader would find the
 * end of the file before anybody has written. Where nobody else need come, an end that is
 * both lets it be opened at once. */
static uint32_t open_pipe(const struct rt_wasi_restore *r, const descriptor_message *d,
                          struct rt_wasi_fd *entry)
{
    int base_fd = r->wasi->preopens[entry->preopen].host_fd, both_ends = -1;
    int flags = rt_wasi_open_flags(d);
    if (!(d->fdflags & WASI_FD_NONBLOCK) && !has_other_end(r, d))
        flags &= ~O_NONBLOCK;
    else if (!r->wasi->preopens[entry->preopen].read_only)
        rt_wasi_open_path(r->wasi, base_fd, entry->path, true,
                          O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, &both_ends);
    uint32_t error =
        rt_wasi_open_path(r->wasi, base_fd, entry->path, true, flags, &entry->host_fd);
    if (both_ends >= 0)
        close(both_ends);
    return error;
}

/* What the guest must find lost. */
static bool lose(const descriptor_message *d, uint32_t error, struct rt_wasi_fd *entry)
{
    entry->lost = (uint16_t)error;
    entry->filetype = (uint8_t)d->filetype;
    entry->host_fd = -1;
    return true;
}

static bool open_file(const struct rt_wasi_restore *r, const descriptor_message *d,
                      struct rt_wasi_fd *entry)
{
    const struct rt_wasi_preopen *preopen = &r->wasi->preopens[entry->preopen];
    bool writes = d->kind != KIND(DIRECTORY) && (d->access & RT_WASI_ACCESS_WRITE);
    char name[RT_WASI_NAME_BYTES], dir[RT_WASI_NAME_BYTES];
    if (writes && preopen->read_only)
        return rt_wasi_restore_fail(
            r,
            "'%s' is open for writing, but '%s' is given read-only: give it without :ro",
            name_of(r, entry, name), rt_wasi_name_file(preopen->guest_name, NULL, dir));
    uint32_t error = d->kind == KIND(PIPE)
                         ? open_pipe(r, d, entry)
                         : rt_wasi_open_path(r->wasi, preopen->host_fd, entry->path, true,
                                             rt_wasi_open_flags(d), &entry->host_fd);
    if (error == WASI_ENOENT)
        return differs(r, name_of(r, entry, name),
                       "does not exist, but the guest has it open", "put it there") &&
               lose(d, WASI_ESTALE, entry);
    return error ? cannot_open(r, entry, d->access, error) : true;
}

bool rt_wasi_restore_file(const struct rt_wasi_restore *r, const descriptor_message *d,
                          struct rt_wasi_fd *entry)
{
    bool has_access = d->access >= RT_WASI_ACCESS_READ &&
                      d->access <= (RT_WASI_ACCESS_READ | RT_WASI_ACCESS_WRITE);
    if (d->kind != KIND(DIRECTORY) && !has_access)
        return rt_wasi_restore_damaged(r, "how a file is open");
    entry->path = rt_wasi_get_string(&d->path);
    if (!entry->path || strlen(entry->path) >= PATH_MAX)
        return rt_wasi_restore_damaged(r, "the path of a file");
    if (d->lost)
        return d->lost <= WASI_ENOTCAPABLE ? lose(d, d->lost, entry)
                                           : rt_wasi_restore_damaged(r, "an error");
    if (d->kind == KIND(FILE) && d->identity && d->identity->unlinked)
        return rt_wasi_restore_unlinked(r, d, &entry->host_fd);
    return rt_wasi_is_plain_path(entry->path)
               ? open_file(r, d, entry)
               : rt_wasi_restore_damaged(r, "the path of a file");
}

/* ---- What was opened ---- */

/* A device may have no offset. */
static bool settle(const struct rt_wasi_restore *r, const descriptor_message *d,
                   const struct rt_wasi_fd *entry)
{
    bool ok = rt_wasi_set_nonblocking(entry->host_fd, d->fdflags & WASI_FD_NONBLOCK);
    if (ok && d->kind == KIND(FILE) && d->offset > 0)
        ok = lseek(entry->host_fd, (off_t)d->offset, SEEK_SET) >= 0;
    return ok ? true : cannot_open(r, entry, d->access, rt_wasi_errno(errno));
}

bool rt_wasi_restore_check_file(const struct rt_wasi_restore *r,
                                const descriptor_message *d,
                                const struct rt_wasi_fd *entry)
{
    char name[RT_WASI_NAME_BYTES];
    if (entry->filetype == WASI_TYPE_DIRECTORY && d->kind == KIND(FILE))
        return cannot_open(r, entry, d->access, WASI_EISDIR);
    if (entry->filetype != d->filetype)
        return rt_wasi_restore_fail(
            r, "'%s' is of another type now: put back what the guest has open",
            name_of(r, entry, name));
    if (entry->filetype == WASI_TYPE_REGULAR_FILE && !check_content(r, d, entry))
        return false;
    return settle(r, d, entry);
}
