/* From a snapshot's message to the state of a guest's WASI, in a new process.
 *
 * The message may hold anything; all of it is checked, and every file opened, before
 * anything outside this process changes, and nothing is created or truncated. Files are
 * opened like those a guest names, by the sandboxed resolver below what is granted now.
 */
#define _GNU_SOURCE
#include "runtime/wasi_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi_internal.h"

typedef Wanco__Snapshot__Wasi wasi_message;
typedef Wanco__Snapshot__Descriptor descriptor_message;

#define KIND(kind) WANCO__SNAPSHOT__DESCRIPTOR__KIND__##kind

struct restore {
    struct rt_wasi *wasi;
    const wasi_message *saved;
    char *error;
    size_t error_bytes;
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct restore *r,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->error, r->error_bytes, format, args);
    va_end(args);
    return false;
}

static bool no_memory(const struct restore *r)
{
    return fail(r, "out of memory");
}

static bool damaged(const struct restore *r, const char *what)
{
    return fail(r, "the snapshot is damaged: %s", what);
}

/* Bytes as a string, which the caller frees. NULL if they hold a 0 or there is no memory.
 */
static char *get_string(const ProtobufCBinaryData *from)
{
    if (from->len > 0 && memchr(from->data, 0, from->len))
        return NULL;
    char *string = malloc(from->len + 1);
    if (!string)
        return NULL;
    if (from->len > 0)
        memcpy(string, from->data, from->len);
    string[from->len] = 0;
    return string;
}

static bool get_strings(const struct restore *r, const ProtobufCBinaryData *from,
                        size_t n_from, struct rt_wasi_strings *to)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < n_from; i++) {
        n_bytes += from[i].len + 1;
        if (from[i].len > 0 && memchr(from[i].data, 0, from[i].len))
            return damaged(r, "an argument or variable holds a 0");
    }
    to->chars = calloc(n_bytes + 1, 1);
    if (!to->chars)
        return no_memory(r);
    for (size_t i = 0; i < n_from; i++) {
        if (from[i].len > 0)
            memcpy(to->chars + to->n_bytes, from[i].data, from[i].len);
        to->n_bytes += from[i].len + 1;
    }
    to->n_strings = n_from;
    return true;
}

/* ---- Preopens ---- */

static bool is_name(const ProtobufCBinaryData *name, const char *string)
{
    return name->len == strlen(string) && memcmp(name->data, string, name->len) == 0;
}

/* Appends " --dir HOST::/name" to list, as far as it fits. */
static void list_option(char *list, size_t list_bytes,
                        const Wanco__Snapshot__Preopen *preopen, const char *guest_name)
{
    char name[RT_WASI_NAME_BYTES];
    size_t n = strlen(list);
    snprintf(list + n, list_bytes - n, " --dir HOST::%s%s",
             rt_wasi_name_file(guest_name, NULL, name), preopen->read_only ? ":ro" : "");
}

/* Of several grants of one name, the first goes with the first in the snapshot. */
static bool open_preopens(const struct restore *r, const struct rt_preopen *preopens,
                          size_t n_preopens, bool *is_taken)
{
    char missing[320] = "", name[RT_WASI_NAME_BYTES];
    for (size_t i = 0; i < r->saved->n_preopens; i++) {
        const Wanco__Snapshot__Preopen *saved = r->saved->preopens[i];
        size_t j = 0;
        while (j < n_preopens &&
               (is_taken[j] || !is_name(&saved->guest_name, preopens[j].guest_name)))
            j++;
        if (j < n_preopens) {
            is_taken[j] = true;
            if (!rt_wasi_open_preopen(r->wasi, &preopens[j]))
                return fail(r, "cannot open the directory '%s': %s",
                            preopens[j].host_path, strerror(errno));
            continue;
        }
        char *guest_name = get_string(&saved->guest_name);
        if (!guest_name)
            return damaged(r, "the name of a directory");
        list_option(missing, sizeof missing, saved, guest_name);
        free(guest_name);
    }
    if (missing[0])
        return fail(r, "the guest's directories must be given again: add%s", missing);
    for (size_t j = 0; j < n_preopens; j++)
        if (!is_taken[j])
            return fail(r, "the guest has no directory '%s': leave out its --dir",
                        rt_wasi_name_file(preopens[j].guest_name, NULL, name));
    return true;
}

