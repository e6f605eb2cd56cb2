/* What the WASI functions share: constants of the witx text, the descriptor table, guest
 * memory. */
#ifndef RUNTIME_WASI_INTERNAL_H
#define RUNTIME_WASI_INTERNAL_H

#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include "runtime/abi.h"
#include "runtime/wasi.h"
#include "runtime/wasi_calls.h"

/* ---- Constants of the witx text ---- */

enum wasi_errno {
    WASI_OK = 0,
#define WASI_ERRNO(name, number) WASI_E##name = number,
#include "runtime/wasi_errno.def"
#undef WASI_ERRNO
    WASI_ENOTCAPABLE = 76
};

enum wasi_filetype {
    WASI_TYPE_UNKNOWN,
    WASI_TYPE_BLOCK_DEVICE,
    WASI_TYPE_CHARACTER_DEVICE,
    WASI_TYPE_DIRECTORY,
    WASI_TYPE_REGULAR_FILE,
    WASI_TYPE_SOCKET_DGRAM,
    WASI_TYPE_SOCKET_STREAM,
    WASI_TYPE_SYMBOLIC_LINK
};

enum wasi_fdflags {
    WASI_FD_APPEND = 1 << 0,
    WASI_FD_DSYNC = 1 << 1,
    WASI_FD_NONBLOCK = 1 << 2,
    WASI_FD_RSYNC = 1 << 3,
    WASI_FD_SYNC = 1 << 4,
    WASI_FD_ALL = (1 << 5) - 1
};

enum wasi_rights {
    WASI_RIGHT_FD_DATASYNC = 1 << 0,
    WASI_RIGHT_FD_READ = 1 << 1,
    WASI_RIGHT_FD_SEEK = 1 << 2,
    WASI_RIGHT_FD_FDSTAT_SET_FLAGS = 1 << 3,
    WASI_RIGHT_FD_SYNC = 1 << 4,
    WASI_RIGHT_FD_TELL = 1 << 5,
    WASI_RIGHT_FD_WRITE = 1 << 6,
    WASI_RIGHT_FD_ADVISE = 1 << 7,
    WASI_RIGHT_FD_ALLOCATE = 1 << 8,
    WASI_RIGHT_PATH_CREATE_DIRECTORY = 1 << 9,
    WASI_RIGHT_PATH_CREATE_FILE = 1 << 10,
    WASI_RIGHT_PATH_LINK_SOURCE = 1 << 11,
    WASI_RIGHT_PATH_LINK_TARGET = 1 << 12,
    WASI_RIGHT_PATH_OPEN = 1 << 13,
    WASI_RIGHT_FD_READDIR = 1 << 14,
    WASI_RIGHT_PATH_READLINK = 1 << 15,
    WASI_RIGHT_PATH_RENAME_SOURCE = 1 << 16,
    WASI_RIGHT_PATH_RENAME_TARGET = 1 << 17,
    WASI_RIGHT_PATH_FILESTAT_GET = 1 << 18,
    WASI_RIGHT_PATH_FILESTAT_SET_SIZE = 1 << 19,
    WASI_RIGHT_PATH_FILESTAT_SET_TIMES = 1 << 20,
    WASI_RIGHT_FD_FILESTAT_GET = 1 << 21,
    WASI_RIGHT_FD_FILESTAT_SET_SIZE = 1 << 22,
    WASI_RIGHT_FD_FILESTAT_SET_TIMES = 1 << 23,
    WASI_RIGHT_PATH_SYMLINK = 1 << 24,
    WASI_RIGHT_PATH_REMOVE_DIRECTORY = 1 << 25,
    WASI_RIGHT_PATH_UNLINK_FILE = 1 << 26,
    WASI_RIGHT_POLL_FD_READWRITE = 1 << 27,
    WASI_RIGHT_SOCK_SHUTDOWN = 1 << 28,
    WASI_RIGHT_SOCK_ACCEPT = 1 << 29,
    WASI_RIGHTS_ALL = (1 << 30) - 1
};

enum wasi_oflags {
    WASI_O_CREAT = 1 << 0,
    WASI_O_DIRECTORY = 1 << 1,
    WASI_O_EXCL = 1 << 2,
    WASI_O_TRUNC = 1 << 3,
    WASI_O_ALL = (1 << 4) - 1
};

enum wasi_clockid {
    WASI_CLOCK_REALTIME,
    WASI_CLOCK_MONOTONIC,
    WASI_CLOCK_PROCESS_CPUTIME,
    WASI_CLOCK_THREAD_CPUTIME,
    WASI_N_CLOCKS
};

enum wasi_lookupflags { WASI_LOOKUP_SYMLINK_FOLLOW = 1 << 0 };

/* ---- The state of a guest; whatever a checkpoint must save is plain data ---- */

/* A directory as fd_readdir found it when it was last read from cookie 0. Cookie n names
 * entry n of this list, so that a guest that removes files while it reads misses none. */
struct rt_wasi_dir {
    uint8_t *bytes; /* of each entry: inode (8), type (1), name with its terminating 0 */
    size_t n_bytes, max_bytes;
    size_t *offsets; /* entry -> offset in bytes */
    size_t n_entries, max_entries;
};

