/* The program the spec runner links with the modules of one test file and with the
 * runtime. It reads commands from stdin, one a line, and answers each with one line on
 * stdout:
 *
 * - instantiate MODULE: the next instance, numbered from 0, of modules[MODULE];
 * - register INSTANCE NAME: make it known to imports of later instances;
 * - invoke INSTANCE NAME ARGS…: call an exported function;
 * - get INSTANCE NAME: read an exported global;
 * - rebuilds: how often the guest was suspended and rebuilt.
 *
 * - returned TYPE:VALUE…: done; results, or the global's value;
 * - trapped MESSAGE, threw MESSAGE, unlinked MESSAGE, exited STATUS;
 * - failed REASON: the command can't be done.
 *
 * With the argument --stress the guest is suspended at every safepoint, and goes on from
 * what a snapshot would say of its frames.
 *
 * NAME is "x" and the name's bytes in hexadecimal. Values are bit patterns in
 * hexadecimal (of a v128 the highest lane first), or "null", or "func" for any other
 * function reference, "exn" for an exception's, or the number of an external reference.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/checkpoint.h"
#include "runtime/instance.h"
#include "runtime/resume.h"
#include "runtime/signals.h"
#include "runtime/trap.h"
#include "spec-tests/spectest.h"

/* Written by the runner; an entry is NULL if its module was not compiled. */
extern const struct rt_module *const modules[];
extern const uint32_t n_modules;

#define STACK_BYTES (1u << 20)

static uint64_t n_rebuilds;

struct registration {
    const char *name;
    size_t n_bytes;
    struct rt_instance *instance;
};

struct session {
    struct rt_instance **instances; /* NULL: its creation failed */
    size_t n_instances;
    struct registration *registered;
    size_t n_registered;
};

/* array with room for n + 1 elements. */
static void *grown(void *array, size_t n, size_t element_bytes)
{
    array = reallocarray(array, n + 1, element_bytes);
    if (array == NULL)
        abort();
    return array;
}

static bool resolve(void *context, const struct rt_import *import,
                    struct rt_extern *found)
{
    const struct session *s = context;
    for (size_t i = s->n_registered; i-- > 0;) {
        const struct registration *r = &s->registered[i];
        if (r->n_bytes == import->module.n_bytes &&
            memcmp(r->name, import->module.chars, r->n_bytes) == 0)
            return rt_instance_export(r->instance, import->name.chars,
                                      import->name.n_bytes, found);
    }
    return false;
}

static void register_instance(struct session *s, const char *name, size_t n_bytes,
                              struct rt_instance *instance)
{
    s->registered = grown(s->registered, s->n_registered, sizeof *s->registered);
    s->registered[s->n_registered++] = (struct registration){name, n_bytes, instance};
}

static struct rt_instance *instantiate(const struct session *s,
                                       const struct rt_module *module,
                                       struct rt_error *error)
{
    struct session *context = (struct session *)(uintptr_t)s;
    struct rt_instance_config config = {.resolve = resolve, .resolve_context = context};
    struct rt_instance *instance;
    return rt_instance_create(module, &config, &instance, error) ? instance : NULL;
}

/* ---- Answers ---- */

static void answer_error(const struct rt_error *error)
{
    switch (error->kind) {
    case RT_ERROR_TRAP:
        printf("trapped %s\n", rt_trap_message(error->trap));
        break;
    case RT_ERROR_EXCEPTION:
        printf("threw %s\n", error->text);
        break;
    case RT_ERROR_LINK:
        printf("unlinked %s\n", error->text);
        break;
    case RT_ERROR_EXIT:
        printf("exited %" PRIu32 "\n", error->exit_status);
        break;
    case RT_ERROR_NONE:
    case RT_ERROR_SUSPENDED:
    case RT_ERROR_SYSTEM:
    case RT_ERROR_USAGE:
        printf("failed %s\n", error->text);
        break;
    }
}

