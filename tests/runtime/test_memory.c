#include "runtime/memory.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/runtime/guest.h"

static const uint64_t NO_MAX = UINT64_MAX;

static struct rt_memory create(uint64_t min, uint64_t max, uint64_t max_bytes)
{
    struct rt_memory memory;
    struct rt_error error;
    cr_assert(rt_memory_create(
                  &memory, &(struct rt_memory_desc){0, {min, max, 0}, RT_PAGE_BITS, 0},
                  max_bytes, &error),
              "%s", error.text);
    return memory;
}

Test(memory, starts_zeroed_with_its_minimum)
{
    struct rt_memory memory = create(2, NO_MAX, 0);
    cr_expect_eq(memory.n_bytes, 2 * RT_PAGE_BYTES);
    cr_expect_eq(memory.max_pages, RT_GROWN_PAGES);
    cr_expect_eq(memory.declared_max, NO_MAX);
    cr_expect_eq(memory.base[0] | memory.base[2 * RT_PAGE_BYTES - 1], 0);
    rt_memory_destroy(&memory);
}

Test(memory, last_page_is_there_from_the_start_or_never)
{
    struct rt_memory all = create(65536, NO_MAX, 0);
    cr_expect_eq(all.n_bytes, UINT64_C(4) << 30);
    all.base[all.n_bytes - 1] = 1;
    rt_memory_destroy(&all);
    struct rt_memory most = create(65534, NO_MAX, 0);
    cr_expect_eq(rt_memory_grow(&most, 2), UINT64_MAX);
    cr_expect_eq(rt_memory_grow(&most, 1), 65534);
    rt_memory_destroy(&most);
}

Test(memory, grows_up_to_its_maximum)
{
    struct rt_memory memory = create(0, 3, 0);
    const uint8_t *base = memory.base;
    cr_expect_eq(rt_memory_grow(&memory, 0), 0);
    cr_expect_eq(rt_memory_grow(&memory, 2), 0);
    memory.base[2 * RT_PAGE_BYTES - 1] = 1;
    cr_expect_eq(rt_memory_grow(&memory, 2), UINT64_MAX);
    cr_expect_eq(rt_memory_grow(&memory, UINT64_MAX), UINT64_MAX);
    cr_expect_eq(rt_memory_grow(&memory, 1), 2);
    cr_expect_eq(rt_memory_grow(&memory, 0), 3);
    cr_expect_eq(rt_memory_grow(&memory, 1), UINT64_MAX);
    cr_expect_eq(memory.base, base);
    cr_expect_eq(memory.n_bytes, 3 * RT_PAGE_BYTES);
    memory.base[3 * RT_PAGE_BYTES - 1] = 1;
    rt_memory_destroy(&memory);
}

Test(memory, grows_up_to_the_limit_of_the_call)
{
    struct rt_memory memory = create(1, NO_MAX, 3 * RT_PAGE_BYTES + 1);
    cr_expect_eq(rt_memory_grow(&memory, 3), UINT64_MAX);
    cr_expect_eq(rt_memory_grow(&memory, 2), 1);
    rt_memory_destroy(&memory);

    struct rt_error error;
    cr_expect_not(rt_memory_create(
        &memory, &(struct rt_memory_desc){0, {4, NO_MAX, 0}, RT_PAGE_BITS, 0},
        3 * RT_PAGE_BYTES, &error));
    cr_expect_eq(error.kind, RT_ERROR_SYSTEM);
    cr_expect_not_null(strstr(error.text, "--max-memory"));
}

Test(memory, lies_where_it_has_to)
{
    struct rt_memory anywhere = create(1, NO_MAX, 0);
    uintptr_t base = (uintptr_t)anywhere.base;
    rt_memory_destroy(&anywhere);
    const struct rt_memory_desc type = {0, {1, NO_MAX, 0}, RT_PAGE_BITS, base};
    char place[32];
    snprintf(place, sizeof place, "%#" PRIxPTR, base);
    struct rt_memory memory, other;
    struct rt_error error;
    cr_assert(rt_memory_create(&memory, &type, 0, &error), "%s", error.text);
    cr_expect_eq((uintptr_t)memory.base, type.base);
    cr_expect_not(rt_memory_create(&other, &type, 0, &error));
    cr_expect_eq(error.kind, RT_ERROR_SYSTEM);
    cr_expect_not_null(strstr(error.text, place));
    rt_memory_destroy(&memory);
    cr_expect(rt_memory_create(&other, &type, 0, &error), "%s", error.text);
    rt_memory_destroy(&other);
}

