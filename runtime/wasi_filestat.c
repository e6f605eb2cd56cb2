/* Attributes of files, by descriptor and by path. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

/* struct filestat, which all but ends in the same three times */
struct layout {
    uint32_t n_bytes, size_at, times_at;
    bool has_narrow_nlink; /* 32 bits at 20, instead of 64 at 24 */
};
static const struct layout preview1 = {64, 32, 40, false};
static const struct layout unstable = {56, 24, 32, true};

enum fstflags {
    SET_ATIM = 1 << 0,
    SET_ATIM_NOW = 1 << 1,
    SET_MTIM = 1 << 2,
    SET_MTIM_NOW = 1 << 3
};

uint8_t rt_wasi_filetype(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFBLK:
        return WASI_TYPE_BLOCK_DEVICE;
    case S_IFCHR:
        return WASI_TYPE_CHARACTER_DEVICE;
    case S_IFDIR:
        return WASI_TYPE_DIRECTORY;
    case S_IFREG:
        return WASI_TYPE_REGULAR_FILE;
    case S_IFSOCK:
        return WASI_TYPE_SOCKET_STREAM;
    case S_IFLNK:
        return WASI_TYPE_SYMBOLIC_LINK;
    default:
        return WASI_TYPE_UNKNOWN;
    }
}

/* WASI counts from 1970 on; what is older becomes 0. */
static uint64_t timestamp(struct timespec time)
{
    return time.tv_sec < 0 ? 0
                           : (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void put_filestat(uint8_t *out, const struct stat *st, const struct layout *layout)
{
    memset(out, 0, layout->n_bytes);
    rt_wasi_store64(out, st->st_dev);
    rt_wasi_store64(out + 8, st->st_ino);
    out[16] = rt_wasi_filetype(st->st_mode);
    if (layout->has_narrow_nlink)
        rt_wasi_store32(out + 20, (uint32_t)st->st_nlink);
    else
        rt_wasi_store64(out + 24, st->st_nlink);
    rt_wasi_store64(out + layout->size_at, (uint64_t)st->st_size);
    rt_wasi_store64(out + layout->times_at, timestamp(st->st_atim));
    rt_wasi_store64(out + layout->times_at + 8, timestamp(st->st_mtim));
    rt_wasi_store64(out + layout->times_at + 16, timestamp(st->st_ctim));
}

static uint32_t get_filestat(struct rt_instance *instance, uint32_t fd, uint32_t filestat,
                             const struct layout *layout)
{
    struct rt_wasi_fd *entry;
    struct stat st;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_FILESTAT_GET, &entry);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, filestat, layout->n_bytes);
    if (!out)
        return WASI_EFAULT;
    if (fstat(entry->host_fd, &st) != 0)
        return rt_wasi_errno(errno);
    put_filestat(out, &st, layout);
    out[16] = entry->filetype; /* knows datagram sockets */
    return WASI_OK;
}

uint32_t rt_wasi_fd_filestat_get(struct rt_instance *instance, uint32_t fd,
                                 uint32_t filestat)
{
    return get_filestat(instance, fd, filestat, &preview1);
}

uint32_t rt_wasi_unstable_fd_filestat_get(struct rt_instance *instance, uint32_t fd,
                                          uint32_t filestat)
{
    return get_filestat(instance, fd, filestat, &unstable);
}

uint32_t rt_wasi_fd_filestat_set_size(struct rt_instance *instance, uint32_t fd,
                                      uint64_t size)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_FILESTAT_SET_SIZE, &entry);
    if (error)
        return error;
    if (size > INT64_MAX)
        return WASI_EINVAL;
    int result;
    do
        result = ftruncate(entry->host_fd, (off_t)size);
    while (result != 0 && rt_wasi_retry());
    if (result == 0)
        entry->is_written = true;
    else if (errno == EINTR)
        rt_wasi_suspend(instance, "fd_filestat_set_size", 2, (uint64_t[]){fd, size}, 0);
    return result != 0 ? rt_wasi_errno(errno) : WASI_OK;
}

static struct timespec new_time(uint64_t nanoseconds, bool set, bool set_now)
{
    if (set)
        return (struct timespec){(time_t)(nanoseconds / 1000000000u),
                                 (long)(nanoseconds % 1000000000u)};
    return (struct timespec){0, set_now ? UTIME_NOW : UTIME_OMIT};
}

static uint32_t new_times(uint64_t atim, uint64_t mtim, uint32_t fstflags,
                          struct timespec times[2])
{
    bool set_atim = fstflags & SET_ATIM, set_atim_now = fstflags & SET_ATIM_NOW;
    bool set_mtim = fstflags & SET_MTIM, set_mtim_now = fstflags & SET_MTIM_NOW;
    if ((set_atim && set_atim_now) || (set_mtim && set_mtim_now) || fstflags > 15)
        return WASI_EINVAL;
    times[0] = new_time(atim, set_atim, set_atim_now);
    times[1] = new_time(mtim, set_mtim, set_mtim_now);
    return WASI_OK;
}

