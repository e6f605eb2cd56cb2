/* main of every executable: options, instance, then _start or the export that --invoke
 * names.
 *
 * Exit status: the guest's own; 134 after a trap; 2 when the call or the machine is at
 * fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/instance.h"
#include "runtime/invoke.h"
#include "runtime/options.h"

#define STATUS_TRAP  134
#define STATUS_USAGE 2

extern const struct rt_module wanco_module; /* RT_MODULE_SYMBOL */

static const struct rt_func *find_func(struct rt_instance *instance, const char *name)
{
    struct rt_extern found;
    if (!rt_instance_export(instance, name, strlen(name), &found) ||
        found.kind != RT_EXTERN_FUNC)
        return NULL;
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

static bool is_command(const struct rt_func *func)
{
    const struct rt_type *type = rt_func_type(func);
    return type->n_params == 0 && type->n_results == 0;
}

static bool invoke(const struct rt_func *func, char **words, struct rt_error *error)
{
    const struct rt_type *type = rt_func_type(func);
    size_t n_values = (size_t)type->n_params + type->n_results;
    union rt_value *args = calloc(n_values + 1, sizeof *args);
    if (args == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    union rt_value *results = args + type->n_params;
    bool ok =
        rt_invoke_parse(type, words, args, error) && rt_call(func, args, results, error);
    if (ok)
        rt_invoke_print(type, results);
    free(args);
    if (ok && fflush(stdout) != 0)
        return rt_error_set(error, RT_ERROR_SYSTEM, "cannot write the results to stdout");
    return ok;
}

static bool run(struct rt_instance *instance, const struct rt_options *options,
                struct rt_error *error)
{
    const char *name = options->invoke != NULL ? options->invoke : "_start";
    const struct rt_func *func = find_func(instance, name);
    if (options->invoke == NULL) {
        if (func == NULL || !is_command(func))
            return no_such_func("there is no function _start to run; name one with",
                                "--invoke", error);
        return rt_call(func, NULL, NULL, error);
    }
    if (func == NULL)
        return no_such_func("there is no exported function", name, error);
    /* A reactor wants this before anything else is called. */
    const struct rt_func *initialize = find_func(instance, "_initialize");
    if (initialize != NULL && initialize != func && is_command(initialize) &&
        !rt_call(initialize, NULL, NULL, error))
        return false;
    return invoke(func, options->guest_args, error);
}

/* The guest's arguments: the program's name, then those that were left for it. */
static struct rt_wasi *create_wasi(const struct rt_options *options, const char *program,
                                   struct rt_error *error)
{
    size_t n = 0;
    while (options->guest_args[n] != NULL)
        n++;
    const char **args = calloc(n + 2, sizeof *args);
    if (args == NULL) {
        rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    args[0] = program;
    memcpy(args + 1, options->guest_args, n * sizeof *args);
    error->kind = RT_ERROR_SYSTEM;
    struct rt_wasi *wasi =
        rt_wasi_create(&(struct rt_wasi_config){args, options->env, options->preopens,
                                                options->n_preopens},
                       error->text, sizeof error->text);
    free(args);
    return wasi;
}

static bool start(const struct rt_options *options, const char *program,
                  struct rt_error *error)
{
    struct rt_instance *instance;
    if (!rt_trap_setup(options->stack_bytes, error))
        return false;
    struct rt_wasi *wasi = create_wasi(options, program, error);
    if (wasi == NULL)
        return false;
    struct rt_instance_config config = {.wasi = wasi,
                                        .max_memory_bytes = options->max_memory_bytes};
    bool is_done = rt_instance_create(&wanco_module, &config, &instance, error) &&
                   run(instance, options, error);
    rt_wasi_destroy(wasi); /* the streams get their flags back */
    return is_done;
}

static int report(const char *program, const struct rt_error *error)
{
    switch (error->kind) {
    case RT_ERROR_NONE:
        return EXIT_SUCCESS;
    case RT_ERROR_EXIT:
        return (int)error->exit_status;
    case RT_ERROR_TRAP: /* which has told its reason (trap.c) */
        return STATUS_TRAP;
    case RT_ERROR_SUSPENDED: /* which is resumed, or written */
    case RT_ERROR_LINK:
    case RT_ERROR_SYSTEM:
    case RT_ERROR_USAGE:
        break;
    }
    fprintf(stderr, "%s: %s\n", program, error->text);
    return STATUS_USAGE;
}

int main(int argc, char **argv)
{
    const char *program = argc > 0 ? argv[0] : "wanco";
    struct rt_options options;
    struct rt_error error = {.kind = RT_ERROR_NONE};
    if (!rt_options_parse(&options, argv, &error))
        return report(program, &error);
    if (options.show_help) {
        rt_options_print_help(program);
        return EXIT_SUCCESS;
    }
    if (options.show_version) {
        puts("wanco " WANCO_VERSION);
        return EXIT_SUCCESS;
    }
    if (start(&options, program, &error))
        return EXIT_SUCCESS;
    return report(program, &error);
}
