/* A snapshot in words, for people. What a guest or a file name says is made harmless to
 * the terminal: control characters are shown as \xNN. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "compiler/inspect.h"
#include "compiler/types.h"

enum { LABEL_BYTES = 14 };
#define FRAMES_AT_EACH_END ((size_t)8)

__attribute__((format(printf, 3, 4))) static void line(FILE *out, const char *label,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(out, "  %-*s", LABEL_BYTES, label);
    vfprintf(out, format, args);
    putc('\n', out);
    va_end(args);
}

static void put_bytes(FILE *out, const ProtobufCBinaryData *b)
{
    inspect_put_text(out, b->data, b->len);
}

static const char *size_text(uint64_t n, char text[32])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)n;
    unsigned unit = 0;
    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    snprintf(text, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

/* ---- The program ---- */

static void put_modules(FILE *out, const Wanco__Snapshot__Header *h)
{
    for (size_t i = 0; i < h->n_modules; i++) {
        const Wanco__Snapshot__Module *m = h->modules[i];
        fprintf(out, "  %-*s", LABEL_BYTES, "module");
        put_bytes(out, &m->name);
        fprintf(out, "%ssha256 ", m->name.len > 0 ? ", " : "");
        for (size_t b = 0; b < m->sha256.len; b++)
            fprintf(out, "%02x", m->sha256.data[b]);
        fprintf(out, ", resume rules %" PRIu32 "\n", m->resume_rules);
    }
}

static void put_entry(FILE *out, const Wanco__Snapshot__Entry *e)
{
    const uint64_t *words = e->argument_words;
    char text[INSPECT_VALUE_BYTES];
    fprintf(out, "  %-*s", LABEL_BYTES, "runs");
    if (e->stage == WANCO__SNAPSHOT__ENTRY__STAGE__START_FUNCTION)
        fputs("its start function, then ", out);
    else if (e->stage == WANCO__SNAPSHOT__ENTRY__STAGE__INITIALIZE)
        fputs("_initialize, then ", out);
    if (e->export.len > 0)
        put_bytes(out, &e->export);
    else
        fputs("nothing", out);
    for (size_t i = 0; i < e->argument_types.len; i++) {
        uint8_t type = e->argument_types.data[i];
        fprintf(out, " %s:%s", inspect_type(type), inspect_value(type, words, text));
        words += snapshot_words_of(type);
    }
    putc('\n', out);
}

static void put_instances(FILE *out, const Wanco__Snapshot__Header *h)
{
    for (size_t i = 0; i < h->n_instances; i++) {
        const Wanco__Snapshot__Instance *in = h->instances[i];
        char label[32] = "";
        if (h->n_instances > 1)
            snprintf(label, sizeof label, "instance %zu", i);
        if (h->n_instances > 1)
            line(out, label, "of module %" PRIu32, in->module);
        if (in->n_global_indices > 0)
            line(out, "globals", "%zu mutable", in->n_global_indices);
        for (size_t t = 0; t < in->n_tables; t++)
            line(out, "table",
                 "%" PRIu32 ": %" PRIu64 " %s, %" PRIu64 " of them not null",
                 in->tables[t]->index, inspect_table_size(in->tables[t]),
                 inspect_type(in->tables[t]->element_type),
                 inspect_table_set(in->tables[t]));
    }
}

static void put_memory(FILE *out, const struct snapshot *s, uint32_t m, bool all_blocks)
{
    const Wanco__Snapshot__Memory *memory = snapshot_header(s)->memories[m];
    struct inspect_pages pages = inspect_pages(s, m);
    char size[32], used[32], stored[32];
    line(out, "memory", "%" PRIu32 ": %s, of which %s are not zero, stored in %s",
         memory->index, size_text(snapshot_memory_bytes(memory), size),
         size_text(pages.n_bytes, used), size_text(pages.stored_bytes, stored));
    for (uint64_t i = 0; all_blocks && i < pages.n_blocks; i++) {
        struct snapshot_block b = snapshot_block_at(s, m, i);
        line(out, "", "0x%08" PRIx64 " %7" PRIu64 " bytes at %" PRIu64 "%s%s", b.address,
             b.n_bytes, b.file_offset, b.is_compressed ? ", compressed to " : "",
             b.is_compressed ? size_text(b.stored_bytes, stored) : "");
    }
}