static bool match_preopens(const struct restore *r, const struct rt_preopen *preopens,
                           size_t n_preopens)
{
    bool *is_taken = calloc(n_preopens + 1, sizeof *is_taken);
    bool ok = is_taken ? open_preopens(r, preopens, n_preopens, is_taken) : no_memory(r);
    free(is_taken);
    return ok;
}

/* ---- Files ---- */

/* What a file is called in messages. */
static const char *name_of(const struct restore *r, const struct rt_wasi_fd *entry,
                           char name[RT_WASI_NAME_BYTES])
{
    return rt_wasi_name_file(r->wasi->preopens[entry->preopen].guest_name, entry->path,
                             name);
}

static bool cannot_open(const struct restore *r, const struct rt_wasi_fd *entry,
                        uint32_t access, uint32_t error)
{
    char name[RT_WASI_NAME_BYTES];
    name_of(r, entry, name);
    switch (error) {
    case WASI_ENOENT:
        return fail(r, "'%s', which the guest has open, does not exist: put it there",
                    name);
    case WASI_EISDIR:
        return fail(r, "'%s' is a directory now: put back the file the guest has open",
                    name);
    case WASI_ENOTDIR:
        return fail(r, "'%s' is not the directory it was: put it back", name);
    case WASI_ENOTCAPABLE:
        return fail(r, "'%s' leads out of the directory that was given", name);
    case WASI_EACCES:
    case WASI_EPERM:
    case WASI_EROFS:
        return fail(r, "'%s' can't be opened for %s: %s; permit it", name,
                    access & RT_WASI_ACCESS_WRITE ? "writing" : "reading",
                    rt_wasi_strerror(error));
    default:
        return fail(r, "'%s' can't be opened: %s", name, rt_wasi_strerror(error));
    }
}

/* It does not wait for what may be a pipe by now. */
static int open_flags(const descriptor_message *d)
{
    int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (d->kind == KIND(DIRECTORY))
        return flags | O_RDONLY | O_DIRECTORY;
    bool reads = d->access & RT_WASI_ACCESS_READ;
    flags |= !(d->access & RT_WASI_ACCESS_WRITE) ? O_RDONLY : reads ? O_RDWR : O_WRONLY;
    flags |= d->fdflags & WASI_FD_APPEND ? O_APPEND : 0;
    flags |= d->fdflags & WASI_FD_DSYNC ? O_DSYNC : 0;
    flags |= d->fdflags & (WASI_FD_SYNC | WASI_FD_RSYNC) ? O_SYNC : 0;
    return flags;
}

/* entry->path is owned by the caller until the descriptor is in the table. */
static bool open_file(const struct restore *r, const descriptor_message *d,
                      struct rt_wasi_fd *entry)
{
    const struct rt_wasi_preopen *preopen = &r->wasi->preopens[entry->preopen];
    bool writes = d->kind == KIND(FILE) && (d->access & RT_WASI_ACCESS_WRITE);
    char name[RT_WASI_NAME_BYTES], dir[RT_WASI_NAME_BYTES];
    if (writes && preopen->read_only)
        return fail(r,
                    "'%s' is open for writing, but '%s' is given read-only: give it "
                    "without :ro",
                    name_of(r, entry, name),
                    rt_wasi_name_file(preopen->guest_name, NULL, dir));
    uint32_t error = rt_wasi_open_path(r->wasi, preopen->host_fd, entry->path, true,
                                       open_flags(d), &entry->host_fd);
    return error ? cannot_open(r, entry, d->access, error) : true;
}

static bool insert(const struct restore *r, const descriptor_message *d,
                   const struct rt_wasi_fd *entry)
{
    uint32_t error = rt_wasi_insert_at(r->wasi, entry, d->number);
    if (error == WASI_ENOMEM)
        return no_memory(r);
    return error ? damaged(r, "the number of a descriptor") : true;
}

/* Opens what was opened below a preopen. */
static bool restore_path(const struct restore *r, const descriptor_message *d,
                         struct rt_wasi_fd *entry)
{
    if (d->preopen >= r->wasi->n_preopens)
        return damaged(r, "a file is in no directory");
    bool has_access = d->access >= RT_WASI_ACCESS_READ &&
                      d->access <= (RT_WASI_ACCESS_READ | RT_WASI_ACCESS_WRITE);
    if (d->kind == KIND(FILE) && !has_access)
        return damaged(r, "how a file is open");
    entry->preopen = d->preopen;
    entry->path = get_string(&d->path);
    if (!entry->path || strlen(entry->path) >= PATH_MAX ||
        !rt_wasi_is_plain_path(entry->path)) {
        free(entry->path);
        return damaged(r, "the path of a file");
    }
    bool is_open = open_file(r, d, entry);
    if (is_open && insert(r, d, entry))
        return true;
    if (is_open)
        close(entry->host_fd);
    free(entry->path);
    return false;
}

