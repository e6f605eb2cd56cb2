/* A snapshot as JSON, for programs. Keys are the names of the schema's fields where they
 * mean the same. Integers are exact; floats, vectors and references are strings. */

#include "compiler/inspect.h"
#include "compiler/json.h"
#include "compiler/types.h"

static void put_bytes(struct json *j, const char *key, const ProtobufCBinaryData *b)
{
    json_string(j, key, b->data, b->len);
}

static void put_enum(struct json *j, const char *key, const ProtobufCEnumDescriptor *type,
                     int value)
{
    char text[32];
    json_text(j, key, inspect_enum(type, value, text));
}

/* ---- Values ---- */

/* What is open is an object; answers how many words it took. */
static uint32_t put_value(struct json *j, uint8_t type, const uint64_t *words)
{
    char text[INSPECT_VALUE_BYTES];
    json_text(j, "type", inspect_type(type));
    if (type == TYPE_I32)
        json_i64(j, "value", (int32_t)(uint32_t)words[0]);
    else if (type == TYPE_I64)
        json_i64(j, "value", (int64_t)words[0]);
    else if (type_is_ref(type) && words[0] == 0)
        json_null(j, "value");
    else
        json_text(j, "value", inspect_value(type, words, text));
    return snapshot_words_of(type);
}

/* An array of values [from, to); with their indices, if there are any. Answers the word
 * behind them. */
static const uint64_t *put_values(struct json *j, const char *key,
                                  const uint32_t *indices,
                                  const ProtobufCBinaryData *types, size_t from,
                                  size_t to, const uint64_t *words)
{
    json_open(j, key, '[');
    for (size_t i = from; i < to; i++) {
        json_open(j, NULL, '{');
        if (indices != NULL)
            json_u64(j, "index", indices[i]);
        words += put_value(j, types->data[i], words);
        json_close(j, '}');
    }
    json_close(j, ']');
    return words;
}

/* ---- The program ---- */

