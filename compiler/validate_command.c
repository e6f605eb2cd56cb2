/* Runs the front end over files, one after the other. */
#define _GNU_SOURCE
#include "compiler/validate_command.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/input.h"
#include "compiler/passes.h"
#include "compiler/report.h"

static bool validate_file(const char *file, unsigned n_threads)
{
    struct input in;
    if (!input_read(&in, file))
        return false;
    struct arena arena = {0};
    struct module m = {.bytes = in.bytes, .n_bytes = in.n_bytes, .arena = &arena};
    struct diag d = DIAG_INIT;
    bool ok = load_module(&m, n_threads, &d);
    char line[8192]; /* a path and a reason */
    if (ok)
        printf("%s: ok\n", file);
    else
        puts(report_diag(line, sizeof line, file, &m, &d));
    arena_free(&arena);
    input_free(&in);
    return ok;
}

int validate_command(int n_files, char **files)
{
    long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool ok = true;
    for (int i = 0; i < n_files; i++)
        ok = validate_file(files[i], n_cores > 1 ? (unsigned)n_cores : 1) && ok;
    return ok ? 0 : 1;
}
