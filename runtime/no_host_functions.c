/* The host functions of a program that was linked without any: an archive's member, which
 * gives way to the table of the user's. */
#include "wanco/host.h"

const struct wanco_host_function wanco_host_functions[] = {{0}};
