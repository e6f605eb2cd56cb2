/* path_open. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

/* Paths relative to paths relative to … are kept up to here. */
#define MAX_JOINED_BYTES ((size_t)16 * PATH_MAX)

struct request {
    int base_fd;
    const char *path;
    bool follow;
    int flags; /* of the host's open */
};

static int host_flags(uint32_t oflags, uint32_t fdflags, uint64_t rights)
{
    bool reads = rights & (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_READDIR);
    bool writes = rights & WASI_RIGHT_FD_WRITE;
    /* Languages ask for rights to change the size in bulk, also where they only read. */
    if (!reads)
        writes |=
            (rights & (WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE)) != 0;
    int flags = O_CLOEXEC | O_NOCTTY | (!writes ? O_RDONLY : reads ? O_RDWR : O_WRONLY);
    flags |= oflags & WASI_O_CREAT ? O_CREAT : 0;
    flags |= oflags & WASI_O_DIRECTORY ? O_DIRECTORY : 0;
    flags |= oflags & WASI_O_EXCL ? O_EXCL : 0;
    flags |= oflags & WASI_O_TRUNC ? O_TRUNC : 0;
    flags |= fdflags & WASI_FD_APPEND ? O_APPEND : 0;
    flags |= fdflags & WASI_FD_NONBLOCK ? O_NONBLOCK : 0;
    flags |= fdflags & WASI_FD_DSYNC ? O_DSYNC : 0;
    flags |= fdflags & (WASI_FD_SYNC | WASI_FD_RSYNC) ? O_SYNC : 0;
    return flags;
}

/* What the witx text of the rights asks for each flag, of the directory and of what it
 * hands on. */
static uint32_t check_rights(const struct rt_wasi_fd *dir, uint32_t oflags,
                             uint32_t fdflags, uint64_t rights)
{
    uint64_t base = WASI_RIGHT_PATH_OPEN;
    base |= oflags & WASI_O_CREAT ? WASI_RIGHT_PATH_CREATE_FILE : 0;
    base |= oflags & WASI_O_TRUNC ? WASI_RIGHT_PATH_FILESTAT_SET_SIZE : 0;
    rights |= fdflags & WASI_FD_DSYNC ? WASI_RIGHT_FD_DATASYNC : 0;
    rights |= fdflags & (WASI_FD_SYNC | WASI_FD_RSYNC) ? WASI_RIGHT_FD_SYNC : 0;
    bool allowed = !(base & ~dir->rights_base) && !(rights & ~dir->rights_inheriting);
    return allowed ? WASI_OK : WASI_ENOTCAPABLE;
}

static uint32_t open_host(struct rt_wasi *wasi, const struct request *r, int *fd)
{
    return rt_wasi_open_path(wasi, r->base_fd, r->path, r->follow, r->flags, fd);
}

/* As on a file system mounted read-only: O_CREAT is fine where the file exists. */
static uint32_t open_read_only(struct rt_wasi *wasi, struct request *r, int *fd)
{
    int flags = r->flags;
    if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
        return WASI_EROFS;
    r->flags &= ~(O_CREAT | O_EXCL);
    uint32_t error = open_host(wasi, r, fd);
    if (error == WASI_ENOENT && (flags & O_CREAT))
        return WASI_EROFS;
    if (!error && (flags & O_CREAT) && (flags & O_EXCL)) {
        close(*fd);
        return WASI_EEXIST;
    }
    return error;
}

static char *join(const char *dir, const char *path)
{
    char *joined;
    if (dir[0] == '\0' || strcmp(path, ".") == 0)
        return strdup(dir[0] == '\0' ? path : dir);
    if (strlen(dir) + strlen(path) + 2 > MAX_JOINED_BYTES)
        return NULL;
    return asprintf(&joined, "%s/%s", dir, path) < 0 ? NULL : joined;
}

static uint32_t insert(struct rt_wasi *wasi, const struct rt_wasi_fd *dir,
                       const struct request *r, struct rt_wasi_fd *entry, uint32_t *fd)
{
    const uint64_t sizing = WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE;
    if ((r->flags & O_ACCMODE) == O_RDONLY)
        entry->rights_base &= ~sizing;
    entry->preopen = dir->preopen;
    entry->path = join(dir->path, r->path);
    uint32_t error = entry->path ? WASI_OK : WASI_ENAMETOOLONG;
    if (!error)
        error = rt_wasi_classify(entry);
    if (!error)
        error = rt_wasi_insert(wasi, entry, fd);
    if (error) {
        free(entry->path);
        close(entry->host_fd);
    }
    return error;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of WASI */
uint32_t rt_wasi_path_open(struct rt_instance *instance, uint32_t fd, uint32_t lookup,
                           uint32_t path, uint32_t path_bytes, uint32_t oflags,
                           uint64_t base, uint64_t inheriting, uint32_t fdflags,
                           uint32_t opened)
{
    struct rt_wasi *wasi = rt_instance_wasi(instance);
    struct rt_wasi_fd *dir;
    /* Bits without a meaning apply to no file. */
    struct rt_wasi_fd entry = {.fdflags = (uint16_t)fdflags,
                               .rights_base = base & WASI_RIGHTS_ALL,
                               .rights_inheriting = inheriting & WASI_RIGHTS_ALL,
                               .listener = RT_WASI_NO_LISTENER};
    char text[PATH_MAX];
    uint32_t error = rt_wasi_use_dir(instance, fd, WASI_RIGHT_PATH_OPEN, &dir);
    if (!error)
        error = rt_wasi_get_path(instance, path, path_bytes, text);
    if (error)
        return error;
    const uint32_t never = WASI_O_CREAT | WASI_O_DIRECTORY;
    if ((oflags & ~(uint32_t)WASI_O_ALL) || (oflags & never) == never ||
        (fdflags & ~(uint32_t)WASI_FD_ALL))
        return WASI_EINVAL;
    uint8_t *out = rt_wasi_at(instance, opened, 4);
    if (!out)
        return WASI_EFAULT;
    error =
        check_rights(dir, oflags, fdflags, entry.rights_base | entry.rights_inheriting);
    if (error)
        return error;
    struct request r = {dir->host_fd, text, lookup & WASI_LOOKUP_SYMLINK_FOLLOW,
                        host_flags(oflags, fdflags, entry.rights_base)};
    error = rt_wasi_is_read_only(wasi, dir) ? open_read_only(wasi, &r, &entry.host_fd)
                                            : open_host(wasi, &r, &entry.host_fd);
    if (error == WASI_EINTR)
        rt_wasi_suspend(instance, "path_open", 9,
                        (uint64_t[]){fd, lookup, path, path_bytes, oflags, base,
                                     inheriting, fdflags, opened},
                        0);
    entry.is_written = oflags & (WASI_O_CREAT | WASI_O_TRUNC);
    uint32_t new_fd;
    if (!error)
        error = insert(wasi, dir, &r, &entry, &new_fd);
    if (!error)
        rt_wasi_store32(out, new_fd);
    return error;
}
