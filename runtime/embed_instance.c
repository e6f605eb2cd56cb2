/* libwanco: of what wanco/embed.h declares, instances: how they are created, saved,
 * restored and destroyed. */
#include <stdlib.h>
#include <string.h>

#include "runtime/embed_internal.h"
#include "runtime/host.h"
#include "runtime/instance.h"
#include "runtime/private.h"
#include "runtime/resume.h"
#include "runtime/wasi_snapshot.h"

/* ---- WASI ---- */

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
    rt_embed_drop_records(e);
    rt_frames_free(&e->frames);
    free(e->entry.args);
    rt_wasi_destroy(e->wasi);
    free(e);
}

void wanco_destroy(struct wanco_instance *instance)
{
    if (instance == NULL)
        return;
    struct embedded *e = rt_embed_of(instance);
    rt_instance_destroy(rt_embed_guest(instance));
    free_embedded(e);
}

/* ---- Creating ---- */

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
        instance->private->invoke = rt_embed_invoke;
    }
    if (!ok && instance != NULL)
        rt_instance_destroy(instance);
    return ok ? instance : NULL;
}

static struct embedded *new_embedded(struct rt_error *error)
{
    struct embedded *e = NULL;
    if (!rt_embed_is_initialized())
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
                            rt_embed_is_suspended(e)
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
                  ? save(rt_embed_of(instance), path, &e)
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
