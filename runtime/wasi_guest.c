/* What the WASI functions read from guest memory. Addresses and lengths come from the
 * guest: each range is checked in 64 bits before it is touched, and strings are copied
 * before they are used. */
#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

uint8_t *rt_wasi_at(struct rt_instance *instance, uint32_t address, uint64_t n_bytes)
{
    const struct rt_memory *memory = rt_instance_wasi_memory(instance);
    if (!memory || n_bytes > memory->n_bytes || address > memory->n_bytes - n_bytes)
        return NULL;
    return memory->base + address;
}

uint32_t rt_wasi_iovecs(struct rt_instance *instance, uint32_t iovs, uint32_t n_iovs,
                        int *n)
{
    struct iovec *out = rt_instance_wasi(instance)->iov;
    const uint8_t *in = rt_wasi_at(instance, iovs, (uint64_t)n_iovs * 8);
    if (!in)
        return WASI_EFAULT;
    *n = 0;
    for (uint32_t i = 0; i < n_iovs && *n < RT_WASI_IOV_MAX; i++) {
        uint32_t n_bytes = rt_wasi_load32(in + (size_t)i * 8 + 4);
        if (n_bytes == 0)
            continue;
        uint8_t *bytes =
            rt_wasi_at(instance, rt_wasi_load32(in + (size_t)i * 8), n_bytes);
        if (!bytes)
            return WASI_EFAULT;
        out[*n] = (struct iovec){bytes, n_bytes};
        ++*n;
    }
    return WASI_OK;
}

/* Bytes of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7), or 0. */
static size_t utf8_sequence(const uint8_t *p, size_t n_left)
{
    uint8_t first = p[0];
    if (first < 0x80)
        return 1;
    size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || n > n_left)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

uint32_t rt_wasi_get_path(struct rt_instance *instance, uint32_t address,
                          uint32_t n_bytes, char path[PATH_MAX])
{
    const uint8_t *in = rt_wasi_at(instance, address, n_bytes);
    if (!in)
        return WASI_EFAULT;
    if (n_bytes >= PATH_MAX)
        return WASI_ENAMETOOLONG;
    memcpy(path, in, n_bytes);
    path[n_bytes] = 0;
    for (size_t i = 0; i < n_bytes;) {
        size_t n = utf8_sequence((const uint8_t *)path + i, n_bytes - i);
        if (n == 0 || path[i] == 0)
            return WASI_EILSEQ;
        i += n;
    }
    return WASI_OK;
}
