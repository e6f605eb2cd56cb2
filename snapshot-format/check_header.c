/* Checks that a header holds together, so that whoever uses it can follow its indices and
 * walk its parallel fields without a check of their own. Whether it fits a module is for
 * those to check who know the module. */
#include <inttypes.h>
#include <string.h>

#include "snapshot-format/internal.h"

enum { /* core 5.3.1, 5.3.2, 5.3.3 */
       TYPE_I32 = 0x7f,
       TYPE_I64 = 0x7e,
       TYPE_F32 = 0x7d,
       TYPE_F64 = 0x7c,
       TYPE_V128 = 0x7b,
       TYPE_FUNCREF = 0x70,
       TYPE_EXTERNREF = 0x6f,
       TYPE_EXNREF = 0x69
};

enum { MAX_FILETYPE = 7, MAX_FDFLAGS = 0x1f, MAX_STREAM = 2, MAX_ERRNO = 76 };

/* A memory's size in bytes is a 64-bit number. */
#define MAX_WASM_PAGES (UINT64_C(1) << 47)

struct check {
    const Wanco__Snapshot__Header *h;
    size_t n_exceptions; /* that references can be to */
    char *error;
    size_t error_bytes;
};

/* ---- Values ---- */

uint32_t snapshot_words_of(uint8_t type)
{
    switch (type) {
    case TYPE_I32:
    case TYPE_I64:
    case TYPE_F32:
    case TYPE_F64:
    case TYPE_FUNCREF:
    case TYPE_EXTERNREF:
    case TYPE_EXNREF:
        return 1;
    case TYPE_V128:
        return 2;
    default:
        return 0;
    }
}

static bool is_reference(uint32_t type)
{
    return type == TYPE_FUNCREF || type == TYPE_EXTERNREF || type == TYPE_EXNREF;
}

static bool check_word(const struct check *c, uint32_t type, uint64_t word)
{
    uint32_t instance, func_index;
    switch (type) {
    case TYPE_I32:
    case TYPE_F32:
        return word <= UINT32_MAX;
    case TYPE_FUNCREF:
        return !snapshot_funcref_parts(word, &instance, &func_index) ||
               instance < c->h->n_instances;
    case TYPE_EXTERNREF:
        return word == 0;
    case TYPE_EXNREF:
        return word <= c->n_exceptions;
    default:
        return true;
    }
}

static bool check_values(const struct check *c, const ProtobufCBinaryData *types,
                         const uint64_t *words, size_t n_words)
{
    size_t used = 0;
    for (size_t i = 0; i < types->len; i++) {
        uint32_t n = snapshot_words_of(types->data[i]);
        if (n == 0 || n > n_words - used || !check_word(c, types->data[i], words[used]))
            return false;
        used += n;
    }
    return used == n_words;
}

static bool ascends(const uint32_t *numbers, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (numbers[i] <= numbers[i - 1])
            return false;
    return true;
}

/* ---- Instances ---- */

static bool check_tables(const struct check *c, const Wanco__Snapshot__Instance *in)
{
    for (size_t i = 0; i < in->n_tables; i++) {
        const Wanco__Snapshot__Table *t = in->tables[i];
        uint64_t size = 0;
        bool ok = is_reference(t->element_type) && t->n_run_lengths == t->n_run_words &&
                  (i == 0 || t->index > in->tables[i - 1]->index);
        for (size_t run = 0; ok && run < t->n_run_lengths; run++) {
            uint64_t n = t->run_lengths[run];
            ok = n > 0 && n <= t->max_elements - size &&
                 check_word(c, t->element_type, t->run_words[run]);
            size += n;
        }
        if (!ok)
            return snapshot_fail(c->error, c->error_bytes,
                                 "its table %" PRIu32 " can't be", t->index);
    }
    return true;
}

static bool check_links(const struct check *c, size_t instance)
{
    const Wanco__Snapshot__Instance *in = c->h->instances[instance];
    for (size_t i = 0; i < in->n_links; i++) {
        const Wanco__Snapshot__Link *l = in->links[i];
        if (l->kind < WANCO__SNAPSHOT__LINK__KIND__FUNC ||
            l->kind > WANCO__SNAPSHOT__LINK__KIND__GLOBAL || l->instance >= instance)
            return snapshot_fail(c->error, c->error_bytes,
                                 "a link of its instance %zu can't be", instance);
    }
    return true;
}

