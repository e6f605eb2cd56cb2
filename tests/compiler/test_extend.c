#include "compiler/extend.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/compiler/ir_pass.h"

/* The function with this body, extended, as text. */
static const char *extend(const char *body)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "declare i32 @make()\n"
             "declare void @suspend()\n"
             "declare token @llvm.experimental.gc.statepoint.p0(\n"
             "    i64 immarg, i32 immarg, ptr, i32 immarg, i32 immarg, ...)\n"
             "declare i32 @personality(...)\n"
             "define i64 @f(ptr %%p, i32 %%x, i1 %%c) gc \"statepoint-example\" "
             "personality ptr @personality {\nentry:\n%s}\n",
             body);
    return run_pass(text, extend_early);
}

/* a comes before b, and both are there. */
static bool is_before(const char *a, const char *b)
{
    const char *at = strstr(after, a);
    return at != NULL && strstr(at, b) != NULL;
}

TestSuite(extend, .init = begin_ir, .fini = end_ir);

Test(extend, goes_behind_the_value)
{
    extend("  %v = add i32 %x, 1\n"
           "  br i1 %c, label %use, label %other\n"
           "use:\n"
           "  %e = zext i32 %v to i64\n"
           "  ret i64 %e\n"
           "other:\n"
           "  ret i64 0\n");
    cr_expect(is_before("zext i32 %v to i64", "br i1"), "%s", after);
}

Test(extend, an_address_in_a_loop_is_a_phi_of_64_bits)
{
    extend("  br label %loop\n"
           "loop:\n"
           "  %v = phi i32 [ 7, %entry ], [ %next, %loop ]\n"
           "  %e = zext i32 %v to i64\n"
           "  %a = getelementptr i8, ptr %p, i64 %e\n"
           "  %next = load i32, ptr %a\n"
           "  %d = icmp eq i32 %v, 0\n"
           "  br i1 %d, label %done, label %loop\n"
           "done:\n"
           "  ret i64 %e\n");
    cr_expect(is_before("phi i64 [ 7, %entry ]", "zext i32 %next to i64"), "%s", after);
    cr_expect_null(strstr(after, "phi i32"), "%s", after);
    cr_expect(is_before("trunc i64", "icmp eq i32"), "%s", after);
}

Test(extend, phis_of_phis_and_of_what_is_not_free_to_extend)
{
    extend("  %m = call i32 @make()\n"
           "  br label %outer\n"
           "outer:\n"
           "  %v = phi i32 [ %x, %entry ], [ %w, %next ]\n"
           "  br label %inner\n"
           "inner:\n"
           "  %w = phi i32 [ %v, %outer ], [ %m, %inner ]\n"
           "  %e = zext i32 %w to i64\n"
           "  br i1 %c, label %inner, label %next\n"
           "next:\n"
           "  br i1 %c, label %outer, label %done\n"
           "done:\n"
           "  ret i64 %e\n");
    cr_expect_null(strstr(after, "phi i32 [ %x"), "%s", after);
    cr_expect(is_before("zext i32 %x to i64", "outer:"), "%s", after);
}

Test(extend, the_result_of_an_invoke_at_its_edge_stays)
{
    extend("  %v = invoke i32 @make() to label %use unwind label %pad\n"
           "pad:\n"
           "  %l = landingpad { ptr, i32 } cleanup\n"
           "  ret i64 0\n"
           "use:\n"
           "  %w = phi i32 [ %v, %entry ]\n"
           "  %e = zext i32 %w to i64\n"
           "  ret i64 %e\n");
    cr_expect(is_before("phi i32 [ %v, %entry ]", "zext i32 %w to i64"), "%s", after);
}

Test(extend, several_edges_from_a_block_bring_one_value)
{
    extend("  switch i32 %x, label %other [ i32 1, label %use\n"
           "                                i32 2, label %use ]\n"
           "other:\n"
           "  %v = add i32 %x, 1\n"
           "  br label %use\n"
           "use:\n"
           "  %w = phi i32 [ %x, %entry ], [ %v, %other ], [ %x, %entry ]\n"
           "  %e = zext i32 %w to i64\n"
           "  ret i64 %e\n");
    cr_expect(is_before("zext i32 %x to i64", "switch"), "%s", after);
}

Test(extend, what_a_call_returns_is_extended_where_it_is_used)
{
    extend("  %v = call i32 @make()\n"
           "  br i1 %c, label %use, label %other\n"
           "use:\n"
           "  %e = zext i32 %v to i64\n"
           "  ret i64 %e\n"
           "other:\n"
           "  ret i64 0\n");
    cr_expect(is_before("use:", "zext i32 %v to i64"), "%s", after);
}

/* A call that may be suspended, whose frame's record lists x, and what follows it. */
static void extend_listed(const char *use)
{
    char body[2048];
    snprintf(body, sizeof body,
             "  %%e = zext i32 %%x to i64\n"
             "  %%a = getelementptr i8, ptr %%p, i64 %%e\n"
             "  %%n = load i32, ptr %%a\n"
             "  %%v = invoke i32 @make() to label %%use unwind label %%pad\n"
             "pad:\n"
             "  %%l = landingpad { ptr, i32 } cleanup\n"
             "  %%t = call token (i64, i32, ptr, i32, i32, ...)\n"
             "      @llvm.experimental.gc.statepoint.p0(i64 1, i32 0,\n"
             "          ptr elementtype(void ()) @suspend, i32 0, i32 0, i32 0, i32 0)\n"
             "      [ \"deopt\"(i32 %%n, i32 %%x) ]\n"
             "  unreachable\n"
             "use:\n%s",
             use);
    extend(body);
}

Test(extend, a_parameter_that_is_kept_extended_is_listed_so)
{
    extend_listed("  ret i64 %e\n");
    cr_expect(is_before("= zext i32 %x to i64", "getelementptr"), "%s", after);
    cr_expect_not_null(strstr(after, "\"deopt\"(i32 %n, i64 %"), "%s", after);
}

Test(extend, a_parameter_that_is_kept_as_it_is_is_listed_so)
{
    extend_listed("  %s = add i32 %x, %v\n"
                  "  %w = sext i32 %s to i64\n"
                  "  ret i64 %w\n");
    cr_expect_not_null(strstr(after, "\"deopt\"(i32 %n, i32 %x)"), "%s", after);
}
