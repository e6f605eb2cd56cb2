/* main of every executable: options, instance, then _start or the export that --invoke
 * names; or a snapshot, and what was left to do when it was written.
 *
 * Exit status: the guest's own; 134 after a trap, or an exception that nothing catches;
 * 75 when it ended with a snapshot; 2 when the call or the machine is at fault. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/checkpoint.h"
#include "runtime/instance.h"
#include "runtime/invoke.h"
#include "runtime/mapped.h"
#include "runtime/options.h"
#include "runtime/plugins.h"
#include "runtime/points_taken.h"
#include "runtime/restore.h"
#include "runtime/signals.h"
#include "runtime/status.h"
#include "runtime/wasi_snapshot.h"
#include "wanco/host.h"

/* EX_TEMPFAIL: no guest, trap or signal ends so by itself. */
#define STATUS_SUSPENDED 75
#define STATUS_TRAP      134
#define STATUS_USAGE     2

extern const struct rt_module wanco_module; /* RT_MODULE_SYMBOL */
#pragma weak rt_plugins_load                /* only dynamic executables have it */

#define STRING(literal) ((struct rt_string){(literal), sizeof(literal) - 1})
#define START           STRING("_start")
#define INITIALIZE      STRING("_initialize")

struct program {
    const struct rt_options *options;
    const char *name;
    struct rt_instance *instance;
    struct rt_wasi *wasi;
    struct rt_entry entry;
    union rt_value *results; /* of the entry's export */
};

/* ---- The function to run ---- */

static bool equal(struct rt_string a, struct rt_string b)
{
    return a.n_bytes == b.n_bytes && memcmp(a.chars, b.chars, a.n_bytes) == 0;
}

/* The type of an exported function, NULL if there is none. */
static const struct rt_type *exported_type(struct rt_string name)
{
    const struct rt_export *e = rt_exported_func(&wanco_module, name.chars, name.n_bytes);
    return e != NULL ? &wanco_module.types[wanco_module.func_types[e->index]] : NULL;
}

/* Of a function that is exported. */
static const struct rt_func *exported_func(struct rt_instance *instance,
                                           struct rt_string name)
{
    struct rt_extern found;
    rt_instance_export(instance, name.chars, name.n_bytes, &found);
    return found.func;
}

/* "WHAT NAME; exported functions: a, b, c", as far as it fits. */
static bool no_such_func(const char *what, const char *name, struct rt_error *error)
{
    char list[sizeof error->text / 2] = " none";
    size_t n = 0;
    for (uint32_t i = 0; i < wanco_module.n_exports && n < sizeof list; i++) {
        const struct rt_export *e = &wanco_module.exports[i];
        int n_bytes =
            e->name.n_bytes < sizeof list ? (int)e->name.n_bytes : (int)sizeof list;
        if (e->kind == RT_EXTERN_FUNC)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s %.*s", n > 0 ? "," : "",
                                  n_bytes, e->name.chars);
    }
    return rt_error_set(error, RT_ERROR_USAGE, "%s %s; exported functions:%s", what, name,
                        list);
}

static bool is_command(const struct rt_type *type)
{
    return type != NULL && type->n_params == 0 && type->n_results == 0;
}

