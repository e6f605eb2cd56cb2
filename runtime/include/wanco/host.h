/* For native code that a guest calls, and that calls the guest: functions that a module
 * imports, written in C. docs/host-functions.md tells how they reach a program.
 *
 * A guest runs on one thread, and all functions here are called on it: from a host
 * function, or between calls of the guest (embed.h). Nothing is thrown or jumped over a
 * host function: whatever ends the guest waits until it has returned. */
#ifndef WANCO_HOST_H
#define WANCO_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WANCO_API __attribute__((visibility("default")))

/* An instance of a module. */
struct wanco_instance;

/* A value of WebAssembly; 16 bytes. */
union wanco_value {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    const void *ref; /* a reference; NULL is null */
    uint8_t v128[16];
};

/* ---- Host functions ---- */

/* A call of a host function, until that returns. */
struct wanco_call;

enum wanco_outcome {
    WANCO_DONE,   /* the results are in values */
    WANCO_FAILED, /* the guest ends, as wanco_trap or wanco_fail has said */
    /* Not now: the function is called again with the same arguments, after a checkpoint
     * if one is wanted, here or in the process that restores it; else at once. */
    WANCO_AGAIN
};

/* values: the arguments, to be replaced by the results; at most WANCO_MAX_VALUES. It runs
 * on the guest's stack, of which at least 128 KiB are left. */
typedef enum wanco_outcome wanco_function(struct wanco_call *call,
                                          union wanco_value *values);

#define WANCO_MAX_VALUES 64

/* Signatures are "results(parameters)" in the letters i I f F for i32 i64 f32 f64, V for
 * v128, p for externref, P for funcref; v for no result. Functions with other references
 * have none: only guests hold exceptions, and nothing checks the type of a function that
 * the host gives. */
struct wanco_host_function {
    const char *module; /* as the import names it, as is name */
    const char *name;
    const char *signature; /* the import must have this type */
    wanco_function *function;
};

/* What an object given with --link, or a library given with --plugin, defines: its host
 * functions, the last followed by one whose module is NULL. */
extern WANCO_API const struct wanco_host_function wanco_host_functions[];

/* The instance that calls. */
WANCO_API struct wanco_instance *wanco_caller(struct wanco_call *call);

/* Has the guest trap, once the function returns what this returns, with a line of at most
 * 511 bytes (printf-like): `return wanco_trap(call, "no such device: %d", n);`. */
__attribute__((format(printf, 2, 3))) WANCO_API enum wanco_outcome
wanco_trap(struct wanco_call *call, const char *format, ...);

/* Whether a checkpoint is wanted: a function that waits should then return WANCO_AGAIN.
 * The signal that asks for one also interrupts system calls (EINTR). False while a host
 * function lies between guest frames, since the checkpoint waits for that one. */
WANCO_API bool wanco_checkpoint_wanted(struct wanco_call *call);

/* Two words that a function can keep from a call that returns WANCO_AGAIN to the next,
 * snapshots included: a deadline, a number of bytes done. 0 in a first call. */
WANCO_API uint64_t *wanco_state(struct wanco_call *call);

/* ---- Instances ---- */

/* The address of n_bytes of the guest's memory 0 from `at` on, or NULL if they are not
 * all inside it. It stays valid as long as the instance: a memory never
 * shrinks, and moves only if it is one of 64-bit addresses and grows. The guest's bytes
 * are little-endian, and aligned to nothing. */
WANCO_API void *wanco_memory(struct wanco_instance *instance, uint64_t at,
                             uint64_t n_bytes);

/* The size of memory 0 in bytes, 0 if there is none. */
WANCO_API uint64_t wanco_memory_bytes(struct wanco_instance *instance);

/* A pointer of the host's own, NULL at first. Snapshots do not hold it. */
WANCO_API void wanco_set_data(struct wanco_instance *instance, void *data);
WANCO_API void *wanco_data(struct wanco_instance *instance);

/* ---- Calling the guest ---- */

enum wanco_error_kind {
    WANCO_ERROR_NONE,
    WANCO_ERROR_LINK,      /* an import is missing or of another type */
    WANCO_ERROR_TRAP,      /* the guest trapped */
    WANCO_ERROR_EXIT,      /* the guest ended itself, with exit_status */
    WANCO_ERROR_SUSPENDED, /* a checkpoint was wanted (embed.h) */
    WANCO_ERROR_SYSTEM,    /* the machine lacks something: memory, a file … */
    WANCO_ERROR_USAGE,     /* an argument is wrong */
    WANCO_ERROR_EXCEPTION, /* the guest threw one that it does not catch */
};

struct wanco_error {
    enum wanco_error_kind kind;
    uint32_t exit_status;
    char text[512]; /* one line for people, without a newline */
};

/* Calls an export that is a function of this signature. values: its arguments, replaced
 * by its results; room for the larger number of both. False with error set, also if there
 * is no such function. From a host function it is never suspended: a checkpoint that is
 * asked for meanwhile waits until that host function has returned. */
WANCO_API bool wanco_invoke(struct wanco_instance *instance, const char *export,
                            const char *signature, union wanco_value *values,
                            struct wanco_error *error);

/* Has the guest end as a guest that this function called has: by the same trap, or with
 * the same exit status. `return wanco_fail(call, &error);` */
WANCO_API enum wanco_outcome wanco_fail(struct wanco_call *call,
                                        const struct wanco_error *error);

#ifdef __cplusplus
}
#endif

#endif
