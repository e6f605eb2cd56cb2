/* Drives LLVM. Each part of the module is generated, optimised and written as an object
 * by one thread in a context of its own; parts are taken largest first, and what a part
 * becomes depends on nothing but the part. */
#define _GNU_SOURCE
#include "compiler/emit.h"

#include <errno.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/arena.h"
#include "compiler/codegen_checkpoint.h"
#include "compiler/layout.h"
#include "compiler/out_of_memory.h"
#include "compiler/partition.h"
#include "compiler/pipeline.h"
#include "compiler/progress.h"
#include "compiler/sites.h"
#include "compiler/suspension.h"

/* Parts are large enough that most calls, and most chances to inline, stay within one;
 * small enough that all cores have work to the end, in small modules, too. */
enum { PART_BYTES_LEAST = 16 << 10, PART_BYTES_MOST = 128 << 10, PARTS = 4 };

/* LLVM recurses on the depth of what it compiles. */
#define THREAD_STACK_BYTES (256u << 20)

/* What becomes one object: the fast bodies of a part, the code that resumes its frames,
 * about half as much, or the module's description, which is little. */
enum unit_kind { UNIT_FAST, UNIT_RESUME, UNIT_DESCRIPTION };

struct unit {
    enum unit_kind kind;
    const struct partition *part; /* none has the description */
    uint64_t work;
};

struct emitter {
    const struct module *m;
    const struct emit_options *options;
    struct gen_options gen;
    struct layout layout;
    struct survey survey;
    struct suspension suspension;
    struct unit *units;
    uint32_t n_units;
    const struct unit **order; /* the largest first */
    LLVMTargetRef target;
    char *data_layout;
    atomic_uint next;
    struct progress progress;
    const char *dir;
    char **paths;
    pthread_mutex_t error_lock;
    char *error; /* empty while all is well */
    size_t error_bytes;
};

__attribute__((format(printf, 2, 3))) static void set_error(struct emitter *e,
                                                            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&e->error_lock);
    if (e->error[0] == '\0')
        vsnprintf(e->error, e->error_bytes, format, args);
    pthread_mutex_unlock(&e->error_lock);
    va_end(args);
}

static LLVMTargetMachineRef make_machine(const struct emitter *e)
{
    static const LLVMCodeGenOptLevel levels[] = {
        LLVMCodeGenLevelNone, LLVMCodeGenLevelLess, LLVMCodeGenLevelDefault,
        LLVMCodeGenLevelAggressive};
    LLVMTargetMachineRef machine = LLVMCreateTargetMachine(
        e->target, e->options->isa->triple, e->gen.cpu, e->gen.features,
        levels[e->options->opt_level],
        e->options->is_shared ? LLVMRelocPIC : LLVMRelocStatic, LLVMCodeModelDefault);
    /* What aarch64 selects instructions with at -O0 loses values on the way to landing
     * pads. */
    LLVMSetTargetMachineGlobalISel(machine, false);
    return machine;
}

/* Functions of other units that a unit calls, small enough to be worth a copy for
 * inlining. */
static void gen_copies(struct emitter *e, struct mod_gen *g, struct arena *arena)
{
    enum { COPY_BYTES = 64 };
    for (uint32_t i = e->m->n_imported_funcs; i < e->m->n_funcs; i++) {
        if (g->funcs[i] && LLVMIsDeclaration(g->funcs[i]) && e->survey.is_leaf[i] &&
            e->m->funcs[i].body_bytes <= COPY_BYTES) {
            gen_function(g, i, true, arena);
            arena_reset(arena);
        }
    }
}

static void gen_unit(struct emitter *e, struct mod_gen *g, const struct unit *unit)
{
    if (unit->kind == UNIT_DESCRIPTION) {
        gen_module_description(g);
        return;
    }
    struct arena arena = {0};
    for (uint32_t i = unit->part->first; i < unit->part->end; i++) {
        if (unit->kind == UNIT_FAST)
            gen_function(g, i, false, &arena);
        else if (gen_can_suspend(g, i))
            gen_resume_function(g, i, &arena);
        arena_reset(&arena);
    }
    if (e->options->opt_level > 0)
        gen_copies(e, g, &arena);
    arena_free(&arena);
}

static void check_ir(LLVMModuleRef llvm)
{
    char *message = NULL;
    if (LLVMVerifyModule(llvm, LLVMReturnStatusAction, &message)) {
        fprintf(stderr, "wanco: internal error: invalid LLVM IR: %s\n", message);
        abort();
    }
    LLVMDisposeMessage(message);
}