/* Room for the arguments, then the results, of the entry's function. */
static bool allocate_values(struct program *p, struct rt_error *error)
{
    const struct rt_type *type = p->entry.type;
    size_t n = (size_t)type->n_params + type->n_results;
    p->entry.args = calloc(n + 1, sizeof *p->entry.args);
    if (p->entry.args == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    p->results = p->entry.args + type->n_params;
    return true;
}

static bool find_entry(struct program *p, struct rt_error *error)
{
    const char *invoke = p->options->invoke;
    struct rt_entry *entry = &p->entry;
    entry->stage = WANCO__SNAPSHOT__ENTRY__STAGE__START_FUNCTION;
    entry->export = invoke != NULL ? (struct rt_string){invoke, strlen(invoke)} : START;
    entry->type = exported_type(entry->export);
    if (invoke == NULL && !is_command(entry->type))
        return no_such_func("there is no function _start to run; name one with",
                            "--invoke", error);
    if (entry->type == NULL)
        return no_such_func("there is no exported function", invoke, error);
    return allocate_values(p, error) &&
           (invoke == NULL ||
            rt_invoke_parse(entry->type, p->options->guest_args, entry->args, error));
}

/* ---- Running ---- */

/* A reactor wants _initialize before anything else is called. */
static bool wants_initialize(const struct program *p)
{
    return is_command(exported_type(INITIALIZE)) && !equal(p->entry.export, START) &&
           !equal(p->entry.export, INITIALIZE);
}

/* All that follows the stage that is done. */
static bool finish(struct program *p, struct rt_error *error)
{
    struct rt_entry *entry = &p->entry;
    if (entry->stage == WANCO__SNAPSHOT__ENTRY__STAGE__START_FUNCTION) {
        entry->stage = WANCO__SNAPSHOT__ENTRY__STAGE__INITIALIZE;
        if (wants_initialize(p) &&
            !rt_call(exported_func(p->instance, INITIALIZE), NULL, NULL, error))
            return false;
    }
    if (entry->stage == WANCO__SNAPSHOT__ENTRY__STAGE__INITIALIZE) {
        entry->stage = WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT;
        if (!rt_call(exported_func(p->instance, entry->export), entry->args, p->results,
                     error))
            return false;
    }
    rt_invoke_print(entry->type, p->results);
    return true;
}

/* The guest's arguments: the program's name, then those that were left for it. */
static struct rt_wasi *create_wasi(const struct program *p, struct rt_error *error)
{
    const struct rt_options *options = p->options;
    size_t n = 0;
    while (options->guest_args[n] != NULL)
        n++;
    const char **args = calloc(n + 2, sizeof *args);
    if (args == NULL) {
        rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    args[0] = p->name;
    memcpy(args + 1, options->guest_args, n * sizeof *args);
    error->kind = RT_ERROR_SYSTEM;
    struct rt_wasi_config config = {args, options->env, rt_options_grants(options)};
    struct rt_wasi *wasi = rt_wasi_create(&config, error->text, sizeof error->text);
    free(args);
    return wasi;
}

/* The tables of host functions: that of the linked objects, then those of the plugins.
 * NULL with error set. */
static const struct wanco_host_function **load_tables(size_t *n_tables,
                                                      struct rt_error *error)
{
    size_t n = 0;
    while (wanco_module.plugins != NULL && wanco_module.plugins[n] != NULL)
        n++;
    const struct wanco_host_function **tables = calloc(n + 1, sizeof *tables);
    if (tables == NULL)
        rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    if (tables == NULL ||
        (n > 0 && !rt_plugins_load(wanco_module.plugins, tables + 1, error))) {
        free(tables);
        return NULL;
    }
    tables[0] = wanco_host_functions;
    *n_tables = n + 1;
    return tables;
}

static bool create_instance(struct program *p, bool is_restored, struct rt_error *error)
{
    size_t n_tables = 0;
    const struct wanco_host_function **tables = load_tables(&n_tables, error);
    struct rt_instance_config config = {.wasi = p->wasi,
                                        .host_tables = tables,
                                        .n_host_tables = n_tables,
                                        .max_memory_bytes = p->options->max_memory_bytes,
                                        .is_restored = is_restored};
    bool is_created =
        tables != NULL && rt_instance_create(&wanco_module, &config, &p->instance, error);
    free(tables);
    return is_created;
}

static bool start(struct program *p, struct rt_error *error)
{
    if (!find_entry(p, error) || (p->wasi = create_wasi(p, error)) == NULL)
        return false;
    return create_instance(p, false, error) && finish(p, error);
}

/* ---- Restoring ---- */

static bool restore_wasi(struct program *p, const Wanco__Snapshot__Header *header,
                         struct rt_error *error)
{
    if (header->wasi == NULL)
        return (p->wasi = create_wasi(p, error)) != NULL;
    error->kind = RT_ERROR_USAGE;
    struct rt_wasi_grants grants = rt_options_grants(p->options);
    p->wasi = rt_wasi_restore(header->wasi, &grants, error->text, sizeof error->text);
    return p->wasi != NULL;
}

static bool check(const struct program *p, const struct snapshot *s,
                  struct rt_error *error)
{
    struct rt_error why;
    return rt_restore_check(snapshot_header(s), &wanco_module, &why) ||
           rt_error_set(error, why.kind, "cannot use %.200s: %.250s", p->options->restore,
                        why.text);
}

/* The guest as it was; s is needed no more afterwards. */
static bool build(struct program *p, const struct snapshot *s, struct rt_frames *frames,
                  struct rt_error *error)
{
    const Wanco__Snapshot__Header *header = snapshot_header(s);
    struct rt_referents referents;
    if (!check(p, s, error) || !restore_wasi(p, header, error) ||
        !create_instance(p, true, error) ||
        !rt_restore_exns(header, &p->instance, &referents, error))
        return false;
    bool ok = rt_restore_state(s, &referents, p->options->max_memory_bytes, error) &&
              rt_restore_entry(header, &referents, &p->entry, &p->results, error) &&
              rt_restore_frames(header->stacks[0], &referents, frames, error);
    rt_referents_free(&referents);
    return ok;
}

static bool restore(struct program *p, struct rt_error *error)
{
    struct rt_frames frames;
    error->kind = RT_ERROR_USAGE;
    struct snapshot *s =
        snapshot_open(p->options->restore, error->text, sizeof error->text);
    if (s == NULL)
        return false;
    rt_mapped_allow(s);
    bool is_built = build(p, s, &frames, error);
    snapshot_close(s);
    return is_built && rt_resume(&frames, p->results, error) && finish(p, error);
}

/* ---- main ---- */

/* Requests that come by signal. */
static bool listen(struct program *p, struct rt_error *error)
{
    const struct rt_options *o = p->options;
    bool wants = o->checkpoint_every != 0 || o->checkpoint_signal != 0 ||
                 o->checkpoint.stresses || o->restore != NULL;
    if (wants && wanco_module.func_points == NULL)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "this program was compiled with --no-checkpoint; "
                            "compile it again without");
    rt_checkpoint_setup(&o->checkpoint, &p->entry);
    return (o->points_taken == NULL ||
            rt_points_taken_setup(o->points_taken, &wanco_module, error)) &&
           (o->checkpoint_signal == 0 || rt_signals_add(o->checkpoint_signal, error)) &&
           (o->checkpoint_every == 0 || rt_signals_repeat(o->checkpoint_every, error));
}

static bool run(struct program *p, struct rt_error *error)
{
    if (!rt_trap_setup(p->options->stack_bytes, error) || !listen(p, error))
        return false;
    bool is_done = p->options->restore != NULL ? restore(p, error) : start(p, error);
    rt_wasi_destroy(p->wasi); /* the streams get their flags back */
    free(p->entry.args);
    return is_done;
}

static int report(const char *program, const struct rt_error *error)
{
    switch (error->kind) {
    case RT_ERROR_NONE:
        return EXIT_SUCCESS;
    case RT_ERROR_EXIT:
        return (int)error->exit_status;
    case RT_ERROR_TRAP: /* both have told their reason (trap.c) */
    case RT_ERROR_EXCEPTION:
        return STATUS_TRAP;
    case RT_ERROR_SUSPENDED:
        return STATUS_SUSPENDED;
    case RT_ERROR_LINK:
    case RT_ERROR_SYSTEM:
    case RT_ERROR_USAGE:
        break;
    }
    fprintf(stderr, "%s: %s\n", program, error->text);
    return STATUS_USAGE;
}

/* What the options ask for. */
static bool answer(const char *program, const struct rt_options *options,
                   struct rt_error *error)
{
    struct program p = {.options = options, .name = program};
    if (options->show_help)
        rt_options_print_help(program);
    else if (options->show_version)
        puts("wanco " WANCO_VERSION);
    else if (!run(&p, error))
        return false;
    return (fflush(stdout) == 0 && !ferror(stdout)) ||
           rt_error_set(error, RT_ERROR_SYSTEM, "cannot write to stdout: %s",
                        strerror(errno));
}

int main(int argc, char **argv)
{
    bool can_suspend = wanco_module.func_points != NULL;
    rt_signals_install(can_suspend);
    rt_status_create(can_suspend);
    const char *program = argc > 0 ? argv[0] : "wanco";
    struct rt_options options;
    struct rt_error error = {.kind = RT_ERROR_NONE};
    if (rt_options_parse(&options, argv, &error) && answer(program, &options, &error))
        return EXIT_SUCCESS;
    return report(program, &error);
}
