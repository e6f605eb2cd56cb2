/* libwanco: of what wanco/embed.h declares, the process, modules and calls.
 *
 * A guest that was suspended leaves its frame records in the frame buffer, of which the
 * process has one. They are copied to the instance, and put back whenever it is saved or
 * resumed: so any number of instances can be suspended at a time. */
#define _GNU_SOURCE
#include "wanco/embed.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/embed_internal.h"
#include "runtime/exn_heap.h"
#include "runtime/host.h"
#include "runtime/instance.h"
#include "runtime/private.h"
#include "runtime/resume.h"
#include "runtime/site.h"

#define STACK_BYTES ((uint64_t)8 << 20)

static struct {
    bool is_initialized;
    pthread_t thread;
    int signal;
    struct rt_instance *running; /* that the host has called, no guest having called it */
} embed;

struct rt_instance *rt_embed_guest(const struct wanco_instance *instance)
{
    return (struct rt_instance *)(uintptr_t)instance;
}

struct embedded *rt_embed_of(const struct wanco_instance *instance)
{
    return rt_embed_guest(instance)->private->embedded;
}

bool rt_embed_is_initialized(void)
{
    return embed.is_initialized;
}

/* ---- The process ---- */

/* Exceptions that suspended guests hold. */
static void keep_exns(void)
{
    for (struct rt_instance *i = NULL; (i = rt_instance_next(i)) != NULL;) {
        const struct embedded *e = i->private->embedded;
        if (e == NULL)
            continue;
        rt_exn_keep_words(e->records, e->n_record_bytes);
        rt_exn_keep_words(e->frames.values, e->frames.n_words * sizeof(uint64_t));
    }
}

/* Takes the frames away from the frame buffer; the call ends. */
static bool on_suspended(void *context, struct rt_frames *frames, struct rt_error *error)
{
    struct embedded *e = embed.running->private->embedded;
    struct rt_records records = rt_safepoint_records();
    (void)context;
    (void)frames;
    rt_safepoint_request(false);
    e->records = malloc(records.n_bytes);
    if (e->records != NULL) {
        memcpy(e->records, records.bytes, records.n_bytes);
        e->n_record_bytes = records.n_bytes;
    }
    rt_safepoint_forget(0);
    return e->records != NULL
               ? rt_error_set(error, RT_ERROR_SUSPENDED, "a checkpoint was asked for")
               : rt_error_set(error, RT_ERROR_SYSTEM,
                              "the guest's frames do not fit the memory that is left for "
                              "them, and are lost");
}

bool wanco_request_checkpoint(void)
{
    if (!embed.is_initialized)
        return false;
    if (pthread_equal(pthread_self(), embed.thread))
        return rt_safepoint_request(true);
    return embed.signal != 0 && pthread_kill(embed.thread, embed.signal) == 0;
}

/* Whichever thread the signal came to. */
static void on_signal(int signal_number)
{
    int saved_errno = errno;
    (void)signal_number;
    wanco_request_checkpoint();
    errno = saved_errno;
}

static bool handle_signal(int signal_number, struct rt_error *error)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    embed.signal = signal_number;
    return signal_number == 0 || sigaction(signal_number, &action, NULL) == 0 ||
           rt_error_set(error, RT_ERROR_USAGE, "cannot handle the signal %d: %s",
                        signal_number, strerror(errno));
}

static bool initialize(const struct wanco_settings *settings, struct rt_error *error)
{
    uint64_t stack_bytes = settings->stack_bytes;
    if (embed.is_initialized)
        return rt_error_set(error, RT_ERROR_USAGE, "wanco_initialize was called before");
    if (stack_bytes == 0)
        stack_bytes = STACK_BYTES;
    if (stack_bytes < (uint64_t)2 * RT_HOST_STACK_BYTES)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "a stack of %u bytes is the least a guest can have",
                            2 * RT_HOST_STACK_BYTES);
    if (!(settings->keeps_fault_handlers ? rt_trap_setup_unhandled(stack_bytes, error)
                                         : rt_trap_setup(stack_bytes, error)) ||
        !handle_signal(settings->checkpoint_signal, error))
        return false;
    embed.thread = pthread_self();
    rt_trap_set_backtrace(settings->prints_traps);
    rt_set_suspend_handler(on_suspended, NULL);
    rt_exn_set_keeper(keep_exns);
    /* The buffer for frame records exists before a signal asks for it. */
    if (!rt_safepoint_request(true))
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of address space");
    rt_safepoint_request(false);
    embed.is_initialized = true;
    return true;
}