/* By way of memory: when LLVM itself cannot write a file it ends the process. */
static void write_file(struct emitter *e, const char *path, const void *bytes, size_t n)
{
    struct stat info;
    FILE *file = fopen(path, "wb");
    bool is_regular = file && fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode);
    bool is_written = file && fwrite(bytes, 1, n, file) == n;
    if (file && fclose(file) == 0 && is_written)
        return;
    set_error(e, "cannot write %s: %s", path, strerror(errno));
    if (is_regular) /* not a device, as in -o /dev/stdout */
        unlink(path);
}

static void write_object(struct emitter *e, LLVMTargetMachineRef machine,
                         LLVMModuleRef llvm, const char *path)
{
    char *message = NULL;
    LLVMMemoryBufferRef object;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, llvm, LLVMObjectFile, &message,
                                            &object)) {
        set_error(e, "cannot make an object: %s", message);
        LLVMDisposeMessage(message);
        return;
    }
    size_t n = LLVMGetBufferSize(object);
    uint8_t *bytes = malloc(n);
    if (bytes)
        memcpy(bytes, LLVMGetBufferStart(object), n);
    LLVMDisposeMemoryBuffer(object);
    if (!bytes)
        set_error(e, "cannot make an object: out of memory");
    else if (!make_sites(bytes))
        set_error(e, "cannot make an object: a function has too large a frame");
    else
        write_file(e, path, bytes, n);
    free(bytes);
}

static void emit_unit(struct emitter *e, LLVMTargetMachineRef machine,
                      const struct unit *unit)
{
    struct arena arena = {0};
    struct mod_gen g;
    LLVMContextRef context = LLVMContextCreate();
    gen_begin(&g, e->m, &e->layout, &e->gen, context, e->options->isa->triple,
              e->data_layout, &arena);
    gen_unit(e, &g, unit);
    gen_finish(&g);
    arena_free(&arena);
    check_ir(g.llvm);
    optimise(g.llvm, machine, e->options->opt_level);
    write_object(e, machine, g.llvm, e->paths[unit - e->units]);
    LLVMDisposeModule(g.llvm);
    LLVMContextDispose(context);
}

static void *emit_thread(void *context)
{
    struct emitter *e = context;
    LLVMTargetMachineRef machine = make_machine(e);
    for (;;) {
        uint32_t i = atomic_fetch_add(&e->next, 1);
        if (i >= e->n_units || e->error[0])
            break;
        emit_unit(e, machine, e->order[i]);
        progress_add(&e->progress, e->order[i]->work);
    }
    LLVMDisposeTargetMachine(machine);
    return NULL;
}

static void run_threads(struct emitter *e)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    pthread_t threads[256];
    unsigned n = 0, wanted = e->options->n_threads < 256 ? e->options->n_threads : 256;
    if (wanted > e->n_units)
        wanted = e->n_units;
    while (n < wanted && pthread_create(&threads[n], &attributes, emit_thread, e) == 0)
        n++;
    if (n == 0)
        set_error(e, "cannot start a thread: the system has no resources left");
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
}

static int compare_units(const void *a, const void *b)
{
    const struct unit *x = *(const struct unit *const *)a;
    const struct unit *y = *(const struct unit *const *)b;
    if (x->work != y->work)
        return x->work < y->work ? 1 : -1;
    return (x > y) - (x < y);
}

static bool can_suspend_any(const struct emitter *e, const struct partition *part)
{
    for (uint32_t i = part->first; i < part->end && e->gen.suspension; i++)
        if (e->suspension.can_suspend[i])
            return true;
    return false;
}

static void add_unit(struct emitter *e, enum unit_kind kind, const struct partition *part,
                     uint64_t work)
{
    e->units[e->n_units++] = (struct unit){kind, part, work};
}

static void find_units(struct emitter *e, uint32_t part_bytes)
{
    uint32_t n_parts;
    const struct partition *parts = partition_module(e->m, part_bytes, &n_parts);
    size_t n_most = 2 * (size_t)n_parts + 1;
    e->units = arena_array(e->m->arena, n_most, sizeof *e->units);
    for (uint32_t i = 0; i < n_parts; i++) {
        add_unit(e, UNIT_FAST, &parts[i], 2 * (uint64_t)parts[i].n_bytes);
        if (can_suspend_any(e, &parts[i]))
            add_unit(e, UNIT_RESUME, &parts[i], parts[i].n_bytes);
    }
    add_unit(e, UNIT_DESCRIPTION, NULL, 0);
    e->order = arena_array(e->m->arena, e->n_units, sizeof *e->order);
    for (uint32_t i = 0; i < e->n_units; i++)
        e->order[i] = &e->units[i];
    qsort(e->order, e->n_units, sizeof *e->order, compare_units);
}

