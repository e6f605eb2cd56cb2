/* The options of a compiled program, each said once: a row of the table below. */
#define _GNU_SOURCE
#include "runtime/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/signals.h"

#define MAX_ZSTD_LEVEL       19
#define DEFAULT_STACK_BYTES  (UINT64_C(64) << 20)
#define DEFAULT_MAX_UNLINKED (UINT64_C(64) << 20)
#define MAX_MAX_UNLINKED     (UINT64_C(1) << 29) /* a snapshot's header ends at 2^30 */
#define MIN_STACK_BYTES                                                                  \
    (UINT64_C(256) << 10) /* room for host functions and some guest                      \
                           */

static bool usage_error(struct rt_error *error, const char *what, const char *value)
{
    return rt_error_set(error, RT_ERROR_USAGE, "%s, not %s", what, value);
}

static void *grow_array(void *array, size_t n, size_t element_bytes,
                        struct rt_error *error)
{
    void *grown = realloc(array, n * element_bytes);
    if (grown == NULL)
        rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    return grown;
}

/* HOST[::GUEST][:ro], which is cut up in place. */
static bool parse_dir(char *text, struct rt_preopen *preopen)
{
    size_t n = strlen(text);
    preopen->read_only = n > 3 && strcmp(text + n - 3, ":ro") == 0;
    if (preopen->read_only)
        text[n - 3] = '\0';
    char *separator = strstr(text, "::");
    if (separator != NULL)
        *separator = '\0';
    preopen->host_path = text;
    preopen->guest_name = separator != NULL ? separator + 2 : text;
    return *preopen->host_path != '\0' && *preopen->guest_name != '\0';
}

static bool set_dir(struct rt_options *o, const char *value, struct rt_error *error)
{
    struct rt_preopen *preopens =
        grow_array(o->preopens, o->n_preopens + 1, sizeof *preopens, error);
    if (preopens == NULL)
        return false;
    o->preopens = preopens;
    char *text = strdup(value);
    if (text == NULL)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    if (!parse_dir(text, &preopens[o->n_preopens])) {
        free(text);
        return usage_error(
            error, "--dir takes HOST, HOST::GUEST, HOST:ro or HOST::GUEST:ro", value);
    }
    o->n_preopens++;
    return true;
}

static bool set_listen(struct rt_options *o, const char *value, struct rt_error *error)
{
    const char **listeners =
        grow_array(o->listeners, o->n_listeners + 1, sizeof *listeners, error);
    if (listeners == NULL)
        return false;
    o->listeners = listeners;
    o->listeners[o->n_listeners++] = value;
    return true;
}

/* Adds NAME=value, or replaces what NAME had. */
static bool set_variable(struct rt_options *o, const char *variable,
                         struct rt_error *error)
{
    size_t name_bytes = (size_t)(strchrnul(variable, '=') - variable) + 1;
    size_t i = 0;
    while (i < o->n_env && strncmp(o->env[i], variable, name_bytes) != 0)
        i++;
    if (i == o->n_env) {
        const char **env = grow_array(o->env, o->n_env + 2, sizeof *env, error);
        if (env == NULL)
            return false;
        o->env = env;
        o->env[++o->n_env] = NULL;
    }
    o->env[i] = variable;
    return true;
}

static bool set_env(struct rt_options *o, const char *value, struct rt_error *error)
{
    if (value[0] == '=' || strchr(value, '=') == NULL)
        return usage_error(error, "--env takes NAME=VALUE", value);
    return set_variable(o, value, error);
}

static bool set_inherit_env(struct rt_options *o, const char *value,
                            struct rt_error *error)
{
    (void)value;
    for (char **variable = environ; *variable != NULL; variable++)
        if (!set_variable(o, *variable, error))
            return false;
    return true;
}

static bool set_invoke(struct rt_options *o, const char *value, struct rt_error *error)
{
    (void)error;
    o->invoke = value;
    return true;
}