static void answer_value(uint32_t type, const union rt_value *value)
{
    switch (type) {
    case RT_TYPE_I32:
        printf(" i32:%" PRIx32, value->i32);
        break;
    case RT_TYPE_I64:
        printf(" i64:%" PRIx64, value->i64);
        break;
    case RT_TYPE_F32:
        printf(" f32:%" PRIx32, value->i32);
        break;
    case RT_TYPE_F64:
        printf(" f64:%" PRIx64, value->i64);
        break;
    case RT_TYPE_V128:
        printf(" v128:%016" PRIx64 "%016" PRIx64, value->v128[1], value->v128[0]);
        break;
    case RT_TYPE_FUNCREF:
        printf(" funcref:%s", value->ref == NULL ? "null" : "func");
        break;
    case RT_TYPE_EXNREF:
        printf(" exnref:%s", value->ref == NULL ? "null" : "exn");
        break;
    case RT_TYPE_EXTERNREF:
        if (value->ref == NULL)
            printf(" externref:null");
        else
            printf(" externref:%" PRIxPTR, (uintptr_t)value->ref - 1);
        break;
    default:
        printf(" type-%#" PRIx32, type);
    }
}

/* ---- Words of a command ---- */

/* Decodes a NAME in place; NULL if it is none. */
static char *parse_name(char *word, size_t *n_bytes)
{
    if (word == NULL || *word != 'x')
        return NULL;
    size_t n = strlen(word + 1) / 2;
    for (size_t i = 0; i < n; i++) {
        char digits[3] = {word[1 + 2 * i], word[2 + 2 * i], 0};
        word[i] = (char)strtoul(digits, NULL, 16);
    }
    *n_bytes = n;
    return word;
}

/* 32 digits. */
static union rt_value parse_v128(const char *word)
{
    char high[17] = "";
    memcpy(high, word, strnlen(word, 16));
    return (union rt_value){
        .v128 = {strtoull(word + strlen(high), NULL, 16), strtoull(high, NULL, 16)}};
}

static union rt_value parse_value(uint32_t type, const char *word)
{
    union rt_value value = {.bytes = {0}};
    if (type == RT_TYPE_V128)
        return parse_v128(word);
    uint64_t bits = strtoull(word, NULL, 16);
    if (type == RT_TYPE_EXTERNREF)
        value.ref =
            strcmp(word, "null") == 0 ? NULL : (const void *)(uintptr_t)(bits + 1);
    else if (type == RT_TYPE_I64 || type == RT_TYPE_F64)
        value.i64 = bits;
    else
        value.i32 = (uint32_t)bits; /* a null funcref is all zero as well */
    return value;
}

/* The instance a command names; answers and returns NULL if there is none. */
static struct rt_instance *parse_instance(const struct session *s, const char *word)
{
    size_t number = word == NULL ? SIZE_MAX : strtoul(word, NULL, 10);
    if (number < s->n_instances && s->instances[number] != NULL)
        return s->instances[number];
    printf("failed there is no such instance\n");
    return NULL;
}

/* ---- Commands ---- */

static void run_instantiate(struct session *s, char **rest)
{
    const char *word = strtok_r(NULL, " \n", rest);
    size_t number = word == NULL ? SIZE_MAX : strtoul(word, NULL, 10);
    struct rt_error error = {.kind = RT_ERROR_NONE};
    struct rt_instance *instance = NULL;
    if (number < n_modules && modules[number] != NULL)
        instance = instantiate(s, modules[number], &error);
    else
        snprintf(error.text, sizeof error.text, "the module was not compiled");
    s->instances = grown(s->instances, s->n_instances, sizeof(struct rt_instance *));
    s->instances[s->n_instances++] = instance;
    if (instance == NULL)
        answer_error(&error);
    else
        printf("returned\n");
}

static void run_register(struct session *s, char **rest)
{
    struct rt_instance *instance = parse_instance(s, strtok_r(NULL, " \n", rest));
    size_t n_bytes = 0;
    const char *name = parse_name(strtok_r(NULL, " \n", rest), &n_bytes);
    if (instance == NULL || name == NULL)
        return;
    char *copy = grown(NULL, n_bytes, 1);
    memcpy(copy, name, n_bytes);
    register_instance(s, copy, n_bytes, instance);
    printf("returned\n");
}

/* The export a command names, of the given kind; answers and returns false if there is
 * none. */
