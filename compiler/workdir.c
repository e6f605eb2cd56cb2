/* Holds plain files only, so that emptying it needs no recursion. */
#define _GNU_SOURCE
#include "compiler/workdir.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a thread that waits for the ending signals has to remove before they take effect.
 * Its directory stays open, for to open one takes memory. */
static struct workdir *current;
static DIR *listing;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static sigset_t old_mask;

void workdir_hold_signals(void)
{
    pthread_mutex_lock(&held);
}

void workdir_release_signals(void)
{
    pthread_mutex_unlock(&held);
}

/* At an end that LLVM makes when it finds an error of its own, too, or that is made
 * without memory. */
static void remove_current(void)
{
    if (!current->path[0])
        return;
    rewinddir(listing);
    for (const struct dirent *entry; (entry = readdir(listing));)
        unlinkat(dirfd(listing), entry->d_name, 0);
    rmdir(current->path);
}

static void *wait_for_signal(void *signals)
{
    int signal_number;
    if (sigwait(signals, &signal_number) == 0) {
        pthread_mutex_lock(&held);
        remove_current();
        signal(signal_number, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, signals, NULL);
        raise(signal_number);
    }
    return NULL;
}

/* A thread, since a handler could not list a directory. */
static void remove_on_signal(sigset_t *signals)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_signal, signals) == 0)
        pthread_detach(thread);
}

const char *workdir_parent(void)
{
    const char *named = getenv("TMPDIR");
    return named && named[0] ? named : "/tmp";
}

static bool make_directory(struct workdir *w)
{
    int n = snprintf(w->path, sizeof w->path, "%s/wanco-XXXXXX", workdir_parent());
    errno = ENAMETOOLONG;
    bool is_made = n >= 0 && (size_t)n < sizeof w->path && mkdtemp(w->path);
    listing = is_made ? opendir(w->path) : NULL;
    if (listing)
        return true;
    if (is_made)
        rmdir(w->path);
    w->path[0] = '\0';
    return false;
}

bool workdir_create(struct workdir *w)
{
    static sigset_t signals;
    static bool is_registered;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, &old_mask);
    if (!make_directory(w)) {
        pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
        return false;
    }
    current = w;
    if (!is_registered)
        is_registered = atexit(remove_current) == 0 && at_quick_exit(remove_current) == 0;
    remove_on_signal(&signals);
    return true;
}

void workdir_remove(struct workdir *w)
{
    if (!w->path[0])
        return;
    pthread_mutex_lock(&held);
    remove_current();
    closedir(listing);
    w->path[0] = '\0';
    pthread_mutex_unlock(&held);
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
}
