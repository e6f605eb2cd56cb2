/* The descriptor table: guest descriptors are indices into it, given out lowest first as
 * POSIX does.
 *
 * The host's descriptors 0 to 2 stay open whatever the guest closes: the runtime's own
 * messages go to 2, and a file of the guest must not come to lie there. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/trap.h"
#include "runtime/wasi_internal.h"

/* Of descriptors; more is EMFILE even if the host allows it. */
#define MAX_FDS (1u << 20)

enum {
    COMMON_RIGHTS = WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_SYNC |
                    WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_FILESTAT_GET |
                    WASI_RIGHT_FD_FILESTAT_SET_TIMES | WASI_RIGHT_POLL_FD_READWRITE,
    STREAM_RIGHTS = COMMON_RIGHTS | WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE,
    FILE_RIGHTS = STREAM_RIGHTS | WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL |
                  WASI_RIGHT_FD_ADVISE | WASI_RIGHT_FD_ALLOCATE |
                  WASI_RIGHT_FD_FILESTAT_SET_SIZE,
    SOCKET_RIGHTS = STREAM_RIGHTS | WASI_RIGHT_SOCK_SHUTDOWN | WASI_RIGHT_SOCK_ACCEPT,
    DIRECTORY_RIGHTS = COMMON_RIGHTS | WASI_RIGHT_FD_ADVISE |
                       (WASI_RIGHTS_ALL & ~(FILE_RIGHTS | SOCKET_RIGHTS))
};

uint32_t rt_wasi_find(struct rt_wasi *wasi, uint32_t fd, uint64_t rights,
                      struct rt_wasi_fd **found)
{
    if (fd >= wasi->n_fds || !wasi->fds[fd].is_open)
        return WASI_EBADF;
    *found = &wasi->fds[fd];
    if ((*found)->lost && rights)
        return (*found)->lost;
    uint64_t missing = rights & ~(*found)->rights_base;
    if (!missing)
        return WASI_OK;
    bool needs_file = missing & ~(uint64_t)DIRECTORY_RIGHTS;
    return needs_file && (*found)->filetype == WASI_TYPE_DIRECTORY ? WASI_EISDIR
                                                                   : WASI_ENOTCAPABLE;
}

uint32_t rt_wasi_use(struct rt_instance *instance, uint32_t fd, uint64_t rights,
                     struct rt_wasi_fd **found)
{
    rt_check_host_stack();
    return rt_wasi_find(rt_instance_wasi(instance), fd, rights, found);
}

uint32_t rt_wasi_use_dir(struct rt_instance *instance, uint32_t fd, uint64_t rights,
                         struct rt_wasi_fd **found)
{
    uint32_t error = rt_wasi_use(instance, fd, rights, found);
    if (error != WASI_EBADF && (*found)->filetype != WASI_TYPE_DIRECTORY)
        return WASI_ENOTDIR;
    return error;
}

bool rt_wasi_is_read_only(const struct rt_wasi *wasi, const struct rt_wasi_fd *entry)
{
    return entry->preopen != RT_WASI_NO_PREOPEN &&
           wasi->preopens[entry->preopen].read_only;
}

static uint32_t grow(struct rt_wasi *wasi)
{
    uint32_t n = wasi->n_fds ? wasi->n_fds * 2 : 16;
    if (n > MAX_FDS)
        return WASI_EMFILE;
    struct rt_wasi_fd *fds = realloc(wasi->fds, n * sizeof *fds);
    if (!fds)
        return WASI_ENOMEM;
    memset(fds + wasi->n_fds, 0, (n - wasi->n_fds) * sizeof *fds);
    wasi->fds = fds;
    wasi->n_fds = n;
    return WASI_OK;
}

static void put(struct rt_wasi *wasi, uint32_t fd, const struct rt_wasi_fd *entry)
{
    wasi->fds[fd] = *entry;
    wasi->fds[fd].is_open = true;
}

uint32_t rt_wasi_insert(struct rt_wasi *wasi, const struct rt_wasi_fd *entry,
                        uint32_t *fd)
{
    uint32_t i = wasi->first_free;
    while (i < wasi->n_fds && wasi->fds[i].is_open)
        i++;
    if (i == wasi->n_fds) {
        uint32_t error = grow(wasi);
        if (error)
            return error;
    }
    put(wasi, i, entry);
    wasi->first_free = i + 1;
    *fd = i;
    return WASI_OK;
}