/* ---- Exceptions ---- */

static void put_exception(FILE *out, const Wanco__Snapshot__Exception *e, size_t number)
{
    const uint64_t *words = e->words;
    char text[INSPECT_VALUE_BYTES];
    fprintf(out, "    %-5zu tag %" PRIu32 " of instance %" PRIu32 "\n", number,
            e->tag_index, e->instance);
    for (size_t i = 0; i < e->types.len; i++) {
        uint8_t type = e->types.data[i];
        fprintf(out, "        value %-4zu %-9s %s\n", i, inspect_type(type),
                inspect_value(type, words, text));
        words += snapshot_words_of(type);
    }
}

static void put_exceptions(FILE *out, const Wanco__Snapshot__Header *h, bool all)
{
    if (h->n_exceptions > 0)
        line(out, "exceptions", "%zu%s", h->n_exceptions, all ? "" : " (--frames)");
    for (size_t i = 0; all && i < h->n_exceptions; i++)
        put_exception(out, h->exceptions[i], i);
}

/* ---- Frames ---- */

static void put_frame_values(FILE *out, const Wanco__Snapshot__Frame *f)
{
    const uint64_t *words = f->words;
    char text[INSPECT_VALUE_BYTES];
    for (size_t i = 0; i < f->types.len; i++) {
        uint8_t type = f->types.data[i];
        bool is_local = i < f->n_local_indices;
        fprintf(out, "        %s %-4zu %-9s %s\n", is_local ? "local" : "stack",
                is_local ? (size_t)f->local_indices[i] : i - f->n_local_indices,
                inspect_type(type), inspect_value(type, words, text));
        words += snapshot_words_of(type);
    }
}

static void put_frame(FILE *out, const Wanco__Snapshot__Header *h, size_t number,
                      bool with_values)
{
    static const char *const where[] = {"", "at the loop", "in the call",
                                        "before the call",
                                        "in a function of the host, which waits"};
    const Wanco__Snapshot__Frame *f =
        h->stacks[0]->frames[h->stacks[0]->n_frames - 1 - number];
    ProtobufCBinaryData name = inspect_name(h, f->instance, f->func_index);
    fprintf(out, "    #%-4zu", number);
    put_bytes(out, &name);
    fprintf(out, "%sfunc %" PRIu32, name.len > 0 ? ", " : "", f->func_index);
    if (h->n_instances > 1)
        fprintf(out, " of instance %" PRIu32, f->instance);
    fprintf(out, ", %s", where[f->kind]);
    if (f->kind != WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL)
        fprintf(out, " at 0x%" PRIx32, f->code_offset);
    putc('\n', out);
    if (with_values)
        put_frame_values(out, f);
}

static void put_frames(FILE *out, const Wanco__Snapshot__Header *h, bool all)
{
    size_t n = h->stacks[0]->n_frames;
    line(out, "stack", "%zu frame%s, innermost first", n, n == 1 ? "" : "s");
    for (size_t i = 0; i < n; i++) {
        if (!all && i == FRAMES_AT_EACH_END && n > 2 * FRAMES_AT_EACH_END + 1) {
            size_t left_out = n - 2 * FRAMES_AT_EACH_END;
            fprintf(out, "    … %zu more (--frames)\n", left_out);
            i += left_out;
        }
        put_frame(out, h, i, all);
    }
}

/* ---- WASI ---- */

static void put_strings(FILE *out, const char *label, const ProtobufCBinaryData *strings,
                        size_t n)
{
    if (n == 0)
        return;
    fprintf(out, "  %-*s", LABEL_BYTES, label);
    for (size_t i = 0; i < n; i++) {
        fputs(i > 0 ? " '" : "'", out);
        put_bytes(out, &strings[i]);
        putc('\'', out);
    }
    putc('\n', out);
}

static void put_preopens(FILE *out, const Wanco__Snapshot__Wasi *w)
{
    for (size_t i = 0; i < w->n_preopens; i++) {
        fprintf(out, "  %-*s'", LABEL_BYTES, "directory");
        put_bytes(out, &w->preopens[i]->guest_name);
        fprintf(out, "'%s\n", w->preopens[i]->read_only ? ", read-only" : "");
    }
}

