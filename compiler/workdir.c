/* Holds plain files only, so that emptying it needs no recursion. */
#define _GNU_SOURCE
#include "compiler/workdir.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a thread that waits for the ending signals has to remove before they take effect.
 */
static struct workdir *current;
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

static void empty_and_remove(const char *path)
{
    if (!path[0])
        return;
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(path);
}

static void *wait_for_signal(void *signals)
{
    int signal_number;
    if (sigwait(signals, &signal_number) == 0) {
        pthread_mutex_lock(&held);
        empty_and_remove(current->path);
        signal(signal_number, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, signals, NULL);
        raise(signal_number);
    }
    return NULL;
}

/* A thread, since a handler could not list a directory. */
static void remove_on_signal(void)
{
    static sigset_t signals;
    pthread_t thread;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, &old_mask);
    if (pthread_create(&thread, NULL, wait_for_signal, &signals) == 0)
        pthread_detach(thread);
}

/* LLVM ends the process itself when it finds an error of its own. */
static void remove_current(void)
{
    empty_and_remove(current->path);
}

const char *workdir_parent(void)
{
    const char *named = getenv("TMPDIR");
    return named && named[0] ? named : "/tmp";
}

bool workdir_create(struct workdir *w)
{
    int n = snprintf(w->path, sizeof w->path, "%s/wanco-XXXXXX", workdir_parent());
    if (n < 0 || (size_t)n >= sizeof w->path || !mkdtemp(w->path)) {
        w->path[0] = '\0';
        return false;
    }
    static bool is_registered;
    current = w;
    if (!is_registered)
        is_registered = atexit(remove_current) == 0;
    remove_on_signal();
    return true;
}

void workdir_remove(struct workdir *w)
{
    if (!w->path[0])
        return;
    empty_and_remove(w->path);
    w->path[0] = '\0';
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
}
