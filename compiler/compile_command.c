/* From input bytes to an output file: the pipeline, read from top to bottom in
 * compile_input. */
#define _GNU_SOURCE
#include "compiler/compile_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/emit.h"
#include "compiler/layout.h"
#include "compiler/link.h"
#include "compiler/passes.h"
#include "compiler/report.h"
#include "compiler/supplied.h"
#include "compiler/workdir.h"

struct compilation {
    const struct options *o;
    struct module module;
    struct arena arena;
    const struct workdir *workdir; /* for object files; not for EMIT_LLVM_IR */
    double start;
};

__attribute__((format(printf, 2, 3))) static bool complain(const char *path,
                                                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "wanco: %s: ", path);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void tell(struct compilation *c, const char *done)
{
    if (c->o->verbose)
        fprintf(stderr, "wanco: %7.2f s  %s\n", now() - c->start, done);
}

/* Those of WASI are linked to the runtime's functions. Others of an executable can only
 * be functions of the objects that are linked. */
static bool check_imports(const struct compilation *c)
{
    for (uint32_t i = 0; i < c->module.n_imports; i++) {
        const struct import *import = &c->module.imports[i];
        const char *signature =
            import->kind == EXTERN_FUNC ? host_func_signature(import) : NULL;
        bool is_supplied =
            import->kind == EXTERN_FUNC && c->o->n_links + c->o->n_plugins > 0;
        if (!signature && (c->o->emit == EMIT_SHARED || is_supplied))
            continue;
        if (!signature)
            return complain(
                c->o->input,
                "at offset 0x%x: unknown import %.*s.%.*s (%s): an executable has "
                "only the functions of wasi_snapshot_preview1; give others with --link "
                "or --plugin, "
                "or use --emit obj or shared",
                import->offset, (int)import->module.length, import->module.chars,
                (int)import->name.length, import->name.chars,
                extern_kind_name(import->kind));
        if (!signature_matches(signature, module_func_type(&c->module, import->index)))
            return complain(
                c->o->input,
                "at offset 0x%x: incompatible import type: %.*s.%.*s is %s here",
                import->offset, (int)import->module.length, import->module.chars,
                (int)import->name.length, import->name.chars, signature);
    }
    return true;
}

/* Imports of an object are left to whoever links it. */
static bool load(struct compilation *c, const struct input *in)
{
    struct diag d = DIAG_INIT;
    c->module.bytes = in->bytes;
    c->module.n_bytes = in->n_bytes;
    c->module.arena = &c->arena;
    if (!load_module(&c->module, c->o->n_threads, &d)) {
        char line[1024];
        fprintf(stderr, "wanco: %s\n",
                report_diag(line, sizeof line, c->o->input, &c->module, &d));
        return false;
    }
    tell(c, "read and validated");
    return (c->o->emit != EMIT_EXE && c->o->emit != EMIT_SHARED) || check_imports(c);
}

static bool check_output(void *context, const char *path, char *error, size_t error_bytes)
{
    const struct compilation *c = context;
    char why[1024];
    if (check_supplied(path, &c->module, why, sizeof why))
        return true;
    snprintf(error, error_bytes, "%s: %s", c->o->input, why);
    return false;
}

static bool emit_and_link(struct compilation *c, const struct emit_options *e)
{
    char error[1024];
    struct emitted objects = {0};
    if (!emit_objects(&c->module, e, c->workdir->path, &objects, error, sizeof error))
        return complain(c->o->input, "%s", error);
    tell(c, "compiled");
    static const enum link_kind kinds[] = {[EMIT_EXE] = LINK_EXECUTABLE,
                                           [EMIT_OBJ] = LINK_OBJECT,
                                           [EMIT_SHARED] = LINK_SHARED};
    /* What a plugin supplies is known when it is loaded. */
    bool knows_functions = c->o->n_links > 0 && c->o->n_plugins == 0;
    struct link_options l = {.kind = kinds[c->o->emit],
                             .isa = e->isa,
                             .output = c->o->output,
                             .objects = objects.paths,
                             .n_objects = objects.n_paths,
                             .host_objects = c->o->links,
                             .n_host_objects = c->o->n_links,
                             .plugins = c->o->plugins,
                             .n_plugins = c->o->n_plugins,
                             .check = knows_functions ? check_output : NULL,
                             .check_context = c};
    workdir_hold_signals();
    bool is_linked = link_output(&l, error, sizeof error);
    workdir_release_signals();
    if (!is_linked) {
        fprintf(stderr, "wanco: %s\n", error);
        return false;
    }
    tell(c, "linked");
    return true;
}

static bool print_ir(const struct compilation *c, const struct emit_options *e)
{
    char error[1024];
    return emit_ir(&c->module, e, c->o->output, error, sizeof error) ||
           complain(c->o->input, "%s", error);
}

static bool can_read(char *const *paths, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (access(paths[i], R_OK) != 0)
            return complain(paths[i], "%s", strerror(errno));
    return true;
}

/* Also by another name. */
static bool are_same_file(const char *path, const char *other)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool compile_input(const struct options *o, const struct input *in,
                          const struct workdir *workdir)
{
    struct compilation c = {.o = o, .workdir = workdir, .start = now()};
    struct emit_options e = {.isa = o->isa,
                             .cpu = o->cpu,
                             .module_symbol = o->module_symbol,
                             .opt_level = o->opt_level,
                             .n_threads = o->n_threads,
                             .is_shared = o->emit == EMIT_SHARED,
                             .is_executable = o->emit == EMIT_EXE,
                             .has_checkpoints = !o->no_checkpoint,
                             .poll_interval = o->poll_interval,
                             .plugins = o->plugins,
                             .progress = true};
    char error[1024];
    if (are_same_file(o->input, o->output))
        return complain(o->output, "the output would replace the input; give -o another "
                                   "name");
    if (!can_read(o->links, o->n_links) || !can_read(o->plugins, o->n_plugins))
        return false;
    if (!check_links(o->links, o->n_links, o->isa, error, sizeof error) ||
        (o->emit != EMIT_LLVM_IR && !link_can_write(o->output, error, sizeof error))) {
        fprintf(stderr, "wanco: %s\n", error);
        return false;
    }
    bool ok = load(&c, in) &&
              (o->emit == EMIT_LLVM_IR ? print_ir(&c, &e) : emit_and_link(&c, &e));
    arena_free(&c.arena);
    return ok;
}

static struct workdir workdir; /* must outlive exit() */

static bool make_workdir(void)
{
    if (workdir_create(&workdir))
        return true;
    fprintf(stderr,
            "wanco: no directory for object files in %s: %s; set TMPDIR to another\n",
            workdir_parent(), strerror(errno));
    return false;
}

int compile_unnamed(const struct options *o, const struct input *in)
{
    struct options unnamed = *o;
    char path[sizeof workdir.path + 8];
    int fd = -1;
    if (!make_workdir())
        return -1;
    snprintf(path, sizeof path, "%s/out", workdir.path);
    unnamed.output = path;
    if (compile_input(&unnamed, in, &workdir) &&
        (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        complain(path, "%s", strerror(errno));
    workdir_remove(&workdir);
    return fd;
}

int compile_command(const struct options *o)
{
    struct input in;
    if (!input_read(&in, o->input))
        return 1;
    bool ok =
        (o->emit == EMIT_LLVM_IR || make_workdir()) && compile_input(o, &in, &workdir);
    workdir_remove(&workdir);
    input_free(&in);
    return ok ? 0 : 1;
}
