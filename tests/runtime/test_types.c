#include <criterion/criterion.h>
#include <stdint.h>

#include "runtime/instance.h"

Test(types, equal_types_share_an_id)
{
    const uint8_t codes[] = {RT_TYPE_I32, RT_TYPE_I64, RT_TYPE_I32, RT_TYPE_I64};
    struct rt_type a = {1, 1, codes};
    struct rt_type b = {1, 1, codes + 2};
    uint32_t id = rt_type_id(&a);
    cr_expect_neq(id, 0);
    cr_expect_eq(rt_type_id(&b), id);
    cr_expect_neq(rt_type_id(&(struct rt_type){2, 0, codes}), id);
    cr_expect_neq(rt_type_id(&(struct rt_type){0, 2, codes}), id);
    cr_expect_neq(rt_type_id(&(struct rt_type){0, 0, NULL}), 0);
    cr_expect_eq(rt_type_id(&(struct rt_type){0, 0, NULL}),
                 rt_type_id(&(struct rt_type){0, 0, codes}));
}

Test(types, ids_stay_when_many_types_come)
{
    enum { N = 1000, N_CODES = 10 };
    static uint8_t codes[N][N_CODES];
    static uint32_t ids[N];
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t bit = 0; bit < N_CODES; bit++)
            codes[i][bit] = i >> bit & 1 ? RT_TYPE_F32 : RT_TYPE_F64;
        ids[i] = rt_type_id(&(struct rt_type){N_CODES - 1, 1, codes[i]});
    }
    for (uint32_t i = 0; i < N; i++) {
        cr_expect_eq(rt_type_id(&(struct rt_type){N_CODES - 1, 1, codes[i]}), ids[i]);
        cr_expect(i == 0 || ids[i] != ids[i - 1]);
    }
}