uint32_t rt_wasi_fd_filestat_set_times(struct rt_instance *instance, uint32_t fd,
                                       uint64_t atim, uint64_t mtim, uint32_t fstflags)
{
    struct rt_wasi_fd *entry;
    struct timespec times[2];
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_FILESTAT_SET_TIMES, &entry);
    if (!error)
        error = new_times(atim, mtim, fstflags, times);
    if (error)
        return error;
    if (rt_wasi_is_read_only(rt_instance_wasi(instance), entry))
        return WASI_EROFS;
    return futimens(entry->host_fd, times) != 0 ? rt_wasi_errno(errno) : WASI_OK;
}

/* Most paths end in no link: only one that does is resolved a second time. */
static uint32_t stat_path(struct rt_wasi *wasi, int base_fd, const char *path,
                          bool follow, struct stat *st)
{
    uint32_t flags = RT_WASI_SLASH_FOLLOWS;
    for (;;) {
        struct rt_wasi_place place;
        uint32_t error = rt_wasi_resolve(wasi, base_fd, path, flags, &place);
        if (error)
            return error;
        if (fstatat(place.dir_fd, place.name, st, AT_SYMLINK_NOFOLLOW) != 0)
            error = rt_wasi_errno(errno);
        else if (place.must_be_dir && !S_ISDIR(st->st_mode))
            error = WASI_ENOTDIR;
        rt_wasi_leave(&place);
        if (error || !S_ISLNK(st->st_mode) || !follow || (flags & RT_WASI_FOLLOW))
            return error;
        flags |= RT_WASI_FOLLOW;
    }
}

static uint32_t get_path_filestat(struct rt_instance *instance, uint32_t fd,
                                  uint32_t lookup, uint32_t path, uint32_t path_bytes,
                                  uint32_t filestat, const struct layout *layout)
{
    struct rt_wasi_fd *entry;
    struct stat st;
    char text[PATH_MAX];
    uint32_t error = rt_wasi_use_dir(instance, fd, WASI_RIGHT_PATH_FILESTAT_GET, &entry);
    if (!error)
        error = rt_wasi_get_path(instance, path, path_bytes, text);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, filestat, layout->n_bytes);
    if (!out)
        return WASI_EFAULT;
    error = stat_path(rt_instance_wasi(instance), entry->host_fd, text,
                      lookup & WASI_LOOKUP_SYMLINK_FOLLOW, &st);
    if (!error)
        put_filestat(out, &st, layout);
    return error;
}

uint32_t rt_wasi_path_filestat_get(struct rt_instance *instance, uint32_t fd,
                                   uint32_t lookup, uint32_t path, uint32_t path_bytes,
                                   uint32_t filestat)
{
    return get_path_filestat(instance, fd, lookup, path, path_bytes, filestat, &preview1);
}

uint32_t rt_wasi_unstable_path_filestat_get(struct rt_instance *instance, uint32_t fd,
                                            uint32_t lookup, uint32_t path,
                                            uint32_t path_bytes, uint32_t filestat)
{
    return get_path_filestat(instance, fd, lookup, path, path_bytes, filestat, &unstable);
}

uint32_t rt_wasi_path_filestat_set_times(struct rt_instance *instance, uint32_t fd,
                                         uint32_t lookup, uint32_t path,
                                         uint32_t path_bytes, uint64_t atim,
                                         uint64_t mtim, uint32_t fstflags)
{
    struct rt_wasi *wasi = rt_instance_wasi(instance);
    struct rt_wasi_fd *entry;
    struct rt_wasi_place place;
    struct timespec times[2];
    struct stat st;
    char text[PATH_MAX];
    uint32_t error =
        rt_wasi_use_dir(instance, fd, WASI_RIGHT_PATH_FILESTAT_SET_TIMES, &entry);
    if (!error)
        error = rt_wasi_get_path(instance, path, path_bytes, text);
    if (!error)
        error = new_times(atim, mtim, fstflags, times);
    if (error)
        return error;
    if (rt_wasi_is_read_only(wasi, entry))
        return WASI_EROFS;
    uint32_t follow =
        lookup & WASI_LOOKUP_SYMLINK_FOLLOW ? RT_WASI_FOLLOW : RT_WASI_SLASH_FOLLOWS;
    error = rt_wasi_resolve(wasi, entry->host_fd, text, follow, &place);
    if (error)
        return error;
    if (place.must_be_dir &&
        fstatat(place.dir_fd, place.name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISDIR(st.st_mode))
        error = WASI_ENOTDIR;
    else if (utimensat(place.dir_fd, place.name, times, AT_SYMLINK_NOFOLLOW) != 0)
        error = rt_wasi_errno(errno);
    rt_wasi_leave(&place);
    return error;
}
