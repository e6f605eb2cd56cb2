/* From the host's error numbers to those of WASI. */
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

const char *rt_wasi_strerror(uint32_t error)
{
    switch (error) {
#define WASI_ERRNO(name, number)                                                         \
    case number:                                                                         \
        return strerror(E##name);
#include "runtime/wasi_errno.def"
#undef WASI_ERRNO
    default:
        return strerror(EIO);
    }
}
