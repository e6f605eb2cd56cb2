/* From a snapshot's message to the state of a guest's WASI, in a new process.
 *
 * The message may hold anything; all of it is checked, and every file opened, before
 * anything outside this process changes, and nothing is created or truncated. Files are
 * opened like those a guest names, by the sandboxed resolver below what is granted now.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi_move.h"

bool rt_wasi_restore_fail(const struct rt_wasi_restore *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->error, r->error_bytes, format, args);
    va_end(args);
    return false;
}

bool rt_wasi_restore_damaged(const struct rt_wasi_restore *r, const char *what)
{
    return rt_wasi_restore_fail(r, "the snapshot is damaged: %s", what);
}

static bool no_memory(const struct rt_wasi_restore *r)
{
    return rt_wasi_restore_fail(r, "out of memory");
}

char *rt_wasi_get_string(const ProtobufCBinaryData *from)
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

static bool get_strings(const struct rt_wasi_restore *r, const ProtobufCBinaryData *from,
                        size_t n_from, struct rt_wasi_strings *to)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < n_from; i++) {
        n_bytes += from[i].len + 1;
        if (from[i].len > 0 && memchr(from[i].data, 0, from[i].len))
            return rt_wasi_restore_damaged(r, "an argument or variable holds a 0");
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
static bool open_preopens(const struct rt_wasi_restore *r, bool *is_taken)
{
    const struct rt_preopen *preopens = r->grants->preopens;
    size_t n_preopens = r->grants->n_preopens;
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
                return rt_wasi_restore_fail(r, "cannot open the directory '%s': %s",
                                            preopens[j].host_path, strerror(errno));
            continue;
        }
        char *guest_name = rt_wasi_get_string(&saved->guest_name);
        if (!guest_name)
            return rt_wasi_restore_damaged(r, "the name of a directory");
        list_option(missing, sizeof missing, saved, guest_name);
        free(guest_name);
    }
    if (missing[0])
        return rt_wasi_restore_fail(
            r, "the guest's directories must be given again: add%s", missing);
    for (size_t j = 0; j < n_preopens; j++)
        if (!is_taken[j])
            return rt_wasi_restore_fail(
                r, "the guest has no directory '%s': leave out its --dir",
                rt_wasi_name_file(preopens[j].guest_name, NULL, name));
    return true;
}

static bool match_preopens(const struct rt_wasi_restore *r)
{
    bool *is_taken = calloc(r->grants->n_preopens + 1, sizeof *is_taken);
    bool ok = is_taken ? open_preopens(r, is_taken) : no_memory(r);
    free(is_taken);
    return ok;
}

/* The order tells which is which: on another machine the addresses are others. */
static bool match_listeners(const struct rt_wasi_restore *r)
{
    char list[320] = "", name[RT_WASI_NAME_BYTES];
    size_t n_given = r->grants->n_listeners, n_saved = r->saved->n_listeners;
    if (n_given > n_saved)
        return rt_wasi_restore_fail(r,
                                    "the guest listens on %zu addresses: leave out "
                                    "--listen %s",
                                    n_saved, r->grants->listeners[n_saved]);
    for (size_t i = n_given; i < n_saved; i++) {
        char *address = rt_wasi_get_string(&r->saved->listeners[i]);
        if (!address)
            return rt_wasi_restore_damaged(r, "an address");
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, " --listen %s",
                 rt_wasi_name_file(address, NULL, name));
        free(address);
    }
    return n_given == n_saved ||
           rt_wasi_restore_fail(r,
                                "the addresses the guest listens on must be given again, "
                                "or others in their place: add%s",
                                list);
}

/* ---- Descriptors ---- */

bool rt_wasi_set_nonblocking(int host_fd, bool is_nonblocking)
{
    int flags = fcntl(host_fd, F_GETFL);
    if (flags < 0 || !(flags & O_NONBLOCK) == !is_nonblocking)
        return flags >= 0;
    return fcntl(host_fd, F_SETFL, flags ^ O_NONBLOCK) == 0;
}