static void put_place(FILE *out, const Wanco__Snapshot__Wasi *w,
                      const Wanco__Snapshot__Descriptor *d)
{
    static const char *const streams[] = {"stdin", "stdout", "stderr"};
    const ProtobufCBinaryData *name;
    char text[32];
    switch (d->kind) {
    case WANCO__SNAPSHOT__DESCRIPTOR__KIND__STREAM:
        fputs(streams[d->stream], out);
        break;
    case WANCO__SNAPSHOT__DESCRIPTOR__KIND__PREOPEN:
    case WANCO__SNAPSHOT__DESCRIPTOR__KIND__FILE:
    case WANCO__SNAPSHOT__DESCRIPTOR__KIND__DIRECTORY:
    case WANCO__SNAPSHOT__DESCRIPTOR__KIND__PIPE:
        name = &w->preopens[d->preopen]->guest_name;
        putc('\'', out);
        put_bytes(out, name);
        if (d->path.len > 0 && (name->len == 0 || name->data[name->len - 1] != '/'))
            putc('/', out);
        put_bytes(out, &d->path);
        putc('\'', out);
        break;
    case WANCO__SNAPSHOT__DESCRIPTOR__KIND__SOCKET:
        fputs("socket", out);
        if (d->socket == WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__CONNECTION)
            fputs(", connected", out);
        if (d->socket == WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__LISTENER) {
            fputs(" that listens on ", out);
            put_bytes(out, &w->listeners[d->listener]);
        }
        break;
    default:
        fputs(inspect_enum(&wanco__snapshot__descriptor__kind__descriptor, (int)d->kind,
                           text),
              out);
    }
}

static void put_descriptor(FILE *out, const Wanco__Snapshot__Wasi *w,
                           const Wanco__Snapshot__Descriptor *d)
{
    static const char *const flags[] = {"append", "dsync", "nonblock", "rsync", "sync"};
    char label[32];
    snprintf(label, sizeof label, "fd %" PRIu32, d->number);
    fprintf(out, "  %-*s", LABEL_BYTES, label);
    put_place(out, w, d);
    if (d->kind == WANCO__SNAPSHOT__DESCRIPTOR__KIND__FILE)
        fprintf(out, ", at %" PRIu64, d->offset);
    if (d->identity != NULL)
        fprintf(out, ", %" PRIu64 " bytes long%s", d->identity->n_bytes,
                d->identity->unlinked ? ", unlinked" : "");
    if (d->lost != 0)
        fputs(", lost", out);
    if (d->listing != NULL)
        fprintf(out, ", being read: %zu entries", d->listing->n_names);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (d->fdflags & 1u << i)
            fprintf(out, ", %s", flags[i]);
    putc('\n', out);
}

void inspect_print(FILE *out, const char *path, const struct snapshot *s, bool all_frames,
                   bool all_blocks)
{
    const Wanco__Snapshot__Header *h = snapshot_header(s);
    char text[64], size[32];
    inspect_put_text(out, path, strlen(path));
    fprintf(out, ": a snapshot, format %d, %s\n", SNAPSHOT_FORMAT_VERSION,
            size_text(snapshot_file_bytes(s), size));
    fprintf(out, "  %-*s%s", LABEL_BYTES, "written", inspect_time(h->written_ns, text));
    if (h->producer != NULL) {
        const char *words[] = {" by ", h->producer->program, " on ", h->producer->isa};
        for (size_t i = 0; i < 4; i++)
            inspect_put_text(out, words[i], strlen(words[i]));
    }
    putc('\n', out);
    put_modules(out, h);
    put_entry(out, h->entry);
    put_instances(out, h);
    for (uint32_t m = 0; m < h->n_memories; m++)
        put_memory(out, s, m, all_blocks);
    if (h->wasi != NULL) {
        put_strings(out, "arguments", h->wasi->args, h->wasi->n_args);
        put_strings(out, "environment", h->wasi->env, h->wasi->n_env);
        put_preopens(out, h->wasi);
        for (size_t i = 0; i < h->wasi->n_descriptors; i++)
            put_descriptor(out, h->wasi, h->wasi->descriptors[i]);
    }
    put_exceptions(out, h, all_frames);
    put_frames(out, h, all_frames);
}
