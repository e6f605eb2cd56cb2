#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

static void expect_malformed(const char *hex, size_t offset, const char *text)
{
    memset(&w, 0, sizeof w);
    w.d = (struct diag)DIAG_INIT;
    wasm_put(&w, hex);
    cr_expect_not(wasm_read(&w), "%s", text);
    cr_expect_str_eq(w.d.text, text);
    cr_expect_eq(w.d.offset, offset, "%s at %zu", text, w.d.offset);
}

#define HEADER "00 61 73 6d 01 00 00 00 "

Test(wasm_reader, an_empty_module_is_a_module)
{
    wasm_begin(&w);
    cr_expect(wasm_read(&w));
    cr_expect_eq(w.m.n_funcs, 0);
    cr_expect_eq(w.m.start_func, NO_INDEX);
}

Test(wasm_reader, tells_what_a_file_is_that_is_no_module)
{
    expect_malformed("", 0, "unexpected end: too short for a WebAssembly module");
    expect_malformed("00 61 73", 3, "unexpected end: too short for a WebAssembly module");
    expect_malformed("7f 45 4c 46 01 00 00 00", 0,
                     "magic header not detected: this is not WebAssembly");
    expect_malformed("00 61 73 6d 0d 00 01 00", 4,
                     "this is a component, not a core module");
    expect_malformed("00 61 73 6d 02 00 00 00", 4, "unknown binary version 2");
}

Test(wasm_reader, refuses_sections_that_do_not_fit_together)
{
    expect_malformed(HEADER "03 02 01 00", 12,
                     "function and code section have inconsistent lengths");
    expect_malformed(
        HEADER "01 01 00 01 01 00", 11,
        "unexpected content after last section: section 1 is repeated or out "
        "of order");
    expect_malformed(HEADER "01 02 00 00", 11, "section size mismatch");
    expect_malformed(HEADER "01 05 00", 10, "unexpected end: length out of bounds");
    expect_malformed(HEADER "01 02 01 60", 12, "unexpected end");
    expect_malformed(HEADER "0c 01 01", 11,
                     "data count and data section have inconsistent lengths");
    expect_malformed(HEADER "0e 00", 8, "malformed section id 14");
    expect_malformed(HEADER "00 00", 10, "unexpected end");
    expect_malformed(HEADER "00 02 01 ff", 11, "malformed UTF-8 encoding");
}

Test(wasm_reader, missing_features_are_named)
{
    expect_malformed(HEADER "01 02 01 5e", 11,
                     "not supported: garbage collection (type form 0x5e)");
}

Test(wasm_reader, tags_have_an_attribute_and_a_type)
{
    expect_malformed(HEADER "0d 03 01 01 00", 11, "malformed tag attribute 0x01");
    expect_malformed(HEADER "02 07 01 00 00 04 01 00 00", 14,
                     "malformed tag attribute 0x01");
    expect_malformed(HEADER "06 01 00 0d 01 00", 11,
                     "unexpected content after last section: section 13 is repeated or "
                     "out of order");
    expect_malformed(HEADER "07 04 01 00 05 00", 12, "malformed export kind 0x05");
    wasm_begin(&w);
    wasm_section(&w, 1, "02 60 00 00 60 01 7f 00");
    wasm_section(&w, 2, "01 01 6d 01 65 04 00 01");
    wasm_section(&w, 5, "01 00 01");
    wasm_section(&w, 13, "02 00 00 00 01");
    wasm_section(&w, 7, "01 01 65 04 01");
    cr_assert(wasm_read(&w), "%s", w.d.text);
    cr_assert_eq(w.m.n_tags, 3);
    cr_expect_eq(w.m.n_imported_tags, 1);
    cr_expect_eq(w.m.tags[0].type_index, 1);
    cr_expect_eq(w.m.tags[0].import_index, 0);
    cr_expect_eq(w.m.tags[1].import_index, NO_INDEX);
    cr_expect_eq(module_tag_type(&w.m, 2)->n_params, 1);
    cr_expect_eq(w.m.imports[0].kind, EXTERN_TAG);
    cr_expect_eq(w.m.exports[0].kind, EXTERN_TAG);
}

Test(wasm_reader, imports_come_first_in_every_index_space)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "02 60 00 00 60 01 7f 00");
    wasm_section(&w, 2,
                 "04 01 6d 01 66 00 01  01 6d 01 74 01 70 00 01"
                 "01 6d 01 6d 02 00 01  01 6d 01 67 03 7e 00");
    wasm_section(&w, 3, "01 00");
    wasm_section(&w, 4, "01 6f 01 02 03");
    wasm_section(&w, 5, "01 00 05");
    wasm_section(&w, 6, "01 7f 01 41 2a 0b");
    wasm_code(&w, "00 0b");
    cr_assert(wasm_read(&w), "%s", w.d.text);
    const struct module *m = &w.m;
    cr_expect(m->n_funcs == 2 && m->n_imported_funcs == 1);
    cr_expect(m->funcs[0].type_index == 1 && m->funcs[0].import_index == 0);
    cr_expect(m->funcs[1].type_index == 0 && m->funcs[1].import_index == NO_INDEX);
    cr_expect_eq(m->funcs[1].body_bytes, 2);
    cr_expect(m->n_tables == 2 && m->n_imported_tables == 1);
    cr_expect_eq(m->tables[1].type.element, TYPE_EXTERNREF);
    cr_expect(m->n_memories == 2 && m->n_imported_memories == 1);
    cr_expect_eq(m->memories[1].type.limits.min, 5);
    cr_expect(m->n_globals == 2 && m->n_imported_globals == 1);
    cr_expect_eq(m->imports[3].kind, EXTERN_GLOBAL);
    cr_expect(name_equal(m->imports[3].name, (struct name){"g", 1}));
    cr_assert_eq(m->globals[1].init.n_instrs, 2);
    cr_expect_eq(m->globals[1].init.instrs[0].imm.i32, 42);
}

