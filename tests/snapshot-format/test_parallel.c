/* Work on several threads: every item once, whatever their number. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "snapshot-format/internal.h"

enum { ITEMS = 10000 };

struct tally {
    atomic_uchar seen[ITEMS];
    atomic_bool bad_worker;
    unsigned n_threads;
};

static void count(void *context, unsigned worker, uint64_t item)
{
    struct tally *t = context;
    atomic_fetch_add(&t->seen[item], 1);
    if (worker >= t->n_threads)
        atomic_store(&t->bad_worker, true);
}

Test(parallel, every_item_is_done_once)
{
    static struct tally t;
    for (unsigned n = 1; n <= 5; n++) {
        memset(&t, 0, sizeof t);
        t.n_threads = n;
        snapshot_run(n, ITEMS, count, &t);
        cr_assert(!atomic_load(&t.bad_worker));
        for (size_t i = 0; i < ITEMS; i++)
            cr_assert_eq(atomic_load(&t.seen[i]), 1);
    }
}

Test(parallel, threads_are_as_many_as_are_worth_it)
{
    cr_assert_eq(snapshot_threads(8, 0), 1);
    cr_assert_eq(snapshot_threads(8, 1), 1);
    cr_assert_eq(snapshot_threads(8, 3), 3);
    cr_assert_eq(snapshot_threads(3, 100), 3);
    cr_assert_eq(snapshot_threads(1000, 100000), SNAPSHOT_MAX_THREADS);
    cr_assert_geq(snapshot_threads(0, 100), 1);
}

static atomic_bool has_open_signal;

static void look_at_mask(void *context, unsigned worker, uint64_t item)
{
    sigset_t mask;
    pid_t main_thread = *(pid_t *)context;
    (void)worker, (void)item;
    usleep(1000);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    if (gettid() != main_thread && sigismember(&mask, SIGUSR1) == 0)
        atomic_store(&has_open_signal, true);
}

/* Signals are for the guest's thread. */
Test(parallel, threads_take_no_signals)
{
    pid_t main_thread = gettid();
    sigset_t mask;
    snapshot_run(4, 20, look_at_mask, &main_thread);
    cr_assert(!atomic_load(&has_open_signal));
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    cr_assert_eq(sigismember(&mask, SIGUSR1), 0);
}
