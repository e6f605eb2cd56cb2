/* Arguments and environment. */
#include "runtime/instance.h"
#include "runtime/trap.h"
#include "runtime/wasi_internal.h"

static uint32_t get_strings(struct rt_instance *instance,
                            const struct rt_wasi_strings *strings, uint32_t pointers,
                            uint32_t chars)
{
    uint8_t *pointers_at =
        rt_wasi_at(instance, pointers, (uint64_t)strings->n_strings * 4);
    uint8_t *chars_at = rt_wasi_at(instance, chars, strings->n_bytes);
    if (!pointers_at || !chars_at)
        return WASI_EFAULT;
    memcpy(chars_at, strings->chars, strings->n_bytes);
    size_t offset = 0;
    for (size_t i = 0; i < strings->n_strings; i++) {
        rt_wasi_store32(pointers_at + i * 4, chars + (uint32_t)offset);
        offset += strlen(strings->chars + offset) + 1;
    }
    return WASI_OK;
}

static uint32_t get_sizes(struct rt_instance *instance,
                          const struct rt_wasi_strings *strings, uint32_t n_strings,
                          uint32_t n_bytes)
{
    uint8_t *n_strings_at = rt_wasi_at(instance, n_strings, 4);
    uint8_t *n_bytes_at = rt_wasi_at(instance, n_bytes, 4);
    if (!n_strings_at || !n_bytes_at)
        return WASI_EFAULT;
    if (strings->n_bytes > UINT32_MAX)
        return WASI_EOVERFLOW;
    rt_wasi_store32(n_strings_at, (uint32_t)strings->n_strings);
    rt_wasi_store32(n_bytes_at, (uint32_t)strings->n_bytes);
    return WASI_OK;
}

uint32_t rt_wasi_args_get(struct rt_instance *instance, uint32_t argv, uint32_t chars)
{
    rt_check_host_stack();
    return get_strings(instance, &rt_instance_wasi(instance)->args, argv, chars);
}

uint32_t rt_wasi_args_sizes_get(struct rt_instance *instance, uint32_t n_args,
                                uint32_t n_bytes)
{
    rt_check_host_stack();
    return get_sizes(instance, &rt_instance_wasi(instance)->args, n_args, n_bytes);
}

uint32_t rt_wasi_environ_get(struct rt_instance *instance, uint32_t environ,
                             uint32_t chars)
{
    rt_check_host_stack();
    return get_strings(instance, &rt_instance_wasi(instance)->env, environ, chars);
}

uint32_t rt_wasi_environ_sizes_get(struct rt_instance *instance, uint32_t n_vars,
                                   uint32_t n_bytes)
{
    rt_check_host_stack();
    return get_sizes(instance, &rt_instance_wasi(instance)->env, n_vars, n_bytes);
}
