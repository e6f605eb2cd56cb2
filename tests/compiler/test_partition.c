#include "compiler/partition.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct survey survey;

/* An imported function, three own ones of type [] -> [], a table, and a memory. */
static void load(const char *bodies)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 2, "01 01 61 01 62 00 00");
    wasm_section(&w, 3, "03 00 00 00");
    wasm_section(&w, 4, "01 70 00 05");
    wasm_section(&w, 5, "01 00 10");
    wasm_section(&w, 9, "01 01 00 01 01");
    wasm_section(&w, 10, bodies);
    cr_assert(wasm_load(&w), "%s", w.d.text);
    survey_module(&survey, &w.m, 2);
}

Test(partition, leaves_are_found)
{
    /* call 0, call 3;  call 3, loop;  nothing */
    load("03 06 00 10 00 10 03 0b 07 00 10 03 03 40 0b 0b 02 00 0b");
    cr_expect_not(survey.is_leaf[1]);
    cr_expect_not(survey.is_leaf[2]);
    cr_expect(survey.is_leaf[3]);
    cr_expect_not(survey.facts.has_table_grow);
    cr_expect_not(survey.facts.has_table_write);
    cr_expect_not(survey.facts.has_table_copy);
}

Test(partition, a_loop_or_indirect_call_is_no_leaf)
{
    load("03 05 00 03 40 0b 0b 07 00 41 00 11 00 00 0b 02 00 0b");
    cr_expect_not(survey.is_leaf[1]);
    cr_expect_not(survey.is_leaf[2]);
    cr_expect(survey.is_leaf[3]);
}

Test(partition, a_brief_function_is_known_by_its_length)
{
    /* call 3;  unreachable, nop;  loop */
    load("03 04 00 10 03 0b 04 00 00 01 0b 05 00 03 40 0b 0b");
    cr_expect_eq(survey.n_brief[0], 0, "imported");
    cr_expect_eq(survey.n_brief[1], 0);
    cr_expect_eq(survey.n_brief[2], 3);
    cr_expect_eq(survey.n_brief[3], 0);
    /* memory.fill of a length that is known late */
    load("03 0e 00 41 00 41 00 41 00 41 00 6a fc 0b 00 0b 02 00 0b 02 00 0b");
    cr_expect(survey.is_leaf[1]);
    cr_expect_eq(survey.n_brief[1], 0);
}

Test(partition, instructions_on_tables_are_noticed)
{
    /* table.set 0 */
    load("03 08 00 41 00 d0 70 26 00 0b 02 00 0b 02 00 0b");
    cr_expect(survey.facts.has_table_write);
    cr_expect_not(survey.facts.has_table_copy);
    /* table.fill 0 */
    load("03 0b 00 41 00 d0 70 41 00 fc 11 00 0b 02 00 0b 02 00 0b");
    cr_expect(survey.facts.has_table_write);
    /* table.grow 0 */
    load("03 0a 00 d0 70 41 00 fc 0f 00 1a 0b 02 00 0b 02 00 0b");
    cr_expect(survey.facts.has_table_grow);
    cr_expect_not(survey.facts.has_table_write);
    /* table.copy 0 0 */
    load("03 02 00 0b 0c 00 41 00 41 00 41 00 fc 0e 00 00 0b 02 00 0b");
    cr_expect(survey.facts.has_table_copy);
    /* table.init 0 0 */
    load("03 02 00 0b 02 00 0b 0c 00 41 00 41 00 41 00 fc 0c 00 00 0b");
    cr_expect(survey.facts.has_table_copy);
    cr_expect_not(survey.facts.has_table_grow);
}

enum { N = 100 };

static struct func funcs[N + 1];

/* Functions of these sizes behind an imported one; checks that the parts cover them. */
static uint32_t n_parts_of(const uint32_t *sizes, uint32_t n, uint32_t part_bytes,
                           struct partition **parts)
{
    static struct arena arena;
    struct module m = {
        .arena = &arena, .funcs = funcs, .n_funcs = n + 1, .n_imported_funcs = 1};
    for (uint32_t i = 0; i < n; i++)
        funcs[i + 1].body_bytes = sizes[i];
    uint32_t n_parts;
    *parts = partition_module(&m, part_bytes, &n_parts);
    uint32_t next = 1;
    for (uint32_t i = 0; i < n_parts; i++) {
        uint32_t n_bytes = 0;
        cr_assert_eq((*parts)[i].first, next);
        cr_assert_gt((*parts)[i].end, next);
        next = (*parts)[i].end;
        for (uint32_t k = (*parts)[i].first; k < next; k++)
            n_bytes += funcs[k].body_bytes;
        cr_expect_eq((*parts)[i].n_bytes, n_bytes);
    }
    cr_assert_eq(next, n + 1);
    return n_parts;
}

Test(partition, neighbours_share_a_part)
{
    static const uint32_t sizes[] = {40, 40, 20, 30, 70, 1, 500, 10, 10};
    struct partition *parts;
    cr_assert_eq(n_parts_of(sizes, 9, 100, &parts), 5);
    cr_expect_eq(parts[0].end, 4);
    cr_expect_eq(parts[1].end, 6);
    cr_expect_eq(parts[2].end, 7);
    cr_expect_eq(parts[3].end, 8, "a large function stands alone");
    cr_expect_eq(n_parts_of(sizes, 9, 100000, &parts), 1);
}

Test(partition, no_functions_no_parts)
{
    struct partition *parts;
    cr_expect_eq(n_parts_of(NULL, 0, 100, &parts), 0);
}
