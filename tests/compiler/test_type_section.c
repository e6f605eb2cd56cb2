#include "compiler/type_section.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

static bool read_types(const char *section)
{
    wasm_begin(&w);
    wasm_section(&w, 1, section);
    return wasm_read(&w);
}

static void expect_refused(const char *section, const char *text)
{
    cr_expect_not(read_types(section), "%s", section);
    cr_expect_str_eq(w.d.text, text, "%s: %s", section, w.d.text);
}

#define expect_canonical(section, ...)                                                   \
    do {                                                                                 \
        const uint32_t expected[] = {__VA_ARGS__};                                       \
        cr_assert(read_types(section), "%s: %s", section, w.d.text);                     \
        cr_assert_eq(w.m.n_types, sizeof expected / sizeof expected[0]);                 \
        cr_expect_arr_eq(w.m.canonical_types, expected, sizeof expected);                \
    } while (0)

Test(type_section, equal_types_have_one_canonical_index)
{
    expect_canonical("05 60 01 7f 00 60 00 00 60 01 7f 00 60 00 01 7f 60 00 00", 0, 1, 0,
                     3, 1);
    /* final without supertype is what the short form means; open is another type */
    expect_canonical("03 60 00 00 4f 00 60 00 00 50 00 60 00 00", 0, 0, 2);
}

Test(type_section, references_to_equal_types_are_equal)
{
    /* [] -> []; [] -> []; [(ref null 0)] -> []; [(ref null 1)] -> []; [(ref 1)] -> [] */
    expect_canonical("05 60 00 00 60 00 00 60 01 63 00 00 60 01 63 01 00 60 01 64 01 00",
                     0, 0, 2, 2, 4);
    cr_expect_eq(w.m.types[3].params[0], type_of_index(0));
    cr_expect_eq(w.m.types[4].params[0], type_of_index(0) | TYPE_NON_NULL);
}

Test(type_section, groups_are_equal_as_a_whole)
{
    /* [(ref null itself)] -> [], twice, the second written in a group of one */
    expect_canonical("02 60 01 63 00 00 4e 01 60 01 63 01 00", 0, 0);
    cr_expect_eq(w.m.types[1].params[0], type_of_index(0));
    /* (a: [(ref null b)], b: []), again, then in the other order, then alone */
    expect_canonical("04 4e 02 60 01 63 01 00 60 00 00  4e 02 60 01 63 03 00 60 00 00"
                     " 4e 02 60 00 00 60 01 63 04 00  60 00 00",
                     0, 1, 0, 1, 4, 5, 6);
    cr_expect_eq(w.m.type_defs[3].group, 2);
    cr_expect_eq(w.m.type_defs[3].group_size, 2);
}

Test(type_section, a_type_is_a_subtype_of_what_it_extends)
{
    /* open [] -> [funcref]; final sub 0 [] -> [(ref func)] */
    cr_assert(read_types("02 50 00 60 00 01 70 4f 01 00 60 00 01 64 70"), "%s", w.d.text);
    cr_expect(is_subtype(&w.m, 1, 0) && is_subtype(&w.m, 1, 1));
    cr_expect_not(is_subtype(&w.m, 0, 1));
    cr_expect(type_matches(&w.m, type_of_index(1), type_of_index(0)));
    cr_expect_not(type_matches(&w.m, type_of_index(0), type_of_index(1)));
    cr_expect(w.m.type_defs[1].is_final && !w.m.type_defs[0].is_final);
    cr_expect_eq(w.m.type_defs[0].supertype, NO_INDEX);
}

Test(type_section, supertypes_are_checked)
{
    expect_refused("02 60 00 00 4f 01 00 60 00 00",
                   "sub type: type 1 does not match its supertype");
    expect_refused("02 50 00 60 00 00 4f 01 00 60 01 7f 00",
                   "sub type: type 1 does not match its supertype");
    expect_refused("02 50 00 60 00 01 64 70 4f 01 00 60 00 01 70",
                   "sub type: type 1 does not match its supertype");
    expect_refused("01 50 01 00 60 00 00", "unknown type 0");
    expect_refused("01 50 02 00 00 60 00 00",
                   "sub type: at most one supertype is allowed");
}

Test(type_section, the_depth_of_subtyping_has_a_limit)
{
    for (uint32_t n = MAX_SUBTYPING_DEPTH; n <= MAX_SUBTYPING_DEPTH + 1; n++) {
        char section[4096], *p = section;
        p += sprintf(p, "%02x 50 00 60 00 00", n + 1);
        for (uint32_t i = 0; i < n; i++)
            p += sprintf(p, " 50 01 %02x 60 00 00", i);
        cr_expect_eq(read_types(section), n == MAX_SUBTYPING_DEPTH, "%s", w.d.text);
    }
}

Test(type_section, references_are_to_types_so_far)
{
    expect_refused("02 60 01 63 01 00 60 00 00", "unknown type 1");
    expect_refused("01 4e 02 60 01 63 02 00 60 00 00", "unknown type 2");
    expect_refused("01 4e 01 5f 00",
                   "not supported: garbage collection (type form 0x5f)");
}

Test(type_section, many_types_are_found_again)
{
    enum { N = 2000 };
    wasm_begin(&w);
    w.bytes[w.n_bytes++] = 1;
    size_t start = w.n_bytes;
    wasm_put(&w, "d0 0f");             /* N */
    for (uint32_t i = 0; i < N; i++) { /* as many parameters as i % 16, a result */
        wasm_put(&w, "60");
        w.bytes[w.n_bytes++] = (uint8_t)(i % 16);
        for (uint32_t k = 0; k < i % 16; k++)
            wasm_put(&w, "7f");
        wasm_put(&w, i % 32 < 16 ? "01 7e" : "01 7d");
    }
    wasm_close(&w, start);
    cr_assert(wasm_read(&w), "%s", w.d.text);
    for (uint32_t i = 0; i < N; i++)
        cr_expect_eq(w.m.canonical_types[i], i % 32);
}