/* LLVM's defaults that do not suit us; they hold for the process. */
static void set_llvm_options(void)
{
    static const char *const options[] = {
        "wanco",
        /* Values that a load gives again, like parameters on the stack, are otherwise
         * loaded before a statepoint, each to a register: it may list more of them
         * than there are registers. */
        "-restrict-statepoint-remat",
        /* From so many blocks on, what is changed before instructions are selected is
         * looked at again, not all of the function: that takes the square of its size. */
        "-cgpp-huge-func=100",
    };
    LLVMParseCommandLineOptions(sizeof options / sizeof options[0], options, NULL);
    out_of_memory_in_llvm();
}

static void initialize_llvm(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_llvm_options);
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
}

/* Resolves cpu and features: "native" is this machine, else features follow from the
 * name. */
static bool choose_cpu(struct emitter *e)
{
    const char *cpu = e->options->cpu ? e->options->cpu : e->options->isa->cpu;
    e->gen.features = "";
    /* Left to itself, LLVM tunes a baseline for the oldest machine that has it. */
    e->gen.tune_cpu = e->options->cpu ? cpu : "generic";
    if (strcmp(cpu, "native") != 0) {
        e->gen.cpu = cpu;
        return true;
    }
    if (e->options->isa != isa_host()) {
        set_error(e, "--cpu native is this machine's processor, which is not %s",
                  e->options->isa->name);
        return false;
    }
    char *name = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
    e->gen.cpu = strcpy(arena_alloc(e->m->arena, strlen(name) + 1), name);
    e->gen.tune_cpu = e->gen.cpu;
    e->gen.features = strcpy(arena_alloc(e->m->arena, strlen(features) + 1), features);
    LLVMDisposeMessage(name);
    LLVMDisposeMessage(features);
    return true;
}

/* A name that LLVM does not know is replaced after a word on stderr, at every use. There
 * is no other way to ask: whatever it says while stderr is a file of ours is that word.
 */
static bool knows_cpu(LLVMTargetMachineRef *machine, const struct emitter *e)
{
    int own = dup(STDERR_FILENO);
    int said = memfd_create("stderr", MFD_CLOEXEC);
    if (own >= 0 && said >= 0)
        dup2(said, STDERR_FILENO);
    *machine = make_machine(e);
    if (own >= 0 && said >= 0)
        dup2(own, STDERR_FILENO);
    bool is_known = said < 0 || lseek(said, 0, SEEK_END) <= 0;
    close(own);
    close(said);
    return is_known;
}

static bool has_try(const struct module *m)
{
    for (uint32_t i = m->n_imported_funcs; i < m->n_funcs; i++)
        if (m->funcs[i].has_try)
            return true;
    return false;
}

/* At -O0 LLVM adds large offsets to a symbol until the sum no longer fits its place. */
static bool is_memory0_fixed(const struct module *m, const struct emit_options *options)
{
    return options->is_executable && options->opt_level > 0 && m->n_memories > 0 &&
           m->n_imported_memories == 0 && !m->memories[0].type.limits.is_64;
}

