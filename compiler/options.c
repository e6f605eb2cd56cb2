/* Options and commands are tables: reading them and --help come from these. */
#define _GNU_SOURCE
#include "compiler/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/abi.h"

enum { USAGE = 2, MAX_THREADS = 256 };

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("wanco: ", stderr);
    vfprintf(stderr, format, args);
    fputs("; see wanco --help\n", stderr);
    va_end(args);
    return USAGE;
}

static int set_output(struct options *o, const char *value)
{
    o->output = value;
    return 0;
}

static int set_target(struct options *o, const char *value)
{
    o->isa = isa_find(value);
    return o->isa ? 0 : usage_error("--target %s is not one of %s", value, isa_names());
}

static int set_cpu(struct options *o, const char *value)
{
    o->cpu = value;
    return 0;
}

static int set_level(struct options *o, const char *value)
{
    if (value[0] < '0' || value[0] > '3' || value[1])
        return usage_error("-O%s is not one of -O0, -O1, -O2, -O3", value);
    o->opt_level = value[0] - '0';
    return 0;
}

static int read_number(const char *option, const char *value, unsigned most,
                       unsigned *number)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end || errno || n < 1 || n > most)
        return usage_error("%s %s is not a number from 1 to %u", option, value, most);
    *number = (unsigned)n;
    return 0;
}

static int set_threads(struct options *o, const char *value)
{
    return read_number("-j", value, MAX_THREADS, &o->n_threads);
}

static int set_emit(struct options *o, const char *value)
{
    static const char *const names[] = {"exe", "obj", "shared", "llvm-ir"};
    for (int i = 0; i < 4; i++)
        if (strcmp(value, names[i]) == 0) {
            o->emit = (enum emit_kind)i;
            return 0;
        }
    return usage_error("--emit %s is not one of exe, obj, shared, llvm-ir", value);
}

