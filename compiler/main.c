/* wanco: compiles WebAssembly to native executables. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/checkpoint_command.h"
#include "compiler/compile_command.h"
#include "compiler/emit.h"
#include "compiler/input.h"
#include "compiler/inspect_command.h"
#include "compiler/link.h"
#include "compiler/options.h"
#include "compiler/out_of_memory.h"
#include "compiler/run_command.h"
#include "compiler/validate_command.h"
#include "compiler/verify_command.h"

struct run_context {
    const struct options *options;
    const struct input *input;
};

static int compile(void *context)
{
    const struct run_context *run = context;
    return compile_unnamed(run->options, run->input);
}

/* All options that decide what the executable is. It looks for plugins where they are,
 * and by their names. */
static char *options_text(const struct options *o)
{
    char *text = NULL;
    size_t n_bytes;
    FILE *out = open_memstream(&text, &n_bytes);
    if (!out)
        return NULL;
    char *native = o->cpu && strcmp(o->cpu, "native") == 0 ? emit_native_cpu() : NULL;
    const char *cpu = native ? native : o->cpu ? o->cpu : o->isa->cpu;
    fprintf(out, "%s -O%d %d %u %s %u", o->isa->name, o->opt_level, o->no_checkpoint,
            o->poll_interval, cpu, o->n_links);
    for (uint32_t i = 0; i < o->n_plugins; i++) {
        char *path = realpath(o->plugins[i], NULL);
        const char *place = path ? path : "";
        fprintf(out, " %zu:%s %zu:%s", strlen(o->plugins[i]), o->plugins[i],
                strlen(place), place);
        free(path);
    }
    free(native);
    return fclose(out) == 0 ? text : NULL;
}

static int run(const struct options *o)
{
    struct input in;
    if (!input_read(&in, o->input))
        return 1;
    char library_dir[4096];
    link_library_dir(o->isa, library_dir, sizeof library_dir);
    char *key = options_text(o);
    char **args = calloc((size_t)o->n_rest + 2, sizeof *args);
    if (!args || !key)
        out_of_memory();
    args[0] = in.path[0] ? strdup(in.path) : NULL;
    memcpy(args + 1, o->rest, (size_t)o->n_rest * sizeof *args);
    struct run_context context = {.options = o, .input = &in};
    struct run_request request = {
        .inputs = {.bytes = in.bytes,
                   .n_bytes = in.n_bytes,
                   .options = key,
                   .library_dir = library_dir,
                   .links = o->links,
                   .n_links = o->n_links},
        .no_cache = o->no_cache,
        .args = args,
        .compile = compile,
        .context = &context,
    };
    return run_command(&request);
}

static int inspect(const struct options *o)
{
    const struct inspect_options i = {
        .file = o->input, .json = o->json, .frames = o->frames, .memory = o->memory};
    return inspect_command(&i);
}

static int verify(const struct options *o)
{
    const struct verify_options v = {.file = o->input,
                                     .module = o->module,
                                     .executable = o->executable,
                                     .n_threads = o->n_threads};
    return verify_command(&v);
}

static int print_version(void)
{
    char llvm[32];
    emit_llvm_version(llvm, sizeof llvm);
    printf("wanco %s (LLVM %s; targets %s)\n", WANCO_VERSION, llvm, isa_names());
    return 0;
}

static int execute(const struct options *o)
{
    switch (o->command) {
    case COMMAND_COMPILE:
        return compile_command(o);
    case COMMAND_RUN:
        return run(o);
    case COMMAND_VALIDATE:
        return validate_command(o->n_rest, o->rest);
    case COMMAND_CHECKPOINT:
        return checkpoint_command(o->n_rest, o->rest);
    case COMMAND_INSPECT:
        return inspect(o);
    case COMMAND_VERIFY:
        return verify(o);
    case COMMAND_VERSION:
        return print_version();
    case COMMAND_HELP:
        options_print_help(o);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options o;
    signal(SIGXFSZ,
           SIG_IGN); /* a file that grows too large is one that can't be written */
    int status = options_parse(&o, argc, argv);
    if (status == 0)
        status = execute(&o);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "wanco: cannot write to stdout: %s\n", strerror(errno));
    return 1;
}