Test(wasm_reader, functions_named_outside_of_bodies_are_referenced)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "05 00 00 00 00 00");
    wasm_section(&w, 6, "01 70 00 d2 00 0b");
    wasm_section(&w, 7, "02 01 61 00 01 01 62 00 01");
    wasm_section(&w, 8, "04");
    wasm_section(&w, 9, "02 01 00 01 02  05 70 01 d2 03 0b");
    wasm_section(&w, 10, "05 02 00 0b 02 00 0b 02 00 0b 02 00 0b 02 00 0b");
    cr_assert(wasm_read(&w), "%s", w.d.text);
    for (uint32_t i = 0; i < 4; i++)
        cr_expect(w.m.funcs[i].is_referenced, "function %u", i);
    cr_expect_not(w.m.funcs[4].is_referenced);
    cr_expect_eq(w.m.funcs[1].export_index, 0);
    cr_expect_eq(w.m.funcs[2].export_index, NO_INDEX);
    cr_expect_eq(w.m.start_func, 4);
}

Test(wasm_reader, reads_all_forms_of_element_segments)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "01 00");
    wasm_section(&w, 4, "01 70 00 09");
    wasm_section(&w, 9,
                 "08 00 41 01 0b 01 00  01 00 01 00  02 00 41 02 0b 00 01 00  03 00 01 00"
                 "04 41 03 0b 01 d0 70 0b  05 70 01 d2 00 0b"
                 "06 00 41 04 0b 70 01 d2 00 0b  07 6f 01 d0 6f 0b");
    wasm_code(&w, "00 0b");
    cr_assert(wasm_read(&w), "%s", w.d.text);
    static const enum segment_mode modes[8] = {
        SEGMENT_ACTIVE, SEGMENT_PASSIVE, SEGMENT_ACTIVE, SEGMENT_DECLARATIVE,
        SEGMENT_ACTIVE, SEGMENT_PASSIVE, SEGMENT_ACTIVE, SEGMENT_DECLARATIVE};
    for (uint32_t i = 0; i < 8; i++) {
        const struct elem_segment *elem = &w.m.elems[i];
        cr_expect_eq(elem->mode, modes[i], "segment %u", i);
        cr_expect_eq(elem->n_items, 1);
        cr_expect_eq(elem->func_indices != NULL, i < 4);
        cr_expect_eq(elem->exprs != NULL, i >= 4);
        val_type of_functions = TYPE_FUNCREF | (i < 4 ? TYPE_NON_NULL : 0);
        cr_expect_eq(elem->type, i == 7 ? TYPE_EXTERNREF : of_functions);
        if (elem->mode == SEGMENT_ACTIVE)
            cr_expect_eq(elem->where.instrs[0].imm.i32, i / 2 + 1);
    }
    cr_expect_not(wasm_load(&w));
}

Test(wasm_reader, reads_data_segments_without_copying)
{
    wasm_begin(&w);
    wasm_section(&w, 5, "01 00 01");
    wasm_section(&w, 12, "03");
    wasm_section(&w, 11, "03 00 41 07 0b 02 61 62  01 01 63  02 00 41 08 0b 00");
    cr_assert(wasm_read(&w), "%s", w.d.text);
    cr_expect(w.m.has_data_count);
    cr_assert_eq(w.m.n_datas, 3);
    cr_expect_eq(w.m.datas[0].n_bytes, 2);
    cr_expect_eq(memcmp(w.m.datas[0].bytes, "ab", 2), 0);
    cr_expect(w.m.datas[0].bytes > w.bytes && w.m.datas[0].bytes < w.bytes + w.n_bytes);
    cr_expect_eq(w.m.datas[1].mode, SEGMENT_PASSIVE);
    cr_expect_eq(w.m.datas[2].where.instrs[0].imm.i32, 8);
}

Test(wasm_reader, reads_tables_with_an_initial_value)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "01 00");
    wasm_section(&w, 4, "01 40 00 70 00 03 d2 00 0b");
    wasm_code(&w, "00 0b");
    cr_assert(wasm_load(&w), "%s", w.d.text);
    cr_assert_not_null(w.m.tables[0].init);
    cr_expect_eq(w.m.tables[0].init->instrs[0].op, OP_RefFunc);
    cr_expect(w.m.funcs[0].is_referenced);
}

Test(wasm_reader, custom_sections_may_stand_anywhere)
{
    wasm_begin(&w);
    wasm_section(&w, 0, "01 61 ff ff");
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 0, "01 62");
    wasm_section(&w, 0, "04 6e 61 6d 65 00 02 01 6d");
    wasm_section(&w, 3, "01 00");
    wasm_code(&w, "00 0b");
    cr_assert(wasm_read(&w), "%s", w.d.text);
    cr_expect_eq(w.m.name.length, 1);
}
