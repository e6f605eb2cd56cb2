/* Finds what a path of the guest names, never outside the directory it starts from.
 *
 * Linux 5.6 does that in one system call, openat2 with RESOLVE_BENEATH. Elsewhere a walk
 * opens one component after another without following links and expands links by hand. It
 * never uses the host's "..", which leads elsewhere when a directory is moved meanwhile:
 * it goes down again from the start.
 *
 * Operations on the last component resolve its directory and then name it in an *at call
 * that does not follow links; a link in the last component that must be followed is
 * expanded first. Whoever swaps a component in between gets an error or another file
 * below the same directory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/wasi_internal.h"

#define MAX_LINKS      40 /* as Linux */
#define MAX_OPEN_TRIES 8
#define DIR_FLAGS      (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* Opens path below base_fd in one system call. Returns -1 with errno on failure: EXDEV if
 * the path leads out, ENOSYS if the host can't tell, and the caller must go through
 * rt_wasi_resolve. */
static int open_beneath(struct rt_wasi *wasi, int base_fd, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)flags,
                           .mode = flags & O_CREAT ? 0666 : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = -1;
    errno = ENOSYS;
    /* EAGAIN: a directory was moved while the kernel resolved "..". */
    for (int i = 0; i < MAX_OPEN_TRIES && !wasi->lacks_openat2; i++) {
        fd = (int)syscall(SYS_openat2, base_fd, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
    if (fd < 0 && errno == ENOSYS)
        wasi->lacks_openat2 = true;
    /* Sandboxes that don't know the call answer EPERM. */
    if (fd < 0 && (errno == EPERM || errno == EAGAIN))
        errno = ENOSYS;
    return fd;
}

/* Replaces the bytes from `from` to `to` of path by a link's target. */
static uint32_t put_target(char path[PATH_MAX], size_t from, size_t to,
                           const char *target)
{
    size_t n_target = strlen(target), n_tail = strlen(path + to);
    if (target[0] == '/')
        return WASI_ENOTCAPABLE;
    if (from + n_target + n_tail >= PATH_MAX)
        return WASI_ENAMETOOLONG;
    memmove(path + from + n_target, path + to, n_tail + 1);
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): the tail is */
    memcpy(path + from, target, n_target);
    return WASI_OK;
}

/* False if name is no link. */
static bool read_link(int dir_fd, const char *name, char target[PATH_MAX])
{
    ssize_t n = readlinkat(dir_fd, name, target, PATH_MAX - 1);
    if (n <= 0)
        return false;
    target[n] = 0;
    return true;
}

static uint32_t copy_name(char name[NAME_MAX + 1], const char *from, size_t n)
{
    if (n > NAME_MAX)
        return WASI_ENAMETOOLONG;
    memcpy(name, from, n);
    name[n] = 0;
    return WASI_OK;
}

struct walk {
    int base_fd;
    int fd; /* of the directory reached; owned unless it is base_fd */
    uint32_t n_links;
    size_t n_done;
    char done[PATH_MAX]; /* from base_fd to fd: names of directories, each followed by a
                            slash */
    char rest[PATH_MAX]; /* still to go */
};

static void move_to(struct walk *w, int fd)
{
    if (w->fd != w->base_fd)
        close(w->fd);
    w->fd = fd;
}

static uint32_t enter(struct walk *w, const char *name)
{
    int fd;
    do
        fd = openat(w->fd, name, DIR_FLAGS | O_NOFOLLOW);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return rt_wasi_errno(errno);
    move_to(w, fd);
    return WASI_OK;
}

static uint32_t go_up(struct walk *w)
{
    if (w->n_done == 0)
        return WASI_ENOTCAPABLE;
    do
        w->n_done--;
    while (w->n_done > 0 && w->done[w->n_done - 1] != '/');
    move_to(w, w->base_fd);
    for (size_t i = 0; i < w->n_done;) {
        char name[NAME_MAX + 1];
        size_t n = strcspn(w->done + i, "/");
        uint32_t error = copy_name(name, w->done + i, n);
        if (!error)
            error = enter(w, name);
        if (error)
            return error;
        i += n + 1;
    }
    return WASI_OK;
}

static uint32_t go_down(struct walk *w, const char *name, size_t end)
{
    char target[PATH_MAX];
    uint32_t error = enter(w, name);
    if (!error) {
        size_t n = strlen(name);
        if (w->n_done + n + 1 >= PATH_MAX)
            return WASI_ENAMETOOLONG;
        memcpy(w->done + w->n_done, name, n);
        w->done[w->n_done + n] = '/';
        w->n_done += n + 1;
        memmove(w->rest, w->rest + end, strlen(w->rest + end) + 1);
        return WASI_OK;
    }
    if ((error != WASI_ENOTDIR && error != WASI_ELOOP) || !read_link(w->fd, name, target))
        return error;
    return ++w->n_links > MAX_LINKS ? WASI_ELOOP : put_target(w->rest, 0, end, target);
}

static uint32_t step(struct walk *w)
{
    char name[NAME_MAX + 1];
    size_t start = strspn(w->rest, "/");
    size_t n = strcspn(w->rest + start, "/");
    uint32_t error = copy_name(name, w->rest + start, n);
    if (error)
        return error;
    if (strcmp(name, "..") != 0 && strcmp(name, ".") != 0 && n > 0)
        return go_down(w, name, start + n);
    memmove(w->rest, w->rest + start + n, strlen(w->rest + start + n) + 1);
    return strcmp(name, "..") == 0 ? go_up(w) : WASI_OK;
}