static bool insert(const struct rt_wasi_restore *r, const descriptor_message *d,
                   const struct rt_wasi_fd *entry)
{
    uint32_t error = rt_wasi_insert_at(r->wasi, entry, d->number);
    if (error == WASI_ENOMEM)
        return no_memory(r);
    return error ? rt_wasi_restore_damaged(r, "the number of a descriptor") : true;
}

/* Opens what was opened below a preopen. */
static bool restore_path(const struct rt_wasi_restore *r, const descriptor_message *d,
                         struct rt_wasi_fd *entry)
{
    if (d->preopen >= r->wasi->n_preopens)
        return rt_wasi_restore_damaged(r, "a file is in no directory");
    entry->preopen = d->preopen;
    bool is_open = rt_wasi_restore_file(r, d, entry);
    if (is_open && insert(r, d, entry))
        return true;
    if (is_open && !entry->lost)
        close(entry->host_fd);
    free(entry->path);
    return false;
}

/* A connection can't move: its calls answer that it is gone. */
static bool restore_socket(const struct rt_wasi_restore *r, const descriptor_message *d,
                           struct rt_wasi_fd *entry)
{
    if (d->filetype != WASI_TYPE_SOCKET_STREAM && d->filetype != WASI_TYPE_SOCKET_DGRAM)
        return rt_wasi_restore_damaged(r, "the type of a socket");
    if (d->socket == SOCKET(CONNECTION)) {
        entry->filetype = (uint8_t)d->filetype;
        entry->lost = WASI_ECONNRESET;
        entry->host_fd = -1;
        return insert(r, d, entry);
    }
    if (d->socket != SOCKET(LISTENER) || d->listener >= r->wasi->listeners.n_strings)
        return rt_wasi_restore_damaged(r, "a socket of unknown kind");
    entry->listener = d->listener;
    if (!rt_wasi_listen(rt_wasi_listener(r->wasi, d->listener), &entry->host_fd, r->error,
                        r->error_bytes))
        return false;
    rt_wasi_set_nonblocking(entry->host_fd, d->fdflags & WASI_FD_NONBLOCK);
    if (insert(r, d, entry))
        return true;
    close(entry->host_fd);
    return false;
}

static bool restore_stream(const struct rt_wasi_restore *r, const descriptor_message *d,
                           struct rt_wasi_fd *entry)
{
    if (d->stream > STDERR_FILENO)
        return rt_wasi_restore_damaged(r, "the number of a stream");
    entry->host_fd = (int)d->stream;
    for (uint32_t fd = 0; fd < r->wasi->n_fds; fd++)
        if (r->wasi->fds[fd].is_open && r->wasi->fds[fd].host_fd == entry->host_fd)
            return rt_wasi_restore_damaged(r, "a stream is there twice");
    return insert(r, d, entry);
}

