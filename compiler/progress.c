/* Draws in place, on stderr, and not before half a second has passed. */
#define _GNU_SOURCE
#include "compiler/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_begin(struct progress *p, uint64_t total, bool wanted)
{
    *p = (struct progress){.total = total, .drawn = -1, .start = now()};
    pthread_mutex_init(&p->lock, NULL);
    p->is_shown = wanted && total > 0 && isatty(STDERR_FILENO);
}

static void draw(int percent, double seconds)
{
    enum { WIDTH = 40 };
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < percent * WIDTH / 100 ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\rcompiling [%s] %3d %%  %.0f s\033[K", bar, percent, seconds);
    fflush(stderr);
}

static void update(struct progress *p)
{
    int percent = (int)(p->done * 100 / p->total);
    double seconds = now() - p->start;
    if (percent > p->drawn && seconds > 0.5) {
        draw(percent, seconds);
        p->drawn = percent;
    }
}

void progress_add(struct progress *p, uint64_t n)
{
    pthread_mutex_lock(&p->lock);
    p->done += n;
    if (p->is_shown)
        update(p);
    pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress *p)
{
    if (p->drawn >= 0)
        fprintf(stderr, "\r\033[K");
    pthread_mutex_destroy(&p->lock);
}
