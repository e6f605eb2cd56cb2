/* A bar on a terminal for work that takes more than a moment. */
#ifndef COMPILER_PROGRESS_H
#define COMPILER_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
    pthread_mutex_t lock;
    bool is_shown;
    uint64_t done, total;
    double start; /* seconds */
    int drawn;    /* last percentage drawn, -1: nothing yet */
};

/* Nothing is shown unless wanted and stderr is a terminal. */
void progress_begin(struct progress *p, uint64_t total, bool wanted);
/* From any thread. */
void progress_add(struct progress *p, uint64_t n);
/* Takes the bar away. */
void progress_end(struct progress *p);

#endif