static bool restore_stream(const struct restore *r, const descriptor_message *d,
                           struct rt_wasi_fd *entry)
{
    if (d->stream > STDERR_FILENO)
        return damaged(r, "the number of a stream");
    entry->host_fd = (int)d->stream;
    for (uint32_t fd = 0; fd < r->wasi->n_fds; fd++)
        if (r->wasi->fds[fd].is_open && r->wasi->fds[fd].host_fd == entry->host_fd)
            return damaged(r, "a stream is there twice");
    return insert(r, d, entry);
}

static bool restore_preopen(const struct restore *r, const descriptor_message *d,
                            struct rt_wasi_fd *entry)
{
    if (d->preopen >= r->wasi->n_preopens)
        return damaged(r, "the number of a directory");
    entry->is_preopen = true;
    entry->preopen = d->preopen;
    entry->host_fd = r->wasi->preopens[d->preopen].host_fd;
    entry->path = strdup("");
    if (!entry->path)
        return no_memory(r);
    if (insert(r, d, entry))
        return true;
    free(entry->path);
    return false;
}

static bool restore_listing(const struct restore *r,
                            const Wanco__Snapshot__Listing *saved,
                            struct rt_wasi_fd *entry)
{
    if (!saved)
        return true;
    if (entry->filetype != WASI_TYPE_DIRECTORY || saved->n_inodes != saved->n_names ||
        saved->filetypes.len != saved->n_names)
        return damaged(r, "a directory's entries");
    entry->dir = calloc(1, sizeof *entry->dir);
    if (!entry->dir)
        return no_memory(r);
    for (size_t i = 0; i < saved->n_names; i++) {
        char *name = get_string(&saved->names[i]);
        uint8_t filetype = saved->filetypes.data[i];
        bool ok = name && filetype <= WASI_TYPE_SYMBOLIC_LINK &&
                  rt_wasi_dir_add(entry->dir, &(struct rt_wasi_dir_entry){
                                                  saved->inodes[i], filetype, name});
        free(name);
        if (!ok)
            return damaged(r, "a directory's entry");
    }
    return true;
}

/* Whether a file that was opened is the one the guest had, as far as one can tell. */
static bool check_file(const struct restore *r, const descriptor_message *d,
                       const struct rt_wasi_fd *entry)
{
    char name[RT_WASI_NAME_BYTES];
    struct stat st;
    if (entry->filetype == WASI_TYPE_DIRECTORY && d->kind == KIND(FILE))
        return cannot_open(r, entry, d->access, WASI_EISDIR);
    if (entry->filetype != d->filetype)
        return fail(r, "'%s' is of another type now: put back what the guest has open",
                    name_of(r, entry, name));
    if (entry->filetype != WASI_TYPE_REGULAR_FILE)
        return true;
    if (!d->identity || fstat(entry->host_fd, &st) != 0)
        return damaged(r, "the size of a file");
    if ((uint64_t)st.st_size < d->identity->n_bytes)
        return fail(r,
                    "'%s' has %llu bytes, but had %llu at the checkpoint: put back the "
                    "file the guest has open",
                    name_of(r, entry, name), (unsigned long long)st.st_size,
                    (unsigned long long)d->identity->n_bytes);
    return true;
}

static bool set_nonblocking(int host_fd, bool is_nonblocking)
{
    int flags = fcntl(host_fd, F_GETFL);
    if (flags < 0 || !(flags & O_NONBLOCK) == !is_nonblocking)
        return flags >= 0;
    return fcntl(host_fd, F_SETFL, flags ^ O_NONBLOCK) == 0;
}

/* Sets flags and offset. A device may have no offset. */
static bool settle_file(const struct restore *r, const descriptor_message *d,
                        const struct rt_wasi_fd *entry)
{
    bool ok = set_nonblocking(entry->host_fd, d->fdflags & WASI_FD_NONBLOCK);
    if (ok && d->kind == KIND(FILE) && d->offset > 0)
        ok = lseek(entry->host_fd, (off_t)d->offset, SEEK_SET) >= 0;
    return ok ? true : cannot_open(r, entry, d->access, rt_wasi_errno(errno));
}

