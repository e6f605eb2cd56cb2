/* libwanco: what wanco/embed.h declares.
 *
 * A guest that was suspended leaves its frame records in the frame buffer, of which the
 * process has one. They are copied to the instance, and put back whenever it is saved or
 * resumed: so any number of instances can be suspended at a time. */
#define _GNU_SOURCE
#include "wanco/embed.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/exn_heap.h"
#include "runtime/host.h"
#include "runtime/instance.h"
#include "runtime/private.h"
#include "runtime/restore.h"
#include "runtime/resume.h"
#include "runtime/wasi_snapshot.h"

#define STACK_BYTES ((uint64_t)8 << 20)

static struct {
    bool is_initialized;
    pthread_t thread;
    int signal;
    struct rt_instance *running; /* that the host has called, no guest having called it */
} embed;

struct wanco_module {
    const struct rt_module *module;
    void *library;
};

/* The host's side of an instance. */
struct embedded {
    struct rt_wasi *wasi;
    struct rt_entry entry; /* the call in progress; its arguments are owned */
    /* Of one that was suspended here: a copy of its records. */
    uint8_t *records;
    size_t n_record_bytes;
    struct rt_frames frames; /* of one that was restored */
};

static struct rt_instance *guest_of(const struct wanco_instance *instance)
{
    return (struct rt_instance *)(uintptr_t)instance;
}

static struct embedded *embedded_of(const struct wanco_instance *instance)
{
    return guest_of(instance)->private->embedded;
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
    if (stack_bytes < 2 * RT_HOST_STACK_BYTES)
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
    if (module != NULL && module->library != NULL)
        dlclose(module->library);
    free(module);
}

/* ---- Calls ---- */

static void drop_records(struct embedded *e)
{
    free(e->records);
    e->records = NULL;
    e->n_record_bytes = 0;
}

static bool is_suspended(const struct embedded *e)
{
    return e->records != NULL || e->frames.n_frames > 0;
}

bool wanco_is_suspended(const struct wanco_instance *instance)
{
    return is_suspended(embedded_of(instance));
}

/* A call that can be suspended: remembers what a snapshot must tell of it. */
static bool invoke(struct rt_instance *instance, const struct rt_func *func,
                   union rt_value *values, struct rt_error *error)
{
    struct embedded *e = instance->private->embedded;
    const struct rt_type *type = rt_func_type(func);
    if (is_suspended(e))
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
    if (!is_suspended(e) || rt_guest_depth() > 0)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "only a suspended instance can be resumed, and while no "
                            "other runs");
    if (e->records != NULL) {
        struct rt_records records = {e->records, e->n_record_bytes};
        if (!rt_safepoint_put(records) || !rt_frames_of_records(&frames, error))
            return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    }
    drop_records(e);
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
    bool ok =
        resume(embedded_of(instance), guest_of(instance), (union rt_value *)values, &e);
    rt_host_error(error, &e);
    return ok;
}

bool wanco_signature(struct wanco_instance *instance, const char *export, char *text,
                     size_t text_bytes)
{
    struct rt_extern found;
    if (!rt_instance_export(guest_of(instance), export, strlen(export), &found) ||
        found.kind != RT_EXTERN_FUNC)
        return false;
    rt_host_signature(rt_func_type(found.func), text, text_bytes);
    return true;
}

/* ---- Instances ---- */

static struct rt_preopen *preopens_of(const struct wanco_wasi *wasi)
{
    struct rt_preopen *preopens = calloc(wasi->n_directories + 1, sizeof *preopens);
    for (size_t i = 0; preopens != NULL && i < wasi->n_directories; i++)
        preopens[i] = (struct rt_preopen){wasi->directories[i].host_path,
                                          wasi->directories[i].guest_name,
                                          wasi->directories[i].read_only};
    return preopens;
}