/* "65536", "64K", "1M", "2G", "1T"; false if it is none of these or too large. */
static bool parse_bytes(const char *text, uint64_t *n_bytes)
{
    static const char suffixes[] = "KMGT";
    char *end;
    errno = 0;
    *n_bytes = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || errno != 0)
        return false;
    const char *suffix =
        *end == '\0' ? NULL : strchr(suffixes, toupper((unsigned char)*end));
    if (suffix == NULL)
        return *end == '\0';
    unsigned shift = 10 * (unsigned)(suffix - suffixes + 1);
    bool fits = *n_bytes <= UINT64_MAX >> shift;
    *n_bytes <<= shift;
    return fits && end[1] == '\0';
}

static bool set_stack_size(struct rt_options *o, const char *value,
                           struct rt_error *error)
{
    if (!parse_bytes(value, &o->stack_bytes) || o->stack_bytes < MIN_STACK_BYTES)
        return usage_error(
            error, "--stack-size takes a number of bytes like 64M, at least 256K", value);
    return true;
}

static bool set_max_memory(struct rt_options *o, const char *value,
                           struct rt_error *error)
{
    if (!parse_bytes(value, &o->max_memory_bytes) || o->max_memory_bytes == 0)
        return usage_error(error, "--max-memory takes a number of bytes like 512M",
                           value);
    return true;
}

static bool set_max_unlinked(struct rt_options *o, const char *value,
                             struct rt_error *error)
{
    return (parse_bytes(value, &o->max_unlinked_bytes) &&
            o->max_unlinked_bytes <= MAX_MAX_UNLINKED) ||
           usage_error(error,
                       "--max-unlinked takes a number of bytes like 64M, at most 512M",
                       value);
}

static bool set_restore_files(struct rt_options *o, const char *value,
                              struct rt_error *error)
{
    o->accepts_changes = strcmp(value, "relaxed") == 0;
    return o->accepts_changes || strcmp(value, "strict") == 0 ||
           usage_error(error, "--restore-files takes strict or relaxed", value);
}

static bool set_restore(struct rt_options *o, const char *value, struct rt_error *error)
{
    (void)error;
    o->restore = value;
    return true;
}

static bool set_checkpoint_path(struct rt_options *o, const char *value,
                                struct rt_error *error)
{
    o->checkpoint.path = value;
    return *value != '\0' ||
           rt_error_set(error, RT_ERROR_USAGE, "--checkpoint-path needs a file name");
}

/* "10s", "5m", "500ms" … in nanoseconds; false if it is none of these, 0, or too long. */
static bool parse_duration(const char *text, uint64_t *nanoseconds)
{
    static const struct {
        const char *name;
        uint64_t nanoseconds;
    } units[] = {{"ms", 1000000},
                 {"s", 1000000000},
                 {"m", UINT64_C(60) * 1000000000},
                 {"h", UINT64_C(3600) * 1000000000}};
    char *end;
    errno = 0;
    uint64_t n = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || errno != 0 || n == 0)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0)
            return !__builtin_mul_overflow(n, units[i].nanoseconds, nanoseconds);
    return false;
}

static bool set_checkpoint_every(struct rt_options *o, const char *value,
                                 struct rt_error *error)
{
    return parse_duration(value, &o->checkpoint_every) ||
           usage_error(error, "--checkpoint-every takes a time like 500ms, 10s, 5m or 1h",
                       value);
}

static bool set_checkpoint_signal(struct rt_options *o, const char *value,
                                  struct rt_error *error)
{
    o->checkpoint_signal = rt_signal_of_name(value);
    return o->checkpoint_signal != 0 ||
           usage_error(error,
                       "--checkpoint-signal takes a signal that a program can handle, "
                       "like TERM",
                       value);
}

