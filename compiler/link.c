/* Runs the linker directly, without a compiler driver: all it needs lies in one directory
 * per ISA that the build fills with start files, libc, libgcc, libffi, protobuf-c, zstd
 * and the runtime.
 * The output is made under a temporary name beside its place. */
#define _GNU_SOURCE
#include "compiler/link.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PATH_BYTES 4096

/* Where GNU ld and lld agree. -l:NAME finds a file of that name in the directory.
 * crtbegin.o instead of the crtbeginT.o of static programs: unwinding then searches the
 * sorted table of --eh-frame-hdr, where the latter registers all frames at start and
 * sorts them itself at the first trap. */
static const char *const options_exe[] = {"-static", "--gc-sections", "--eh-frame-hdr",
                                          "--build-id=none", "-znoexecstack"};
/* Plugins call the runtime, and are loaded by it. */
static const char *const options_dynamic[] = {"-Bdynamic",
                                              "--gc-sections",
                                              "--eh-frame-hdr",
                                              "--build-id=none",
                                              "-znoexecstack",
                                              "--allow-shlib-undefined",
                                              "--export-dynamic-symbol=wanco_*",
                                              "-u",
                                              "rt_plugins_load",
                                              "--enable-new-dtags",
                                              "-rpath",
                                              "$ORIGIN"};
static const char *const options_shared[] = {"-shared", "--eh-frame-hdr",
                                             "--build-id=none", "-znoexecstack"};
static const char *const options_object[] = {"-r", "--build-id=none", "-znoexecstack"};
/* Takes the user's table out of an archive before that of the runtime is found, which is
 * empty. */
static const char *const options_host[] = {"-u", "wanco_host_functions"};
static const char *const files_before[] = {"-l:crt1.o", "-l:crti.o", "-l:crtbegin.o"};
static const char *const files_after[] = {
    "-l:libwanco_rt.a", "-l:libprotobuf-c.a", "-l:libzstd.a", "-l:libffi.a",
    "-l:libm.a",        "--start-group",      "-l:libgcc.a",  "-l:libgcc_eh.a",
    "-l:libc.a",        "--end-group",        "-l:crtend.o",  "-l:crtn.o"};
static const char *const files_after_dynamic[] = {
    "-l:libwanco_rt.a", "-l:libprotobuf-c.a", "-l:libzstd.a", "-l:libffi.a",
    "--as-needed",      "-l:libm.so.6",       "-l:libc.so.6", "-l:loader.so",
    "-l:libgcc.a",      "-l:libgcc_eh.a",     "-l:libc.so.6", "-l:libc_nonshared.a",
    "-l:loader.so",     "-l:crtend.o",        "-l:crtn.o"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

__attribute__((format(printf, 3, 4))) static bool fail(char *error, size_t error_bytes,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, error_bytes, format, args);
    va_end(args);
    return false;
}

void link_library_dir(const struct isa *isa, char *buffer, size_t buffer_bytes)
{
    const char *root = getenv("WANCO_LIB");
    char program[MAX_PATH_BYTES] = "";
    if (root != NULL && *root != '\0') {
        snprintf(buffer, buffer_bytes, "%s/%s", root, isa->name);
        return;
    }
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL)
        *slash = '\0';
    snprintf(buffer, buffer_bytes, "%s/../lib/wanco/%s", program, isa->name);
}

static bool has_libraries(const char *dir)
{
    char path[MAX_PATH_BYTES + 96];
    snprintf(path, sizeof path, "%s/libwanco_rt.a", dir);
    return access(path, R_OK) == 0;
}

/* ---- The command line ---- */

struct words {
    char **words; /* NULL-terminated; none is written to */
    size_t n;
};

static void add(struct words *w, const char *word)
{
    w->words[w->n++] = (char *)(uintptr_t)word; /* argv is not const for history's sake */
    w->words[w->n] = NULL;
}

static void add_all(struct words *w, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(w, words[i]);
}

/* Words with the directories of plugins are never freed: the process ends soon. */
static void add_dynamic(struct words *w, const struct link_options *o)
{
    add_all(w, options_dynamic, COUNT(options_dynamic));
    add(w, "-dynamic-linker");
    add(w, o->isa->loader);
    for (uint32_t i = 0; i < o->n_plugins; i++) {
        char *path = realpath(o->plugins[i], NULL);
        char *slash = path != NULL ? strrchr(path, '/') : NULL;
        if (slash == NULL)
            continue; /* it will be beside the program */
        *slash = '\0';
        add(w, "-rpath");
        add(w, path);
    }
}

