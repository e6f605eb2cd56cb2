/* Random bytes, from the kernel into guest memory. */
#include <errno.h>
#include <sys/random.h>

#include "runtime/trap.h"
#include "runtime/wasi_internal.h"

uint32_t rt_wasi_random_get(struct rt_instance *instance, uint32_t bytes,
                            uint32_t n_bytes)
{
    rt_check_host_stack();
    uint8_t *out = rt_wasi_at(instance, bytes, n_bytes);
    if (!out)
        return WASI_EFAULT;
    for (size_t n_done = 0; n_done < n_bytes;) {
        ssize_t n = getrandom(out + n_done, n_bytes - n_done, 0);
        if (n < 0 && errno != EINTR)
            return rt_wasi_errno(errno);
        n_done += n > 0 ? (size_t)n : 0;
    }
    return WASI_OK;
}
