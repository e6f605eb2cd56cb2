/* Backtraces of Wasm functions, by the platform's unwind tables.
 *
 * The tables give the start of the function each frame belongs to, and a Wasm function is
 * found by the start address of its body, or of the one that resumes it; other frames are
 * not shown. No allocation, no lock, no stdio: a trap may come out of a signal handler.
 */
#define _GNU_SOURCE
#include "runtime/backtrace.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "runtime/instance.h"

#define MAX_FIRST 30
#define MAX_LAST  10
#define MAX_FRAMES                                                                       \
    100000 /* a runaway recursion has millions, at half a microsecond each */
#define MAX_NAME 200

struct frames {
    uintptr_t low, high; /* all Wasm functions start here */
    uint32_t n_seen;
    uint32_t n_wasm;
    uintptr_t first[MAX_FIRST];
    uintptr_t last[MAX_LAST]; /* a ring: frame i is at i % MAX_LAST */
};

/* Where the body starts that resumes a function, 0 if there is none. */
static uintptr_t resume_start(const struct rt_module *m, uint32_t own_index)
{
    if (m->func_points == NULL || m->func_points[own_index] == NULL)
        return 0;
    return (uintptr_t)m->func_points[own_index]->resume;
}

/* Where its body starts. */
static uintptr_t body_start(const struct rt_module *m, uint32_t own_index)
{
    if (m->func_tail_code != NULL && m->func_tail_code[own_index] != NULL)
        return (uintptr_t)m->func_tail_code[own_index];
    return (uintptr_t)m->func_code[own_index];
}

static void include(struct frames *frames, uintptr_t code)
{
    frames->low = code < frames->low ? code : frames->low;
    frames->high = code > frames->high ? code : frames->high;
}

static void find_code_range(struct frames *frames)
{
    frames->low = UINTPTR_MAX;
    for (struct rt_instance *i = rt_instance_next(NULL); i != NULL;
         i = rt_instance_next(i)) {
        const struct rt_module *m = i->module;
        for (uint32_t f = 0; f < m->n_funcs - m->n_imported_funcs; f++) {
            include(frames, body_start(m, f));
            if (resume_start(m, f) != 0)
                include(frames, resume_start(m, f));
        }
    }
}

static _Unwind_Reason_Code note_frame(struct _Unwind_Context *context, void *argument)
{
    struct frames *frames = argument;
    uintptr_t start = _Unwind_GetRegionStart(context);
    if (start >= frames->low && start <= frames->high) {
        if (frames->n_wasm < MAX_FIRST)
            frames->first[frames->n_wasm] = start;
        frames->last[frames->n_wasm % MAX_LAST] = start;
        frames->n_wasm++;
    }
    return ++frames->n_seen < MAX_FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static bool find_func(uintptr_t start, const struct rt_module **module,
                      uint32_t *func_index)
{
    for (struct rt_instance *i = rt_instance_next(NULL); i != NULL;
         i = rt_instance_next(i)) {
        const struct rt_module *m = i->module;
        for (uint32_t f = 0; f < m->n_funcs - m->n_imported_funcs; f++) {
            if (body_start(m, f) == start || resume_start(m, f) == start) {
                *module = m;
                *func_index = m->n_imported_funcs + f;
                return true;
            }
        }
    }
    return false;
}

static void write_line(const char *line, int n_bytes)
{
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)n_bytes);
    (void)ignored; /* nowhere to tell */
}

struct rt_string rt_func_name(const struct rt_module *m, uint32_t func_index)
{
    const uint32_t *offsets = m->names.offsets;
    if (offsets != NULL && offsets[func_index] < offsets[func_index + 1])
        return (struct rt_string){m->names.chars + offsets[func_index],
                                  offsets[func_index + 1] - offsets[func_index]};
    return rt_export_name(m, RT_EXTERN_FUNC, func_index);
}

struct rt_string rt_tag_name(const struct rt_tag *tag)
{
    return rt_export_name(tag->instance->module, RT_EXTERN_TAG, tag->tag_index);
}

static void print_frame(uint32_t number, uintptr_t start)
{
    char line[MAX_NAME + 32];
    const struct rt_module *m;
    uint32_t f;
    if (!find_func(start, &m, &f))
        return;
    struct rt_string name = rt_func_name(m, f);
    int n = snprintf(line, sizeof line, "  %5" PRIu32 ": ", number);
    for (uint64_t i = 0; i < name.n_bytes && i < MAX_NAME; i++) {
        char c = name.chars[i];
        if ((uint8_t)c < 0x20 || c == 0x7f)
            c = '?'; /* control characters */
        line[n++] = c;
    }
    if (name.n_bytes == 0)
        n += snprintf(line + n, sizeof line - (size_t)n, "func[%" PRIu32 "]", f);
    line[n++] = '\n';
    write_line(line, n);
}

void rt_backtrace_print(const char *reason)
{
    char line[128];
    struct frames frames = {0};
    write_line("wasm trap: ", 11);
    write_line(reason, (int)strlen(reason));
    write_line("\n", 1);
    find_code_range(&frames);
    _Unwind_Backtrace(note_frame, &frames);

    uint32_t n_first = frames.n_wasm < MAX_FIRST ? frames.n_wasm : MAX_FIRST;
    for (uint32_t i = 0; i < n_first; i++)
        print_frame(i, frames.first[i]);
    uint32_t next =
        frames.n_wasm - n_first > MAX_LAST ? frames.n_wasm - MAX_LAST : n_first;
    bool is_cut = frames.n_seen == MAX_FRAMES;
    if (is_cut)
        write_line(line,
                   snprintf(line, sizeof line, "    ... more than %" PRIu32 " more\n",
                            frames.n_wasm - n_first));
    else if (next > n_first)
        write_line(line, snprintf(line, sizeof line, "    ... %" PRIu32 " more\n",
                                  next - n_first));
    for (uint32_t i = next; i < frames.n_wasm && !is_cut; i++)
        print_frame(i, frames.last[i % MAX_LAST]);
}