static struct words command_line(const struct link_options *o, const char *dir,
                                 const char *output)
{
    struct words w = {.words = calloc((size_t)o->n_objects + o->n_host_objects +
                                          2 * (size_t)o->n_plugins + 64,
                                      sizeof *w.words)};
    if (w.words == NULL)
        return w;
    add(&w, "ld"); /* word 0: the linker's name, set when it is run */
    if (o->n_plugins > 0)
        add_dynamic(&w, o);
    else if (o->kind == LINK_EXECUTABLE)
        add_all(&w, options_exe, COUNT(options_exe));
    else if (o->kind == LINK_SHARED)
        add_all(&w, options_shared, COUNT(options_shared));
    else
        add_all(&w, options_object, COUNT(options_object));
    add(&w, "--strip-debug");
    add(&w, "-o");
    add(&w, output);
    add(&w, "-L");
    add(&w, dir);
    if (o->kind == LINK_EXECUTABLE)
        add_all(&w, files_before, COUNT(files_before));
    if (o->n_host_objects > 0)
        add_all(&w, options_host, COUNT(options_host));
    for (uint32_t i = 0; i < o->n_objects; i++)
        add(&w, o->objects[i]);
    for (uint32_t i = 0; i < o->n_host_objects; i++)
        add(&w, o->host_objects[i]);
    if (o->n_plugins > 0)
        add_all(&w, files_after_dynamic, COUNT(files_after_dynamic));
    else if (o->kind == LINK_EXECUTABLE)
        add_all(&w, files_after, COUNT(files_after));
    return w;
}

/* ---- Running it ---- */

/* $WANCO_LD, or NULL. */
static const char *named_linker(void)
{
    const char *name = getenv("WANCO_LD");
    return name != NULL && *name != '\0' ? name : NULL;
}

/* Starts the linker that is named, else the first there is. 0 or an errno value. */
static int spawn_linker(const struct isa *isa, const struct words *w,
                        const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, pid_t *pid)
{
    char gnu_ld[64];
    snprintf(gnu_ld, sizeof gnu_ld, "%s-linux-gnu-ld", isa->name);
    const char *candidates[] = {"ld.lld-19", "ld.lld", gnu_ld,
                                isa == isa_host() ? "ld" : gnu_ld};
    if (named_linker() != NULL)
        return posix_spawnp(pid, named_linker(), actions, attributes, w->words, environ);
    int result = ENOENT;
    for (size_t i = 0; i < COUNT(candidates) && result == ENOENT; i++)
        result = posix_spawnp(pid, candidates[i], actions, attributes, w->words, environ);
    return result;
}

/* Starts it with the signal mask that this process had; but a file that may not grow is
 * an error that it tells, where lld would take the signal for a crash of its own. Its
 * stderr goes to said, if that is a file. 0 or an errno value. */
static int start_linker(const struct isa *isa, const struct words *w,
                        const sigset_t *mask, int said, pid_t *pid)
{
    sigset_t blocked = *mask;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigaddset(&blocked, SIGXFSZ);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &blocked);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    if (said >= 0)
        posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
    int result = spawn_linker(isa, w, &actions, &attributes, pid);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

static bool wait_for_linker(pid_t pid, int *status, char *error, size_t error_bytes)
{
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return fail(error, error_bytes, "cannot wait for the linker: %s",
                        strerror(errno));
    return true;
}

/* What the linker said, if that is one line, without its end. More, or what it said for
 * all that it succeeded, goes to stderr. */
static const char *one_line(int said, bool is_failure, char *line, size_t line_bytes)
{
    ssize_t n = said < 0 ? 0 : pread(said, line, line_bytes - 1, 0);
    size_t n_bytes = n > 0 ? (size_t)n : 0;
    line[n_bytes] = '\0';
    if (is_failure && n_bytes > 0 && strchr(line, '\n') == line + n_bytes - 1) {
        line[n_bytes - 1] = '\0';
        return line;
    }
    for (off_t at = 0; n > 0; n = pread(said, line, line_bytes, at)) {
        fwrite(line, 1, (size_t)n, stderr);
        at += n;
    }
    return NULL;
}