Test(memory, of_64_bits_moves_when_it_grows_beyond_what_it_reserved)
{
    const uint64_t pages = UINT64_C(1) << 17; /* 8 GiB */
    struct rt_memory memory;
    struct rt_error error;
    cr_assert(rt_memory_create(
                  &memory, &(struct rt_memory_desc){0, {1, NO_MAX, 1}, RT_PAGE_BITS, 0},
                  0, &error),
              "%s", error.text);
    const uint8_t *old = memory.base;
    memory.base[0] = 1;
    memory.base[RT_PAGE_BYTES - 1] = 2;
    cr_expect_eq(rt_memory_grow(&memory, pages - 2), 1);
    cr_expect_eq(memory.base, old);
    cr_assert_eq(rt_memory_grow(&memory, pages), pages - 1);
    cr_expect_neq(memory.base, old);
    cr_expect_eq(memory.n_bytes, (2 * pages - 1) * RT_PAGE_BYTES);
    cr_expect_geq(memory.reserved_bytes, memory.n_bytes + RT_MEMORY_GUARD_BYTES);
    cr_expect_eq(memory.base[0], 1);
    cr_expect_eq(memory.base[RT_PAGE_BYTES - 1], 2);
    cr_expect_eq(memory.base[memory.n_bytes - 1], 0);
    cr_expect(rt_memory_reserves(memory.base + memory.n_bytes));
    cr_expect_not(rt_memory_reserves(old + RT_PAGE_BYTES));
    cr_expect_eq(rt_memory_grow(&memory, UINT64_MAX), UINT64_MAX);
    rt_memory_destroy(&memory);
}

Test(memory, of_64_bits_that_no_system_has)
{
    struct rt_memory memory;
    struct rt_error error;
    cr_expect_not(rt_memory_create(
        &memory,
        &(struct rt_memory_desc){0, {UINT64_C(1) << 48, NO_MAX, 1}, RT_PAGE_BITS, 0}, 0,
        &error));
    cr_expect_eq(error.kind, RT_ERROR_SYSTEM);
}

Test(memory, whose_pages_are_bytes)
{
    const struct rt_memory_desc type = {0, {5, NO_MAX, 0}, 0, 0};
    struct rt_memory memory;
    struct rt_error error;
    cr_assert(rt_memory_create(&memory, &type, 0, &error), "%s", error.text);
    cr_expect_eq(memory.n_bytes, 5);
    cr_expect_eq(memory.max_pages, UINT32_MAX);
    cr_expect_eq(rt_memory_grow(&memory, RT_PAGE_BYTES - 5), 5);
    cr_expect_eq(rt_memory_grow(&memory, 1), RT_PAGE_BYTES);
    cr_expect_eq(memory.n_bytes, RT_PAGE_BYTES + 1);
    cr_expect_eq(memory.base[RT_PAGE_BYTES], 0);
    cr_expect_eq(rt_memory_grow(&memory, UINT32_MAX - RT_PAGE_BYTES), UINT64_MAX);
    rt_memory_destroy(&memory);
    cr_assert(rt_memory_create(&memory, &type, 6, &error), "%s", error.text);
    cr_expect_eq(rt_memory_grow(&memory, 2), UINT64_MAX);
    cr_expect_eq(rt_memory_grow(&memory, 1), 5);
    rt_memory_destroy(&memory);
    cr_expect_not(rt_memory_create(&memory, &type, 4, &error));
    cr_expect_not_null(strstr(error.text, "a memory of 5 bytes, more than the 4"));
}

Test(memory, of_64_bits_whose_pages_are_bytes_moves)
{
    struct rt_memory memory;
    struct rt_error error;
    const struct rt_memory_desc type = {0, {3, NO_MAX, 1}, 0, 0};
    cr_assert(rt_memory_create(&memory, &type, 0, &error), "%s", error.text);
    const uint8_t *old = memory.base;
    memory.base[2] = 7;
    cr_assert_eq(rt_memory_grow(&memory, RT_MEMORY_RESERVED_BYTES), 3);
    cr_expect_neq(memory.base, old);
    cr_expect_eq(memory.n_bytes, RT_MEMORY_RESERVED_BYTES + 3);
    cr_expect_eq(memory.base[2], 7);
    cr_expect_eq(memory.base[memory.n_bytes - 1], 0);
    rt_memory_destroy(&memory);
}

