/* What a guest does with a descriptor besides input and output: state, position,
 * durability. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/trap.h"
#include "runtime/wasi_internal.h"

uint32_t rt_wasi_fd_close(struct rt_instance *instance, uint32_t fd)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, 0, &entry);
    return error ? error : rt_wasi_release(rt_instance_wasi(instance), fd);
}

/* As dup2 followed by close, but the target must be open: numbers are not for the guest
 * to choose. */
uint32_t rt_wasi_fd_renumber(struct rt_instance *instance, uint32_t from, uint32_t to)
{
    struct rt_wasi *wasi = rt_instance_wasi(instance);
    struct rt_wasi_fd *source, *target;
    uint32_t error = rt_wasi_use(instance, from, 0, &source);
    if (!error)
        error = rt_wasi_find(wasi, to, 0, &target);
    if (error || from == to)
        return error;
    rt_wasi_release(wasi, to);
    *target = *source;
    *source = (struct rt_wasi_fd){.host_fd = -1};
    return rt_wasi_release(wasi, from);
}

uint32_t rt_wasi_fd_fdstat_get(struct rt_instance *instance, uint32_t fd, uint32_t fdstat)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, 0, &entry);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, fdstat, 24);
    if (!out)
        return WASI_EFAULT;
    memset(out, 0, 24);
    out[0] = entry->filetype;
    rt_wasi_store16(out + 2, entry->fdflags);
    rt_wasi_store64(out + 8, entry->rights_base);
    rt_wasi_store64(out + 16, entry->rights_inheriting);
    return WASI_OK;
}

/* Linux sets O_DSYNC and O_SYNC only when a file is opened. */
uint32_t rt_wasi_fd_fdstat_set_flags(struct rt_instance *instance, uint32_t fd,
                                     uint32_t fdflags)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_FDSTAT_SET_FLAGS, &entry);
    if (error)
        return error;
    const uint32_t settable = WASI_FD_APPEND | WASI_FD_NONBLOCK;
    if (fdflags & ~(uint32_t)WASI_FD_ALL)
        return WASI_EINVAL;
    if ((fdflags ^ entry->fdflags) & ~settable)
        return WASI_ENOTSUP;
    int flags = fcntl(entry->host_fd, F_GETFL);
    if (flags < 0)
        return rt_wasi_errno(errno);
    flags &= ~(O_APPEND | O_NONBLOCK);
    flags |= fdflags & WASI_FD_APPEND ? O_APPEND : 0;
    flags |= fdflags & WASI_FD_NONBLOCK ? O_NONBLOCK : 0;
    if (fcntl(entry->host_fd, F_SETFL, flags) != 0)
        return rt_wasi_errno(errno);
    entry->fdflags = (uint16_t)fdflags;
    return WASI_OK;
}

/* Rights can only be given up. */
uint32_t rt_wasi_fd_fdstat_set_rights(struct rt_instance *instance, uint32_t fd,
                                      uint64_t base, uint64_t inheriting)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, 0, &entry);
    if (error)
        return error;
    if ((base & ~entry->rights_base) || (inheriting & ~entry->rights_inheriting))
        return WASI_ENOTCAPABLE;
    entry->rights_base = base;
    entry->rights_inheriting = inheriting;
    return WASI_OK;
}

uint32_t rt_wasi_fd_seek(struct rt_instance *instance, uint32_t fd, uint64_t delta,
                         uint32_t whence, uint32_t offset)
{
    static const int host_whence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    struct rt_wasi_fd *entry;
    bool only_tells = delta == 0 && whence == 1;
    uint32_t error = rt_wasi_use(
        instance, fd, only_tells ? WASI_RIGHT_FD_TELL : WASI_RIGHT_FD_SEEK, &entry);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, offset, 8);
    if (!out)
        return WASI_EFAULT;
    if (whence >= sizeof host_whence / sizeof *host_whence)
        return WASI_EINVAL;
    off_t position = lseek(entry->host_fd, (off_t)delta, host_whence[whence]);
    if (position < 0)
        return rt_wasi_errno(errno);
    rt_wasi_store64(out, (uint64_t)position);
    return WASI_OK;
}

uint32_t rt_wasi_unstable_fd_seek(struct rt_instance *instance, uint32_t fd,
                                  uint64_t delta, uint32_t whence, uint32_t offset)
{
    static const uint32_t numbers[] = {1, 2, 0}; /* cur, end, set */
    const uint32_t none = 3;
    return rt_wasi_fd_seek(instance, fd, delta, whence < none ? numbers[whence] : none,
                           offset);
}

