/* Functions of the host that are no part of the runtime: wanco/host.h is what they see.
 */
#ifndef RUNTIME_HOST_H
#define RUNTIME_HOST_H

#include <stdbool.h>

#include "runtime/abi.h"
#include "runtime/safepoint.h"
#include "runtime/trap.h"
#include "wanco/host.h"

/* The function that an import names in one of the tables (each ends with a row whose
 * module is NULL), or NULL. */
const struct wanco_host_function *
rt_host_find(const struct rt_import *import,
             const struct wanco_host_function *const *tables, size_t n_tables);

/* Whether a function has the type that a signature of wanco/host.h tells. */
bool rt_host_signature_matches(const char *signature, const struct rt_type *type);

/* Writes the signature of a type, cut off if it doesn't fit. */
void rt_host_signature(const struct rt_type *type, char *text, size_t text_bytes);

/* Makes a call again that was suspended, and stores its results. */
void rt_host_call_again(const struct rt_host_call *call, union rt_value *results);

/* What an error is to the host. */
void rt_host_error(struct wanco_error *to, const struct rt_error *from);

/* How many words the arguments of a function of this type take in struct rt_host_call. */
size_t rt_host_n_words(const struct rt_type *type);

#endif