static bool restore_preopen(const struct rt_wasi_restore *r, const descriptor_message *d,
                            struct rt_wasi_fd *entry)
{
    if (d->preopen >= r->wasi->n_preopens)
        return rt_wasi_restore_damaged(r, "the number of a directory");
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

static bool restore_listing(const struct rt_wasi_restore *r,
                            const Wanco__Snapshot__Listing *saved,
                            struct rt_wasi_fd *entry)
{
    if (!saved)
        return true;
    if (entry->filetype != WASI_TYPE_DIRECTORY || saved->n_inodes != saved->n_names ||
        saved->filetypes.len != saved->n_names)
        return rt_wasi_restore_damaged(r, "a directory's entries");
    entry->dir = calloc(1, sizeof *entry->dir);
    if (!entry->dir)
        return no_memory(r);
    for (size_t i = 0; i < saved->n_names; i++) {
        char *name = rt_wasi_get_string(&saved->names[i]);
        uint8_t filetype = saved->filetypes.data[i];
        bool ok = name && filetype <= WASI_TYPE_SYMBOLIC_LINK &&
                  rt_wasi_dir_add(entry->dir, &(struct rt_wasi_dir_entry){
                                                  saved->inodes[i], filetype, name});
        free(name);
        if (!ok)
            return rt_wasi_restore_damaged(r, "a directory's entry");
    }
    return true;
}

static bool restore_descriptor(const struct rt_wasi_restore *r,
                               const descriptor_message *d)
{
    struct rt_wasi_fd entry = {.fdflags = (uint16_t)d->fdflags,
                               .rights_base = d->rights_base,
                               .rights_inheriting = d->rights_inheriting,
                               .preopen = RT_WASI_NO_PREOPEN,
                               .listener = RT_WASI_NO_LISTENER};
    if ((d->rights_base | d->rights_inheriting) & ~(uint64_t)WASI_RIGHTS_ALL)
        return rt_wasi_restore_damaged(r, "the rights of a descriptor");
    if ((d->fdflags & ~(uint32_t)WASI_FD_ALL) || d->offset > INT64_MAX)
        return rt_wasi_restore_damaged(r, "the state of a descriptor");
    bool ok;
    switch (d->kind) {
    case KIND(FILE):
    case KIND(DIRECTORY):
    case KIND(PIPE):
        ok = restore_path(r, d, &entry);
        break;
    case KIND(STREAM):
        ok = restore_stream(r, d, &entry);
        break;
    case KIND(PREOPEN):
        ok = restore_preopen(r, d, &entry);
        break;
    case KIND(SOCKET):
        ok = restore_socket(r, d, &entry);
        break;
    default:
        ok = rt_wasi_restore_damaged(r, "a descriptor of unknown kind");
    }
    struct rt_wasi_fd *restored = ok ? &r->wasi->fds[d->number] : NULL;
    if (!ok || restored->lost)
        return ok;
    if (rt_wasi_classify(restored) != WASI_OK)
        return rt_wasi_restore_fail(r, "descriptor %u: %s", d->number, strerror(errno));
    bool is_path = restored->preopen != RT_WASI_NO_PREOPEN && !restored->is_preopen;
    return restore_listing(r, d->listing, restored) &&
           (!is_path || rt_wasi_restore_check_file(r, d, restored));
}

/* ---- The rest ---- */

/* The standard streams belong to the new process. A file that is read from its beginning
 * is taken for the one the guest was reading, where it is long enough; what is written
 * goes where the process is told. */
static void settle_stream(const descriptor_message *d, const struct rt_wasi_fd *entry)
{
    struct stat st;
    rt_wasi_set_nonblocking(entry->host_fd, d->fdflags & WASI_FD_NONBLOCK);
    if (entry->host_fd == STDIN_FILENO && d->filetype == WASI_TYPE_REGULAR_FILE &&
        fstat(entry->host_fd, &st) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size >= d->offset && lseek(entry->host_fd, 0, SEEK_CUR) == 0)
        lseek(entry->host_fd, (off_t)d->offset, SEEK_SET);
}

static bool restore_descriptors(const struct rt_wasi_restore *r)
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

static bool restore_all(const struct rt_wasi_restore *r)
{
    const wasi_message *saved = r->saved;
    return get_strings(r, saved->args, saved->n_args, &r->wasi->args) &&
           get_strings(r, saved->env, saved->n_env, &r->wasi->env) && match_preopens(r) &&
           match_listeners(r) && restore_descriptors(r);
}

struct rt_wasi *
rt_wasi_restore(const wasi_message *saved,
                /* NOLINTNEXTLINE(readability-non-const-parameter): written by r */
                const struct rt_wasi_grants *grants, char *error, size_t error_bytes)
{
    struct rt_wasi *wasi = rt_wasi_allocate(grants, saved->n_preopens);
    int *unlinked = malloc((saved->n_unlinked_files + 1) * sizeof *unlinked);
    const struct rt_wasi_restore r = {wasi, saved, grants, unlinked, error, error_bytes};
    bool ok = false;
    for (size_t i = 0; unlinked && i < saved->n_unlinked_files; i++)
        unlinked[i] = -1;
    if (!wasi || !unlinked || !rt_wasi_hold_stdio(wasi))
        rt_wasi_restore_fail(&r, "cannot set up WASI: %s", strerror(errno));
    else
        ok = restore_all(&r);
    for (size_t i = 0; unlinked && i < saved->n_unlinked_files; i++)
        if (unlinked[i] >= 0)
            close(unlinked[i]);
    free(unlinked);
    if (ok) {
        restore_clocks(wasi, saved->clocks);
        rt_wasi_ignore_signals();
        return wasi;
    }
    rt_wasi_destroy(wasi);
    return NULL;
}
