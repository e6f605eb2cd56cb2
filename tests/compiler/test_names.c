#include "compiler/names.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;

/* Reads a module of two functions with this name section. */
static void read_with_names(const char *hex)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "02 00 00");
    wasm_section(&w, 10, "02 02 00 0b 02 00 0b");
    wasm_section(&w, 0, hex);
    cr_assert(wasm_read(&w), "%s", w.d.text);
}

Test(names, name_the_module_and_its_functions)
{
    read_with_names("04 6e 61 6d 65  00 02 01 6d  01 07 02 00 01 61 01 01 62");
    cr_expect(name_equal(w.m.name, (struct name){"m", 1}));
    cr_expect(name_equal(w.m.funcs[0].name, (struct name){"a", 1}));
    cr_expect(name_equal(w.m.funcs[1].name, (struct name){"b", 1}));
}

Test(names, unknown_subsections_and_functions_are_skipped)
{
    read_with_names("04 6e 61 6d 65  02 01 ff  01 07 02 09 01 61 01 01 62");
    cr_expect_eq(w.m.funcs[0].name.length, 0);
    cr_expect(name_equal(w.m.funcs[1].name, (struct name){"b", 1}));
}

Test(names, a_malformed_section_is_never_an_error)
{
    read_with_names("04 6e 61 6d 65  00 02 01 6d  01 07 02 00 01 61 01 01 ff");
    cr_expect(name_equal(w.m.name, (struct name){"m", 1}));
    cr_expect(name_equal(w.m.funcs[0].name, (struct name){"a", 1}));
    cr_expect_eq(w.m.funcs[1].name.length, 0);
    read_with_names("04 6e 61 6d 65  00 ff ff ff ff ff");
    read_with_names("04 6e 61 6d 65  00 02 05 6d  01 04 01 00 01 61");
    cr_expect_eq(w.m.name.length, 0);
    cr_expect(name_equal(w.m.funcs[0].name, (struct name){"a", 1}));
}