static bool prepare(struct emitter *e, const struct module *m,
                    const struct emit_options *options, uint32_t part_bytes, char *error,
                    size_t error_bytes)
{
    *e = (struct emitter){
        .m = m, .options = options, .error = error, .error_bytes = error_bytes};
    error[0] = '\0';
    pthread_mutex_init(&e->error_lock, NULL);
    initialize_llvm();
    char *message = NULL;
    if (LLVMGetTargetFromTriple(options->isa->triple, &e->target, &message)) {
        set_error(e, "LLVM has no such target: %s", message);
        LLVMDisposeMessage(message);
        return false;
    }
    if (!choose_cpu(e))
        return false;
    e->gen.module_symbol = options->module_symbol;
    e->gen.plugins = options->plugins;
    e->gen.is_only_instance = options->is_executable;
    if (is_memory0_fixed(m, options))
        e->gen.memory0 = options->isa->memory0;
    e->gen.has_optimizer = options->opt_level > 0;
    /* AVX-512 has. */
    e->gen.has_saved_registers_only = strcmp(options->isa->name, "x86_64") != 0 ||
                                      strcmp(e->gen.cpu, options->isa->cpu) == 0;
    LLVMTargetMachineRef machine;
    bool is_known = knows_cpu(&machine, e);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    e->data_layout = LLVMCopyStringRepOfTargetData(layout);
    LLVMDisposeTargetData(layout);
    LLVMDisposeTargetMachine(machine);
    if (!is_known) {
        set_error(e, "%s has no processor %s; --cpu takes native, or a name LLVM knows",
                  options->isa->name, e->gen.cpu);
        return false;
    }
    survey_module(&e->survey, m, options->n_threads);
    e->gen.n_brief = e->survey.n_brief;
    layout_module(&e->layout, m, &e->survey.facts,
                  options->is_executable || options->is_shared);
    bool catches = has_try(m);
    if (options->has_checkpoints || catches)
        find_suspension(&e->suspension, m, options->n_threads);
    if (options->has_checkpoints) {
        e->gen.suspension = &e->suspension;
        e->gen.poll_interval = options->poll_interval;
    }
    if (catches)
        e->gen.throwing = &e->suspension;
    find_units(e, part_bytes);
    return true;
}

static uint32_t part_bytes(const struct module *m)
{
    uint64_t n = 0;
    for (uint32_t i = m->n_imported_funcs; i < m->n_funcs; i++)
        n += m->funcs[i].body_bytes;
    n /= PARTS;
    return n < PART_BYTES_LEAST  ? PART_BYTES_LEAST
           : n > PART_BYTES_MOST ? PART_BYTES_MOST
                                 : (uint32_t)n;
}

bool emit_objects(const struct module *m, const struct emit_options *options,
                  const char *dir, struct emitted *emitted, char *error,
                  size_t error_bytes)
{
    struct emitter e;
    if (!prepare(&e, m, options, part_bytes(m), error, error_bytes))
        return false;
    uint64_t work = 0;
    e.paths = arena_array(m->arena, e.n_units, sizeof *e.paths);
    for (uint32_t i = 0; i < e.n_units; i++) {
        size_t path_bytes = strlen(dir) + 32;
        e.paths[i] = arena_alloc(m->arena, path_bytes);
        snprintf(e.paths[i], path_bytes, "%s/part%u.o", dir, i);
        work += e.units[i].work;
    }
    progress_begin(&e.progress, work, options->progress);
    run_threads(&e);
    progress_end(&e.progress);
    LLVMDisposeMessage(e.data_layout);
    emitted->paths = e.paths;
    emitted->n_paths = e.n_units;
    return error[0] == '\0';
}

bool emit_ir(const struct module *m, const struct emit_options *options, const char *path,
             char *error, size_t error_bytes)
{
    struct emitter e;
    if (!prepare(&e, m, options, UINT32_MAX, error, error_bytes))
        return false;
    struct arena arena = {0};
    struct mod_gen g;
    LLVMContextRef context = LLVMContextCreate();
    LLVMTargetMachineRef machine = make_machine(&e);
    gen_begin(&g, m, &e.layout, &e.gen, context, options->isa->triple, e.data_layout,
              &arena);
    for (uint32_t i = 0; i < e.n_units; i++)
        gen_unit(&e, &g, &e.units[i]);
    gen_finish(&g);
    check_ir(g.llvm);
    optimise(g.llvm, machine, options->opt_level);
    char *text = LLVMPrintModuleToString(g.llvm);
    write_file(&e, path, text, strlen(text));
    LLVMDisposeMessage(text);
    LLVMDisposeModule(g.llvm);
    LLVMContextDispose(context);
    LLVMDisposeTargetMachine(machine);
    LLVMDisposeMessage(e.data_layout);
    arena_free(&arena);
    return error[0] == '\0';
}

char *emit_native_cpu(void)
{
    char *name = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
    size_t n = strlen(name) + strlen(features) + 2;
    char *both = malloc(n);
    if (both)
        snprintf(both, n, "%s %s", name, features);
    LLVMDisposeMessage(name);
    LLVMDisposeMessage(features);
    return both;
}

void emit_llvm_version(char *buffer, size_t n_bytes)
{
    unsigned major, minor, patch;
    LLVMGetVersion(&major, &minor, &patch);
    snprintf(buffer, n_bytes, "%u.%u.%u", major, minor, patch);
}
