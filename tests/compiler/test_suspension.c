#include "compiler/suspension.h"

#include <criterion/criterion.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct suspension s;

static void analyse(void)
{
    cr_assert(wasm_load(&w), "%s", w.d.text);
    find_suspension(&s, &w.m, 2);
}

static struct instr call(uint32_t func_index)
{
    return (struct instr){.op = OP_Call, .imm.index = func_index};
}

static struct instr call_indirect(uint32_t type_index)
{
    return (struct instr){.op = OP_CallIndirect, .imm.pair.first = type_index};
}

static bool polls(uint32_t caller, struct instr in)
{
    return suspension_polls_before(&s, &w.m, caller, &in);
}

/* Four functions of type [] -> []. */
static void load(const char *bodies)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 00 00");
    wasm_section(&w, 3, "04 00 00 00 00");
    wasm_section(&w, 10, bodies);
    analyse();
}

Test(suspension, loops_and_what_calls_them)
{
    /* call 1;  call 2;  loop;  nothing */
    load("04 04 00 10 01 0b 04 00 10 02 0b 05 00 03 40 0b 0b 02 00 0b");
    cr_expect(s.can_suspend[0]);
    cr_expect(s.can_suspend[1]);
    cr_expect(s.can_suspend[2]);
    cr_expect_not(s.can_suspend[3]);
    struct instr to_2 = call(2), to_3 = call(3);
    cr_expect(suspension_of_call(&s, &w.m, &to_2));
    cr_expect_not(suspension_of_call(&s, &w.m, &to_3));
    cr_expect_not(polls(0, call(1)));
    cr_expect_not(polls(1, to_2));
}

Test(suspension, recursion_polls_once_per_cycle)
{
    /* call 0;  call 2;  call 1, call 3;  nothing */
    load("04 04 00 10 00 0b 04 00 10 02 0b 06 00 10 01 10 03 0b 02 00 0b");
    cr_expect(s.can_suspend[0]);
    cr_expect(s.can_suspend[1]);
    cr_expect(s.can_suspend[2]);
    cr_expect_not(s.can_suspend[3]);
    cr_expect(polls(0, call(0)));
    cr_expect_neq(polls(1, call(2)), polls(2, call(1)));
    cr_expect_not(polls(2, call(3)));
    (void)call_indirect;
}
