/* From the host's error numbers to those of WASI, and the one place that decides whether
 * an interrupted system call is made again. */
#include <errno.h>

#include "runtime/wasi_internal.h"

uint32_t rt_wasi_errno(int host_errno)
{
    switch (host_errno) {
    case 0:
        return WASI_OK;
#define WASI_ERRNO(name, number)                                                         \
    case E##name:                                                                        \
        return number;
#include "runtime/wasi_errno.def"
#undef WASI_ERRNO
    default:
        return WASI_EIO;
    }
}

bool rt_wasi_retry(struct rt_instance *instance)
{
    (void)instance;
    return errno == EINTR;
}
