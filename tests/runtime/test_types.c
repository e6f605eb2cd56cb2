#include <criterion/criterion.h>
#include <stdint.h>

#include "runtime/instance.h"

/* The id of a type that names no other. */
static uint32_t id_of(const struct rt_type *type)
{
    uint32_t id;
    cr_assert(rt_type_ids(&(struct rt_module){.n_types = 1, .types = type}, &id));
    return id;
}

Test(types, equal_types_share_an_id)
{
    const uint8_t codes[] = {RT_TYPE_I32, RT_TYPE_I64, RT_TYPE_I32, RT_TYPE_I64};
    struct rt_type a = {.n_params = 1, .n_results = 1, .codes = codes};
    struct rt_type b = {.n_params = 1, .n_results = 1, .codes = codes + 2};
    uint32_t id = id_of(&a);
    cr_expect_neq(id, 0);
    cr_expect_eq(id_of(&b), id);
    cr_expect_neq(id_of(&(struct rt_type){.n_params = 2, .codes = codes}), id);
    cr_expect_neq(id_of(&(struct rt_type){.n_results = 2, .codes = codes}), id);
    cr_expect_neq(id_of(&(struct rt_type){
                      .n_params = 1, .n_results = 1, .codes = codes, .is_open = 1}),
                  id);
    cr_expect_neq(id_of(&(struct rt_type){.n_params = 0}), 0);
    cr_expect_eq(id_of(&(struct rt_type){.n_params = 0}),
                 id_of(&(struct rt_type){.codes = codes}));
}

Test(types, ids_stay_when_many_types_come)
{
    enum { N = 1000, N_CODES = 10 };
    static uint8_t codes[N][N_CODES];
    static uint32_t ids[N];
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t bit = 0; bit < N_CODES; bit++)
            codes[i][bit] = i >> bit & 1 ? RT_TYPE_F32 : RT_TYPE_F64;
        ids[i] = id_of(&(struct rt_type){
            .n_params = N_CODES - 1, .n_results = 1, .codes = codes[i]});
    }
    for (uint32_t i = 0; i < N; i++) {
        cr_expect_eq(id_of(&(struct rt_type){
                         .n_params = N_CODES - 1, .n_results = 1, .codes = codes[i]}),
                     ids[i]);
        cr_expect(i == 0 || ids[i] != ids[i - 1]);
    }
}

#define REF(index) (RT_TYPE_FUNCREF | ((uint32_t)(index) + 1) << RT_TYPE_HEAP_SHIFT)

/* Two modules with the group (a: [(ref null b)] -> [], b: [(ref null a)] -> [i32]), in
 * one of them behind another type; and with a type that has b as parameter. */
Test(types, recursion_groups_are_equal_across_modules)
{
    static const uint8_t codes[] = {RT_TYPE_FUNCREF, RT_TYPE_I32};
    const uint32_t one[][2] = {{REF(1)}, {REF(0), RT_TYPE_I32}, {REF(1)}};
    const uint32_t two[][2] = {{REF(2)}, {REF(1), RT_TYPE_I32}, {REF(2)}};
    struct rt_type first[] = {
        {.n_params = 1, .codes = codes, .types = one[0], .n_more = 1},
        {.n_params = 1, .n_results = 1, .codes = codes, .types = one[1]},
        {.n_params = 1, .codes = codes, .types = one[2]}};
    struct rt_type second[] = {
        {.n_params = 0},
        {.n_params = 1, .codes = codes, .types = two[0], .n_more = 1},
        {.n_params = 1, .n_results = 1, .codes = codes, .types = two[1]},
        {.n_params = 1, .codes = codes, .types = two[2]}};
    uint32_t a[3], b[4];
    cr_assert(rt_type_ids(&(struct rt_module){.n_types = 3, .types = first}, a));
    cr_assert(rt_type_ids(&(struct rt_module){.n_types = 4, .types = second}, b));
    for (int i = 0; i < 3; i++)
        cr_expect_eq(a[i], b[i + 1]);
    cr_expect_neq(a[0], a[2], "alone it is another type than in a group");
    cr_expect_neq(b[0], a[2]);
}

Test(types, values_of_a_subtype_match)
{
    struct rt_type types[] = {{.n_params = 0, .is_open = 1},
                              {.n_params = 0, .is_open = 1, .supertype = 1},
                              {.n_params = 0, .supertype = 2}};
    uint32_t ids[3];
    cr_assert(rt_type_ids(&(struct rt_module){.n_types = 3, .types = types}, ids));
    cr_expect(rt_type_is_sub(ids[2], ids[0]));
    cr_expect_not(rt_type_is_sub(ids[0], ids[2]));
    cr_expect_not(rt_type_is_sub(0, ids[0]));
    uint32_t super = rt_type_with_id(REF(0), ids), sub = rt_type_with_id(REF(2), ids);
    uint32_t bottom = RT_TYPE_FUNCREF | RT_TYPE_NO_HEAP << RT_TYPE_HEAP_SHIFT;
    cr_expect(rt_type_matches(sub, super));
    cr_expect_not(rt_type_matches(super, sub));
    cr_expect(rt_type_matches(sub | RT_TYPE_NON_NULL, sub));
    cr_expect_not(rt_type_matches(sub, sub | RT_TYPE_NON_NULL));
    cr_expect(rt_type_matches(sub, RT_TYPE_FUNCREF) && rt_type_matches(bottom, sub));
    cr_expect_not(rt_type_matches(sub, bottom) || rt_type_matches(RT_TYPE_FUNCREF, sub));
    cr_expect_not(rt_type_matches(sub, RT_TYPE_EXTERNREF));
    cr_expect(rt_type_matches(RT_TYPE_I32, RT_TYPE_I32));
    cr_expect(rt_type_admits(super, ids[2]) && rt_type_admits(RT_TYPE_FUNCREF, ids[2]));
    cr_expect_not(rt_type_admits(sub, ids[0]) || rt_type_admits(bottom, ids[0]));
}
