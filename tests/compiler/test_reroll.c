#include "compiler/reroll.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/compiler/ir_pass.h"

static const char *tested = "%j"; /* the counter, or what it becomes */
static const char *left_if = "eq";
static const char *at_end = "";

/* A loop with this body, re-rolled, as text. It runs to %%n, and steps by 8 bytes; what
 * phis there are come first. */
static const char *reroll(const char *phis, const char *body, const char *result)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "define i32 @f(ptr %%p, ptr %%q, i64 %%n, i32 %%x) {\nentry:\n"
             "  br label %%l\n"
             "l:\n"
             "  %%i = phi i64 [ 5, %%entry ], [ %%j, %%l ]\n%s"
             "  %%o = mul nsw i64 %%i, 8\n"
             "  %%p0 = getelementptr inbounds i8, ptr %%p, i64 %%o\n"
             "  %%p4 = getelementptr inbounds i8, ptr %%p0, i64 4\n"
             "  %%q0 = getelementptr inbounds i8, ptr %%q, i64 %%o\n"
             "  %%q4 = getelementptr inbounds i8, ptr %%q0, i64 4\n%s"
             "  %%j = add nuw nsw i64 %%i, 1\n"
             "  %%last = icmp %s i64 %s, %%n\n"
             "  br i1 %%last, label %%e, label %%l\n"
             "e:\n%s"
             "  ret i32 %s\n}\n",
             phis, body, left_if, tested, at_end, result);
    return run_pass(text, reroll_loops);
}

static bool has(const char *text)
{
    return strstr(after, text) != NULL;
}

static uint32_t count(const char *text)
{
    uint32_t n = 0;
    for (const char *at = after; (at = strstr(at, text)); at++)
        n++;
    return n;
}

#define COPY_OF_TWO                                                                      \
    "  %a = load i32, ptr %p0, align 4\n"                                                \
    "  %b = add nsw i32 %a, %x\n"                                                        \
    "  store i32 %b, ptr %q0, align 8\n"                                                 \
    "  %d = load i32, ptr %p4, align 2\n"                                                \
    "  %e1 = add i32 %d, %x\n"                                                           \
    "  store i32 %e1, ptr %q4, align 4\n"

TestSuite(reroll, .init = begin_ir, .fini = end_ir);

Test(reroll, stores_become_one_in_a_longer_loop)
{
    reroll("", COPY_OF_TWO, "0");
    cr_expect_eq(count("store "), 1, "%s", after);
    cr_expect_eq(count("load "), 1, "%s", after);
    cr_expect(has("phi i64 [ 10, %entry ]"), "%s", after);
    cr_expect(has("mul i64 %n, 2"), "%s", after);
    cr_expect(has("mul nsw i64 %i, 4"), "%s", after);
}

Test(reroll, keeps_only_what_holds_for_all_parts)
{
    reroll("", COPY_OF_TWO, "0");
    cr_expect(has("= add i32 %a, %x"), "%s", after);
    cr_expect(has("load i32, ptr %p0, align 2"), "%s", after);
    cr_expect(has("store i32 %b, ptr %q0, align 4"), "%s", after);
}

Test(reroll, the_end_may_be_tested_before_the_step)
{
    tested = "%i";
    reroll("  %k = phi i32 [ %x, %entry ], [ %k1, %l ]\n",
           COPY_OF_TWO "  %k1 = add i32 %k, 3\n", "%k1");
    cr_expect_eq(count("store "), 1, "%s", after);
    cr_expect(has("add i64 %0, 1"), "the count: %s", after);
    cr_expect(has("add i64 %5, 1"), "the end: %s", after);
}

Test(reroll, a_loop_that_goes_on_at_its_end_is_left)
{
    left_if = "ne";
    reroll("", COPY_OF_TWO, "0");
    cr_expect_eq(count("store "), 2, "%s", after);
}

Test(reroll, parts_that_differ_are_left)
{
    reroll("",
           "  %a = load i32, ptr %p0\n"
           "  %b = add i32 %a, %x\n"
           "  store i32 %b, ptr %q0\n"
           "  %d = load i32, ptr %p4\n"
           "  %e1 = sub i32 %d, %x\n"
           "  store i32 %e1, ptr %q4\n",
           "0");
    cr_expect_eq(count("store "), 2, "%s", after);
}

Test(reroll, loads_and_stores_keep_their_order)
{
    reroll("",
           "  %a = load i32, ptr %p0\n"
           "  %d = load i32, ptr %p4\n"
           "  store i32 %a, ptr %q0\n"
           "  store i32 %d, ptr %q4\n",
           "0");
    cr_expect_eq(count("store "), 2, "%s", after);
}