/* none, zstd or zstd:LEVEL */
static bool set_compress(struct rt_options *o, const char *value, struct rt_error *error)
{
    struct snapshot_options *format = &o->checkpoint.format;
    const char *level = strncmp(value, "zstd:", 5) == 0 ? value + 5 : "";
    char *end;
    long n = isdigit((unsigned char)*level) ? strtol(level, &end, 10) : 0;
    format->compression = strcmp(value, "none") == 0 ? SNAPSHOT_RAW : SNAPSHOT_ZSTD;
    format->zstd_level = 0;
    if (strcmp(value, "none") == 0 || strcmp(value, "zstd") == 0)
        return true;
    format->zstd_level = (int)n;
    return (n >= 1 && n <= MAX_ZSTD_LEVEL && *end == '\0') ||
           usage_error(error, "--compress takes none, zstd or zstd:LEVEL, 1 to 19",
                       value);
}

static bool set_report(struct rt_options *o, const char *value, struct rt_error *error)
{
    (void)value;
    (void)error;
    o->checkpoint.reports = true;
    return true;
}

static bool set_stress(struct rt_options *o, const char *value, struct rt_error *error)
{
    char *end;
    o->checkpoint.stresses = true;
    o->checkpoint.end_at = strtoull(value, &end, 10);
    return (isdigit((unsigned char)*value) && *end == '\0') ||
           usage_error(error, "--stress takes the number of a safepoint, or 0", value);
}

static bool set_points_taken(struct rt_options *o, const char *value,
                             struct rt_error *error)
{
    (void)error;
    o->points_taken = value;
    return true;
}

static bool set_help(struct rt_options *o, const char *value, struct rt_error *error)
{
    (void)value;
    (void)error;
    o->show_help = true;
    return true;
}

static bool set_version(struct rt_options *o, const char *value, struct rt_error *error)
{
    (void)value;
    (void)error;
    o->show_version = true;
    return true;
}

static const struct option {
    const char *name;
    const char *argument; /* or NULL: it takes none */
    const char *help;     /* NULL: only for tests (docs/testing.md) */
    bool (*set)(struct rt_options *options, const char *value, struct rt_error *error);
} table[] = {
    {"--dir", "HOST[::GUEST][:ro]", "let the guest use a directory (:ro: only read it)",
     set_dir},
    {"--listen", "ADDRESS:PORT", "let the guest accept connections there", set_listen},
    {"--env", "NAME=VALUE", "set an environment variable for the guest", set_env},
    {"--inherit-env", NULL, "give the guest all of this process's environment",
     set_inherit_env},
    {"--invoke", "EXPORT", "call an exported function with the guest arguments",
     set_invoke},
    {"--restore", "FILE", "go on from a snapshot", set_restore},
    {"--restore-files", "strict|relaxed",
     "whether open files must be as they were (strict), or people are warned",
     set_restore_files},
    {"--checkpoint-path", "FILE", "where snapshots go (default ./NAME.wsnap)",
     set_checkpoint_path},
    {"--checkpoint-every", "TIME", "write one every 10s, 5m … too, and go on",
     set_checkpoint_every},
    {"--checkpoint-signal", "SIGNAL", "do at this signal, too, what SIGUSR1 does",
     set_checkpoint_signal},
    {"--compress", "none|zstd[:LEVEL]",
     "how to write the memory in snapshots (default none, but zstd up to 2M)",
     set_compress},
    {"--max-unlinked", "BYTES", "of files without a name in a snapshot (default 64M)",
     set_max_unlinked},
    {"--checkpoint-report", NULL, NULL, set_report},
    {"--stress", "NUMBER", NULL, set_stress},
    {"--points-taken", "FILE", NULL, set_points_taken},
    {"--stack-size", "BYTES", "size of the guest's stack (default 64M)", set_stack_size},
    {"--max-memory", "BYTES", "upper limit of the guest's memory", set_max_memory},
    {"--help", NULL, "show this text", set_help},
    {"--version", NULL, "show which wanco made this program", set_version},
};
#define N_OPTIONS (sizeof table / sizeof *table)

