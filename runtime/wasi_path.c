/* Operations on names in directories: create, link, rename, remove. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

/* Reads a path of the guest and resolves it. The place must be left if WASI_OK is
 * answered. */
static uint32_t find(struct rt_instance *instance, uint32_t fd, uint64_t rights,
                     uint32_t path, uint32_t path_bytes, uint32_t follow,
                     struct rt_wasi_place *place)
{
    struct rt_wasi_fd *entry;
    char text[PATH_MAX];
    uint32_t error = rt_wasi_use_dir(instance, fd, rights, &entry);
    if (!error)
        error = rt_wasi_get_path(instance, path, path_bytes, text);
    if (error)
        return error;
    return rt_wasi_resolve(rt_instance_wasi(instance), entry->host_fd, text, follow,
                           place);
}

/* What lies at a place: 0 for nothing. */
static uint32_t mode_at(const struct rt_wasi_place *place)
{
    struct stat st;
    return fstatat(place->dir_fd, place->name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode
                                                                              : 0;
}

static bool is_read_only(struct rt_instance *instance, uint32_t fd)
{
    const struct rt_wasi *wasi = rt_instance_wasi(instance);
    return rt_wasi_is_read_only(wasi, &wasi->fds[fd]);
}

/* Why nothing but a directory can be created at a place, or WASI_OK. */
static uint32_t check_new(struct rt_instance *instance, uint32_t fd,
                          const struct rt_wasi_place *place)
{
    bool read_only = is_read_only(instance, fd);
    if (!place->must_be_dir && !read_only)
        return WASI_OK;
    if (mode_at(place))
        return WASI_EEXIST;
    return read_only ? WASI_EROFS : WASI_ENOENT;
}

static uint32_t outcome(int result)
{
    return result == 0 ? WASI_OK : rt_wasi_errno(errno);
}

uint32_t rt_wasi_path_create_directory(struct rt_instance *instance, uint32_t fd,
                                       uint32_t path, uint32_t path_bytes)
{
    struct rt_wasi_place place;
    uint32_t error =
        find(instance, fd, WASI_RIGHT_PATH_CREATE_DIRECTORY, path, path_bytes, 0, &place);
    if (error)
        return error;
    if (is_read_only(instance, fd))
        error = mode_at(&place) ? WASI_EEXIST : WASI_EROFS;
    else
        error = outcome(mkdirat(place.dir_fd, place.name, 0777));
    rt_wasi_leave(&place);
    return error;
}

uint32_t rt_wasi_path_remove_directory(struct rt_instance *instance, uint32_t fd,
                                       uint32_t path, uint32_t path_bytes)
{
    struct rt_wasi_place place;
    uint32_t error =
        find(instance, fd, WASI_RIGHT_PATH_REMOVE_DIRECTORY, path, path_bytes, 0, &place);
    if (error)
        return error;
    if (is_read_only(instance, fd))
        error = WASI_EROFS;
    else
        error = outcome(unlinkat(place.dir_fd, place.name, AT_REMOVEDIR));
    rt_wasi_leave(&place);
    return error;
}

uint32_t rt_wasi_path_unlink_file(struct rt_instance *instance, uint32_t fd,
                                  uint32_t path, uint32_t path_bytes)
{
    struct rt_wasi_place place;
    uint32_t error =
        find(instance, fd, WASI_RIGHT_PATH_UNLINK_FILE, path, path_bytes, 0, &place);
    if (error)
        return error;
    uint32_t mode = place.must_be_dir ? mode_at(&place) : 0;
    if (is_read_only(instance, fd))
        error = WASI_EROFS;
    else if (mode && !S_ISDIR(mode))
        error = WASI_ENOTDIR;
    else
        error = outcome(unlinkat(place.dir_fd, place.name, 0));
    rt_wasi_leave(&place);
    return error;
}

uint32_t rt_wasi_path_symlink(struct rt_instance *instance, uint32_t target,
                              uint32_t target_bytes, uint32_t fd, uint32_t path,
                              uint32_t path_bytes)
{
    struct rt_wasi_place place;
    char text[PATH_MAX];
    uint32_t error =
        find(instance, fd, WASI_RIGHT_PATH_SYMLINK, path, path_bytes, 0, &place);
    if (error)
        return error;
    error = rt_wasi_get_path(instance, target, target_bytes, text);
    if (!error)
        error = check_new(instance, fd, &place);
    if (!error && text[0] == '/') /* it would mean something else to the host */
        error = WASI_ENOTCAPABLE;
    if (!error)
        error = outcome(symlinkat(text, place.dir_fd, place.name));
    rt_wasi_leave(&place);
    return error;
}

uint32_t rt_wasi_path_readlink(struct rt_instance *instance, uint32_t fd, uint32_t path,
                               uint32_t path_bytes, uint32_t chars, uint32_t n_bytes,
                               uint32_t n_used)
{
    struct rt_wasi_place place;
    char target[PATH_MAX];
    uint32_t error = find(instance, fd, WASI_RIGHT_PATH_READLINK, path, path_bytes,
                          RT_WASI_SLASH_FOLLOWS, &place);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, chars, n_bytes);
    uint8_t *n_used_at = rt_wasi_at(instance, n_used, 4);
    ssize_t n = readlinkat(place.dir_fd, place.name, target, sizeof target);
    if (n < 0)
        error = rt_wasi_errno(errno);
    else if (!out || !n_used_at)
        error = WASI_EFAULT;
    rt_wasi_leave(&place);
    if (error)
        return error;
    uint32_t n_copied = (uint32_t)n < n_bytes ? (uint32_t)n : n_bytes;
    memcpy(out, target, n_copied);
    rt_wasi_store32(n_used_at, n_copied);
    return WASI_OK;
}

