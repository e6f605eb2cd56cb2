#include "compiler/layout.h"

#include <criterion/criterion.h>

#include "compiler/arena.h"
#include "runtime/abi.h"

/* The module under test: two functions of its own behind two imported ones, and a table
 * with one segment that names function 2. Tests change what they are about. */
static struct arena arena;
static uint32_t canonical_types[] = {0, 1, 0};
static struct import imports[] = {
    {{"wasi_snapshot_preview1", 22}, {"fd_close", 8}, EXTERN_FUNC, 0, 0},
    {{"env", 3}, {"f", 1}, EXTERN_FUNC, 1, 0}};
static struct func funcs[] = {{.import_index = 0},
                              {.import_index = 1},
                              {.import_index = NO_INDEX},
                              {.import_index = NO_INDEX}};
static struct table tables[2];
static struct memory memories[2];
static struct global globals[3];
static uint32_t items[] = {2, 3};
static struct instr where[2];
static struct elem_segment segment;
static struct export export;
static struct module m;
static struct layout l;

static void set_up(void)
{
    where[0] = (struct instr){.op = OP_I32Const};
    where[1] = (struct instr){.op = OP_End};
    tables[0].type.limits.min = tables[1].type.limits.min = 10;
    segment = (struct elem_segment){.mode = SEGMENT_ACTIVE,
                                    .where = {.instrs = where, .n_instrs = 2},
                                    .n_items = 2,
                                    .func_indices = items};
    m = (struct module){.arena = &arena,
                        .n_types = 3,
                        .canonical_types = canonical_types,
                        .imports = imports,
                        .n_imports = 2,
                        .funcs = funcs,
                        .n_funcs = 4,
                        .n_imported_funcs = 2,
                        .tables = tables,
                        .n_tables = 1,
                        .memories = memories,
                        .n_memories = 1,
                        .globals = globals,
                        .n_globals = 2,
                        .exports = &export,
                        .elems = &segment,
                        .n_elems = 1};
}

static void tear_down(void)
{
    arena_free(&arena);
}

TestSuite(layout, .init = set_up, .fini = tear_down);

static const struct table_facts *facts_of(struct module_facts facts)
{
    layout_module(&l, &m, &facts, true);
    return &l.tables[m.n_tables - 1];
}

static const struct module_facts nothing;

Test(layout, objects_follow_the_head_and_do_not_overlap)
{
    m.n_imported_globals = m.n_imported_tables = m.n_imported_memories = 1;
    m.n_globals = 3;
    m.n_tables = m.n_memories = m.n_tags = 2;
    layout_module(&l, &m, &nothing, true);
    const struct {
        uint32_t at, n_bytes;
    } objects[] = {
        {l.global_slots[0], sizeof(void *)},
        {l.global_slots[1], sizeof(union rt_value)},
        {l.global_slots[2], sizeof(union rt_value)},
        {l.type_slots[0], 4},
        {l.type_slots[1], 4},
        {l.table_slots[0], sizeof(void *)},
        {l.table_slots[1], sizeof(struct rt_table)},
        {l.memory_slots[0], sizeof(void *)},
        {l.memory_slots[1], sizeof(struct rt_memory)},
        {l.tag_slots[0], sizeof(void *)},
        {l.tag_slots[1], sizeof(void *)},
        {l.func_slots[0], sizeof(struct rt_func_slot)},
        {l.func_slots[1], sizeof(struct rt_func_slot)},
    };
    uint32_t end = sizeof(struct rt_instance);
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        cr_expect_geq(objects[i].at, end, "object %zu", i);
        cr_expect_eq(objects[i].at % (objects[i].n_bytes < 8 ? 4 : 8), 0, "object %zu",
                     i);
        end = objects[i].at + objects[i].n_bytes;
    }
    cr_expect_leq(end, l.instance_bytes);
    cr_expect_eq(l.instance_bytes % 16, 0);
    cr_expect_eq(l.global_slots[1] % 16, 0);
}

Test(layout, equal_types_share_a_slot)
{
    layout_module(&l, &m, &nothing, true);
    cr_expect_neq(l.type_slots[0], NO_INDEX);
    cr_expect_eq(l.type_slots[2], NO_INDEX);
}

Test(layout, host_functions_are_those_wasi_names)
{
    layout_module(&l, &m, &nothing, true);
    cr_expect(l.is_host_func[0]);
    cr_expect_not(l.is_host_func[1]);
    layout_module(&l, &m, &nothing, false);
    cr_expect_not(l.is_host_func[0]);
    cr_expect_str_eq(host_func_signature(&imports[0]), "i(i)");
    cr_expect_null(host_func_signature(&imports[1]));
    const struct import prefix = {.module = imports[0].module, .name = {"fd_closer", 7}};
    cr_expect_null(host_func_signature(&prefix));
}