uint32_t rt_wasi_insert_at(struct rt_wasi *wasi, const struct rt_wasi_fd *entry,
                           uint32_t fd)
{
    if (fd >= MAX_FDS || (fd < wasi->n_fds && wasi->fds[fd].is_open))
        return WASI_EBADF;
    while (fd >= wasi->n_fds) {
        uint32_t error = grow(wasi);
        if (error)
            return error;
    }
    put(wasi, fd, entry);
    return WASI_OK;
}

uint32_t rt_wasi_release(struct rt_wasi *wasi, uint32_t fd)
{
    struct rt_wasi_fd *entry = &wasi->fds[fd];
    uint32_t error = WASI_OK;
    /* Linux has closed the descriptor even if close was interrupted. */
    bool is_own = entry->host_fd > STDERR_FILENO && !entry->is_preopen;
    if (is_own && close(entry->host_fd) != 0 && errno != EINTR)
        error = rt_wasi_errno(errno);
    free(entry->path);
    rt_wasi_dir_destroy(entry->dir);
    *entry = (struct rt_wasi_fd){.is_open = false};
    if (fd < wasi->first_free)
        wasi->first_free = fd;
    return error;
}

static uint8_t socket_type(int host_fd)
{
    int type = 0;
    socklen_t n = sizeof type;
    if (getsockopt(host_fd, SOL_SOCKET, SO_TYPE, &type, &n) != 0)
        return WASI_TYPE_UNKNOWN;
    return type == SOCK_DGRAM ? WASI_TYPE_SOCKET_DGRAM : WASI_TYPE_SOCKET_STREAM;
}

/* wasi-libc's isatty is true for a character device without the rights to seek and tell.
 */
static uint64_t rights_of_type(const struct rt_wasi_fd *entry)
{
    struct termios settings;
    switch (entry->filetype) {
    case WASI_TYPE_DIRECTORY:
        return DIRECTORY_RIGHTS;
    case WASI_TYPE_SOCKET_DGRAM:
    case WASI_TYPE_SOCKET_STREAM:
        return SOCKET_RIGHTS;
    case WASI_TYPE_CHARACTER_DEVICE:
        return tcgetattr(entry->host_fd, &settings) == 0 ? STREAM_RIGHTS : FILE_RIGHTS;
    default:
        return FILE_RIGHTS;
    }
}

uint32_t rt_wasi_classify(struct rt_wasi_fd *entry)
{
    struct stat st;
    if (fstat(entry->host_fd, &st) != 0)
        return rt_wasi_errno(errno);
    entry->filetype =
        S_ISSOCK(st.st_mode) ? socket_type(entry->host_fd) : rt_wasi_filetype(st.st_mode);
    entry->rights_base &= rights_of_type(entry);
    if (entry->filetype != WASI_TYPE_DIRECTORY)
        entry->rights_inheriting = 0;
    return WASI_OK;
}

uint32_t rt_wasi_inherit(struct rt_wasi *wasi, int host_fd, uint32_t *fd)
{
    struct rt_wasi_fd entry = {.host_fd = host_fd,
                               .rights_base = FILE_RIGHTS | SOCKET_RIGHTS,
                               .preopen = RT_WASI_NO_PREOPEN,
                               .listener = RT_WASI_NO_LISTENER};
    int flags = fcntl(host_fd, F_GETFL);
    if (flags < 0)
        return rt_wasi_errno(errno);
    if ((flags & O_ACCMODE) == O_RDONLY)
        entry.rights_base &= ~(uint64_t)WASI_RIGHT_FD_WRITE;
    if ((flags & O_ACCMODE) == O_WRONLY)
        entry.rights_base &= ~(uint64_t)WASI_RIGHT_FD_READ;
    entry.fdflags = (uint16_t)((flags & O_APPEND ? WASI_FD_APPEND : 0) |
                               (flags & O_NONBLOCK ? WASI_FD_NONBLOCK : 0) |
                               (flags & O_DSYNC ? WASI_FD_DSYNC : 0) |
                               ((flags & O_SYNC) == O_SYNC ? WASI_FD_SYNC : 0));
    uint32_t error = rt_wasi_classify(&entry);
    return error ? error : rt_wasi_insert(wasi, &entry, fd);
}
