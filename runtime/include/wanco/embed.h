/* For programs that run WebAssembly in their own process: modules that `wanco compile
 * --emit shared` has made are loaded, and their exports called, saved and restored.
 * docs/embedding.md has a program that does. Link with -lwanco.
 *
 * Guests run on one thread, which calls wanco_initialize, and then everything here and in
 * host.h but wanco_request_checkpoint. Whatever is created belongs to the caller until it
 * destroys it; what is given to a function is lent until it returns, unless it says
 * otherwise. A function that fails sets error, changes nothing, and answers NULL or
 * false.
 */
#ifndef WANCO_EMBED_H
#define WANCO_EMBED_H

#include "wanco/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The process ---- */

struct wanco_settings {
    uint64_t stack_bytes; /* of the guest; 0: 8 MiB */
    /* A trap also writes its reason and a backtrace to stderr. */
    bool prints_traps;
    /* SIGSEGV and SIGBUS stay what they are: their handlers, which run on the alternate
     * stack (SA_ONSTACK), call wanco_handle_fault. Otherwise libwanco handles them, and
     * hands on to the handlers there were before what does not concern it. */
    bool keeps_fault_handlers;
    /* What wanco_request_checkpoint sends to the guest's thread; libwanco handles it. 0:
     * none. */
    int checkpoint_signal;
};

/* Once, before all others. Gives the thread an alternate signal stack. settings may be
 * NULL: all 0. */
WANCO_API bool wanco_initialize(const struct wanco_settings *settings,
                                struct wanco_error *error);

/* For a handler of SIGSEGV and SIGBUS: does not return if the guest has trapped, and
 * answers false if the fault has nothing to do with it. info is the siginfo_t.
 * Async-signal-safe. */
WANCO_API bool wanco_handle_fault(int signal_number, void *info, void *context);

/* ---- Modules ---- */

struct wanco_module;

/* Loads an output of `wanco compile --emit shared`; it is executed, so it must be
 * trusted.
 */
WANCO_API struct wanco_module *wanco_load(const char *path, struct wanco_error *error);

/* When none of its instances is left. */
WANCO_API void wanco_unload(struct wanco_module *module);

/* ---- Instances ---- */

struct wanco_directory {
    const char *host_path;
    const char *guest_name;
    bool read_only;
};

/* What a guest sees of the host through WASI, besides the process's stdin, stdout and
 * stderr. SIGPIPE and SIGXFSZ are ignored from then on, unless they have handlers. */
struct wanco_wasi {
    const char *const
        *args; /* args[0] is the program's name; NULL-terminated, as is env */
    const char *const *env; /* "NAME=value" */
    const struct wanco_directory *directories;
    size_t n_directories;
    const char *const *listeners; /* sockets to listen at: "127.0.0.1:80", "[::1]:80" */
    size_t n_listeners;
    uint64_t max_unlinked_bytes; /* of unlinked files in a snapshot, all together */
    bool accepts_changes; /* restoring: files may be others than at the checkpoint */
};

struct wanco_config {
    /* The last followed by a row whose module is NULL; kept until the instance is
     * destroyed. NULL: none. */
    const struct wanco_host_function *host_functions;
    void *data;                    /* wanco_data; kept */
    const struct wanco_wasi *wasi; /* copied; NULL: the guest gets no WASI */
    uint64_t max_memory_bytes;     /* of each memory; 0: what its type says */
};

/* A new instance, its start function and `_initialize`, if it exports that, called.
 * config may be NULL. Not to be called by a host function. */
WANCO_API struct wanco_instance *wanco_create(const struct wanco_module *module,
                                              const struct wanco_config *config,
                                              struct wanco_error *error);

/* Not while it runs. */
WANCO_API void wanco_destroy(struct wanco_instance *instance);

/* ---- Checkpoints ----
 *
 * When a checkpoint is wanted, the call of wanco_invoke in progress ends with
 * WANCO_ERROR_SUSPENDED as soon as the guest reaches a safepoint. It can then be saved,
 * any number of times, and resumed, or destroyed. Other instances can run meanwhile. */

/* Asks for a checkpoint: of the call in progress, else of the next one. Any thread may,
 * and any signal handler; on other threads than the guest's it needs checkpoint_signal,
 * which also interrupts a system call of the guest that waits. It may have to be asked
 * again, as the signal may come just before such a call. False if that is not possible.
 * Modules compiled with --no-checkpoint go on. */
WANCO_API bool wanco_request_checkpoint(void);

WANCO_API bool wanco_is_suspended(const struct wanco_instance *instance);

/* Writes a snapshot of a suspended instance, complete or not at all. */
WANCO_API bool wanco_save(struct wanco_instance *instance, const char *path,
                          struct wanco_error *error);

/* Goes on with the call that was suspended; its results go to values. False with error as
 * from wanco_invoke: it may be suspended again. Not to be called by a host function. */
WANCO_API bool wanco_resume(struct wanco_instance *instance, union wanco_value *values,
                            struct wanco_error *error);

/* A suspended instance as a snapshot tells. The module must be the one that was saved,
 * for any ISA; the host functions must be there again, and the directories. Arguments and
 * environment come from the snapshot. */
WANCO_API struct wanco_instance *wanco_restore(const struct wanco_module *module,
                                               const struct wanco_config *config,
                                               const char *path,
                                               struct wanco_error *error);

/* Asks for the type of an exported function, as a signature (host.h), cut off if it does
 * not fit. False if there is none of this name. */
WANCO_API bool wanco_signature(struct wanco_instance *instance, const char *export,
                               char *text, size_t text_bytes);

#ifdef __cplusplus
}
#endif

#endif