static bool check_instance(const struct check *c, size_t instance)
{
    const Wanco__Snapshot__Instance *in = c->h->instances[instance];
    if (in->module >= c->h->n_modules)
        return snapshot_fail(c->error, c->error_bytes, "its instance %zu is of no module",
                             instance);
    if (in->n_global_indices != in->global_types.len ||
        !ascends(in->global_indices, in->n_global_indices) ||
        !check_values(c, &in->global_types, in->global_words, in->n_global_words))
        return snapshot_fail(c->error, c->error_bytes,
                             "the globals of its instance %zu can't be", instance);
    if (!ascends(in->dropped_datas, in->n_dropped_datas) ||
        !ascends(in->dropped_elems, in->n_dropped_elems))
        return snapshot_fail(c->error, c->error_bytes,
                             "the segments of its instance %zu can't be", instance);
    return check_links(c, instance) && check_tables(c, in);
}

static bool check_modules(const struct check *c)
{
    for (size_t i = 0; i < c->h->n_modules; i++)
        if (c->h->modules[i]->sha256.len != SNAPSHOT_SHA256_BYTES)
            return snapshot_fail(c->error, c->error_bytes,
                                 "its module %zu has no SHA-256", i);
    return true;
}

static bool check_memories(const struct check *c)
{
    const Wanco__Snapshot__Memory *before = NULL;
    for (size_t i = 0; i < c->h->n_memories; i++) {
        const Wanco__Snapshot__Memory *m = c->h->memories[i];
        bool ascending = before == NULL || m->instance > before->instance ||
                         (m->instance == before->instance && m->index > before->index);
        if (m->instance >= c->h->n_instances || !ascending || m->page_bytes > 1 ||
            m->n_pages > MAX_WASM_PAGES || m->n_pages > m->max_pages)
            return snapshot_fail(c->error, c->error_bytes,
                                 "its memory %" PRIu32 " can't be", m->index);
        before = m;
    }
    return true;
}

/* Each refers to earlier ones only: so none is among those that it refers to, and they
 * can be made one after another. */
static bool check_exceptions(const struct check *c)
{
    struct check earlier = *c;
    for (size_t i = 0; i < c->h->n_exceptions; i++) {
        const Wanco__Snapshot__Exception *e = c->h->exceptions[i];
        earlier.n_exceptions = i;
        if (e->instance >= c->h->n_instances ||
            !check_values(&earlier, &e->types, e->words, e->n_words))
            return snapshot_fail(c->error, c->error_bytes, "its exception %zu can't be",
                                 i);
    }
    return true;
}

/* ---- What runs ---- */

static bool check_entry(const struct check *c)
{
    const Wanco__Snapshot__Entry *e = c->h->entry;
    bool ok = e != NULL && e->instance < c->h->n_instances &&
              e->stage >= WANCO__SNAPSHOT__ENTRY__STAGE__START_FUNCTION &&
              e->stage <= WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT &&
              check_values(c, &e->argument_types, e->argument_words, e->n_argument_words);
    return ok || snapshot_fail(c->error, c->error_bytes,
                               "what it was doing (its entry) can't be");
}

/* All frames but the innermost are in calls; the innermost never is. */
static bool check_frame(const struct check *c, const Wanco__Snapshot__Frame *f,
                        bool is_innermost)
{
    bool in_call = f->kind == WANCO__SNAPSHOT__FRAME__KIND__CALL;
    bool in_host = f->kind == WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL;
    return f->kind >= WANCO__SNAPSHOT__FRAME__KIND__LOOP &&
           f->kind <= WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL &&
           in_call != is_innermost && f->instance < c->h->n_instances &&
           f->n_local_indices <= f->types.len &&
           ascends(f->local_indices, f->n_local_indices) &&
           (!in_host || (f->n_local_indices == 0 && f->code_offset == 0)) &&
           (in_host || f->n_host_state == 0) &&
           check_values(c, &f->types, f->words, f->n_words);
}

static bool check_stacks(const struct check *c)
{
    if (c->h->n_stacks != 1)
        return snapshot_fail(c->error, c->error_bytes,
                             "it has %zu stacks, and this program knows of one",
                             c->h->n_stacks);
    const Wanco__Snapshot__Stack *s = c->h->stacks[0];
    for (size_t i = 0; i < s->n_frames; i++)
        if (!check_frame(c, s->frames[i], i + 1 == s->n_frames))
            return snapshot_fail(c->error, c->error_bytes, "its frame %zu can't be", i);
    return true;
}

static bool check_names(const struct check *c)
{
    const Wanco__Snapshot__FunctionName *before = NULL;
    for (size_t i = 0; i < c->h->n_names; i++) {
        const Wanco__Snapshot__FunctionName *n = c->h->names[i];
        bool ascending =
            before == NULL || n->instance > before->instance ||
            (n->instance == before->instance && n->func_index > before->func_index);
        if (n->instance >= c->h->n_instances || !ascending)
            return snapshot_fail(c->error, c->error_bytes,
                                 "its function name %zu can't be", i);
        before = n;
    }
    return true;
}