/* "-5" and "-inf" are arguments of --invoke. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]) &&
           word[1] != '.' && strcmp(word, "-inf") != 0 && strncmp(word, "-nan", 4) != 0;
}

static const struct option *find_option(const char *word, size_t name_bytes)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strlen(table[i].name) == name_bytes &&
            memcmp(table[i].name, word, name_bytes) == 0)
            return &table[i];
    return NULL;
}

/* One option at *argv, as `--name`, `--name value` or `--name=value`; *argv moves to its
 * last word. */
static bool parse_option(struct rt_options *o, char ***argv, struct rt_error *error)
{
    const char *word = **argv;
    size_t name_bytes = (size_t)(strchrnul(word, '=') - word);
    const struct option *option = find_option(word, name_bytes);
    const char *value = word[name_bytes] == '=' ? word + name_bytes + 1 : NULL;
    if (option == NULL)
        return rt_error_set(error, RT_ERROR_USAGE,
                            "unknown runtime option %s; to pass it to the guest, "
                            "write -- before it; --help lists the options",
                            word);
    if (option->argument == NULL && value != NULL)
        return rt_error_set(error, RT_ERROR_USAGE, "%s takes no value", option->name);
    if (option->argument != NULL && value == NULL && (value = *++*argv) == NULL)
        return rt_error_set(error, RT_ERROR_USAGE, "%s needs %s", option->name,
                            option->argument);
    return option->set(o, value, error);
}

/* What the snapshot tells, the command line must not. */
static bool check_restore(const struct rt_options *o, struct rt_error *error)
{
    const char *given = o->invoke != NULL          ? "--invoke"
                        : o->env != NULL           ? "--env and --inherit-env"
                        : o->guest_args[0] != NULL ? "the guest arguments"
                                                   : NULL;
    return given == NULL ||
           rt_error_set(error, RT_ERROR_USAGE,
                        "with --restore, the snapshot tells what to run, its arguments "
                        "and its environment: leave out %s",
                        given);
}

/* NAME.wsnap in the current directory. */
static bool set_default_path(struct rt_options *o, const char *program,
                             struct rt_error *error)
{
    char *path;
    if (o->checkpoint.path != NULL)
        return true;
    if (asprintf(&path, "%s.wsnap", basename(program)) < 0)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    o->checkpoint.path = path;
    return true;
}

bool rt_options_parse(struct rt_options *options, char **argv, struct rt_error *error)
{
    static const char *no_env[] = {NULL};
    *options = (struct rt_options){.stack_bytes = DEFAULT_STACK_BYTES,
                                   .max_unlinked_bytes = DEFAULT_MAX_UNLINKED};
    const char *program = *argv != NULL ? *argv++ : "wanco";
    for (; *argv != NULL && is_option(*argv); argv++) {
        if (strcmp(*argv, "--") == 0) {
            argv++;
            break;
        }
        if (!parse_option(options, &argv, error))
            return false;
    }
    options->guest_args = argv;
    if (options->restore != NULL && !check_restore(options, error))
        return false;
    if (options->env == NULL)
        options->env = no_env;
    return set_default_path(options, program, error);
}

struct rt_wasi_grants rt_options_grants(const struct rt_options *o)
{
    return (struct rt_wasi_grants){.preopens = o->preopens,
                                   .n_preopens = o->n_preopens,
                                   .listeners = o->listeners,
                                   .n_listeners = o->n_listeners,
                                   .max_unlinked_bytes = o->max_unlinked_bytes,
                                   .accepts_changes = o->accepts_changes};
}

void rt_options_print_help(const char *program)
{
    printf("usage: %s [runtime options] [--] [guest arguments]\n", program);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (table[i].help == NULL)
            continue;
        const char *argument = table[i].argument != NULL ? table[i].argument : "";
        int n = printf("  %s %s", table[i].name, argument);
        printf("%*s%s\n", n < 36 ? 36 - n : 1, "", table[i].help);
    }
    puts("SIGUSR1: write a snapshot and end with status 75. SIGUSR2: write one and go "
         "on.");
}
