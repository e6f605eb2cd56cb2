/* Work of equal kind on several threads: each takes the next item until none is left.
 * Without a second thread, which takes time to start, everything happens in the caller's.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "snapshot-format/internal.h"

struct crew {
    snapshot_step *step;
    void *context;
    uint64_t n_items;
    atomic_uint_fast64_t next_item;
    atomic_uint next_worker;
};

/* The affinity mask, not the machine's size: a container may have few of many. */
static unsigned processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > 0 ? (unsigned)n : 1;
}

unsigned snapshot_threads(unsigned n_threads, uint64_t n_items)
{
    uint64_t n = n_items < SNAPSHOT_MAX_THREADS ? n_items : SNAPSHOT_MAX_THREADS;
    if (n > 1) {
        unsigned limit = n_threads > 0 ? n_threads : processors();
        n = limit < n ? limit : n;
    }
    return n > 0 ? (unsigned)n : 1;
}

static void *work(void *argument)
{
    struct crew *crew = argument;
    unsigned worker = atomic_fetch_add(&crew->next_worker, 1);
    for (;;) {
        uint64_t item = atomic_fetch_add(&crew->next_item, 1);
        if (item >= crew->n_items)
            return NULL;
        crew->step(crew->context, worker, item);
    }
}

void snapshot_run(unsigned n_threads, uint64_t n_items, snapshot_step *step,
                  void *context)
{
    struct crew crew = {.step = step, .context = context, .n_items = n_items};
    pthread_t threads[SNAPSHOT_MAX_THREADS];
    unsigned n_started = 0;
    if (n_threads > 1) {
        sigset_t all, old;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);
        while (n_started < n_threads - 1 && n_started < SNAPSHOT_MAX_THREADS &&
               pthread_create(&threads[n_started], NULL, work, &crew) == 0)
            n_started++;
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
    work(&crew);
    for (unsigned i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
}
