/* What a snapshot's messages are made with: memory, and values in its terms. */
#ifndef RUNTIME_BUILDER_H
#define RUNTIME_BUILDER_H

#include "runtime/instance.h"
#include "snapshot-format/snapshot.h"

struct rt_builder {
    uint8_t *next; /* of the memory for messages, zeroed */
    uint8_t *end;
    struct rt_instance **instances; /* in the order of their creation */
    uint32_t n_instances;
    uint32_t n_exns;
    bool has_externref; /* one that is not null */
    bool has_exnref;    /* null or not */
};

/* Each piece of the memory begins at a multiple of this. */
#define RT_TAKE_ALIGNMENT 8

/* Zeros. That there are enough, the builder's owner has measured. */
void *rt_take(struct rt_builder *b, size_t n, size_t element_bytes);

/* Has readers that do not know the feature refuse the snapshot. */
void rt_require(struct rt_builder *b, Wanco__Snapshot__Header *header, uint32_t feature);

/* Its place among the builder's instances, of which it is one. */
uint32_t rt_instance_number(const struct rt_builder *b,
                            const struct rt_instance *instance);

/* A value of one word as a word of the snapshot. Exceptions are numbered
 * (exn_choice.h). */
uint64_t rt_word_of(struct rt_builder *b, uint8_t type, const void *value);

/* Writes a value's words, and answers where the next one's go. */
uint64_t *rt_put_value(struct rt_builder *b, uint8_t type, const void *value,
                       uint64_t *words);

#endif