static void put_modules(struct json *j, const Wanco__Snapshot__Header *h)
{
    json_open(j, "modules", '[');
    for (size_t i = 0; i < h->n_modules; i++) {
        const Wanco__Snapshot__Module *m = h->modules[i];
        json_open(j, NULL, '{');
        json_hex(j, "sha256", m->sha256.data, m->sha256.len);
        put_bytes(j, "name", &m->name);
        json_u64(j, "resume_rules", m->resume_rules);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_limit(struct json *j, const char *key, uint64_t limit)
{
    if (limit == SNAPSHOT_NO_LIMIT)
        json_null(j, key);
    else
        json_u64(j, key, limit);
}

static void put_table(struct json *j, const Wanco__Snapshot__Table *t)
{
    char text[INSPECT_VALUE_BYTES];
    json_open(j, NULL, '{');
    json_u64(j, "index", t->index);
    json_text(j, "element_type", inspect_type(t->element_type));
    put_limit(j, "max_elements", t->max_elements);
    json_u64(j, "n_elements", inspect_table_size(t));
    json_open(j, "runs", '[');
    for (size_t i = 0; i < t->n_run_lengths; i++) {
        json_open(j, NULL, '{');
        json_u64(j, "length", t->run_lengths[i]);
        if (t->run_words[i] == 0)
            json_null(j, "value");
        else
            json_text(j, "value",
                      inspect_value((uint8_t)t->element_type, &t->run_words[i], text));
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void put_indices(struct json *j, const char *key, const uint32_t *indices,
                        size_t n)
{
    json_open(j, key, '[');
    for (size_t i = 0; i < n; i++)
        json_u64(j, NULL, indices[i]);
    json_close(j, ']');
}

static void put_links(struct json *j, const Wanco__Snapshot__Instance *in)
{
    json_open(j, "links", '[');
    for (size_t i = 0; i < in->n_links; i++) {
        const Wanco__Snapshot__Link *l = in->links[i];
        json_open(j, NULL, '{');
        put_enum(j, "kind", &wanco__snapshot__link__kind__descriptor, (int)l->kind);
        json_u64(j, "index", l->index);
        json_u64(j, "instance", l->instance);
        json_u64(j, "exported_index", l->exported_index);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_instances(struct json *j, const Wanco__Snapshot__Header *h)
{
    json_open(j, "instances", '[');
    for (size_t i = 0; i < h->n_instances; i++) {
        const Wanco__Snapshot__Instance *in = h->instances[i];
        json_open(j, NULL, '{');
        json_u64(j, "module", in->module);
        put_links(j, in);
        put_values(j, "globals", in->global_indices, &in->global_types, 0,
                   in->n_global_indices, in->global_words);
        json_open(j, "tables", '[');
        for (size_t t = 0; t < in->n_tables; t++)
            put_table(j, in->tables[t]);
        json_close(j, ']');
        put_indices(j, "dropped_datas", in->dropped_datas, in->n_dropped_datas);
        put_indices(j, "dropped_elems", in->dropped_elems, in->n_dropped_elems);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_exceptions(struct json *j, const Wanco__Snapshot__Header *h)
{
    json_open(j, "exceptions", '[');
    for (size_t i = 0; i < h->n_exceptions; i++) {
        const Wanco__Snapshot__Exception *e = h->exceptions[i];
        json_open(j, NULL, '{');
        json_u64(j, "instance", e->instance);
        json_u64(j, "tag_index", e->tag_index);
        put_values(j, "values", NULL, &e->types, 0, e->types.len, e->words);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_entry(struct json *j, const Wanco__Snapshot__Entry *e)
{
    json_open(j, "entry", '{');
    put_enum(j, "stage", &wanco__snapshot__entry__stage__descriptor, (int)e->stage);
    json_u64(j, "instance", e->instance);
    put_bytes(j, "export", &e->export);
    put_values(j, "arguments", NULL, &e->argument_types, 0, e->argument_types.len,
               e->argument_words);
    json_close(j, '}');
}

static void put_frame(struct json *j, const Wanco__Snapshot__Header *h,
                      const Wanco__Snapshot__Frame *f)
{
    ProtobufCBinaryData name = inspect_name(h, f->instance, f->func_index);
    size_t n_locals = f->n_local_indices;
    json_open(j, NULL, '{');
    json_u64(j, "instance", f->instance);
    json_u64(j, "func_index", f->func_index);
    put_bytes(j, "name", &name);
    json_u64(j, "code_offset", f->code_offset);
    put_enum(j, "kind", &wanco__snapshot__frame__kind__descriptor, (int)f->kind);
    const uint64_t *words =
        put_values(j, "locals", f->local_indices, &f->types, 0, n_locals, f->words);
    put_values(j, "operands", NULL, &f->types, n_locals, f->types.len, words);
    if (f->n_host_state > 0) {
        json_open(j, "host_state", '[');
        for (size_t i = 0; i < f->n_host_state; i++)
            json_u64(j, NULL, f->host_state[i]);
        json_close(j, ']');
    }
    json_close(j, '}');
}

static void put_memories(struct json *j, const struct snapshot *s, bool all_blocks)
{
    const Wanco__Snapshot__Header *h = snapshot_header(s);
    json_open(j, "memories", '[');
    for (uint32_t m = 0; m < h->n_memories; m++) {
        struct inspect_pages pages = inspect_pages(s, m);
        json_open(j, NULL, '{');
        json_u64(j, "instance", h->memories[m]->instance);
        json_u64(j, "index", h->memories[m]->index);
        json_u64(j, "n_pages", h->memories[m]->n_pages);
        put_limit(j, "max_pages", h->memories[m]->max_pages);
        json_u64(j, "page_bytes",
                 h->memories[m]->page_bytes == 0 ? SNAPSHOT_WASM_PAGE_BYTES
                                                 : h->memories[m]->page_bytes);
        json_u64(j, "n_blocks", pages.n_blocks);
        json_u64(j, "bytes_in_blocks", pages.n_bytes);
        json_u64(j, "stored_bytes", pages.stored_bytes);
        if (all_blocks)
            json_open(j, "blocks", '[');
        for (uint64_t i = 0; all_blocks && i < pages.n_blocks; i++) {
            struct snapshot_block b = snapshot_block_at(s, m, i);
            json_open(j, NULL, '{');
            json_u64(j, "address", b.address);
            json_u64(j, "n_bytes", b.n_bytes);
            json_u64(j, "file_offset", b.file_offset);
            json_u64(j, "stored_bytes", b.stored_bytes);
            json_bool(j, "is_compressed", b.is_compressed);
            json_close(j, '}');
        }
        if (all_blocks)
            json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, ']');
}

/* ---- WASI ---- */

static void put_strings(struct json *j, const char *key,
                        const ProtobufCBinaryData *strings, size_t n)
{
    json_open(j, key, '[');
    for (size_t i = 0; i < n; i++)
        put_bytes(j, NULL, &strings[i]);
    json_close(j, ']');
}

static void put_descriptor(struct json *j, const Wanco__Snapshot__Descriptor *d)
{
    json_open(j, NULL, '{');
    json_u64(j, "number", d->number);
    put_enum(j, "kind", &wanco__snapshot__descriptor__kind__descriptor, (int)d->kind);
    json_u64(j, "stream", d->stream);
    json_u64(j, "preopen", d->preopen);
    put_bytes(j, "path", &d->path);
    json_u64(j, "filetype", d->filetype);
    json_u64(j, "fdflags", d->fdflags);
    json_u64(j, "rights_base", d->rights_base);
    json_u64(j, "rights_inheriting", d->rights_inheriting);
    json_u64(j, "access", d->access);
    json_u64(j, "offset", d->offset);
    if (d->identity != NULL) {
        json_open(j, "identity", '{');
        json_u64(j, "n_bytes", d->identity->n_bytes);
        json_i64(j, "mtime_ns", d->identity->mtime_ns);
        json_bool(j, "unlinked", d->identity->unlinked);
        json_close(j, '}');
    }
    put_enum(j, "socket", &wanco__snapshot__descriptor__socket__descriptor,
             (int)d->socket);
    json_u64(j, "listener", d->listener);
    json_u64(j, "unlinked_file", d->unlinked_file);
    json_u64(j, "lost", d->lost);
    if (d->listing != NULL)
        put_strings(j, "listing", d->listing->names, d->listing->n_names);
    json_close(j, '}');
}

static void put_wasi(struct json *j, const Wanco__Snapshot__Wasi *w)
{
    json_open(j, "wasi", '{');
    put_strings(j, "args", w->args, w->n_args);
    put_strings(j, "env", w->env, w->n_env);
    json_open(j, "preopens", '[');
    for (size_t i = 0; i < w->n_preopens; i++) {
        json_open(j, NULL, '{');
        put_bytes(j, "guest_name", &w->preopens[i]->guest_name);
        json_bool(j, "read_only", w->preopens[i]->read_only);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_open(j, "descriptors", '[');
    for (size_t i = 0; i < w->n_descriptors; i++)
        put_descriptor(j, w->descriptors[i]);
    json_close(j, ']');
    put_strings(j, "listeners", w->listeners, w->n_listeners);
    json_open(j, "unlinked_files", '[');
    for (size_t i = 0; i < w->n_unlinked_files; i++)
        json_u64(j, NULL, w->unlinked_files[i]->content.len);
    json_close(j, ']');
    json_open(j, "clocks", '{');
    json_u64(j, "realtime", w->clocks->realtime);
    json_u64(j, "monotonic", w->clocks->monotonic);
    json_u64(j, "process_cputime", w->clocks->process_cputime);
    json_u64(j, "thread_cputime", w->clocks->thread_cputime);
    json_close(j, '}');
    json_close(j, '}');
}

void inspect_print_json(FILE *out, const struct snapshot *s, bool all_blocks)
{
    const Wanco__Snapshot__Header *h = snapshot_header(s);
    struct json j = {.out = out};
    json_open(&j, NULL, '{');
    json_text(&j, "kind", "snapshot");
    json_u64(&j, "format_version", SNAPSHOT_FORMAT_VERSION);
    json_u64(&j, "file_bytes", snapshot_file_bytes(s));
    json_text(&j, "program", h->producer != NULL ? h->producer->program : "");
    json_text(&j, "isa", h->producer != NULL ? h->producer->isa : "");
    json_u64(&j, "written_ns", h->written_ns);
    json_open(&j, "required_features", '[');
    for (size_t i = 0; i < h->n_required_features; i++)
        json_u64(&j, NULL, h->required_features[i]);
    json_close(&j, ']');
    put_modules(&j, h);
    put_instances(&j, h);
    put_exceptions(&j, h);
    put_entry(&j, h->entry);
    json_open(&j, "frames", '[');
    for (size_t i = 0; i < h->stacks[0]->n_frames; i++)
        put_frame(&j, h, h->stacks[0]->frames[i]);
    json_close(&j, ']');
    put_memories(&j, s, all_blocks);
    if (h->wasi != NULL)
        put_wasi(&j, h->wasi);
    json_close(&j, '}');
}