Test(memory, knows_its_reservations)
{
    struct rt_memory a = create(1, NO_MAX, 0);
    struct rt_memory b = create(1, NO_MAX, 0);
    cr_expect(rt_memory_reserves(a.base));
    cr_expect(rt_memory_reserves(a.base + RT_MEMORY_RESERVED_BYTES - 1));
    cr_expect(rt_memory_reserves(a.base - RT_MEMORY_GUARD_BYTES));
    const uint8_t *in_b = b.base + RT_PAGE_BYTES;
    cr_expect(rt_memory_reserves(in_b));
    cr_expect_not(rt_memory_reserves(&a));
    cr_expect_not(rt_memory_reserves(NULL));
    rt_memory_destroy(&b);
    cr_expect_not(rt_memory_reserves(in_b));
    cr_expect(rt_memory_reserves(a.base));
    rt_memory_destroy(&a);
}

/* ---- Bulk instructions: each call below runs as guest code ---- */

static struct rt_instance *instance;
static struct rt_memory *memory;

static void set_up(void)
{
    instance = guest_create();
    memory = rt_instance_memory(instance, 0);
}

TestSuite(bulk_memory, .init = set_up);

enum bulk { INIT, COPY, FILL };

struct bulk_call {
    enum bulk bulk;
    uint64_t to, from, n_bytes;
};

static void perform(void *argument)
{
    const struct bulk_call *c = argument;
    switch (c->bulk) {
    case INIT:
        rt_memory_init(instance, memory, 1, c->to, c->from, c->n_bytes);
        break;
    case COPY:
        rt_memory_copy(memory, memory, c->to, c->from, c->n_bytes);
        break;
    case FILL:
        rt_memory_fill(memory, c->to, 0x141, c->n_bytes);
        break;
    }
}

static bool run(enum bulk bulk, uint64_t to, uint64_t from, uint64_t n_bytes)
{
    struct rt_error error;
    bool done = rt_enter(perform, &(struct bulk_call){bulk, to, from, n_bytes}, &error);
    if (!done)
        cr_expect_eq(error.trap, RT_TRAP_MEMORY_BOUNDS);
    return done;
}

Test(bulk_memory, active_segment_is_in_place)
{
    cr_expect_eq(memcmp(memory->base + 16, "hello", 5), 0);
}

Test(bulk_memory, init_copies_a_part_of_the_segment)
{
    cr_expect(run(INIT, 100, 2, 5));
    cr_expect_eq(memcmp(memory->base + 99, "\0ssive\0", 7), 0);
    cr_expect(run(INIT, RT_PAGE_BYTES, 7, 0));
    cr_expect_not(run(INIT, 0, 3, 5));
    cr_expect_not(run(INIT, RT_PAGE_BYTES - 4, 0, 5));
    cr_expect_not(run(INIT, 0, UINT64_MAX, 1));
    cr_expect_not(run(INIT, UINT64_MAX, 0, 1));
}

Test(bulk_memory, dropped_segment_is_empty)
{
    rt_data_drop(instance, 1);
    cr_expect(run(INIT, 0, 0, 0));
    cr_expect_not(run(INIT, 0, 0, 1));
    cr_expect_not(run(INIT, 0, 1, 0));
}

Test(bulk_memory, copy_handles_overlap_and_bounds)
{
    cr_expect(run(COPY, 17, 16, 5));
    cr_expect_eq(memcmp(memory->base + 16, "hhello", 6), 0);
    cr_expect(run(COPY, RT_PAGE_BYTES - 5, 17, 5));
    cr_expect(run(COPY, RT_PAGE_BYTES, RT_PAGE_BYTES, 0));
    cr_expect_not(run(COPY, RT_PAGE_BYTES + 1, 0, 0));
    cr_expect_not(run(COPY, RT_PAGE_BYTES - 4, 17, 5));
    cr_expect_not(run(COPY, 0, RT_PAGE_BYTES - 4, 5));
    cr_expect_not(run(COPY, 0, 8, UINT64_MAX - 4));
}

Test(bulk_memory, fill_takes_the_low_byte)
{
    cr_expect(run(FILL, RT_PAGE_BYTES - 2, 0, 2));
    cr_expect_eq(memory->base[RT_PAGE_BYTES - 3], 0);
    cr_expect_eq(memory->base[RT_PAGE_BYTES - 1], 0x41);
    cr_expect_not(run(FILL, RT_PAGE_BYTES - 2, 0, 3));
    cr_expect_not(run(FILL, UINT32_MAX, 0, UINT32_MAX));
}