bool wanco_initialize(const struct wanco_settings *settings, struct wanco_error *error)
{
    static const struct wanco_settings defaults;
    struct rt_error e = {.kind = RT_ERROR_NONE};
    bool ok = initialize(settings != NULL ? settings : &defaults, &e);
    rt_host_error(error, &e);
    return ok;
}

bool wanco_handle_fault(int signal_number, void *info, void *context)
{
    return rt_trap_fault(signal_number, info, context);
}

/* ---- Modules ---- */

static bool load(struct wanco_module *loaded, const char *path, struct rt_error *error)
{
    char *file = realpath(path, NULL); /* a file, never a name to be searched for */
    if (file == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "cannot load %.300s: %s", path,
                            strerror(errno));
    loaded->library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    free(file);
    if (loaded->library == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "cannot load %.400s", dlerror());
    loaded->module = dlsym(loaded->library, RT_MODULE_SYMBOL);
    if (loaded->module == NULL || loaded->module->abi_version != RT_ABI_VERSION)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "%.300s was not made by this version of `wanco compile "
                            "--emit shared`",
                            path);
    return true;
}

struct wanco_module *wanco_load(const char *path, struct wanco_error *error)
{
    struct rt_error e = {.kind = RT_ERROR_SYSTEM, .text = "out of memory"};
    struct wanco_module *loaded = calloc(1, sizeof *loaded);
    if (loaded != NULL && load(loaded, path, &e)) {
        error->kind = WANCO_ERROR_NONE;
        return loaded;
    }
    wanco_unload(loaded);
    rt_host_error(error, &e);
    return NULL;
}

void wanco_unload(struct wanco_module *module)
{
    rt_site_forget();
    if (module != NULL && module->library != NULL)
        dlclose(module->library);
    free(module);
}

/* ---- Calls ---- */

void rt_embed_drop_records(struct embedded *e)
{
    free(e->records);
    e->records = NULL;
    e->n_record_bytes = 0;
}

bool rt_embed_is_suspended(const struct embedded *e)
{
    return e->records != NULL || e->frames.n_frames > 0;
}

bool wanco_is_suspended(const struct wanco_instance *instance)
{
    return rt_embed_is_suspended(rt_embed_of(instance));
}

/* Remembers what a snapshot must tell of the call. */
bool rt_embed_invoke(struct rt_instance *instance, const struct rt_func *func,
                     union rt_value *values, struct rt_error *error)
{
    struct embedded *e = instance->private->embedded;
    const struct rt_type *type = rt_func_type(func);
    if (rt_embed_is_suspended(e))
        return rt_error_set(error, RT_ERROR_USAGE,
                            "the instance is suspended; resume it first");
    free(e->entry.args);
    e->entry = (struct rt_entry){
        .stage = WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT,
        .instance = instance,
        .export = rt_export_name(instance->module, RT_EXTERN_FUNC, func->func_index),
        .type = type,
        .args = calloc((size_t)type->n_params + 1, sizeof *e->entry.args)};
    if (e->entry.args == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    if (type->n_params > 0)
        memcpy(e->entry.args, values, type->n_params * sizeof *values);
    embed.running = instance;
    bool ok = rt_call(func, values, values, error);
    embed.running = NULL;
    return ok;
}

static bool resume(struct embedded *e, struct rt_instance *instance,
                   union rt_value *values, struct rt_error *error)
{
    struct rt_frames frames = e->frames;
    if (!rt_embed_is_suspended(e) || rt_guest_depth() > 0)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "only a suspended instance can be resumed, and while no "
                            "other runs");
    if (e->records != NULL) {
        struct rt_records records = {e->records, e->n_record_bytes};
        if (!rt_safepoint_put(records) || !rt_frames_of_records(&frames, error))
            return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    }
    rt_embed_drop_records(e);
    e->frames = (struct rt_frames){.n_frames = 0};
    embed.running = instance;
    bool ok = rt_resume(&frames, values, error);
    embed.running = NULL;
    return ok;
}

bool wanco_resume(struct wanco_instance *instance, union wanco_value *values,
                  struct wanco_error *error)
{
    struct rt_error e = {.kind = RT_ERROR_NONE};
    bool ok = resume(rt_embed_of(instance), rt_embed_guest(instance),
                     (union rt_value *)values, &e);
    rt_host_error(error, &e);
    return ok;
}

bool wanco_signature(struct wanco_instance *instance, const char *export, char *text,
                     size_t text_bytes)
{
    struct rt_extern found;
    if (!rt_instance_export(rt_embed_guest(instance), export, strlen(export), &found) ||
        found.kind != RT_EXTERN_FUNC)
        return false;
    rt_host_signature(rt_func_type(found.func), text, text_bytes);
    return true;
}