static bool run_linker(const struct isa *isa, const struct words *w, const sigset_t *mask,
                       char *error, size_t error_bytes)
{
    char line[1024];
    pid_t pid;
    int status = 0, said = memfd_create("stderr", MFD_CLOEXEC);
    int spawn_error = start_linker(isa, w, mask, said, &pid);
    bool ok = spawn_error == 0 && wait_for_linker(pid, &status, error, error_bytes);
    const char *told = one_line(said, status != 0, line, sizeof line);
    close(said);
    if (spawn_error == ENOENT && named_linker() != NULL)
        return fail(error, error_bytes, "no linker found: WANCO_LD names %s",
                    named_linker());
    if (spawn_error == ENOENT)
        return fail(error, error_bytes,
                    "no linker found: install ld.lld-19 (Debian's package lld-19), "
                    "or name one in WANCO_LD");
    if (spawn_error != 0)
        return fail(error, error_bytes, "cannot run the linker: %s",
                    strerror(spawn_error));
    if (told != NULL)
        return fail(error, error_bytes, "the linker failed: %s", told);
    if (status != 0)
        return fail(error, error_bytes, "the linker failed (%s %d)",
                    WIFEXITED(status) ? "status" : "signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return ok;
}

/* ---- The output ---- */

/* Makes an empty file beside the output; its name lands in temporary. */
static bool create_temporary(const char *output, char temporary[MAX_PATH_BYTES],
                             char *error, size_t error_bytes)
{
    struct stat info;
    if (stat(output, &info) == 0 && !S_ISREG(info.st_mode))
        return fail(error, error_bytes, "cannot write %s: it is not a regular file",
                    output);
    int n = snprintf(temporary, MAX_PATH_BYTES, "%s.XXXXXX", output);
    errno = ENAMETOOLONG;
    int fd = n < MAX_PATH_BYTES ? mkstemp(temporary) : -1;
    if (fd < 0)
        return fail(error, error_bytes, "cannot write %s: %s", output, strerror(errno));
    close(fd);
    return true;
}

bool link_can_write(const char *output, char *error, size_t error_bytes)
{
    char temporary[MAX_PATH_BYTES];
    if (!create_temporary(output, temporary, error, error_bytes))
        return false;
    unlink(temporary);
    return true;
}

static uint64_t sum_of_sizes(char *const *paths, uint32_t n)
{
    struct stat file;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        if (stat(paths[i], &file) == 0)
            sum += (uint64_t)file.st_size;
    return sum;
}

/* lld writes through a mapping and dies of a full disk, so it is asked for before. */
static bool has_room(const struct link_options *o, const char *temporary)
{
    enum { RUNTIME_BYTES = 2 << 20 };
    struct statvfs disk;
    uint64_t needed = RUNTIME_BYTES + sum_of_sizes(o->objects, o->n_objects) +
                      sum_of_sizes(o->host_objects, o->n_host_objects);
    return statvfs(temporary, &disk) != 0 ||
           (uint64_t)disk.f_bavail * disk.f_frsize >= needed;
}

static bool link_to(const struct link_options *o, const char *dir, const char *temporary,
                    const sigset_t *mask, char *error, size_t error_bytes)
{
    struct words w = command_line(o, dir, temporary);
    if (w.words == NULL)
        return fail(error, error_bytes, "out of memory");
    bool ok = has_room(o, temporary) || fail(error, error_bytes, "cannot write %s: %s",
                                             o->output, strerror(ENOSPC));
    ok = ok && run_linker(o->isa, &w, mask, error, error_bytes);
    free(w.words);
    ok = ok &&
         (o->check == NULL || o->check(o->check_context, temporary, error, error_bytes));
    if (ok && rename(temporary, o->output) != 0)
        ok = fail(error, error_bytes, "cannot write %s: %s", o->output, strerror(errno));
    if (!ok)
        unlink(temporary);
    return ok;
}

bool link_output(const struct link_options *o, char *error, size_t error_bytes)
{
    char dir[MAX_PATH_BYTES + 64];
    char temporary[MAX_PATH_BYTES];
    sigset_t interrupts, old;
    link_library_dir(o->isa, dir, sizeof dir);
    if (o->kind == LINK_EXECUTABLE && !has_libraries(dir))
        return fail(
            error, error_bytes,
            "no runtime for %s in %s: install %s-linux-gnu-gcc, and libffi, protobuf-c "
            "and zstd for that ISA (scripts/setup does), and build wanco again",
            o->isa->name, dir, o->isa->name);
    /* An interrupt waits until the temporary file is gone. */
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGTERM);
    sigaddset(&interrupts, SIGHUP);
    sigprocmask(SIG_BLOCK, &interrupts, &old);
    bool ok = create_temporary(o->output, temporary, error, error_bytes) &&
              link_to(o, dir, temporary, &old, error, error_bytes);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return ok;
}
