/* A module from bytes to checked: reads it, then decodes and validates its bodies on
 * several threads.
 *
 * Workers take chunks of functions in ascending order. Whoever meets an error stops, and
 * so do the others after the chunk they are at: all chunks below the error's have been
 * taken by then and are finished, so the error with the lowest offset is always among
 * those found. */
#include <pthread.h>
#include <stdatomic.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/passes.h"

enum { CHUNK = 32, MAX_THREADS = 256 };

struct shared {
    struct module *m;
    atomic_uint next_chunk;
    atomic_bool failed;
};

struct worker {
    pthread_t thread;
    struct shared *shared;
    struct diag diag;
};

static void note_kinds_of_instrs(struct func *func, const struct body *body)
{
    for (uint32_t i = 0; i < body->n_instrs; i++) {
        uint16_t op = body->instrs[i].op;
        if (op_is_tail_call(op))
            func->makes_tail_calls = true;
        if (op == OP_Try || op == OP_TryTable)
            func->has_try = true;
    }
}

static bool load_chunk(struct module *m, uint32_t first, struct arena *arena,
                       struct diag *d)
{
    for (uint32_t i = first; i < m->n_funcs && i - first < CHUNK; i++) {
        struct body body;
        arena_reset(arena);
        if (!decode_body(m, i, &body, arena, d) || !validate_body(m, i, &body, arena, d))
            return false;
        note_kinds_of_instrs(&m->funcs[i], &body);
    }
    return true;
}

static uint32_t chunk_count(const struct module *m)
{
    uint32_t n_bodies = m->n_funcs - m->n_imported_funcs;
    return n_bodies / CHUNK + (n_bodies % CHUNK > 0);
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct shared *s = w->shared;
    struct arena arena = {0};
    while (!atomic_load(&s->failed)) {
        uint32_t chunk = atomic_fetch_add(&s->next_chunk, 1);
        if (chunk >= chunk_count(s->m))
            break;
        if (!load_chunk(s->m, s->m->n_imported_funcs + chunk * CHUNK, &arena, &w->diag))
            atomic_store(&s->failed, true);
    }
    arena_free(&arena);
    return NULL;
}

static bool load_bodies(struct module *m, unsigned n_threads, struct diag *d)
{
    struct shared shared = {.m = m};
    struct worker workers[MAX_THREADS];
    unsigned n_wanted = n_threads < MAX_THREADS ? n_threads : MAX_THREADS;
    if (n_wanted > chunk_count(m))
        n_wanted = chunk_count(m);
    /* The caller's thread is the first worker; where the system has no more threads, it
     * works with those that it has got. */
    unsigned n_workers = 1;
    workers[0] = (struct worker){.shared = &shared, .diag = DIAG_INIT};
    while (n_workers < n_wanted) {
        struct worker *w = &workers[n_workers];
        *w = (struct worker){.shared = &shared, .diag = DIAG_INIT};
        if (pthread_create(&w->thread, NULL, work, w) != 0)
            break;
        n_workers++;
    }
    work(&workers[0]);
    const struct diag *first = NULL;
    for (unsigned i = 0; i < n_workers; i++) {
        if (i > 0)
            pthread_join(workers[i].thread, NULL);
        const struct diag *found = &workers[i].diag;
        if (found->is_set && (!first || found->offset < first->offset))
            first = found;
    }
    if (first)
        *d = *first;
    return !first;
}

bool load_module(struct module *m, unsigned n_threads, struct diag *d)
{
    return read_module(m, d) && validate_module(m, d) && load_bodies(m, n_threads, d);
}
