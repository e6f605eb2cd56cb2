/* The options of a compiled program: OUT [runtime options] [--] [guest arguments]. */
#ifndef RUNTIME_OPTIONS_H
#define RUNTIME_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/checkpoint.h"
#include "runtime/trap.h"
#include "runtime/wasi.h"

/* Lives as long as the process; strings point into argv or are never freed. */
struct rt_options {
    struct rt_preopen *preopens;
    size_t n_preopens;
    const char **listeners; /* n_listeners addresses */
    size_t n_listeners;
    uint64_t max_unlinked_bytes; /* in a snapshot */
    bool accepts_changes;        /* of files, at a restore */
    const char **env;            /* n_env of them, then NULL */
    size_t n_env;
    const char *invoke;  /* the export to call, or NULL: _start */
    const char *restore; /* the snapshot to go on from, or NULL */
    struct rt_checkpoint_config checkpoint;
    const char *points_taken;  /* where to note them, or NULL */
    uint64_t checkpoint_every; /* nanoseconds; 0: never */
    int checkpoint_signal;     /* besides SIGUSR1; 0: none */
    uint64_t stack_bytes;
    uint64_t max_memory_bytes; /* 0: no limit */
    bool show_help;
    bool show_version;
    char **guest_args; /* what follows the options, then NULL */
};

/* Reads the options up to the first word that is none, and checks that they go together.
 * False with error set. */
bool rt_options_parse(struct rt_options *options, char **argv, struct rt_error *error);

/* What the options let a guest use; lent. */
struct rt_wasi_grants rt_options_grants(const struct rt_options *options);

/* What --help prints. */
void rt_options_print_help(const char *program);

#endif