static bool restore_descriptor(const struct restore *r, const descriptor_message *d)
{
    struct rt_wasi_fd entry = {.fdflags = (uint16_t)d->fdflags,
                               .rights_base = d->rights_base,
                               .rights_inheriting = d->rights_inheriting,
                               .preopen = RT_WASI_NO_PREOPEN};
    if ((d->rights_base | d->rights_inheriting) & ~(uint64_t)WASI_RIGHTS_ALL)
        return damaged(r, "the rights of a descriptor");
    if ((d->fdflags & ~(uint32_t)WASI_FD_ALL) || d->offset > INT64_MAX)
        return damaged(r, "the state of a descriptor");
    bool is_path = d->kind == KIND(FILE) || d->kind == KIND(DIRECTORY);
    bool ok = is_path                    ? restore_path(r, d, &entry)
              : d->kind == KIND(STREAM)  ? restore_stream(r, d, &entry)
              : d->kind == KIND(PREOPEN) ? restore_preopen(r, d, &entry)
                                         : damaged(r, "a descriptor of unknown kind");
    if (!ok)
        return false;
    struct rt_wasi_fd *restored = &r->wasi->fds[d->number];
    if (rt_wasi_classify(restored) != WASI_OK)
        return fail(r, "descriptor %u: %s", d->number, strerror(errno));
    return restore_listing(r, d->listing, restored) &&
           (!is_path || (check_file(r, d, restored) && settle_file(r, d, restored)));
}

/* ---- The rest ---- */

/* The standard streams belong to the new process. A file that is read from its beginning
 * is taken for the one the guest was reading, where it is long enough; what is written
 * goes where the process is told. */
static void settle_stream(const descriptor_message *d, const struct rt_wasi_fd *entry)
{
    struct stat st;
    set_nonblocking(entry->host_fd, d->fdflags & WASI_FD_NONBLOCK);
    if (entry->host_fd == STDIN_FILENO && d->filetype == WASI_TYPE_REGULAR_FILE &&
        fstat(entry->host_fd, &st) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size >= d->offset && lseek(entry->host_fd, 0, SEEK_CUR) == 0)
        lseek(entry->host_fd, (off_t)d->offset, SEEK_SET);
}

static bool restore_descriptors(const struct restore *r)
{
    for (size_t i = 0; i < r->saved->n_descriptors; i++)
        if (!restore_descriptor(r, r->saved->descriptors[i]))
            return false;
    for (size_t i = 0; i < r->saved->n_descriptors; i++) {
        const descriptor_message *d = r->saved->descriptors[i];
        if (d->kind == KIND(STREAM))
            settle_stream(d, &r->wasi->fds[d->number]);
    }
    return true;
}

static void restore_clocks(struct rt_wasi *wasi, const Wanco__Snapshot__Clocks *saved)
{
    if (!saved)
        return;
    rt_wasi_set_clock(wasi, WASI_CLOCK_MONOTONIC, saved->monotonic);
    rt_wasi_set_clock(wasi, WASI_CLOCK_PROCESS_CPUTIME, saved->process_cputime);
    rt_wasi_set_clock(wasi, WASI_CLOCK_THREAD_CPUTIME, saved->thread_cputime);
}

struct rt_wasi *rt_wasi_restore(const wasi_message *saved,
                                const struct rt_preopen *preopens, size_t n_preopens,
                                char *error, size_t error_bytes)
{
    struct rt_wasi *wasi = rt_wasi_allocate(saved->n_preopens);
    const struct restore r = {wasi, saved, error, error_bytes};
    if (!wasi || !rt_wasi_hold_stdio(wasi)) {
        fail(&r, "cannot set up WASI: %s", strerror(errno));
    } else if (get_strings(&r, saved->args, saved->n_args, &wasi->args) &&
               get_strings(&r, saved->env, saved->n_env, &wasi->env) &&
               match_preopens(&r, preopens, n_preopens) && restore_descriptors(&r)) {
        restore_clocks(wasi, saved->clocks);
        rt_wasi_ignore_signals();
        return wasi;
    }
    rt_wasi_destroy(wasi);
    return NULL;
}
