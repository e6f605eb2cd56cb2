#include "compiler/dead_loads.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "compiler/arena.h"
#include "tests/compiler/ir_text.h"

static char text[4096];

static LLVMModuleRef parse(LLVMContextRef context, const char *body)
{
    snprintf(text, sizeof text,
             "declare void @use(i32)\n"
             "declare i32 @llvm.ctlz.i32(i32, i1)\n"
             "define i32 @f(ptr %%p, i32 %%x) {\n%s}\n",
             body);
    return parse_ir(context, text);
}

/* For each load of the function, in order, 'v' if it is volatile, else '.'. */
static void describe_loads(LLVMValueRef fn, char *result)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b;
         b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
             i = LLVMGetNextInstruction(i))
            if (LLVMGetInstructionOpcode(i) == LLVMLoad)
                *result++ = LLVMGetVolatile(i) ? 'v' : '.';
    *result = '\0';
}

/* What becomes of the loads of this body. */
static const char *loads_of(const char *body)
{
    static char result[2048];
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef module = parse(context, body);
    LLVMValueRef fn = LLVMGetNamedFunction(module, "f");
    struct arena arena = {0};
    keep_dead_loads(fn, &arena);
    describe_loads(fn, result);
    arena_free(&arena);
    LLVMDisposeModule(module);
    LLVMContextDispose(context);
    return result;
}

Test(dead_loads, what_is_returned_stored_or_passed_is_needed)
{
    cr_expect_str_eq(loads_of("%a = load i32, ptr %p\n"
                              "%b = load i32, ptr %p\n"
                              "%c = load i32, ptr %p\n"
                              "store i32 %b, ptr %p\n"
                              "call void @use(i32 %c)\n"
                              "ret i32 %a\n"),
                     "...");
}

Test(dead_loads, an_unused_load_is_not)
{
    cr_expect_str_eq(loads_of("%a = load i32, ptr %p\nret i32 %x\n"), "v");
}

Test(dead_loads, need_goes_through_computations)
{
    cr_expect_str_eq(loads_of("%a = load i32, ptr %p\n"
                              "%b = load i32, ptr %p\n"
                              "%used = add i32 %a, %x\n"
                              "%unused = add i32 %b, %x\n"
                              "ret i32 %used\n"),
                     ".v");
}

Test(dead_loads, addresses_of_kept_accesses_are_needed)
{
    cr_expect_str_eq(loads_of("%a = load ptr, ptr %p\n"
                              "%b = load i32, ptr %a\n"
                              "ret i32 %b\n"),
                     "..");
}

Test(dead_loads, an_intrinsic_needs_nothing_itself)
{
    cr_expect_str_eq(loads_of("%a = load i32, ptr %p\n"
                              "%b = load i32, ptr %p\n"
                              "%c = call i32 @llvm.ctlz.i32(i32 %a, i1 false)\n"
                              "%d = call i32 @llvm.ctlz.i32(i32 %b, i1 false)\n"
                              "ret i32 %d\n"),
                     "v.");
}

Test(dead_loads, a_branch_needs_its_condition)
{
    cr_expect_str_eq(loads_of("%a = load i1, ptr %p\n"
                              "br i1 %a, label %yes, label %no\n"
                              "yes:\nret i32 1\n"
                              "no:\nret i32 2\n"),
                     ".");
}

/* A sum that nobody reads needs itself alone. */
Test(dead_loads, a_circle_is_not_needed)
{
    static const char body[] = "br label %%loop\n"
                               "loop:\n"
                               "%%n = phi i32 [ 0, %%0 ], [ %%m, %%loop ]\n"
                               "%%sum = phi i32 [ 0, %%0 ], [ %%next, %%loop ]\n"
                               "%%a = load i32, ptr %%p\n"
                               "%%next = add i32 %%sum, %%a\n"
                               "%%m = add i32 %%n, 1\n"
                               "%%again = icmp ne i32 %%m, 10\n"
                               "br i1 %%again, label %%loop, label %%end\n"
                               "end:\nret i32 %s\n";
    char lines[1024];
    snprintf(lines, sizeof lines, body, "%n");
    cr_expect_str_eq(loads_of(lines), "v");
    snprintf(lines, sizeof lines, body, "%next");
    cr_expect_str_eq(loads_of(lines), ".");
}

Test(dead_loads, many_values_are_no_problem)
{
    static char lines[4000];
    size_t n = 0;
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(lines + n, sizeof lines - n, "%%v%d = load i32, ptr %%p\n",
                              i);
    snprintf(lines + n, sizeof lines - n, "ret i32 %%v57\n");
    char expected[101] = {0};
    memset(expected, 'v', 100);
    expected[57] = '.';
    cr_expect_str_eq(loads_of(lines), expected);
}
