/* Frames that are described by sites: in which registers and stack slots their values
 * are. */
#include "runtime/site.h"

#include <criterion/criterion.h>
#include <string.h>

#include "runtime/instance.h"
#include "runtime/safepoint.h"
#include "tests/runtime/suspendable.h"

enum { SUM_AT = 10, BOTH_AT = 30, ALL_KINDS_AT = 31, N_SITES = 3, N_PLACES = 15 };

static uint8_t code[64]; /* nothing that could run: only its addresses count */
static _Alignas(8) uint8_t groups[512];
static struct rt_module module;
static uint64_t registers[96], stack[4] = {1000, 1001, 1002, 1003}, image[2];

static uint32_t place(enum rt_place_kind kind, uint32_t reg, int32_t low)
{
    unsigned bits = kind == RT_PLACE_SLOT ? RT_PLACE_OFFSET_BITS : RT_PLACE_CONSTANT_BITS;
    return (uint32_t)kind << RT_PLACE_KIND_SHIFT | reg << RT_PLACE_REGISTER_SHIFT |
           ((uint32_t)low & ((UINT32_C(1) << bits) - 1));
}

static size_t put_group(size_t at, const uint8_t *base, const struct rt_site *sites,
                        uint32_t n_sites, const uint32_t *places, uint32_t n_places)
{
    struct rt_site last = {.end = UINT32_MAX, .first_place = n_places};
    struct rt_site_group head = {.base = base, .n_sites = n_sites};
    size_t n = sizeof head;
    memcpy(groups + at + n, sites, n_sites * sizeof *sites);
    n += n_sites * sizeof *sites;
    memcpy(groups + at + n, &last, sizeof last);
    n += sizeof last;
    memcpy(groups + at + n, places, n_places * sizeof *places);
    head.n_bytes = (uint32_t)(n + n_places * sizeof *places + 7) / 8 * 8;
    memcpy(groups + at, &head, sizeof head);
    return at + head.n_bytes;
}

static void set_up(void)
{
    struct rt_instance_config config = {.resolve = NULL};
    struct rt_instance *instance;
    struct rt_error error;
    cr_assert_not_null(suspendable_create());
    module = suspendable_module;
    cr_assert(rt_instance_create(&module, &config, &instance, &error));
    const struct rt_site sites[N_SITES] = {
        {SUM_AT, SUM, RT_SITE_HAS_INSTANCE, 0},
        {BOTH_AT, BOTH, RT_SITE_HAS_INSTANCE | RT_SITE_HAS_IMAGE, 2},
        {ALL_KINDS_AT, COUNT, RT_SITE_HAS_INSTANCE, 6},
    };
    const uint32_t wide[] = {0x89abcdef, 0x01234567};
    const uint32_t places[N_PLACES] = {
        /* sum */
        place(RT_PLACE_REGISTER, 5, 0),
        place(RT_PLACE_SLOT, 7, 6), /* of 4 bytes */
        /* both */
        place(RT_PLACE_REGISTER, 5, 0),
        place(RT_PLACE_REGISTER, 6, 0),
        place(RT_PLACE_CONSTANT, 0, 2), /* one word, the second */
        place(RT_PLACE_REGISTER, 63, 0),
        /* all kinds */
        place(RT_PLACE_REGISTER, 63, 0),
        place(RT_PLACE_SLOT, 7, 0),
        place(RT_PLACE_SLOT, 8, -2),
        place(RT_PLACE_CONSTANT, 0, 77),
        place(RT_PLACE_CONSTANT, 0, -77),
        place(RT_PLACE_CONSTANT, 0, INT32_MIN / 4),
        place(RT_PLACE_WIDE, 0, 13),
        wide[0],
        wide[1],
    };
    const struct rt_site elsewhere = {4, SUM, 0, 0};
    size_t end = put_group(0, code + 48, &elsewhere, 1, places, 1);
    end = put_group(end, code, sites, N_SITES, places, N_PLACES);
    module.sites = (const struct rt_site_group *)(const void *)groups;
    module.sites_end = (const struct rt_site_group *)(const void *)(groups + end);
    registers[5] = (uintptr_t)instance;
    registers[6] = (uintptr_t)image;
    registers[7] = (uintptr_t)stack;
    registers[8] = (uintptr_t)&stack[2];
    registers[94] = 63;                    /* the last vector */
    cr_assert(rt_safepoint_request(true)); /* which makes the frame buffer */
    rt_safepoint_request(false);
}

TestSuite(site, .init = set_up);

static const struct rt_site *find(uint32_t at)
{
    const struct rt_site_group *group;
    return rt_site_find((uintptr_t)code + at, &group);
}

Test(site, is_found_by_its_return_address_alone)
{
    for (uint32_t at = 0; at < sizeof code; at++) {
        const struct rt_site *site = find(at);
        bool is_one = at == SUM_AT || at == BOTH_AT || at == ALL_KINDS_AT || at == 52;
        cr_expect_eq(site != NULL, is_one, "at %u", at);
    }
    cr_expect_eq(find(BOTH_AT)->func_index, BOTH);
    cr_expect_eq(find(52)->end, 4);
}

Test(site, values_are_where_their_places_say)
{
    const struct rt_site_group *group;
    const struct rt_site *site = rt_site_find((uintptr_t)code + ALL_KINDS_AT, &group);
    const uint64_t expected[] = {63,
                                 1000,
                                 1001,
                                 77,
                                 (uint64_t)-77,
                                 (uint64_t)(INT32_MIN / 4),
                                 UINT64_C(0x0123456789abcdef)};
    for (uint32_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        uint64_t word;
        rt_site_value(group, site, i, registers, 1, &word);
        cr_expect_eq(word, expected[i], "value %u", i);
    }
    uint64_t vector[2];
    rt_site_value(group, site, 1, registers, 2, vector);
    cr_expect_arr_eq(vector, stack, sizeof vector);
}

static const uint64_t *suspend(uint32_t at)
{
    const uint64_t *record = (const uint64_t *)(const void *)rt_unwind.cursor;
    cr_assert_eq(rt_suspend_frame(registers, (uintptr_t)code + at), &rt_unwind);
    return record;
}

Test(site, record_has_point_instance_and_values)
{
    const uint64_t *record = suspend(SUM_AT);
    cr_expect_eq(record[0], (uintptr_t)&suspendable_module.func_points[SUM]->points[0]);
    cr_expect_eq(record[1], registers[5]);
    cr_expect_eq(record[2], 1003);
    cr_expect_eq((const uint64_t *)(const void *)rt_unwind.cursor, record + 3);
}

Test(site, record_of_an_image_has_what_changed)
{
    image[0] = 7; /* the local: as it was */
    image[1] = 8; /* the operand: no longer so */
    const uint64_t *record = suspend(BOTH_AT);
    cr_expect_eq(record[0], (uintptr_t)&suspendable_module.func_points[BOTH]->points[0]);
    cr_expect_eq(record[2], 7);
    cr_expect_eq(record[3], 63);
    cr_expect_eq((const uint64_t *)(const void *)rt_unwind.cursor, record + 4);
}
