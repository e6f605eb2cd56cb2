/* What embed.c and embed_instance.c share: the host's side of modules and instances. */
#ifndef RUNTIME_EMBED_INTERNAL_H
#define RUNTIME_EMBED_INTERNAL_H

#include "runtime/capture.h"
#include "runtime/restore.h"
#include "wanco/embed.h"

struct wanco_module {
    const struct rt_module *module;
    void *library;
};

/* The host's side of an instance. */
struct embedded {
    struct rt_wasi *wasi;  /* NULL: the guest has none; owned */
    struct rt_entry entry; /* the call in progress; its arguments are owned */
    /* Of one that was suspended here: a copy of its records. */
    uint8_t *records;
    size_t n_record_bytes;
    struct rt_frames frames; /* of one that was restored */
};

/* Both sides of an instance; either never is NULL. */
struct rt_instance *rt_embed_guest(const struct wanco_instance *instance);
struct embedded *rt_embed_of(const struct wanco_instance *instance);

bool rt_embed_is_initialized(void);
bool rt_embed_is_suspended(const struct embedded *e);
/* Forgets the copy of the records. */
void rt_embed_drop_records(struct embedded *e);
/* The rt_private.invoke of embedded instances: a call that can be suspended. */
bool rt_embed_invoke(struct rt_instance *instance, const struct rt_func *func,
                     union rt_value *values, struct rt_error *error);

#endif
