#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

static void expect_invalid(const char *text)
{
    cr_expect_not(wasm_load(&w), "%s", text);
    cr_expect_str_eq(w.d.text, text);
    cr_expect_eq(w.d.func_index, NO_INDEX);
}

Test(validate_module, types_of_functions_are_known)
{
    wasm_begin(&w);
    wasm_section(&w, 2, "01 00 00 00 00");
    expect_invalid("unknown type 0");
    wasm_begin(&w);
    wasm_section(&w, 3, "01 00");
    wasm_code(&w, "00 0b");
    expect_invalid("unknown type 0");
    cr_expect_eq(w.d.offset, 13);
}

static void with_section(uint8_t id, const char *hex)
{
    wasm_begin(&w);
    wasm_section(&w, id, hex);
}

Test(validate_module, limits_are_in_order_and_in_range)
{
    with_section(5, "01 01 02 01");
    expect_invalid("size minimum must not be greater than maximum");
    with_section(5, "01 00 81 80 04");
    expect_invalid("memory size must be at most 65536 pages (4GiB)");
    with_section(5, "01 01 00 81 80 04");
    expect_invalid("memory size must be at most 65536 pages (4GiB)");
    with_section(5, "01 01 80 80 04 80 80 04");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    with_section(5, "01 08 ff ff ff ff 0f 00");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    with_section(5, "01 08 80 80 80 80 10 00");
    expect_invalid("memory size must be at most 2^32-1 pages of a byte");
    with_section(4, "01 70 00 80 80 80 80 10");
    expect_invalid("table size must be at most 2^32-1 elements");
    with_section(4, "01 70 00 ff ff ff ff 0f");
    cr_expect(wasm_load(&w), "%s", w.d.text);
}

Test(validate_module, limits_of_what_i64_addresses_are_wider)
{
    with_section(5, "01 05 00 80 80 80 80 80 80 c0 00");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    with_section(5, "01 04 81 80 80 80 80 80 c0 00");
    expect_invalid("memory size must be at most 2^48 pages");
    with_section(5, "01 0c ff ff ff ff ff ff ff ff ff 01 00");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    with_section(4, "01 70 05 00 ff ff ff ff ff ff ff ff ff 01");
    cr_expect(wasm_load(&w), "%s", w.d.text);
}

Test(validate_module, segments_go_to_addresses_of_their_memory_or_table)
{
    wasm_begin(&w);
    wasm_section(&w, 4, "01 70 04 01");
    wasm_section(&w, 5, "02 00 01 04 01");
    wasm_section(&w, 9, "01 00 42 00 0b 00");
    wasm_section(&w, 11, "02 00 41 00 0b 00 02 01 42 00 0b 00");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    wasm_begin(&w);
    wasm_section(&w, 4, "01 70 04 01");
    wasm_section(&w, 9, "01 00 41 00 0b 00");
    expect_invalid("type mismatch: expected i64, found i32");
    wasm_begin(&w);
    wasm_section(&w, 5, "02 00 01 04 01");
    wasm_section(&w, 11, "01 00 42 00 0b 00");
    expect_invalid("type mismatch: expected i32, found i64");
}

Test(validate_module, several_memories_are_fine)
{
    with_section(5, "02 00 01 00 01");
    cr_expect(wasm_load(&w), "%s", w.d.text);
}

Test(validate_module, exports_exist_and_differ_in_name)
{
    with_section(7, "01 01 61 00 00");
    expect_invalid("unknown function 0");
    with_section(7, "01 01 61 02 00");
    expect_invalid("unknown memory 0");
    wasm_begin(&w);
    wasm_section(&w, 5, "01 00 01");
    wasm_section(&w, 7, "03 01 61 02 00 01 62 02 00 01 61 02 00");
    expect_invalid("duplicate export name");
    cr_expect_eq(w.d.offset, w.m.exports[2].offset);
}

Test(validate_module, the_start_function_has_no_parameters_or_results)
{
    with_section(8, "00");
    expect_invalid("unknown function 0");
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 01 7f 00");
    wasm_section(&w, 2, "01 00 00 00 00");
    wasm_section(&w, 8, "00");
    expect_invalid("start function must have neither parameters nor results");
}

Test(validate_module, a_global_names_earlier_immutable_globals_only)
{
    with_section(6, "02 7f 00 41 01 0b 7f 00 23 00 0b");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    with_section(6, "02 7f 00 23 01 0b 7f 00 41 00 0b");
    expect_invalid("unknown global 1");
    with_section(6, "02 7f 01 41 01 0b 7f 00 23 00 0b");
    expect_invalid("constant expression required");
}

static void with_table(const char *elems)
{
    wasm_begin(&w);
    wasm_section(&w, 4, "01 70 00 01");
    wasm_section(&w, 9, elems);
}

Test(validate_module, element_segments_fit_their_table)
{
    with_table("01 00 41 00 0b 00");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    with_table("01 00 41 00 0b 01 03");
    expect_invalid("unknown function 3");
    with_table("01 02 01 41 00 0b 00 00");
    expect_invalid("unknown table 1");
    with_table("01 00 42 00 0b 00");
    expect_invalid("type mismatch: expected i32, found i64");
    with_table("01 06 00 41 00 0b 6f 00");
    expect_invalid(
        "type mismatch: elements of type externref do not go into a table of funcref");
    with_table("01 05 70 01 d0 6f 0b");
    expect_invalid("type mismatch: expected funcref, found externref");
}

Test(validate_module, active_data_segments_have_a_memory)
{
    with_section(11, "01 00 41 00 0b 00");
    expect_invalid("unknown memory 0");
    with_section(11, "01 01 00");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    wasm_begin(&w);
    wasm_section(&w, 5, "01 00 01");
    wasm_section(&w, 11, "01 00 43 00 00 00 00 0b 00");
    expect_invalid("type mismatch: expected i32, found f32");
}

Test(validate_module, the_initial_value_of_a_table_has_its_type)
{
    with_section(4, "01 40 00 70 00 01 d0 70 0b");
    cr_expect(wasm_load(&w), "%s", w.d.text);
    with_section(4, "01 40 00 70 00 01 d0 6f 0b");
    expect_invalid("type mismatch: expected funcref, found externref");
}

Test(validate_module, tags_have_types_without_results)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "02 60 01 7f 00 60 00 01 7f");
    wasm_section(&w, 13, "01 00 01");
    expect_invalid("non-empty tag result type: a tag has none");
    with_section(13, "01 00 00");
    expect_invalid("unknown type 0");
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 01 7f 00");
    wasm_section(&w, 13, "01 00 00");
    wasm_section(&w, 7, "01 01 65 04 01");
    expect_invalid("unknown tag 1");
}
