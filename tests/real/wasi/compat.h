/* What the programs of tests/real expect of a Unix and wasi-libc leaves out: constants,
 * and functions that fail or say that nobody is root. Included before their sources, for
 * Wasm only. */
#ifndef REAL_WASI_COMPAT_H
#define REAL_WASI_COMPAT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Locks: sqlite is opened without any. */
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 5
#define F_SETLK 6

static inline int wasi_compat_fails(void)
{
    errno = ENOSYS;
    return -1;
}

static inline int fchmod(int fd, mode_t mode)
{
    (void)fd;
    (void)mode;
    return wasi_compat_fails();
}

static inline int chmod(const char *path, mode_t mode)
{
    (void)path;
    (void)mode;
    return wasi_compat_fails();
}

static inline int fchown(int fd, uid_t user, gid_t group)
{
    (void)fd;
    (void)user;
    (void)group;
    return wasi_compat_fails();
}

static inline int chown(const char *path, uid_t user, gid_t group)
{
    (void)path;
    (void)user;
    (void)group;
    return wasi_compat_fails();
}

static inline uid_t geteuid(void)
{
    return 1000;
}

static inline int system(const char *command)
{
    return command ? wasi_compat_fails() : 0;
}

static inline FILE *wasi_compat_tmpfile(void)
{
    wasi_compat_fails();
    return NULL;
}

static inline char *wasi_compat_tmpnam(char *name)
{
    (void)name;
    wasi_compat_fails();
    return NULL;
}

/* Declared, but not in the library. */
#define tmpfile  wasi_compat_tmpfile
#define tmpnam   wasi_compat_tmpnam
#define L_tmpnam 20

#endif