#define RT_WASI_NO_PREOPEN  UINT32_MAX
#define RT_WASI_NO_LISTENER UINT32_MAX

struct rt_wasi_fd {
    bool is_open;
    bool is_preopen;  /* then host_fd is the preopen's own */
    bool is_written;  /* by the guest, and not synchronized since */
    uint8_t filetype; /* enum wasi_filetype */
    uint16_t fdflags;
    uint16_t lost; /* the error that its calls answer: it did not move along; or 0 */
    int host_fd;
    uint64_t rights_base;
    uint64_t rights_inheriting;
    uint32_t preopen;        /* below which it was opened, or RT_WASI_NO_PREOPEN */
    uint32_t listener;       /* in wasi->listeners, or RT_WASI_NO_LISTENER */
    char *path;              /* there, as it was then; owned; NULL without preopen */
    struct rt_wasi_dir *dir; /* owned; NULL until fd_readdir */
};

/* Strings as args_get hands them out: one after another, each with its terminating 0. */
struct rt_wasi_strings {
    char *chars;
    size_t n_bytes;
    size_t n_strings;
};

/* Its directory stays open when the guest closes the descriptor, to find files below it.
 */
struct rt_wasi_preopen {
    int host_fd;
    char *guest_name;
    bool read_only; /* its files behave as those of a read-only file system: EROFS */
};

#define RT_WASI_IOV_MAX 1024

struct rt_wasi {
    struct rt_wasi_strings args;
    struct rt_wasi_strings env;
    struct rt_wasi_preopen *preopens;
    uint32_t n_preopens;
    struct rt_wasi_strings listeners; /* addresses */
    uint64_t max_unlinked_bytes;      /* as in struct rt_wasi_grants */
    struct rt_wasi_fd *fds; /* guest descriptor -> its state; moves when it grows */
    uint32_t n_fds;
    uint32_t first_free;                   /* no lower slot is free */
    bool lacks_openat2;                    /* found out at the first path; tests set it */
    uint64_t clock_offsets[WASI_N_CLOCKS]; /* the guest's time minus the host's */
    uint64_t poll_since; /* begin of the poll_oneoff that is made again, or 0 */
    int stdio_flags[3];  /* of the host's descriptors 0 to 2 as they were found, or -1 */
    struct iovec iov[RT_WASI_IOV_MAX]; /* of the call in progress: not on the guest's
                                          small stack */
};

/* ---- wasi_errno.c ---- */

/* The witx number of a host error. */
uint32_t rt_wasi_errno(int host_errno);

/* The host's text for such a number. */
const char *rt_wasi_strerror(uint32_t error);

/* ---- wasi_suspend.c: calls that wait ---- */

/* Whether to make a system call again that failed since a signal came before any
 * progress. Every call that may block asks here. No, if a checkpoint is wanted: then the
 * function gives back all it holds and calls rt_wasi_suspend, so that EINTR never reaches
 * a guest. */
bool rt_wasi_retry(void);

/* Suspends the guest inside the host function `name`, which has n_args arguments. state
 * is what the function finds again when it is called again. */
_Noreturn void rt_wasi_suspend(struct rt_instance *instance, const char *name,
                               uint32_t n_args, const uint64_t *args, uint64_t state);

/* ---- wasi.c ---- */

/* Empty, but with the addresses of listeners and room for n_preopens. */
struct rt_wasi *rt_wasi_allocate(const struct rt_wasi_grants *grants, size_t n_preopens);

/* Sees to it that the host's descriptors 0 to 2 are open. */
bool rt_wasi_hold_stdio(struct rt_wasi *wasi);

/* Opens preopens[i] and appends it to those of wasi, which has room. False with errno. */
bool rt_wasi_open_preopen(struct rt_wasi *wasi, const struct rt_preopen *preopen);

/* SIGPIPE and SIGXFSZ, unless they have handlers: the calls fail instead. */
void rt_wasi_ignore_signals(void);

/* ---- wasi_listen.c ---- */

/* A socket that listens on an address, "127.0.0.1:80" or "[::1]:80". False with a line in
 * error. */
bool rt_wasi_listen(const char *address, int *host_fd, char *error, size_t error_bytes);

/* The address of listener number i. */
const char *rt_wasi_listener(const struct rt_wasi *wasi, uint32_t i);

/* ---- wasi_fd_table.c ---- */

/* Begins a host function that works on a descriptor: EBADF if it is not open, ENOTCAPABLE
 * if it lacks one of rights; what did not move along answers its error to all but those
 * that ask for no right. */
uint32_t rt_wasi_use(struct rt_instance *instance, uint32_t fd, uint64_t rights,
                     struct rt_wasi_fd **found);

/* The same without the check of the host stack, for descriptors inside other data. */
uint32_t rt_wasi_find(struct rt_wasi *wasi, uint32_t fd, uint64_t rights,
                      struct rt_wasi_fd **found);

/* Gives a number to a descriptor, EBADF if it is taken; or the lowest free one. On
 * failure everything in it still belongs to the caller. */
