/* The memory of exceptions: kept while a guest can reach them, collected as new ones are
 * thrown. */
#ifndef RUNTIME_EXN_HEAP_H
#define RUNTIME_EXN_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/abi.h"

/* An exception whose values are zero, or NULL: out of memory. It must be reachable before
 * a guest runs. */
struct rt_exn *rt_exn_create(const struct rt_tag *tag);

/* While a collection runs: what lies in these words is kept, if it is an exception's
 * address. */
void rt_exn_keep_words(const void *words, size_t n_bytes);

/* Has every collection call this, which keeps what the host holds for guests. */
void rt_exn_set_keeper(void (*keep)(void));

/* How many there are, reachable or not. */
size_t rt_exn_count(void);

/* For a snapshot: none is chosen at first; exceptions are, NULL is not; with them all
 * that their values refer to. rt_exn_number numbers those from 1 on, later ones higher,
 * so that each only refers to lower numbers. */
void rt_exn_choose_none(void);
void rt_exn_choose(const void *ref);
/* Those that the instance's own globals and tables hold. */
void rt_exn_choose_objects(struct rt_instance *instance);
uint32_t rt_exn_number(void);

/* The next one with a number, from *at on, which is 0 at first; NULL: there is none. */
const struct rt_exn *rt_exn_next_chosen(size_t *at);

#endif
