/* WASI preview 1: what one guest may see of the host. */
#ifndef RUNTIME_WASI_H
#define RUNTIME_WASI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rt_wasi;

struct rt_preopen {
    const char *host_path;
    const char *guest_name;
    bool read_only;
};

/* What a guest may use. Everything is copied. */
struct rt_wasi_grants {
    const struct rt_preopen *preopens;
    size_t n_preopens;
    const char *const *listeners; /* "127.0.0.1:80", "[::1]:80" */
    size_t n_listeners;
    uint64_t max_unlinked_bytes; /* of unlinked files in a snapshot, all together */
    bool accepts_changes; /* restoring: files may be others than at the checkpoint */
};

struct rt_wasi_config {
    const char *const
        *args; /* NULL-terminated, as is env; args[0] is the program's name */
    const char *const *env; /* "NAME=value" */
    struct rt_wasi_grants grants;
};

/* Opens the preopens (descriptors 3 …), behind them listening sockets, and takes the
 * process's stdin, stdout and stderr as 0 to 2. SIGPIPE and SIGXFSZ are ignored from then
 * on, unless they have handlers. NULL with a line in error (without newline) when
 * something can't be opened. */
struct rt_wasi *rt_wasi_create(const struct rt_wasi_config *config, char *error,
                               size_t error_bytes);

/* Closes all descriptors but 0 to 2, and gives those the flags back (O_NONBLOCK …) that
 * they had. */
void rt_wasi_destroy(struct rt_wasi *wasi);

#endif