/* ---- WASI ---- */

/* What becomes a C string must not end early. */
static bool is_string(const ProtobufCBinaryData *b)
{
    return b->len == 0 || memchr(b->data, 0, b->len) == NULL;
}

static bool check_strings(const ProtobufCBinaryData *strings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_string(&strings[i]))
            return false;
    return true;
}

static bool check_listing(const Wanco__Snapshot__Listing *l)
{
    if (l == NULL)
        return true;
    for (size_t i = 0; i < l->filetypes.len; i++)
        if (l->filetypes.data[i] > MAX_FILETYPE)
            return false;
    return l->n_names == l->n_inodes && l->n_names == l->filetypes.len &&
           check_strings(l->names, l->n_names);
}

/* What SNAPSHOT_FEATURE_MOVES has added. */
static bool check_moves(const Wanco__Snapshot__Wasi *w,
                        const Wanco__Snapshot__Descriptor *d)
{
    return d->socket >= WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__SOCKET_UNSPECIFIED &&
           d->socket <= WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__CONNECTION &&
           (d->socket != WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__LISTENER ||
            d->listener < w->n_listeners) &&
           d->unlinked_file <= w->n_unlinked_files && d->lost <= MAX_ERRNO;
}

static bool check_descriptor(const Wanco__Snapshot__Wasi *w,
                             const Wanco__Snapshot__Descriptor *d)
{
    bool below_preopen = (d->kind >= WANCO__SNAPSHOT__DESCRIPTOR__KIND__PREOPEN &&
                          d->kind <= WANCO__SNAPSHOT__DESCRIPTOR__KIND__DIRECTORY) ||
                         d->kind == WANCO__SNAPSHOT__DESCRIPTOR__KIND__PIPE;
    return d->kind >= WANCO__SNAPSHOT__DESCRIPTOR__KIND__PREOPEN &&
           d->kind <= WANCO__SNAPSHOT__DESCRIPTOR__KIND__OTHER &&
           (!below_preopen || d->preopen < w->n_preopens) &&
           (d->kind != WANCO__SNAPSHOT__DESCRIPTOR__KIND__STREAM ||
            d->stream <= MAX_STREAM) &&
           d->filetype <= MAX_FILETYPE && d->fdflags <= MAX_FDFLAGS &&
           d->offset <= INT64_MAX && is_string(&d->path) && check_listing(d->listing) &&
           check_moves(w, d);
}

static bool check_wasi(const struct check *c)
{
    const Wanco__Snapshot__Wasi *w = c->h->wasi;
    if (w == NULL)
        return true;
    if (w->clocks == NULL)
        return snapshot_fail(c->error, c->error_bytes, "its clocks are missing");
    if (!check_strings(w->args, w->n_args) || !check_strings(w->env, w->n_env))
        return snapshot_fail(c->error, c->error_bytes,
                             "its arguments or environment hold a zero byte");
    if (!check_strings(w->listeners, w->n_listeners))
        return snapshot_fail(c->error, c->error_bytes, "its addresses can't be");
    for (size_t i = 0; i < w->n_preopens; i++)
        if (!is_string(&w->preopens[i]->guest_name))
            return snapshot_fail(c->error, c->error_bytes, "its preopen %zu can't be", i);
    for (size_t i = 0; i < w->n_descriptors; i++) {
        const Wanco__Snapshot__Descriptor *d = w->descriptors[i];
        if (!check_descriptor(w, d) ||
            (i > 0 && d->number <= w->descriptors[i - 1]->number))
            return snapshot_fail(c->error, c->error_bytes,
                                 "its descriptor %" PRIu32 " can't be", d->number);
    }
    return true;
}

static bool is_known(uint32_t feature)
{
    return feature == SNAPSHOT_FEATURE_MOVES || feature == SNAPSHOT_FEATURE_EXCEPTIONS ||
           feature == SNAPSHOT_FEATURE_PAGE_SIZES;
}

bool snapshot_check_header(const Wanco__Snapshot__Header *h, char *error,
                           size_t error_bytes)
{
    const struct check c = {h, h->n_exceptions, error, error_bytes};
    for (size_t i = 0; i < h->n_required_features; i++)
        if (!is_known(h->required_features[i]))
            return snapshot_fail(error, error_bytes,
                                 "it needs feature %" PRIu32
                                 ", which this program doesn't know: use a newer one",
                                 h->required_features[i]);
    for (size_t i = 0; i < h->n_instances; i++)
        if (!check_instance(&c, i))
            return false;
    return check_exceptions(&c) && check_modules(&c) && check_memories(&c) &&
           check_entry(&c) && check_stacks(&c) && check_names(&c) && check_wasi(&c);
}
