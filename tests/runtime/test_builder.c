#include "runtime/builder.h"

#include <criterion/criterion.h>

#include "tests/runtime/guest.h"

static _Alignas(8) uint8_t room[256];
static struct rt_instance *instances[2];
static struct rt_builder b;

static void set_up(void)
{
    for (size_t i = 0; i < 2; i++)
        instances[i] = guest_create();
    b = (struct rt_builder){room, room + sizeof room, instances, 2, 0, false, false};
}

TestSuite(builder, .init = set_up);

Test(builder, pieces_are_aligned_and_apart)
{
    uint8_t *first = rt_take(&b, 3, 1), *second = rt_take(&b, 1, 8);
    cr_expect_eq(first, room);
    cr_expect_eq(second, room + RT_TAKE_ALIGNMENT);
    cr_expect_eq(rt_take(&b, 0, 8), room + 16);
    cr_expect_eq(rt_take(&b, 1, 1), room + 16);
}

Test(builder, a_feature_is_required_once)
{
    Wanco__Snapshot__Header h = WANCO__SNAPSHOT__HEADER__INIT;
    rt_require(&b, &h, 7);
    rt_require(&b, &h, 2);
    rt_require(&b, &h, 7);
    cr_assert_eq(h.n_required_features, 2);
    cr_expect_eq(h.required_features[0], 7);
    cr_expect_eq(h.required_features[1], 2);
}

static uint64_t word_of(uint8_t type, union rt_value value)
{
    return rt_word_of(&b, type, &value);
}

Test(builder, words_of_values)
{
    cr_expect_eq(word_of(RT_TYPE_I32, (union rt_value){.i64 = UINT64_MAX}), UINT32_MAX);
    cr_expect_eq(word_of(RT_TYPE_F64, (union rt_value){.i64 = 1}), 1);
    cr_expect_eq(word_of(RT_TYPE_FUNCREF, (union rt_value){.ref = NULL}), 0);
    cr_expect_eq(
        word_of(RT_TYPE_FUNCREF, (union rt_value){.ref = &instances[1]->funcs[3]}),
        snapshot_funcref(1, 3));
    union rt_value vector = {.v128 = {5, 6}};
    uint64_t words[3] = {0};
    cr_expect_eq(rt_put_value(&b, RT_TYPE_V128, &vector, words), words + 2);
    cr_expect_eq(rt_put_value(&b, RT_TYPE_I32, &vector, words + 2), words + 3);
    cr_expect_arr_eq(words, ((uint64_t[]){5, 6, 5}), sizeof words);
    cr_expect_not(b.has_externref);
    cr_expect_not(b.has_exnref);
}

Test(builder, references_to_what_is_not_numbered)
{
    struct rt_exn exn = {.number = 4};
    word_of(RT_TYPE_EXTERNREF, (union rt_value){.ref = NULL});
    cr_expect_not(b.has_externref);
    cr_expect_eq(word_of(RT_TYPE_EXTERNREF, (union rt_value){.ref = room}), 0);
    cr_expect(b.has_externref);
    cr_expect_eq(word_of(RT_TYPE_EXNREF, (union rt_value){.ref = &exn}), 4);
    cr_expect(b.has_exnref);
}
