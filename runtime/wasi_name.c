/* The names of open files: what they are called below a preopen now, and in messages.
 *
 * A file may have been renamed since it was opened. The host tells its name, which is
 * believed only if the sandboxed resolver finds the same file there. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi_move.h"

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

bool rt_wasi_find_name(struct rt_wasi *wasi, const struct rt_wasi_fd *entry, bool writes,
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