uint32_t rt_wasi_insert_at(struct rt_wasi *wasi, const struct rt_wasi_fd *entry,
                           uint32_t fd);
uint32_t rt_wasi_insert(struct rt_wasi *wasi, const struct rt_wasi_fd *entry,
                        uint32_t *fd);

/* Closes a descriptor and frees what it owns. Answers the error of close. */
uint32_t rt_wasi_release(struct rt_wasi *wasi, uint32_t fd);

/* Fills in the type of a descriptor from its host_fd, and limits its rights to those that
 * apply to the type. */
uint32_t rt_wasi_classify(struct rt_wasi_fd *entry);

/* Takes over an open descriptor of the process, such as stdin or a socket. */
uint32_t rt_wasi_inherit(struct rt_wasi *wasi, int host_fd, uint32_t *fd);

/* Whether it lies below a preopen that is given read-only. */
bool rt_wasi_is_read_only(const struct rt_wasi *wasi, const struct rt_wasi_fd *entry);

/* ---- wasi_dir.c ---- */

void rt_wasi_dir_destroy(struct rt_wasi_dir *dir);

struct rt_wasi_dir_entry {
    uint64_t inode;
    uint8_t filetype;
    const char *name;
};

/* Appends an entry to a listing, which may be all zero. False if there is no memory. */
bool rt_wasi_dir_add(struct rt_wasi_dir *dir, const struct rt_wasi_dir_entry *entry);
struct rt_wasi_dir_entry rt_wasi_dir_at(const struct rt_wasi_dir *dir, size_t i);

/* ---- wasi_filestat.c ---- */

struct stat;
uint8_t rt_wasi_filetype(uint32_t mode);

/* ---- wasi_clock.c ---- */

/* The time on one of the guest's clocks, which go on from where they were after a restore
 * (all but realtime); EINVAL if WASI has no such clock. */
uint32_t rt_wasi_now(const struct rt_wasi *wasi, uint32_t clock, uint64_t *nanoseconds);

/* Sets one of the guest's clocks. */
uint32_t rt_wasi_set_clock(struct rt_wasi *wasi, uint32_t clock, uint64_t nanoseconds);

/* ---- wasi_guest.c: guest memory ---- */

/* NULL unless all of n_bytes from address lie in memory 0. */
uint8_t *rt_wasi_at(struct rt_instance *instance, uint32_t address, uint64_t n_bytes);

/* Translates guest iovecs into wasi->iov; as many as fit, empty ones left out. A transfer
 * of the first 1024 is a short one to the guest, which witx allows. */
uint32_t rt_wasi_iovecs(struct rt_instance *instance, uint32_t iovs, uint32_t n_iovs,
                        int *n);

/* Copies a path out of the guest. EILSEQ if it holds a 0 or is no UTF-8, ENAMETOOLONG
 * from PATH_MAX. */
uint32_t rt_wasi_get_path(struct rt_instance *instance, uint32_t address,
                          uint32_t n_bytes, char path[PATH_MAX]);

static inline uint16_t rt_wasi_load16(const uint8_t *p)
{
    uint16_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline uint32_t rt_wasi_load32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline uint64_t rt_wasi_load64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline void rt_wasi_store16(uint8_t *p, uint16_t value)
{
    memcpy(p, &value, sizeof value);
}

static inline void rt_wasi_store32(uint8_t *p, uint32_t value)
{
    memcpy(p, &value, sizeof value);
}

static inline void rt_wasi_store64(uint8_t *p, uint64_t value)
{
    memcpy(p, &value, sizeof value);
}

/* ---- wasi_path_resolve.c: paths below a directory ---- */

/* Where an operation on the last component of a path takes place. name is no path:
 * without a slash, and not "..". Use it only in ways that do not follow symbolic links.
 */
struct rt_wasi_place {
    int dir_fd;
    bool owns_dir;
    bool must_be_dir; /* the path ended in a slash */
    char name[NAME_MAX + 1];
};

enum rt_wasi_follow {
    RT_WASI_FOLLOW = 1 << 0,       /* expand a symbolic link in the last component */
    RT_WASI_SLASH_FOLLOWS = 1 << 1 /* do so if a slash follows it */
};

/* Finds the directory that holds the last component of path, never outside the directory
 * base_fd: ENOTCAPABLE for an absolute path, a link to such, or too many "..". */
uint32_t rt_wasi_resolve(struct rt_wasi *wasi, int base_fd, const char *path,
                         uint32_t follow, struct rt_wasi_place *place);
void rt_wasi_leave(struct rt_wasi_place *place);

/* Opens path below base_fd by either way; follow: also a link in the last component. */
uint32_t rt_wasi_open_path(struct rt_wasi *wasi, int base_fd, const char *path,
                           bool follow, int flags, int *fd);

/* Begins a path function: as rt_wasi_use, also ENOTDIR unless fd is a directory. */
uint32_t rt_wasi_use_dir(struct rt_instance *instance, uint32_t fd, uint64_t rights,
                         struct rt_wasi_fd **found);

#endif
