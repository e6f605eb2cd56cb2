/* Sites: what is known of a frame that calls rt_suspend. */
#ifndef RUNTIME_SITE_H
#define RUNTIME_SITE_H

#include <stdint.h>

#include "runtime/abi.h"

/* The site whose call returns to the address, in any module's code; NULL if there is
 * none. *group is the one it belongs to. */
const struct rt_site *rt_site_find(uintptr_t address, const struct rt_site_group **group);

/* To be called before code goes away: searches remember where the last one ended. */
void rt_site_forget(void);

/* Reads a value of a site, in one word, of which narrower types take the lower bits, or
 * two. registers: as rt_suspend has saved them. */
void rt_site_value(const struct rt_site_group *group, const struct rt_site *site,
                   uint32_t value_index, const uint64_t *registers, uint32_t n_words,
                   uint64_t *words);

/* The rest of rt_suspend: writes the record of the frame that called it. Answers what is
 * to be unwound on with, or begins to unwind. */
void *rt_suspend_frame(const uint64_t *registers, uintptr_t address);

#endif
