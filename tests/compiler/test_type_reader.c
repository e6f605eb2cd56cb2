#include "compiler/type_reader.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct cursor c;

static void at(const char *hex)
{
    memset(&w, 0, sizeof w);
    w.d = (struct diag)DIAG_INIT;
    wasm_put(&w, hex);
    c = (struct cursor){
        .start = w.bytes, .p = w.bytes, .end = w.bytes + w.n_bytes, .diag = &w.d};
}

Test(type_reader, reads_every_value_type)
{
    at("7f 7e 7d 7c 70 6f 73 72 64 70 63 6f");
    cr_expect_eq(read_val_type(&c), TYPE_I32);
    cr_expect_eq(read_val_type(&c), TYPE_I64);
    cr_expect_eq(read_val_type(&c), TYPE_F32);
    cr_expect_eq(read_val_type(&c), TYPE_F64);
    cr_expect_eq(read_val_type(&c), TYPE_FUNCREF);
    cr_expect_eq(read_val_type(&c), TYPE_EXTERNREF);
    cr_expect_eq(read_val_type(&c), TYPE_FUNCREF | TYPE_BOTTOM);
    cr_expect_eq(read_val_type(&c), TYPE_EXTERNREF | TYPE_BOTTOM);
    cr_expect_eq(read_val_type(&c), TYPE_FUNCREF | TYPE_NON_NULL);
    cr_expect_eq(read_val_type(&c), TYPE_EXTERNREF);
    cr_expect_not(cursor_failed(&c));
}

Test(type_reader, reads_references_to_exceptions)
{
    at("69 63 69 64 69 74");
    cr_expect_eq(read_val_type(&c), TYPE_EXNREF);
    cr_expect_eq(read_val_type(&c), TYPE_EXNREF);
    cr_expect_eq(read_val_type(&c), TYPE_EXNREF | TYPE_NON_NULL);
    cr_expect_eq(read_ref_type(&c), TYPE_EXNREF | TYPE_BOTTOM);
    cr_expect_not(cursor_failed(&c));
}

static void expect_refused(const char *hex, const char *text)
{
    at(hex);
    read_val_type(&c);
    cr_expect_str_eq(w.d.text, text);
}

Test(type_reader, missing_types_are_named_by_their_feature)
{
    expect_refused("64 00", "unknown type 0");
    expect_refused("6b", "not supported: garbage collection (type 0x6b)");
    expect_refused("78", "malformed value type 0x78");
}

Test(type_reader, reads_function_types)
{
    at("02 7f 7c 01 7e");
    struct func_type type = read_func_type(&c, &w.arena, c.p, 0x60);
    cr_assert_not(cursor_failed(&c));
    cr_assert_eq(type.n_params, 2);
    cr_expect_eq(type.params[1], TYPE_F64);
    cr_assert_eq(type.n_results, 1);
    cr_expect_eq(type.results[0], TYPE_I64);
}

Test(type_reader, refuses_other_forms_of_types)
{
    at("00");
    read_func_type(&c, &w.arena, c.p, 0x5f);
    cr_expect_str_eq(w.d.text, "not supported: garbage collection (type form 0x5f)");
    at("00 00");
    read_func_type(&c, &w.arena, c.p, 0x61);
    cr_expect_str_eq(w.d.text, "malformed type form 0x61");
}

Test(type_reader, reads_limits)
{
    at("01 02 80 80 04");
    struct limits limits = read_memory_type(&c).limits;
    cr_expect(limits.has_max);
    cr_expect_eq(limits.min, 2);
    cr_expect_eq(limits.max, 65536);
    at("00 02");
    cr_expect_not(read_memory_type(&c).limits.has_max);
    cr_expect_not(cursor_failed(&c));
}

static void expect_limits_refused(const char *hex, const char *text)
{
    at(hex);
    read_memory_type(&c);
    cr_expect_str_eq(w.d.text, text);
}

Test(type_reader, flags_of_missing_limits_are_named_by_their_feature)
{
    expect_limits_refused("03 00 01", "not supported: threads (limits flags 0x03)");
    expect_limits_refused("10 00 00", "malformed limits flags 0x10");
}

Test(type_reader, memories_have_pages_of_a_byte_or_of_64_kib)
{
    at("08 05 00 09 01 02 10 0c 01 00 01 01 02");
    cr_expect_eq(read_memory_type(&c).page_bits, 0);
    struct memory_type named = read_memory_type(&c);
    cr_expect(named.limits.has_max && named.limits.max == 2);
    cr_expect_eq(named.page_bits, 16);
    cr_expect(read_memory_type(&c).limits.is_64);
    cr_expect_eq(read_memory_type(&c).page_bits, 16);
    cr_expect_not(cursor_failed(&c));
    expect_limits_refused(
        "08 00 0c", "invalid custom page size of 2^12 bytes: pages have 1 or 65536");
    cr_expect_eq(w.d.offset, 2);
    expect_limits_refused(
        "08 00 41", "invalid custom page size of 2^65 bytes: pages have 1 or 65536");
    expect_limits_refused("08 00", "unexpected end");
}

Test(type_reader, tables_have_no_pages)
{
    at("70 08 00 00");
    read_table_type(&c);
    cr_expect_str_eq(w.d.text, "malformed limits flags 0x08");
}

Test(type_reader, limits_say_the_width_of_addresses)
{
    at("04 80 80 80 80 80 20 70 05 01 ff ff ff ff ff ff ff ff ff 01 01 01 02");
    struct limits memory = read_memory_type(&c).limits;
    struct limits table = read_table_type(&c).limits;
    cr_expect(memory.is_64 && !memory.has_max);
    cr_expect_eq(memory.min, UINT64_C(1) << 40);
    cr_expect(table.is_64 && table.has_max);
    cr_expect_eq(table.max, UINT64_MAX);
    cr_expect_not(read_memory_type(&c).limits.is_64);
    cr_expect_not(cursor_failed(&c));
}

Test(type_reader, reads_global_types)
{
    at("7f 01 7e 00");
    cr_expect(read_global_type(&c).is_mutable);
    cr_expect_not(read_global_type(&c).is_mutable);
    at("7f 02");
    read_global_type(&c);
    cr_expect_str_eq(w.d.text, "malformed mutability 0x02");
}

Test(type_reader, heap_types_become_reference_types)
{
    at("70 6f");
    cr_expect_eq(read_heap_type(&c), TYPE_FUNCREF);
    cr_expect_eq(read_heap_type(&c), TYPE_EXTERNREF);
    static uint32_t canonical_types[] = {0, 1, 0};
    struct module m = {.n_types = 3, .canonical_types = canonical_types};
    at("01 02 03");
    c.m = &m;
    cr_expect_eq(read_heap_type(&c), type_of_index(1));
    cr_expect_eq(read_heap_type(&c), type_of_index(0));
    read_heap_type(&c);
    cr_expect_str_eq(w.d.text, "unknown type 3");
    at("7f");
    read_heap_type(&c);
    cr_expect_str_eq(w.d.text, "malformed heap type 0x7f");
}