/* A link from a read-only preopen to a writable one would give the right to write. */
static uint32_t link_places(struct rt_instance *instance, uint32_t old_fd,
                            const struct rt_wasi_place *old_place, uint32_t new_fd,
                            const struct rt_wasi_place *new_place)
{
    uint32_t error = check_new(instance, new_fd, new_place);
    if (error)
        return error;
    if (is_read_only(instance, old_fd))
        return WASI_EROFS;
    uint32_t mode = old_place->must_be_dir ? mode_at(old_place) : 0;
    if (mode && !S_ISDIR(mode))
        return WASI_ENOTDIR;
    return outcome(linkat(old_place->dir_fd, old_place->name, new_place->dir_fd,
                          new_place->name, 0));
}

uint32_t rt_wasi_path_link(struct rt_instance *instance, uint32_t old_fd, uint32_t lookup,
                           uint32_t old_path, uint32_t old_bytes, uint32_t new_fd,
                           uint32_t new_path, uint32_t new_bytes)
{
    struct rt_wasi_place old_place, new_place;
    uint32_t follow =
        lookup & WASI_LOOKUP_SYMLINK_FOLLOW ? RT_WASI_FOLLOW : RT_WASI_SLASH_FOLLOWS;
    uint32_t error = find(instance, old_fd, WASI_RIGHT_PATH_LINK_SOURCE, old_path,
                          old_bytes, follow, &old_place);
    if (error)
        return error;
    error = find(instance, new_fd, WASI_RIGHT_PATH_LINK_TARGET, new_path, new_bytes, 0,
                 &new_place);
    if (!error) {
        error = link_places(instance, old_fd, &old_place, new_fd, &new_place);
        rt_wasi_leave(&new_place);
    }
    rt_wasi_leave(&old_place);
    return error;
}

static uint32_t rename_places(struct rt_instance *instance, uint32_t old_fd,
                              const struct rt_wasi_place *old_place, uint32_t new_fd,
                              const struct rt_wasi_place *new_place)
{
    if (is_read_only(instance, old_fd) || is_read_only(instance, new_fd))
        return WASI_EROFS;
    bool must_be_dir = old_place->must_be_dir || new_place->must_be_dir;
    uint32_t mode = must_be_dir ? mode_at(old_place) : 0;
    if (mode && !S_ISDIR(mode))
        return WASI_ENOTDIR;
    return outcome(
        renameat(old_place->dir_fd, old_place->name, new_place->dir_fd, new_place->name));
}

uint32_t rt_wasi_path_rename(struct rt_instance *instance, uint32_t old_fd,
                             uint32_t old_path, uint32_t old_bytes, uint32_t new_fd,
                             uint32_t new_path, uint32_t new_bytes)
{
    struct rt_wasi_place old_place, new_place;
    uint32_t error = find(instance, old_fd, WASI_RIGHT_PATH_RENAME_SOURCE, old_path,
                          old_bytes, 0, &old_place);
    if (error)
        return error;
    error = find(instance, new_fd, WASI_RIGHT_PATH_RENAME_TARGET, new_path, new_bytes, 0,
                 &new_place);
    if (!error) {
        error = rename_places(instance, old_fd, &old_place, new_fd, &new_place);
        rt_wasi_leave(&new_place);
    }
    rt_wasi_leave(&old_place);
    return error;
}
