#include "runtime/abi.h"

#include <criterion/criterion.h>
#include <stdbool.h>

/* The letters of abi.def for the type a function of abi.h has; another type does not
 * compile. */
/* clang-format off: a table */
#define SIGNATURE(function)                                                              \
    _Generic(                                                                            \
        &(function), void (*)(uint32_t)                                                  \
        : "v(i)", uint32_t (*)(uint32_t, uint32_t)                                       \
        : "i(ii)", void (*)(void)                                                        \
        : "v()", void (*)(const struct rt_table *, uint64_t)                             \
        : "v(pI)", uint64_t (*)(struct rt_memory *, uint64_t)                            \
        : "I(pI)", void (*)(struct rt_instance *, struct rt_memory *, uint32_t,          \
                            uint64_t, uint64_t, uint64_t)                                \
        : "v(ppiIII)", void (*)(struct rt_memory *, const struct rt_memory *, uint64_t,  \
                                uint64_t, uint64_t)                                      \
        : "v(ppIII)", void (*)(struct rt_memory *, uint64_t, uint32_t, uint64_t)         \
        : "v(pIiI)", void (*)(struct rt_instance *, uint32_t)                            \
        : "v(pi)", const void *(*)(const struct rt_table *, uint64_t)                    \
        : "p(pI)", void (*)(struct rt_table *, uint64_t, const void *)                   \
        : "v(pIp)", uint64_t (*)(struct rt_table *, uint64_t, const void *)              \
        : "I(pIp)", void (*)(struct rt_table *, uint64_t, const void *, uint64_t)        \
        : "v(pIpI)", void (*)(struct rt_table *, const struct rt_table *, uint64_t,      \
                              uint64_t, uint64_t)                                        \
        : "v(ppIII)", void (*)(struct rt_instance *, struct rt_table *, uint32_t,        \
                               uint64_t, uint64_t, uint64_t)                             \
        : "v(ppiIII)", void (*)(struct rt_instance *, uint32_t, uint32_t, const void *)  \
        : "v(piip)", const void *(*)(struct rt_instance *, uint32_t)                     \
        : "p(pi)", void (*)(struct rt_instance *, uint32_t, union rt_value *)            \
        : "v(pip)", uint32_t (*)(const struct rt_frame *, const struct rt_func_points *, \
                                 uint64_t *)                                             \
        : "i(ppp)", void (*)(void *, const struct rt_func_points *,                      \
                             struct rt_instance *, uint32_t, const uint64_t *)           \
        : "v(pppip)", void (*)(const struct rt_func_points *, struct rt_instance *,      \
                               uint32_t, const uint64_t *)                               \
        : "v(ppip)", struct rt_exn *(*)(const struct rt_tag *, const union rt_value *)   \
        : "p(pp)", void (*)(struct rt_exn *)                                             \
        : "v(p)")
/* clang-format on */

Test(abi, table_and_prototypes_agree)
{
#define RT_CALL(name, signature) cr_expect_str_eq(SIGNATURE(name), signature, #name);
#include "runtime/abi.def"
}