uint32_t rt_wasi_fd_tell(struct rt_instance *instance, uint32_t fd, uint32_t offset)
{
    return rt_wasi_fd_seek(instance, fd, 0, 1, offset);
}

/* The host takes lengths as signed numbers. */
static bool is_range(uint64_t offset, uint64_t n_bytes)
{
    return offset <= INT64_MAX && n_bytes <= INT64_MAX - offset;
}

uint32_t rt_wasi_fd_advise(struct rt_instance *instance, uint32_t fd, uint64_t offset,
                           uint64_t n_bytes, uint32_t advice)
{
    static const int host_advice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL,
                                      POSIX_FADV_RANDOM,   POSIX_FADV_WILLNEED,
                                      POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE};
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_ADVISE, &entry);
    if (error)
        return error;
    if (advice >= sizeof host_advice / sizeof *host_advice || !is_range(offset, n_bytes))
        return WASI_EINVAL;
    return rt_wasi_errno(posix_fadvise(entry->host_fd, (off_t)offset, (off_t)n_bytes,
                                       host_advice[advice]));
}

/* Not posix_fallocate: where the file system can't, that writes every block. */
uint32_t rt_wasi_fd_allocate(struct rt_instance *instance, uint32_t fd, uint64_t offset,
                             uint64_t n_bytes)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_ALLOCATE, &entry);
    if (error)
        return error;
    if (!is_range(offset, n_bytes))
        return WASI_EINVAL;
    int result;
    do
        result = fallocate(entry->host_fd, 0, (off_t)offset, (off_t)n_bytes);
    while (result != 0 && rt_wasi_retry());
    if (result == 0)
        entry->is_written = true;
    else if (errno == EINTR)
        rt_wasi_suspend(instance, "fd_allocate", 3, (uint64_t[]){fd, offset, n_bytes}, 0);
    return result != 0 ? rt_wasi_errno(errno) : WASI_OK;
}

/* Makes what was written durable, with fsync or fdatasync. */
static uint32_t synchronize(struct rt_wasi_fd *entry, int (*function)(int fd))
{
    while (function(entry->host_fd) != 0)
        if (!rt_wasi_retry())
            return rt_wasi_errno(errno);
    entry->is_written = false;
    return WASI_OK;
}

uint32_t rt_wasi_fd_sync(struct rt_instance *instance, uint32_t fd)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_SYNC, &entry);
    if (!error)
        error = synchronize(entry, fsync);
    if (error == WASI_EINTR)
        rt_wasi_suspend(instance, "fd_sync", 1, (uint64_t[]){fd}, 0);
    return error;
}

uint32_t rt_wasi_fd_datasync(struct rt_instance *instance, uint32_t fd)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_DATASYNC, &entry);
    if (!error)
        error = synchronize(entry, fdatasync);
    if (error == WASI_EINTR)
        rt_wasi_suspend(instance, "fd_datasync", 1, (uint64_t[]){fd}, 0);
    return error;
}

/* wasi-libc asks for the descriptors from 3 on until one answers EBADF. */
static uint32_t find_preopen(struct rt_instance *instance, uint32_t fd, const char **name)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, 0, &entry);
    if (error || !entry->is_preopen)
        return WASI_EBADF;
    *name = rt_instance_wasi(instance)->preopens[entry->preopen].guest_name;
    return WASI_OK;
}

uint32_t rt_wasi_fd_prestat_get(struct rt_instance *instance, uint32_t fd,
                                uint32_t prestat)
{
    const char *name;
    uint32_t error = find_preopen(instance, fd, &name);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, prestat, 8);
    if (!out)
        return WASI_EFAULT;
    rt_wasi_store32(out, 0); /* preopentype::dir, the only one */
    rt_wasi_store32(out + 4, (uint32_t)strlen(name));
    return WASI_OK;
}

uint32_t rt_wasi_fd_prestat_dir_name(struct rt_instance *instance, uint32_t fd,
                                     uint32_t chars, uint32_t n_bytes)
{
    const char *name;
    uint32_t error = find_preopen(instance, fd, &name);
    if (error)
        return error;
    size_t length = strlen(name);
    if (n_bytes < length)
        return WASI_ENAMETOOLONG;
    uint8_t *out = rt_wasi_at(instance, chars, n_bytes);
    if (!out)
        return WASI_EFAULT;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): as WASI has it */
    memcpy(out, name, length);
    return WASI_OK;
}
