/* Memory and values of a snapshot that is being made. */
#include "runtime/builder.h"

#include <assert.h>
#include <string.h>

static size_t round_up(size_t n)
{
    return (n + RT_TAKE_ALIGNMENT - 1) / RT_TAKE_ALIGNMENT * RT_TAKE_ALIGNMENT;
}

void *rt_take(struct rt_builder *b, size_t n, size_t element_bytes)
{
    void *taken = b->next;
    b->next += round_up(n * element_bytes);
    assert(b->next <= b->end);
    return taken;
}

void rt_require(struct rt_builder *b, Wanco__Snapshot__Header *header, uint32_t feature)
{
    enum { MAX_FEATURES = 8 };
    if (header->required_features == NULL)
        header->required_features = rt_take(b, MAX_FEATURES, sizeof(uint32_t));
    for (size_t i = 0; i < header->n_required_features; i++)
        if (header->required_features[i] == feature)
            return;
    assert(header->n_required_features < MAX_FEATURES);
    header->required_features[header->n_required_features++] = feature;
}

uint32_t rt_instance_number(const struct rt_builder *b,
                            const struct rt_instance *instance)
{
    uint32_t i = 0;
    while (b->instances[i] != instance) {
        i++;
        assert(i < b->n_instances);
    }
    return i;
}

uint64_t rt_word_of(struct rt_builder *b, uint8_t type, const void *value)
{
    uint32_t low;
    uint64_t word;
    assert(value != NULL);
    memcpy(&low, value, sizeof low);
    switch ((enum rt_val_type)type) {
    case RT_TYPE_I32:
    case RT_TYPE_F32:
        return low;
    case RT_TYPE_I64:
    case RT_TYPE_F64:
        memcpy(&word, value, sizeof word);
        return word;
    case RT_TYPE_FUNCREF: {
        const struct rt_func *func;
        memcpy(&func, value, sizeof func);
        return func == NULL ? 0
                            : snapshot_funcref(rt_instance_number(b, func->instance),
                                               func->func_index);
    }
    case RT_TYPE_EXTERNREF:
        memcpy(&word, value, sizeof word);
        b->has_externref |= word != 0;
        return 0;
    case RT_TYPE_EXNREF: {
        const struct rt_exn *exn;
        memcpy(&exn, value, sizeof exn);
        b->has_exnref = true;
        return exn == NULL ? 0 : exn->number;
    }
    case RT_TYPE_V128: /* of two words: rt_put_value */
        break;
    }
    return 0;
}

uint64_t *rt_put_value(struct rt_builder *b, uint8_t type, const void *value,
                       uint64_t *words)
{
    uint32_t n = rt_words_of(type);
    assert(value != NULL);
    if (n == 1)
        *words = rt_word_of(b, type, value);
    else
        memcpy(words, value, n * sizeof *words);
    return words + n;
}