static bool find_export(const struct session *s, char **rest, uint32_t kind,
                        struct rt_extern *found)
{
    struct rt_instance *instance = parse_instance(s, strtok_r(NULL, " \n", rest));
    size_t n_bytes = 0;
    const char *name = parse_name(strtok_r(NULL, " \n", rest), &n_bytes);
    if (instance == NULL)
        return false;
    if (name != NULL && rt_instance_export(instance, name, n_bytes, found) &&
        found->kind == kind)
        return true;
    printf("failed there is no such export\n");
    return false;
}

static void run_invoke(const struct session *s, char **rest)
{
    struct rt_extern export;
    if (!find_export(s, rest, RT_EXTERN_FUNC, &export))
        return;
    const struct rt_type *type = rt_func_type(export.func);
    union rt_value *args = calloc(type->n_params + 1, sizeof *args);
    union rt_value *results = calloc(type->n_results + 1, sizeof *results);
    if (args == NULL || results == NULL)
        abort();
    uint32_t n_args = 0;
    for (char *word; (word = strtok_r(NULL, " \n", rest)) != NULL; n_args++)
        if (n_args < type->n_params)
            args[n_args] = parse_value(type->codes[n_args], word);
    struct rt_error error = {.kind = RT_ERROR_NONE};
    if (n_args != type->n_params) {
        printf("failed it takes %" PRIu32 " arguments\n", type->n_params);
    } else if (!rt_call(export.func, args, results, &error)) {
        answer_error(&error);
    } else {
        printf("returned");
        for (uint32_t i = 0; i < type->n_results; i++)
            answer_value(type->codes[type->n_params + i], &results[i]);
        printf("\n");
    }
    free(args);
    free(results);
}

static void run_get(const struct session *s, char **rest)
{
    struct rt_extern export;
    if (!find_export(s, rest, RT_EXTERN_GLOBAL, &export))
        return;
    printf("returned");
    answer_value(export.global_type, export.global);
    printf("\n");
}

static void run_rebuilds(void)
{
    printf("returned i64:%" PRIx64 "\n", n_rebuilds);
}

static void run_command(struct session *s, char *line)
{
    char *rest = NULL;
    const char *verb = strtok_r(line, " \n", &rest);
    if (verb == NULL)
        printf("failed empty command\n");
    else if (strcmp(verb, "instantiate") == 0)
        run_instantiate(s, &rest);
    else if (strcmp(verb, "register") == 0)
        run_register(s, &rest);
    else if (strcmp(verb, "invoke") == 0)
        run_invoke(s, &rest);
    else if (strcmp(verb, "get") == 0)
        run_get(s, &rest);
    else if (strcmp(verb, "rebuilds") == 0)
        run_rebuilds();
    else
        printf("failed unknown command\n");
    fflush(stdout);
}

static void count_rebuild(uint32_t n_frames, uint64_t nanoseconds)
{
    (void)n_frames;
    (void)nanoseconds;
    n_rebuilds++;
}

static void set_up_stress(void)
{
    static const struct rt_checkpoint_config config = {.stresses = true};
    rt_signals_install(true);
    rt_checkpoint_setup(&config, NULL);
    rt_set_rebuilt_handler(count_rebuild);
}

int main(int argc, char **argv)
{
    struct session session = {.n_instances = 0};
    struct rt_error error = {.kind = RT_ERROR_NONE};
    static const char spectest_name[] = "spectest";
    if (!rt_trap_setup(STACK_BYTES, &error)) {
        fprintf(stderr, "driver: %s\n", error.text);
        return 1;
    }
    rt_trap_set_backtrace(false);
    if (argc > 1 && strcmp(argv[1], "--stress") == 0)
        set_up_stress();
    struct rt_instance *spectest = instantiate(&session, &spectest_module, &error);
    if (spectest == NULL) {
        fprintf(stderr, "driver: spectest: %s\n", error.text);
        return 1;
    }
    register_instance(&session, spectest_name, sizeof spectest_name - 1, spectest);
    char *line = NULL;
    for (size_t n_bytes = 0; getline(&line, &n_bytes, stdin) > 0;)
        run_command(&session, line);
    return 0;
}