/* What the guest sees of the host: new, or as it was saved. */
static bool set_wasi_up(struct embedded *e, const struct wanco_wasi *wasi,
                        const Wanco__Snapshot__Wasi *saved, struct rt_error *error)
{
    if (wasi == NULL)
        return saved == NULL ||
               rt_error_set(error, RT_ERROR_USAGE,
                            "the guest had WASI; it must be given again");
    struct rt_preopen *preopens = preopens_of(wasi);
    struct rt_wasi_grants grants = {.preopens = preopens,
                                    .n_preopens = wasi->n_directories,
                                    .listeners = wasi->listeners,
                                    .n_listeners = wasi->n_listeners,
                                    .max_unlinked_bytes = wasi->max_unlinked_bytes,
                                    .accepts_changes = wasi->accepts_changes};
    if (preopens == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    error->kind = saved == NULL ? RT_ERROR_SYSTEM : RT_ERROR_USAGE;
    if (saved == NULL)
        e->wasi = rt_wasi_create(&(struct rt_wasi_config){wasi->args, wasi->env, grants},
                                 error->text, sizeof error->text);
    else
        e->wasi = rt_wasi_restore(saved, &grants, error->text, sizeof error->text);
    free(preopens);
    return e->wasi != NULL;
}

/* Functions of WASI that the module imports are linked to it already. */
static bool may_have_wasi(const struct rt_module *m, const struct embedded *e,
                          struct rt_error *error)
{
    for (uint32_t i = 0; e->wasi == NULL && i < m->n_imports; i++)
        if (m->imports[i].host_func != NULL)
            return rt_error_set(error, RT_ERROR_LINK,
                                "the module imports functions of WASI, which "
                                "wanco_config.wasi does not grant");
    return true;
}

static void free_embedded(struct embedded *e)
{
    drop_records(e);
    rt_frames_free(&e->frames);
    free(e->entry.args);
    rt_wasi_destroy(e->wasi);
    free(e);
}

void wanco_destroy(struct wanco_instance *instance)
{
    if (instance == NULL)
        return;
    struct embedded *e = embedded_of(instance);
    rt_instance_destroy(guest_of(instance));
    free_embedded(e);
}

/* Instantiates, without being suspended meanwhile. NULL with error set; e stays the
 * caller's then. */
static struct rt_instance *instantiate(const struct rt_module *m, struct embedded *e,
                                       const struct wanco_config *config,
                                       bool is_restored, struct rt_error *error)
{
    const struct wanco_host_function *const tables[] = {config->host_functions};
    struct rt_instance_config c = {.host_tables = tables,
                                   .n_host_tables = tables[0] != NULL,
                                   .wasi = e->wasi,
                                   .host_data = config->data,
                                   .max_memory_bytes = config->max_memory_bytes,
                                   .is_restored = is_restored};
    struct rt_extern found;
    struct rt_instance *instance = NULL;
    rt_safepoint_hold(true);
    bool ok = may_have_wasi(m, e, error) && rt_instance_create(m, &c, &instance, error);
    if (ok && !is_restored && rt_instance_export(instance, "_initialize", 11, &found) &&
        found.kind == RT_EXTERN_FUNC &&
        rt_host_signature_matches("v()", rt_func_type(found.func)))
        ok = rt_call(found.func, NULL, NULL, error);
    rt_safepoint_hold(false);
    if (instance != NULL) {
        instance->private->embedded = e;
        instance->private->invoke = invoke;
    }
    if (!ok && instance != NULL)
        rt_instance_destroy(instance);
    return ok ? instance : NULL;
}

static struct embedded *new_embedded(struct rt_error *error)
{
    struct embedded *e = NULL;
    if (!embed.is_initialized)
        rt_error_set(error, RT_ERROR_USAGE, "wanco_initialize comes first");
    else if (rt_guest_depth() > 0)
        rt_error_set(error, RT_ERROR_USAGE, "a host function cannot create instances");
    else if ((e = calloc(1, sizeof *e)) == NULL)
        rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    return e;
}

static const struct wanco_config no_config;

struct wanco_instance *wanco_create(const struct wanco_module *module,
                                    const struct wanco_config *config,
                                    struct wanco_error *error)
{
    struct rt_error e = {.kind = RT_ERROR_NONE};
    struct rt_instance *instance = NULL;
    struct embedded *embedded = new_embedded(&e);
    if (config == NULL)
        config = &no_config;
    if (embedded != NULL && set_wasi_up(embedded, config->wasi, NULL, &e))
        instance = instantiate(module->module, embedded, config, false, &e);
    if (instance == NULL && embedded != NULL)
        free_embedded(embedded);
    rt_host_error(error, &e);
    return (struct wanco_instance *)instance;
}

/* ---- Snapshots ---- */

static bool save(struct embedded *e, const char *path, struct rt_error *error)
{
    struct rt_records records = {e->records, e->n_record_bytes};
    struct rt_capture capture;
    if (e->records == NULL)
        return rt_error_set(error, RT_ERROR_USAGE,
                            is_suspended(e)
                                ? "the instance has not been resumed since it "
                                  "was restored"
                                : "the instance is not suspended");
    if (!rt_safepoint_put(records))
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    bool ok = rt_capture(&capture, &e->entry, error);
    if (ok) {
        error->kind = RT_ERROR_SYSTEM;
        ok = snapshot_write(path, &capture.header, capture.memories, NULL, NULL,
                            error->text, sizeof error->text);
        rt_capture_free(&capture);
    }
    rt_safepoint_forget(0);
    return ok;
}

bool wanco_save(struct wanco_instance *instance, const char *path,
                struct wanco_error *error)
{
    struct rt_error e = {.kind = RT_ERROR_NONE};
    bool ok = rt_guest_depth() == 0
                  ? save(embedded_of(instance), path, &e)
                  : rt_error_set(&e, RT_ERROR_USAGE, "a host function cannot save");
    if (ok)
        e.kind = RT_ERROR_NONE;
    rt_host_error(error, &e);
    return ok;
}

static bool check(const struct snapshot *s, const struct rt_module *m, const char *path,
                  struct rt_error *error)
{
    const Wanco__Snapshot__Header *header = snapshot_header(s);
    struct rt_error why;
    if (!rt_restore_check(header, m, &why))
        return rt_error_set(error, why.kind, "cannot use %.200s: %.250s", path, why.text);
    return header->entry->stage == WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT ||
           rt_error_set(error, RT_ERROR_USAGE,
                        "%.300s was written while the guest was starting: only an "
                        "executable can go on from it",
                        path);
}

/* Fills e, and creates the instance that a snapshot tells of; NULL with error set. */
static struct rt_instance *build(const struct snapshot *s, const struct rt_module *m,
                                 struct embedded *e, const struct wanco_config *config,
                                 struct rt_error *error)
{
    const Wanco__Snapshot__Header *header = snapshot_header(s);
    union rt_value *results; /* wanco_resume is given others */
    struct rt_instance *instance = NULL;
    if (!set_wasi_up(e, config->wasi, header->wasi, error) ||
        (instance = instantiate(m, e, config, true, error)) == NULL)
        return NULL;
    struct rt_referents referents = {NULL, NULL};
    bool ok = rt_restore_exns(header, &instance, &referents, error) &&
              rt_restore_state(s, &referents, config->max_memory_bytes, error) &&
              rt_restore_entry(header, &referents, &e->entry, &results, error) &&
              rt_restore_frames(header->stacks[0], &referents, &e->frames, error);
    rt_referents_free(&referents);
    if (ok)
        return instance;
    rt_instance_destroy(instance);
    return NULL;
}

struct wanco_instance *wanco_restore(const struct wanco_module *module,
                                     const struct wanco_config *config, const char *path,
                                     struct wanco_error *error)
{
    struct rt_error e = {.kind = RT_ERROR_USAGE};
    struct rt_instance *instance = NULL;
    struct snapshot *s = snapshot_open(path, e.text, sizeof e.text);
    struct embedded *embedded = s != NULL ? new_embedded(&e) : NULL;
    if (embedded != NULL && check(s, module->module, path, &e))
        instance =
            build(s, module->module, embedded, config != NULL ? config : &no_config, &e);
    if (instance == NULL && embedded != NULL)
        free_embedded(embedded);
    if (s != NULL)
        snapshot_close(s);
    if (instance != NULL)
        e.kind = RT_ERROR_NONE;
    rt_host_error(error, &e);
    return (struct wanco_instance *)instance;
}
