#include "compiler/module.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

Test(module, a_block_type_is_a_type_or_one_result_or_nothing)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 02 7f 7e 01 7d");
    cr_assert(wasm_read(&w), "%s", w.d.text);
    val_type storage;
    struct instr block = {.op = OP_Block, .imm.block.type = 0};
    struct func_type type = module_block_type(&w.m, &block, &storage);
    cr_expect_eq(type.params, w.m.types[0].params);
    cr_expect_eq(type.n_results, 1);
    block.imm.block.type = NO_INDEX;
    block.imm.block.result = TYPE_F64;
    type = module_block_type(&w.m, &block, &storage);
    cr_expect_eq(type.n_params, 0);
    cr_assert_eq(type.n_results, 1);
    cr_expect_eq(type.results[0], TYPE_F64);
    block.imm.block.result = 0;
    type = module_block_type(&w.m, &block, &storage);
    cr_expect_eq(type.n_params + type.n_results, 0);
}

/* An import "m" "i", an exported function "e", one named "n" by the name section and
 * exported as "x", and one without any name. */
static void read_named(void)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 2, "01 01 6d 01 69 00 00");
    wasm_section(&w, 3, "03 00 00 00");
    wasm_section(&w, 7, "02 01 65 00 01 01 78 00 02");
    wasm_section(&w, 10, "03 02 00 0b 02 00 0b 02 00 0b");
    wasm_section(&w, 0, "04 6e 61 6d 65 01 06 01 02 03 6e 0a ff");
    /* the name above is cut off by its subsection, hence ignored; this one counts: */
    wasm_section(&w, 0, "04 6e 61 6d 65 01 06 01 02 03 6e 0a 6f");
    cr_assert(wasm_read(&w), "%s", w.d.text);
}

Test(module, a_function_is_called_by_its_best_name)
{
    char buffer[64];
    read_named();
    cr_expect_str_eq(module_func_name(&w.m, 0, buffer, sizeof buffer), "m.i");
    cr_expect_str_eq(module_func_name(&w.m, 1, buffer, sizeof buffer), "e");
    cr_expect_str_eq(module_func_name(&w.m, 2, buffer, sizeof buffer), "n?o");
    cr_expect_str_eq(module_func_name(&w.m, 3, buffer, sizeof buffer), "func[3]");
}

Test(module, a_name_is_cut_to_the_buffer)
{
    char buffer[3];
    read_named();
    cr_expect_str_eq(module_func_name(&w.m, 2, buffer, sizeof buffer), "n?");
    cr_expect_str_eq(module_func_name(&w.m, 3, buffer, sizeof buffer), "fu");
}

Test(module, names_are_equal_by_their_bytes)
{
    cr_expect(name_equal((struct name){"a\0b", 3}, (struct name){"a\0b", 3}));
    cr_expect_not(name_equal((struct name){"a\0b", 3}, (struct name){"a\0c", 3}));
    cr_expect_not(name_equal((struct name){"ab", 1}, (struct name){"ab", 2}));
    cr_expect(name_equal((struct name){NULL, 0}, (struct name){"x", 0}));
}
