/* A mark for each resume point of one module, set whenever a frame record names it. */
#define _GNU_SOURCE
#include "runtime/points_taken.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/resume.h"

static struct {
    const char *path; /* NULL: nothing is noted */
    const struct rt_module *module;
    size_t *first_of; /* func index -> the mark of its first point */
    uint8_t *marks;
    uint64_t n_safepoints;
} taken;

static void write_points(void)
{
    FILE *file = fopen(taken.path, "w");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot write %s\n", program_invocation_short_name,
                taken.path);
        return;
    }
    fprintf(file, "safepoints %" PRIu64 "\n", taken.n_safepoints);
    for (uint32_t f = 0; f < taken.module->n_funcs; f++) {
        const struct rt_func_points *points = rt_points_of(taken.module, f);
        for (uint32_t i = 0; points != NULL && i < points->n_points; i++)
            fprintf(file, "%" PRIu32 " %" PRIu32 " %" PRIu32 " %d\n", f,
                    points->points[i].code_offset, points->points[i].kind,
                    taken.marks[taken.first_of[f] + i]);
    }
    fclose(file);
}

bool rt_points_taken_setup(const char *path, const struct rt_module *module,
                           struct rt_error *error)
{
    size_t n = 0;
    taken.module = module;
    taken.first_of = calloc((size_t)module->n_funcs + 1, sizeof *taken.first_of);
    for (uint32_t f = 0; taken.first_of != NULL && f < module->n_funcs; f++) {
        const struct rt_func_points *points = rt_points_of(module, f);
        taken.first_of[f] = n;
        n += points != NULL ? points->n_points : 0;
    }
    taken.marks = calloc(n + 1, 1);
    if (taken.first_of == NULL || taken.marks == NULL || atexit(write_points) != 0)
        return rt_error_set(error, RT_ERROR_SYSTEM, "out of memory");
    taken.path = path;
    return true;
}

void rt_points_taken_note(void)
{
    struct rt_records records = rt_safepoint_records();
    struct rt_record record;
    taken.n_safepoints++;
    while (taken.path != NULL && rt_record_next(&records, &record)) {
        if (rt_record_host_call(&record) != NULL ||
            record.instance->module != taken.module)
            continue;
        uint32_t f = record.point->func_index;
        size_t i = (size_t)(record.point - rt_points_of(taken.module, f)->points);
        taken.marks[taken.first_of[f] + i] = 1;
    }
}