Test(layout, signatures)
{
    val_type params[] = {TYPE_I32, TYPE_I64, TYPE_F32, TYPE_F64};
    val_type results[] = {TYPE_I32, TYPE_I32};
    struct func_type type = {
        .params = params, .n_params = 4, .results = results, .n_results = 1};
    cr_expect(signature_matches("i(iIfF)", &type));
    cr_expect_not(signature_matches("i(iIf)", &type));
    cr_expect_not(signature_matches("i(iIfFi)", &type));
    cr_expect_not(signature_matches("i(iIff)", &type));
    cr_expect_not(signature_matches("I(iIfF)", &type));
    cr_expect_not(signature_matches("v(iIfF)", &type));
    type.n_results = 2;
    cr_expect_not(signature_matches("i(iIfF)", &type));
    cr_expect(signature_matches("ii(iIfF)", &type));
    params[3] = TYPE_EXTERNREF;
    cr_expect(signature_matches("ii(iIfp)", &type));
    cr_expect_not(signature_matches("ii(iIfP)", &type));
    params[3] = TYPE_FUNCREF;
    cr_expect(signature_matches("ii(iIfP)", &type));
    params[3] = type_of_index(0);
    cr_expect_not(signature_matches("ii(iIfP)", &type));
    params[3] = TYPE_EXNREF;
    cr_expect_not(signature_matches("ii(iIfp)", &type));
    cr_expect_not(signature_matches("ii(iIf-)", &type));
    cr_expect_not(signature_matches("iI(iIfF)", &type));
    cr_expect_not(signature_matches("ii(iIfF", &type));
    type.n_results = type.n_params = 0;
    cr_expect(signature_matches("v()", &type));
    cr_expect_not(signature_matches("i()", &type));
    cr_expect_not(signature_matches("v((", &type));
}

Test(layout, a_table_nobody_changes_is_static)
{
    const struct table_facts *t = facts_of(nothing);
    cr_expect(t->is_fixed && t->is_own && t->is_static);
}

Test(layout, elements_of_a_static_table)
{
    where[0].imm.i32 = 9;
    const uint32_t *elements = layout_static_elements(&m, 0, &arena);
    cr_expect_eq(elements[8], NO_INDEX);
    cr_expect_eq(elements[9], items[0], "the second does not fit");
}

Test(layout, a_static_table_for_each_type_unless_they_are_large)
{
    funcs[3].type_index = 1;
    const struct table_facts *t = facts_of(nothing);
    cr_expect(t->is_typed[0] && t->is_typed[1]);
    cr_expect_not(t->is_typed[2], "not canonical");
    funcs[3].type_index = 2;
    cr_expect_not(facts_of(nothing)->is_typed[1]);
    tables[0].type.limits.min = 1 << 15;
    cr_expect(facts_of(nothing)->is_typed[0]);
    funcs[3].type_index = 1;
    t = facts_of(nothing);
    cr_expect(t->is_static);
    cr_expect_not(t->is_typed[0] || t->is_typed[1]);
}

Test(layout, a_host_function_is_an_own_element)
{
    items[0] = 0;
    cr_expect(facts_of(nothing)->is_static);
    layout_module(&l, &m, &nothing, false);
    cr_expect_not(l.tables[0].is_own);
}

Test(layout, another_instances_function_is_not)
{
    items[1] = 1;
    const struct table_facts *t = facts_of(nothing);
    cr_expect(t->is_fixed);
    cr_expect_not(t->is_own);
    cr_expect_not(t->is_static);
    /* Not even in a segment that table.init may use some day. */
    segment.mode = SEGMENT_PASSIVE;
    cr_expect_not(facts_of(nothing)->is_own);
}

Test(layout, expressions_as_elements_may_be_anything)
{
    segment.func_indices = NULL;
    cr_expect_not(facts_of(nothing)->is_own);
    segment.n_items = 0;
    cr_expect(facts_of(nothing)->is_own);
}

Test(layout, instructions_on_tables)
{
    const struct table_facts *t = facts_of((struct module_facts){.has_table_grow = true});
    cr_expect_not(t->is_fixed || t->is_own || t->is_static);
    t = facts_of((struct module_facts){.has_table_write = true});
    cr_expect(t->is_fixed);
    cr_expect_not(t->is_own || t->is_static);
    t = facts_of((struct module_facts){.has_table_copy = true});
    cr_expect(t->is_fixed && t->is_own);
    cr_expect_not(t->is_static);
}

Test(layout, an_exported_table_is_open_to_others)
{
    m.n_exports = 1;
    export = (struct export){.kind = EXTERN_FUNC};
    cr_expect(facts_of(nothing)->is_static);
    export.kind = EXTERN_TABLE;
    cr_expect_not(facts_of(nothing)->is_fixed);
    export.index = 1;
    cr_expect(facts_of(nothing)->is_static);
}

Test(layout, an_imported_table_has_foreign_elements)
{
    m.n_imported_tables = 1;
    cr_expect_not(facts_of(nothing)->is_fixed);
    m.n_tables = 2; /* they could come into an own table by its segments' references */
    cr_expect(facts_of(nothing)->is_fixed);
    cr_expect_not(l.tables[1].is_own);
    cr_expect_not(l.tables[0].is_fixed);
}

Test(layout, elements_at_places_known_later)
{
    where[0].op = OP_GlobalGet;
    cr_expect(facts_of(nothing)->is_own);
    cr_expect_not(l.tables[0].is_static);
    segment.table_index = 1;
    cr_expect(facts_of(nothing)->is_static, "of another table");
}

Test(layout, initial_elements_of_the_table_itself)
{
    struct const_expr init = {.instrs = where, .n_instrs = 2};
    tables[0].init = &init;
    cr_expect_not(facts_of(nothing)->is_own);
}

Test(layout, a_huge_table_is_not_static)
{
    tables[0].type.limits.min = 10000000;
    cr_expect(facts_of(nothing)->is_own);
    cr_expect_not(l.tables[0].is_static);
}
