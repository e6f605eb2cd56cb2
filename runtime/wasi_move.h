/* What the files that save and restore WASI's state share. */
#ifndef RUNTIME_WASI_MOVE_H
#define RUNTIME_WASI_MOVE_H

#include "runtime/wasi_internal.h"
#include "runtime/wasi_snapshot.h"

struct stat;

typedef Wanco__Snapshot__Wasi wasi_message;
typedef Wanco__Snapshot__Descriptor descriptor_message;

#define KIND(kind)   WANCO__SNAPSHOT__DESCRIPTOR__KIND__##kind
#define SOCKET(kind) WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__##kind

enum { RT_WASI_ACCESS_READ = 1 << 0, RT_WASI_ACCESS_WRITE = 1 << 1 };

/* ---- wasi_name.c ---- */

/* A guest's name of a file for messages: cut off, and cleaned of control characters. path
 * is below the preopen, or NULL: the name is the preopen's. */
#define RT_WASI_NAME_BYTES 128
const char *rt_wasi_name_file(const char *guest_name, const char *path,
                              char name[RT_WASI_NAME_BYTES]);

/* Relative, and without "..". */
bool rt_wasi_is_plain_path(const char *path);

/* Finds a preopen and the path below it that name an open file now. Its own preopen is
 * the first choice; another one must allow at least what the file is open for. */
bool rt_wasi_find_name(struct rt_wasi *wasi, const struct rt_wasi_fd *entry, bool writes,
                       const struct stat *st, uint32_t *preopen, char path[PATH_MAX]);

/* ---- wasi_save.c ---- */

struct rt_wasi_line {
    char *text;
    size_t n_bytes;
};

/* Why a descriptor can't be saved. Always false. */
bool rt_wasi_refuse(const struct rt_wasi_line *error, const struct rt_wasi *wasi,
                    uint32_t fd, const char *reason);

/* ---- wasi_restore.c ---- */

struct rt_wasi_restore {
    struct rt_wasi *wasi;
    const wasi_message *saved;
    const struct rt_wasi_grants *grants;
    int *unlinked; /* Wasi.unlinked_files that were made again, or -1 */
    char *error;
    size_t error_bytes;
};

/* Say what went wrong. Always false. */
__attribute__((format(printf, 2, 3))) bool
rt_wasi_restore_fail(const struct rt_wasi_restore *r, const char *format, ...);
bool rt_wasi_restore_damaged(const struct rt_wasi_restore *r, const char *what);

/* Bytes as a string, which the caller frees. NULL if they hold a 0 or there is no memory.
 */
char *rt_wasi_get_string(const ProtobufCBinaryData *from);

bool rt_wasi_set_nonblocking(int host_fd, bool is_nonblocking);

/* ---- wasi_restore_file.c: what was opened below a preopen ---- */

/* Opens it as entry->host_fd, or makes it one that is lost. entry->path belongs to the
 * caller then, whatever the answer is. */
bool rt_wasi_restore_file(const struct rt_wasi_restore *r, const descriptor_message *d,
                          struct rt_wasi_fd *entry);

/* Whether it is what the guest had, as far as one can tell; sets its flags and offset. */
bool rt_wasi_restore_check_file(const struct rt_wasi_restore *r,
                                const descriptor_message *d,
                                const struct rt_wasi_fd *entry);

/* The host's flags to open what a descriptor was open for. */
int rt_wasi_open_flags(const descriptor_message *d);

/* ---- wasi_unlinked.c: files without a name ---- */

/* Puts the content of a regular file into the message, unless it is there already. */
bool rt_wasi_save_unlinked(const struct rt_wasi *wasi, uint32_t fd, const struct stat *st,
                           wasi_message *message, descriptor_message *to,
                           const struct rt_wasi_line *error);

/* Opens such a file, with the content it had. */
bool rt_wasi_restore_unlinked(const struct rt_wasi_restore *r,
                              const descriptor_message *d, int *host_fd);

#endif
