/* Shares the bodies out to threads in small runs, so that none waits long for another. */
#include "compiler/bodies.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/passes.h"

enum { CHUNK = 64, MAX_HELPERS = 63 };

struct work {
    const struct module *m;
    visit_body *visit;
    void *context;
    atomic_uint_fast64_t next; /* the lowest function that nobody has taken */
};

static void *work(void *argument)
{
    struct work *w = argument;
    struct arena arena = {0};
    for (;;) {
        uint64_t from = atomic_fetch_add(&w->next, CHUNK);
        for (uint64_t i = from; i < from + CHUNK && i < w->m->n_funcs; i++) {
            struct body body;
            struct diag none = DIAG_INIT;
            bool is_decoded = decode_body(w->m, (uint32_t)i, &body, &arena, &none);
            assert(is_decoded);
            (void)is_decoded;
            w->visit(w->context, (uint32_t)i, &body, &arena);
            arena_reset(&arena);
        }
        if (from + CHUNK >= w->m->n_funcs)
            break;
    }
    arena_free(&arena);
    return NULL;
}

void visit_bodies(const struct module *m, unsigned n_threads, visit_body *visit,
                  void *context)
{
    struct work w = {m, visit, context, m->n_imported_funcs};
    pthread_t helpers[MAX_HELPERS];
    uint32_t n_chunks = (m->n_funcs - m->n_imported_funcs) / CHUNK + 1;
    unsigned n_helpers = 0;
    while (n_helpers + 1 < n_threads && n_helpers + 1 < n_chunks &&
           n_helpers < MAX_HELPERS &&
           pthread_create(&helpers[n_helpers], NULL, work, &w) == 0)
        n_helpers++;
    work(&w);
    for (unsigned i = 0; i < n_helpers; i++)
        pthread_join(helpers[i], NULL);
}