/* Opens the directory path, which is relative, by the walk. */
static uint32_t walk(int base_fd, const char *path, int *fd)
{
    struct walk w = {.base_fd = base_fd, .fd = base_fd};
    uint32_t error = WASI_OK;
    memcpy(w.rest, path, strlen(path) + 1);
    while (!error && w.rest[0])
        error = step(&w);
    if (error)
        move_to(&w, base_fd);
    *fd = w.fd;
    return error;
}

static uint32_t open_dir(struct rt_wasi *wasi, int base_fd, const char *path,
                         struct rt_wasi_place *place)
{
    uint32_t error = WASI_OK;
    int fd;
    do
        fd = open_beneath(wasi, base_fd, path, DIR_FLAGS);
    while (fd < 0 && errno == EINTR);
    if (fd < 0 && errno == ENOSYS)
        error = walk(base_fd, path, &fd);
    else if (fd < 0)
        error = errno == EXDEV ? WASI_ENOTCAPABLE : rt_wasi_errno(errno);
    place->dir_fd = fd;
    place->owns_dir = !error && fd != base_fd;
    return error;
}

/* Splits a path into the directory and the last component, at *start to *end of it. ".."
 * is no name an operation could take place on: then the directory is all of the path, and
 * the name ".". */
static uint32_t find_place(struct rt_wasi *wasi, int base_fd, const char *path,
                           struct rt_wasi_place *place, size_t *start, size_t *end)
{
    char dir[PATH_MAX];
    size_t n = strlen(path);
    memcpy(dir, path, n + 1);
    *end = n;
    while (*end > 0 && path[*end - 1] == '/')
        --*end;
    *start = *end;
    while (*start > 0 && path[*start - 1] != '/')
        --*start;
    place->must_be_dir = *end < n;
    uint32_t error = copy_name(place->name, path + *start, *end - *start);
    if (error)
        return error;
    if (strcmp(place->name, "..") == 0)
        place->name[1] = 0;
    else
        dir[*start] = 0;
    if (dir[0])
        return open_dir(wasi, base_fd, dir, place);
    place->dir_fd = base_fd;
    place->owns_dir = false;
    return WASI_OK;
}

uint32_t rt_wasi_resolve(struct rt_wasi *wasi, int base_fd, const char *path,
                         uint32_t follow, struct rt_wasi_place *place)
{
    char text[PATH_MAX], target[PATH_MAX];
    memcpy(text, path, strlen(path) + 1);
    for (uint32_t n_links = 0;; n_links++) {
        size_t start, end;
        if (text[0] == 0)
            return WASI_ENOENT;
        if (text[0] == '/')
            return WASI_ENOTCAPABLE;
        uint32_t error = find_place(wasi, base_fd, text, place, &start, &end);
        if (error)
            return error;
        bool follows = (follow & RT_WASI_FOLLOW) ||
                       ((follow & RT_WASI_SLASH_FOLLOWS) && place->must_be_dir);
        if (!follows || !read_link(place->dir_fd, place->name, target))
            return WASI_OK;
        rt_wasi_leave(place);
        error = n_links >= MAX_LINKS ? WASI_ELOOP : put_target(text, start, end, target);
        if (error)
            return error;
    }
}

void rt_wasi_leave(struct rt_wasi_place *place)
{
    if (place->owns_dir)
        close(place->dir_fd);
    place->owns_dir = false;
}

static int open_at_place(const struct rt_wasi_place *place, int flags)
{
    if (place->must_be_dir && (flags & O_CREAT)) {
        errno = EISDIR;
        return -1;
    }
    flags |= O_NOFOLLOW | (place->must_be_dir ? O_DIRECTORY : 0);
    return openat(place->dir_fd, place->name, flags, 0666);
}

static uint32_t open_by_place(struct rt_wasi *wasi, int base_fd, const char *path,
                              bool follow, int flags, int *fd)
{
    struct rt_wasi_place place;
    follow = follow && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    uint32_t error = rt_wasi_resolve(
        wasi, base_fd, path, follow ? RT_WASI_FOLLOW : RT_WASI_SLASH_FOLLOWS, &place);
    if (error)
        return error;
    do
        *fd = open_at_place(&place, flags);
    while (*fd < 0 && rt_wasi_retry());
    if (*fd < 0)
        error = rt_wasi_errno(errno);
    rt_wasi_leave(&place);
    return error;
}

uint32_t rt_wasi_open_path(struct rt_wasi *wasi, int base_fd, const char *path,
                           bool follow, int flags, int *fd)
{
    do
        *fd = open_beneath(wasi, base_fd, path, flags | (follow ? 0 : O_NOFOLLOW));
    while (*fd < 0 && rt_wasi_retry());
    if (*fd >= 0)
        return WASI_OK;
    if (errno == ENOSYS)
        return open_by_place(wasi, base_fd, path, follow, flags, fd);
    return errno == EXDEV ? WASI_ENOTCAPABLE : rt_wasi_errno(errno);
}