static int set_symbol(struct options *o, const char *value)
{
    for (const char *p = value; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            return usage_error("--module-symbol %s is no C identifier", value);
    if (!value[0] || isdigit((unsigned char)value[0]))
        return usage_error("--module-symbol %s is no C identifier", value);
    o->module_symbol = value;
    return 0;
}

/* Adds a word to a list that ends with NULL. */
static int append(char ***words, uint32_t *n, const char *word)
{
    char **grown = realloc(*words, ((size_t)*n + 2) * sizeof *grown);
    if (!grown)
        return usage_error("out of memory");
    *words = grown;
    grown[*n] = (char *)(uintptr_t)word; /* as in argv */
    grown[++*n] = NULL;
    return 0;
}

static int add_link(struct options *o, const char *value)
{
    return append(&o->links, &o->n_links, value);
}

static int add_plugin(struct options *o, const char *value)
{
    return append(&o->plugins, &o->n_plugins, value);
}

static int set_no_checkpoint(struct options *o, const char *value)
{
    (void)value;
    o->no_checkpoint = true;
    return 0;
}

static int set_poll_interval(struct options *o, const char *value)
{
    return read_number("--poll-interval", value, 1u << 30, &o->poll_interval);
}

static int set_no_cache(struct options *o, const char *value)
{
    (void)value;
    o->no_cache = true;
    return 0;
}

static int set_verbose(struct options *o, const char *value)
{
    (void)value;
    o->verbose = true;
    return 0;
}

static int set_json(struct options *o, const char *value)
{
    (void)value;
    o->json = true;
    return 0;
}

static int set_frames(struct options *o, const char *value)
{
    (void)value;
    o->frames = true;
    return 0;
}

static int set_memory(struct options *o, const char *value)
{
    (void)value;
    o->memory = true;
    return 0;
}

static int set_module(struct options *o, const char *value)
{
    o->module = value;
    return 0;
}

static int set_executable(struct options *o, const char *value)
{
    o->executable = value;
    return 0;
}

enum { FOR_COMPILE = 1, FOR_RUN = 2, FOR_INSPECT = 4, FOR_VERIFY = 8 };

static const struct option_row {
    const char *name;
    const char *argument; /* NULL: takes none */
    int commands;
    int (*set)(struct options *o, const char *value);
    const char *help;
} rows[] = {
    {"-o", "OUT", FOR_COMPILE, set_output, "where the output goes"},
    {"--target", "ISA", FOR_COMPILE, set_target,
     "x86_64 or aarch64 (default: this machine's)"},
    {"--cpu", "NAME", FOR_COMPILE | FOR_RUN, set_cpu,
     "processor to compile for: native, or a name LLVM knows (default: x86-64-v2, "
     "generic)"},
    {"-O", "0..3", FOR_COMPILE | FOR_RUN, set_level, "optimisation level (default: 3)"},
    {"-j", "N", FOR_COMPILE | FOR_RUN, set_threads, "threads (default: one per core)"},
    {"--emit", "KIND", FOR_COMPILE, set_emit, "exe (default), obj, shared or llvm-ir"},
    {"--module-symbol", "NAME", FOR_COMPILE, set_symbol,
     "symbol of the module's description in obj and shared (default: " RT_MODULE_SYMBOL
     ")"},
    {"--link", "OBJ", FOR_COMPILE | FOR_RUN, add_link,
     "object or archive with functions that the module imports (repeatable)"},
    {"--plugin", "LIB.so", FOR_COMPILE | FOR_RUN, add_plugin,
     "library with such functions, loaded when the program starts (repeatable)"},
    {"--no-checkpoint", NULL, FOR_COMPILE | FOR_RUN, set_no_checkpoint,
     "generate no checkpoint code"},
    {"--poll-interval", "N", FOR_COMPILE | FOR_RUN, set_poll_interval,
     "iterations of a loop between polls (default: about a millisecond's)"},
    {"--no-cache", NULL, FOR_RUN, set_no_cache, "compile anew, keep nothing"},
    {"-v", NULL, FOR_COMPILE | FOR_RUN, set_verbose,
     "say what is done and how long it takes"},
    {"--frames", NULL, FOR_INSPECT, set_frames, "all frames, with locals and operands"},
    {"--memory", NULL, FOR_INSPECT, set_memory, "each block of memory pages"},
    {"--json", NULL, FOR_INSPECT, set_json, "everything, for programs"},
    {"--module", "IN.wasm", FOR_VERIFY, set_module,
     "the snapshot must be of this module and fit it"},
    {"--executable", "OUT", FOR_VERIFY, set_executable,
     "this executable must be able to restore it"},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* The option that a word names, alone or joined with its argument; NULL: none of those.
 */
static const struct option_row *find_option(int options, const char *word)
{
    for (const struct option_row *row = rows; row < rows + N_ROWS; row++) {
        size_t n = strlen(row->name);
        bool is_joined = row->argument && strncmp(word, row->name, n) == 0 && word[n] &&
                         (row->name[1] != '-' || word[n] == '=');
        if ((row->commands & options) && (strcmp(word, row->name) == 0 || is_joined))
            return row;
    }
    return NULL;
}

static bool takes_next_word(int options, const char *word)
{
    const struct option_row *row = find_option(options, word);
    return row && row->argument && strcmp(word, row->name) == 0;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1];
}

/* Takes argv[*i] (and its argument) as one of these options. */
static int take_option(struct options *o, int options, int argc, char **argv, int *i)
{
    const char *word = argv[*i];
    const struct option_row *row = find_option(options, word);
    if (!row)
        return usage_error("unknown option %s", word);
    if (!row->argument)
        return row->set(o, NULL);
    size_t n = strlen(row->name);
    if (word[n])
        return row->set(o, word + n + (word[n] == '=' && row->name[1] == '-'));
    if (++*i == argc)
        return usage_error("%s needs an argument (%s)", word, row->argument);
    return row->set(o, argv[*i]);
}

/* A variable of the shell that is not set leaves an empty word. */
static bool is_named(const char *path)
{
    return path && path[0];
}

/* Options and one file, in any order. */
static int parse_file(struct options *o, int options, int argc, char **argv)
{
    bool only_files = false;
    for (int i = 2; i < argc; i++) {
        if (!only_files && strcmp(argv[i], "--") == 0) {
            only_files = true;
        } else if (!only_files && is_option(argv[i])) {
            int status = take_option(o, options, argc, argv, &i);
            if (status)
                return status;
        } else if (o->input) {
            return usage_error("one input at a time: %s and %s were given", o->input,
                               argv[i]);
        } else {
            o->input = argv[i];
        }
    }
    return is_named(o->input) ? 0 : usage_error("no input file");
}

static int parse_compile(struct options *o, int options, int argc, char **argv)
{
    int status = parse_file(o, options, argc, argv);
    if (status)
        return status;
    if (!is_named(o->output))
        return usage_error("no output file: add -o OUT");
    if (o->emit != EMIT_EXE && o->n_links + o->n_plugins > 0)
        return usage_error("--%s is for executables, not for --emit obj, shared or "
                           "llvm-ir",
                           o->n_links > 0 ? "link" : "plugin");
    return 0;
}

/* What follows the module is not this program's to read. */
static int parse_run(struct options *o, int options, int argc, char **argv)
{
    int i = 2;
    for (; i < argc && is_option(argv[i]) && strcmp(argv[i], "--") != 0; i++) {
        int status = take_option(o, options, argc, argv, &i);
        if (status)
            return status;
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    if (i == argc || !is_named(argv[i]))
        return usage_error("no input file");
    o->input = argv[i++];
    o->rest = argv + i;
    o->n_rest = argc - i;
    return 0;
}

static int parse_files(struct options *o, int options, int argc, char **argv)
{
    int i = 2;
    (void)options;
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    else if (i < argc && is_option(argv[i]))
        return usage_error("unknown option %s", argv[i]);
    o->rest = argv + i;
    o->n_rest = argc - i;
    return o->n_rest > 0 ? 0 : usage_error("no input file");
}

static int parse_words(struct options *o, int options, int argc, char **argv)
{
    (void)options;
    o->rest = argv + 2;
    o->n_rest = argc - 2;
    return 0;
}

/* ---- The commands ---- */

static const struct command_row {
    const char *name;
    const char *words; /* that follow it */
    const char *help;
    int options; /* those of option_row.commands; 0: it has none of them */
    int (*parse)(struct options *o, int options, int argc, char **argv);
} commands[] = {
    [COMMAND_COMPILE] = {"compile", "[OPTIONS] IN.wasm|IN.wat -o OUT",
                         "Compiles a module to an executable that needs nothing else.",
                         FOR_COMPILE, parse_compile},
    [COMMAND_RUN] = {"run", "[OPTIONS] IN.wasm|IN.wat [RUNTIME OPTIONS] [--] [ARGUMENTS]",
                     "Compiles a module, unless the cache has it, and executes it.",
                     FOR_RUN, parse_run},
    [COMMAND_VALIDATE] = {"validate", "IN.wasm|IN.wat...",
                          "Checks modules against the specification.", 0, parse_files},
    [COMMAND_INSPECT] = {"inspect", "[OPTIONS] SNAPSHOT|OUT",
                         "Tells what a snapshot or an executable holds.", FOR_INSPECT,
                         parse_file},
    [COMMAND_VERIFY] = {"verify", "[OPTIONS] SNAPSHOT",
                        "Checks that a snapshot is whole, and that it can be restored.",
                        FOR_VERIFY, parse_file},
    [COMMAND_CHECKPOINT] = {"checkpoint", "PID [--continue]",
                            "Has a running program write a snapshot and end, or go on; "
                            "prints its path, size\n    and how long it took.",
                            0, parse_words},
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

/* Whether one of the command's own words is --help. */
static bool asks_for_help(enum command command, int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
        if (command == COMMAND_RUN && !is_option(argv[i]))
            return false;
        if (command == COMMAND_RUN && takes_next_word(FOR_RUN, argv[i]))
            i++;
    }
    return false;
}

static unsigned n_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
}

int options_parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){.isa = isa_host(),
                          .opt_level = 3,
                          .n_threads = n_cores(),
                          .module_symbol = RT_MODULE_SYMBOL,
                          .help_of = COMMAND_HELP};
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
        strcmp(word, "help") == 0) {
        o->command = COMMAND_HELP;
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        o->command = COMMAND_VERSION;
        return 0;
    }
    for (int c = 0; c < N_COMMANDS; c++) {
        if (strcmp(word, commands[c].name) != 0)
            continue;
        o->command = (enum command)c;
        if (!asks_for_help(o->command, argc, argv))
            return commands[c].parse(o, commands[c].options, argc, argv);
        o->command = COMMAND_HELP;
        o->help_of = (enum command)c;
        return 0;
    }
    return word[0] ? usage_error("unknown command %s", word) : usage_error("no command");
}