Test(reroll, parts_of_another_order_are_left)
{
    reroll("",
           "  %a = load i32, ptr %p0\n"
           "  %b = load i32, ptr %q0\n"
           "  store i32 %a, ptr %q0\n"
           "  store i32 %b, ptr %p0\n"
           "  %d = load i32, ptr %p4\n"
           "  store i32 %d, ptr %q4\n"
           "  %e1 = load i32, ptr %q4\n"
           "  store i32 %e1, ptr %p4\n",
           "0");
    cr_expect_eq(count("store "), 4, "%s", after);
}

Test(reroll, volatile_accesses_are_left)
{
    reroll("",
           "  store i32 %x, ptr %q0\n"
           "  store volatile i32 %x, ptr %q4\n",
           "0");
    cr_expect_eq(count("store "), 2, "%s", after);
}

Test(reroll, gaps_are_left)
{
    reroll("", "  store i32 %x, ptr %q0\n", "0");
    cr_expect(has("mul nsw i64 %i, 8"), "%s", after);
    LLVMDisposeMessage(after);
    LLVMDisposeModule(module);
    reroll("",
           "  store i32 %x, ptr %q0\n"
           "  store i32 %x, ptr %q0\n",
           "0");
    cr_expect_eq(count("store "), 2, "%s", after);
}

Test(reroll, what_counts_as_well_is_known_before)
{
    reroll("  %k = phi i32 [ %x, %entry ], [ %k1, %l ]\n",
           COPY_OF_TWO "  %k1 = add i32 %k, 3\n", "%k1");
    cr_expect_eq(count("store "), 1, "%s", after);
    cr_expect(has("sub i64 %n, 5"), "%s", after);
    cr_expect_eq(count(" phi "), 1, "%s", after);
}

#define SUM_OF_TWO                                                                       \
    "  %d = load i32, ptr %p4\n"                                                         \
    "  %a = load i32, ptr %p0\n"                                                         \
    "  %s1 = add i32 %s, %d\n"                                                           \
    "  %s2 = add i32 %s1, %a\n"

Test(reroll, sums_are_of_one_in_a_longer_loop)
{
    reroll("  %s = phi i32 [ %x, %entry ], [ %s2, %l ]\n", SUM_OF_TWO, "%s2");
    cr_expect_eq(count("load "), 1, "%s", after);
    cr_expect(has("load i32, ptr %p0"), "%s", after);
    cr_expect(has("mul i64 %n, 2"), "%s", after);
}

Test(reroll, a_sum_that_is_used_on_its_way_is_left)
{
    reroll("  %s = phi i32 [ %x, %entry ], [ %s2, %l ]\n", SUM_OF_TWO, "%s1");
    cr_expect_eq(count("load "), 2, "%s", after);
    LLVMDisposeMessage(after);
    LLVMDisposeModule(module);
    reroll("  %s = phi i32 [ %x, %entry ], [ %s2, %l ]\n",
           SUM_OF_TWO "  store i32 %s1, ptr %q0\n"
                      "  store i32 %s2, ptr %q4\n",
           "%s2");
    cr_expect_eq(count("store "), 2, "%s", after);
}

Test(reroll, a_sum_of_other_things_is_left)
{
    reroll("  %s = phi i32 [ %x, %entry ], [ %s2, %l ]\n",
           "  %a = load i32, ptr %p0\n"
           "  %s1 = add i32 %s, %a\n"
           "  %s2 = add i32 %s1, %x\n",
           "%s2");
    cr_expect(has("mul nsw i64 %i, 8"), "%s", after);
}

#define MAX_OF_TWO(second)                                                               \
    "  %d = load i32, ptr %p0\n"                                                         \
    "  %a = load i32, ptr %p4\n"                                                         \
    "  %s1 = call i32 @llvm.smax.i32(i32 %s, i32 %d)\n"                                  \
    "  %s2 = call i32 @llvm." second ".i32(i32 %s1, i32 %a)\n"

Test(reroll, the_largest_is_of_one_in_a_longer_loop)
{
    reroll("  %s = phi i32 [ %x, %entry ], [ %s2, %l ]\n", MAX_OF_TWO("smax"), "%s2");
    cr_expect_eq(count("call i32 @llvm.smax.i32(i32 %s, i32 %d)"), 1, "%s", after);
    cr_expect_eq(count("load "), 1, "%s", after);
    LLVMDisposeMessage(after);
    LLVMDisposeModule(module);
    reroll("  %s = phi i32 [ %x, %entry ], [ %s2, %l ]\n", MAX_OF_TWO("umax"), "%s2");
    cr_expect_eq(count("load "), 2, "%s", after);
}