/* ---- Help ---- */

static void print_option(const struct option_row *row)
{
    char left[64];
    bool is_joined = row->name[0] == '-' && row->name[1] == 'O';
    snprintf(left, sizeof left, "%s%s%s", row->name,
             row->argument && !is_joined ? " " : "", row->argument ? row->argument : "");
    printf("    %-22s %s\n", left, row->help);
}

/* Those of the command; of options that a command before takes, too, just the names. */
static void print_options(int command, int shown)
{
    const char *before = "    and of those above    ";
    for (int i = 0; i < N_ROWS; i++) {
        if (!(rows[i].commands & command))
            continue;
        if (rows[i].commands & shown) {
            printf("%s %s", before, rows[i].name);
            before = "";
        }
    }
    if (!*before)
        puts("");
    for (int i = 0; i < N_ROWS; i++)
        if ((rows[i].commands & command) && !(rows[i].commands & shown))
            print_option(&rows[i]);
}

/* shown: as command_row.options, of all commands before. */
static void print_command(const struct command_row *row, int shown)
{
    printf("  wanco %s %s\n    %s\n", row->name, row->words, row->help);
    print_options(row->options, shown);
}

void options_print_help(const struct options *o)
{
    int shown = 0;
    if (o->help_of != COMMAND_HELP) {
        puts("usage:");
        print_command(&commands[o->help_of], 0);
        return;
    }
    puts("wanco compiles WebAssembly to native executables. While they run, their state "
         "can be\nsaved, and restored on another machine or ISA.\n\nusage:");
    for (int c = 0; c < N_COMMANDS; c++) {
        print_command(&commands[c], shown);
        puts("");
        shown |= commands[c].options;
    }
    puts("  wanco --help | COMMAND --help | --version\n\n"
         "A running OUT writes a snapshot and ends with status 75 at SIGUSR1; at SIGUSR2 "
         "it writes\n"
         "one and goes on. `OUT --restore SNAPSHOT` goes on from there. `OUT --help` "
         "lists the\n"
         "runtime options.\n\n"
         "Exit status: 0; 1 if a module, a snapshot or the machine is at fault; 2 if the "
         "command\n"
         "line is. run: that of the program, which is 75 after a checkpoint, 134 after a "
         "trap.\n"
         "Files: $XDG_CACHE_HOME/wanco (or ~/.cache/wanco) keeps what run has compiled.");
}