Test(reroll, stores_may_be_of_the_smaller_but_of_nothing_else_called)
{
    static const char body[] = "  %%a = load i32, ptr %%p0\n"
                               "  %%b = call i32 @llvm.%s.i32(i32 %%a, i32 %%x)\n"
                               "  store i32 %%b, ptr %%q0\n"
                               "  %%d = load i32, ptr %%p4\n"
                               "  %%e1 = call i32 @llvm.%s.i32(i32 %%d, i32 %%x)\n"
                               "  store i32 %%e1, ptr %%q4\n";
    char text[1000];
    snprintf(text, sizeof text, body, "umin", "umin");
    reroll("", text, "0");
    cr_expect_eq(count("store "), 1, "%s", after);
    LLVMDisposeMessage(after);
    LLVMDisposeModule(module);
    snprintf(text, sizeof text, body, "umin", "smin");
    reroll("", text, "0");
    cr_expect_eq(count("store "), 2, "%s", after);
    LLVMDisposeMessage(after);
    LLVMDisposeModule(module);
    snprintf(text, sizeof text, body, "sadd.sat", "sadd.sat");
    reroll("", text, "0");
    cr_expect_eq(count("store "), 2, "%s", after);
}

/* A column of a table of 700 in a row, and a row: two of each an iteration, or four. */
static const char *reroll_rows(int parts)
{
    static char body[4096];
    size_t n = (size_t)snprintf(body, sizeof body,
                                "  %%oc = mul nsw i64 %%i, %d\n"
                                "  %%or = mul nsw i64 %%i, %d\n"
                                "  %%c = getelementptr inbounds i8, ptr %%p, i64 %%oc\n"
                                "  %%r = getelementptr inbounds i8, ptr %%q, i64 %%or\n",
                                parts * 2800, parts * 4);
    for (int i = 0; i < parts; i++)
        n += (size_t)snprintf(
            body + n, sizeof body - n,
            "  %%c%d = getelementptr inbounds i8, ptr %%c, i64 %d\n"
            "  %%r%d = getelementptr inbounds i8, ptr %%r, i64 %d\n"
            "  %%a%d = load i32, ptr %%c%d\n  %%b%d = load i32, ptr %%r%d\n"
            "  %%m%d = mul i32 %%a%d, %%b%d\n  %%t%d = add i32 %%%s%d, %%m%d\n",
            i, i * 2800, i, i * 4, i, i, i, i, i, i, i, i + 1, i ? "t" : "s", i, i);
    char phi[80], result[16];
    snprintf(phi, sizeof phi, "  %%s0 = phi i32 [ %%x, %%entry ], [ %%t%d, %%l ]\n",
             parts);
    snprintf(result, sizeof result, "%%t%d", parts);
    return reroll(phi, body, result);
}

Test(reroll, two_rows_become_one_but_four_are_left)
{
    reroll_rows(2);
    cr_expect_eq(count("load "), 2, "%s", after);
    cr_expect(has("i64 %i, 2800"), "%s", after);
    LLVMDisposeMessage(after);
    LLVMDisposeModule(module);
    reroll_rows(4);
    cr_expect_eq(count("load "), 8, "%s", after);
}

/* Four bytes an iteration, extended and combined. */
static const char *reroll_bytes(const char *extend, const char *op, const char *result)
{
    static char body[4096];
    size_t n =
        (size_t)snprintf(body, sizeof body,
                         "  %%o4 = mul nsw i64 %%i, 4\n"
                         "  %%b0 = getelementptr inbounds i8, ptr %%p, i64 %%o4\n");
    for (int i = 0; i < 4; i++)
        n += (size_t)snprintf(body + n, sizeof body - n,
                              "  %%a%d = getelementptr inbounds i8, ptr %%b0, i64 %d\n"
                              "  %%l%d = load i8, ptr %%a%d\n"
                              "  %%z%d = %s i8 %%l%d to i32\n"
                              "  %%s%d = %s i32 %%s%d, %%z%d\n",
                              i, i, i, i, i, extend, i, i + 1, op, i, i);
    return reroll("  %s0 = phi i32 [ %x, %entry ], [ %s4, %l ]\n", body, result);
}

Test(reroll, bytes_are_combined_as_bytes)
{
    reroll_bytes("zext", "or", "%s4");
    cr_expect_eq(count("load "), 1, "%s", after);
    cr_expect(has("phi i8 [ 0, %entry ]"), "%s", after);
    cr_expect_eq(count("or i8"), 1, "%s", after);
    cr_expect_eq(count(" zext i8 "), 1, "%s", after);
    cr_expect(has("or i32 %x, "), "%s", after);
    LLVMDisposeMessage(after);
    LLVMDisposeModule(module);
    at_end = "  %r = phi i32 [ %s4, %l ]\n";
    reroll_bytes("sext", "and", "%r");
    cr_expect(has("phi i8 [ -1, %entry ]"), "%s", after);
    cr_expect_eq(count(" sext i8 "), 1, "%s", after);
    cr_expect(has("and i32 %x, "), "%s", after);
}

Test(reroll, bytes_are_added_as_what_they_are_extended_to)
{
    reroll_bytes("zext", "add", "%s4");
    cr_expect_eq(count("load "), 1, "%s", after);
    cr_expect_eq(count(" i8 %"), 1, "%s", after); /* the extension */
    cr_expect(has("add i32 %s0, "), "%s", after);
}
